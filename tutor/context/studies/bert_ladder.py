"""One more rung of the ladder of part *words*: a word alone, read by the course's BERT.

A word is cut into pieces and put between both ends, with nothing around it. Its vector
is the mean state of its pieces after the last block, as the chapter takes the vectors
of definitions. Controls are the same pieces before the first block, and the same
network before any training. Text, tests and settings are those of
:mod:`tutor.words.ladder`. Chapter: ``context/bert``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor import claims
from tutor.claims.studies import Study
from tutor.context.bert.pretrained import Trained, trained
from tutor.context.bert.start import initial_parameters
from tutor.context.bert.wordpiece import UNK, WordPiece
from tutor.context.studies.bert import Floats, states_at_each_depth
from tutor.words.ladder import (
    Ladder,
    LadderConfig,
    Rows,
    Rung,
    Trials,
    climb,
    leads,
    named,
    trials,
)

if TYPE_CHECKING:
    from tutor.context.bert.torch import MaskedLM
    from tutor.datasets import Corpus

WORD, EARLY, FRESH = "BERT, word alone", "BERT, before the blocks", "BERT, untrained"
BESIDE = ("spelling", "SGNS")
"""Rungs of the ladder that are measured again beside it, for paired differences."""
COLUMNS = (
    *("men", "wordsim353", "simlex999"),
    *("analogies of meaning", "analogies of form", "unknown words", "topics"),
)
COMPARED = (
    (WORD, FRESH, "men"),
    (WORD, "SGNS", "men"),
    (WORD, EARLY, "men"),
    (WORD, "SGNS", "simlex999"),
    (WORD, "SGNS", "topics"),
    (WORD, FRESH, "topics"),
    (WORD, FRESH, "unknown words"),
    (WORD, "spelling", "unknown words"),
)
_LONGEST = 64


def word_vectors(
    model: MaskedLM, vocabulary: WordPiece, words: Sequence[str], *, depth: int = -1
) -> Floats:
    """Return a vector of each word alone: the mean state of its pieces at one depth.

    A word with a part that no piece fits has no vector: a row of zeros.

    Shapes: → (words, dim).
    """
    texts = [np.array(vocabulary.encode(w, longest=_LONGEST)) for w in words]
    if not texts:
        return np.zeros((0, model.config.dim), np.float32)
    states = states_at_each_depth(model.encoder, texts, model.mask)
    found = np.stack([s[depth, 1:-1].mean(axis=0) for s in states])
    found[[bool((ids == UNK).any()) for ids in texts]] = 0
    return found.astype(np.float32)


def rows_of(
    model: MaskedLM, vocabulary: WordPiece, corpus: Corpus, *, depth: int = -1
) -> Rows:
    """Return what a model says of a corpus' words, and of any other word.

    The text itself is not read. What must be kept is the encoder.
    """

    def look_up(words: Sequence[str]) -> Floats:
        return word_vectors(model, vocabulary, words, depth=depth)

    kept = tuple(p.detach().cpu().numpy() for p in model.encoder.parameters())
    words = corpus.vocabulary.words
    return Rows(words, look_up(words), outside=look_up, stored=kept)


def rungs_of(found: Trained) -> tuple[Rung, ...]:
    """Return the rung of a trained model and its two controls.

    None has a step: they have other text, other columns and another length. The
    untrained network begins anew with every seed.
    """
    from tutor.context.bert.torch import MaskedLM

    pieces, config = found.vocabulary, found.config.encoder

    def alone(corpus: Corpus, _: LadderConfig, seed: int) -> Rows:
        return rows_of(found.model, pieces, corpus)

    def early(corpus: Corpus, _: LadderConfig, seed: int) -> Rows:
        return rows_of(found.model, pieces, corpus, depth=0)

    def fresh(corpus: Corpus, _: LadderConfig, seed: int) -> Rows:
        model = MaskedLM(config, initial_parameters(config, seed=seed), seed=seed)
        return rows_of(model.eval(), pieces, corpus)

    return (
        Rung(WORD, alone, seeded=False, note="other text: WordNet's definitions"),
        Rung(EARLY, early, seeded=False, note="control: no block has been passed"),
        Rung(FRESH, fresh, note="control: read nothing"),
    )


def joined(
    found: Trained,
    corpus: Corpus,
    tests: Trials,
    config: LadderConfig,
    *,
    seeds: Sequence[int] = (1, 2, 3, 4, 5),
) -> Ladder:
    """Climb these rungs and some of the ladder's apart, and join the two ladders."""
    low = climb(named(*BESIDE), corpus, tests, config, seeds=seeds)
    return low | climb(rungs_of(found), corpus, tests, config, seeds=seeds)


def report(measured: Ladder) -> dict[str, Any]:
    """Return scores, reach, bytes and the differences in `COMPARED`, plain JSON.

    A score is None where a rung says the same of all items.
    """
    rungs = {}
    for rung in measured.rungs:
        mark = measured.marks[rung.name][0]
        rungs[rung.name] = {
            "scores": {
                name: [None if np.isnan(x) else float(x) for x in scores]
                for name in measured.columns
                for scores in [measured.scores(rung.name, name)]
            },
            "bytes": mark.bytes,
            "reach": mark.reach,
            "note": rung.note,
        }
    return {
        "items": {name: len(column) for name, column in measured.columns.items()},
        "rungs": rungs,
        "effects": {
            f"{one} - {other}, {column}": asdict(measured.effect(one, other, column))
            for one, other, column in COMPARED
        },
    }


def whole() -> dict[str, Any]:
    """Measure the rung on all lead sections, by all columns but that of few labels."""
    import torch

    torch.set_num_threads(1)
    config = LadderConfig()
    ground = leads(config)
    tests = trials(ground).only(*COLUMNS)
    weights = claims.stored("bert-weights")["models"]["masked"]["sha256"]
    measured = joined(trained("masked"), ground.corpus, tests, config)
    return {"weights": weights, **report(measured)}


def _files(room: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tutor.{room}.{name}" for name in names)


STUDIES = {
    "bert-ladder": Study(
        run=whole,
        inputs=[
            *_files("context.attention", "masks", "packed", "reference", "torch"),
            *_files("context.bert", "checkpoint", "presets", "start", "torch"),
            *_files("context.bert", "wordpiece"),
            *(trained, states_at_each_depth),
            *_files("words.ladder", "config", "rows", "rung", "rungs", "trials"),
            *_files("words.ladder", "score", "basis", "climb"),
            *_files("words.word2vec", "config", "reference", "walk", "fast", "epoch"),
            *_files("words.subwords", "hashing"),
            *_files("words.evaluation", "reference", "tasks"),
            "tutor.evaluate.statistics",
            "tutor.context.studies.bert_ladder",
        ],
        data=[
            "wikipedia-leads-en",
            "men",
            "wordsim353",
            "simlex999",
            "rareword",
            "google-analogies",
            "wordnet",
        ],
    )
}
