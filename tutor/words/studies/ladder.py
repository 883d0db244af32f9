"""Studies of chapter ``words/ladder``: the whole table, stored; and a part of it, live.

The chapter climbs a part of the text live, by the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.claims.studies import Study
from tutor.datasets import Corpus
from tutor.words import ladder
from tutor.words.ladder import Ladder, LadderConfig, Rung
from tutor.words.ladder.climb import SEEDS
from tutor.words.ladder.rungs import ppmi

if TYPE_CHECKING:
    from tutor.words.ladder import Rows

COMPARED = (
    ("PPMI-SVD", "SGNS", "men"),
    ("PPMI-SVD", "PPMI rows", "men"),
    ("SGNS", "senses, averaged", "men"),
    ("SGNS, retrofitted", "SGNS", "men"),
    ("SGNS, retrofitted", "SGNS", "simlex999"),
    ("PPMI rows", "counts", "men"),
    ("one-hot", "SGNS", "topics"),
    ("fastText", "spelling", "unknown words"),
    ("fastText", "spelling", "analogies of form"),
    ("GloVe 6B", "fastText", "unknown words"),
    ("GloVe 6B", "spelling", "analogies of form"),
    ("GloVe 6B", "TF-IDF rows", "topics"),
    ("PPMI rows, window 50", "PPMI rows", "men"),
)
MARGIN = 0.02


def warm() -> None:
    """Compile the kernels of every rung, so that seconds are those of the work."""
    texts = [[f"w{(i + j) % 60}" for j in range(20)] * 3 for i in range(60)]
    corpus = Corpus.from_documents(texts, name="rings")
    for rung in ladder.RUNGS:
        if rung.seeded:
            rung.make(corpus, LadderConfig(epochs=2), 0)


def wide_ppmi(corpus: Corpus, config: LadderConfig, seed: int) -> Rows:
    """Return PPMI rows with a window of 50 words: as a rule the whole lead section."""
    return ppmi(corpus, replace(config, window=50), seed)


WIDE = Rung("PPMI rows, window 50", wide_ppmi, seeded=False, note="another window")


def best_by(measured: Ladder, names: Sequence[str], column: str) -> str:
    """Return the rung with the highest mean score; an undefined one counts as 0."""
    means = [
        float(np.nan_to_num(measured.scores(name, column)).mean()) for name in names
    ]
    return names[int(np.argmax(means))]


def whole() -> dict[str, Any]:
    """Climb every rung on all lead sections, five seeds; compare orders and pairs."""
    warm()
    config = LadderConfig()
    ground = ladder.leads(config)
    tests = ladder.trials(ground)
    rungs = (*ladder.RUNGS, WIDE)
    measured = ladder.climb(rungs, ground.corpus, tests, config, seeds=SEEDS)
    return {
        "corpus": {
            "documents": len(ground.corpus),
            "tokens": len(ground.corpus.tokens),
            "words": len(ground.corpus.vocabulary),
        },
        "config": asdict(config),
        "seeds": list(SEEDS),
        **report(measured),
    }


def report(measured: Ladder) -> dict[str, Any]:
    """Return scores, costs, comparisons and orders of a climbed ladder, plain JSON."""
    names = [rung.name for rung in measured.steps()]
    chosen = best_by(measured, names, "wordsim353")
    compared = (*COMPARED, ("GloVe 6B", chosen, "men"))
    return {
        "columns": {
            name: {"items": len(c), "left out": c.left_out}
            for name, c in measured.columns.items()
        },
        "rungs": {rung.name: _one(measured, rung) for rung in measured.rungs},
        "effects": {
            f"{one} - {other}, {column}": asdict(measured.effect(one, other, column))
            for one, other, column in compared
        },
        "chosen by wordsim353": chosen,
        "own": {
            column: {
                rung.name: asdict(measured.effect(rung.name, None, column))
                for rung in measured.rungs
                if not np.isnan(measured.scores(rung.name, column)).any()
            }
            for column in ("men", "topics")
        },
        "ranks": {
            column: ladder.rank_intervals(measured, names, column)
            for column in measured.columns
        },
        "pairs of steps": {
            column: pairs_of_steps(measured, column) for column in ("men", "topics")
        },
        "rising": {
            column: asdict(ladder.rising(measured, column))
            for column in ("men", "topics")
        },
        "agreement": asdict(ladder.agreement(measured, names, "men", "topics")),
        "apart": asdict(ladder.columns_apart(measured, names, "men", "topics")),
    }


def pairs_of_steps(measured: Ladder, column: str) -> dict[str, int]:
    """Count the pairs of an earlier and a later rung, and which way they are decided.

    The margin is ``MARGIN``, the level that of all pairs together.
    """
    rungs = measured.steps()
    names, steps = [r.name for r in rungs], np.array([r.step for r in rungs])
    found = ladder.decided(measured, names, column, margin=MARGIN)
    later = steps[None, :] > steps[:, None]
    return {
        "all": int(later.sum()),
        "later is better": int((found[later] == 1).sum()),
        "later is worse": int((found[later] == -1).sum()),
    }


def _one(measured: Ladder, rung: Rung) -> dict[str, Any]:
    """Return one rung's scores by column, None where undefined, and its costs."""
    marks = measured.marks[rung.name]
    scores = {
        name: [
            None if np.isnan(x) else float(x) for x in measured.scores(rung.name, name)
        ]
        for name in measured.columns
    }
    return {
        "scores": scores,
        "bytes": marks[0].bytes,
        "lacking": marks[0].lacking,
        "reach": marks[0].reach,
        "seconds": float(np.mean([mark.seconds for mark in marks])),
        "note": rung.note,
    }


def _files(room: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tutor.words.{room}.{name}" for name in names)


STUDIES = {
    "ladder-table": Study(
        run=whole,
        inputs=[
            *_files("ladder", "config", "rows", "rung", "rungs", "trials", "score"),
            *_files("ladder", "basis", "climb", "order", "lexicon"),
            *_files("counts", "reference", "svd", "chunks", "fast"),
            *_files("word2vec", "config", "reference", "walk", "fast", "epoch"),
            *_files("glove", "reference", "tiles", "fast"),
            *_files("subwords", "config", "reference", "hashing", "walk", "epoch"),
            *_files("subwords", "fast"),
            *_files("senses", "config", "reference", "walk", "fast", "learn", "places"),
            *_files("knowledge", "config", "edges", "reference", "fast"),
            "tutor.words.knowledge:retrofit",
            *_files("evaluation", "reference", "tasks"),
            "tutor.datasets.relations",
            "tutor.evaluate.statistics",
            "tutor.words.studies.ladder",
        ],
        data=[
            "wikipedia-leads-en",
            "men",
            "wordsim353",
            "simlex999",
            "rareword",
            "google-analogies",
            "glove-6b-50d",
            "wordnet",
        ],
    )
}
