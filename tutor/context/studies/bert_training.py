"""Stored studies of chapter ``context/bert``: the two checkpoints, and the rivals.

``bert-weights`` trains the two models that the chapter loads. ``bert-training`` trains
smaller ones over three seeds, to compare which side is seen.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from tutor.claims.studies import Study
from tutor.context.bert import checkpoint
from tutor.context.bert.glosses import glosses
from tutor.context.bert.presets import PRESETS, RIVALS, SEED, encoded, learn
from tutor.context.bert.pretrain import pretrain
from tutor.context.bert.pretrained import vocabulary, weights
from tutor.context.bert.wordpiece import WordPiece
from tutor.context.studies.bert import (
    Cloze,
    Pairs,
    cloze,
    cosines,
    guesses,
    mean_states,
    most_frequent,
    noun_pairs,
    right,
    whole_words,
    wu_palmer,
)
from tutor.datasets.integrity import sha256_file
from tutor.evaluate.statistics import Effect, paired_bootstrap, spearman

TEXTS = 4000  # held-out definitions, one word hidden in each
PAIRED = 800  # noun definitions for similarity
SEEDS = (1, 2, 3)
SIDES = ("masked", "left", "next")


def train_weights() -> dict[str, Any]:
    """Learn the vocabulary, train both checkpoints, and write ``data/weights``."""
    import torch

    torch.set_num_threads(1)
    pieces = learn()
    path = weights("bert-vocab.txt")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(pieces.pieces) + "\n", encoding="utf-8")
    texts = encoded(pieces, glosses().train)
    models = {}
    for name, config in PRESETS.items():
        run = pretrain(texts, config, seed=SEED)
        where = weights(f"bert-{name}.safetensors")
        models[name] = {
            "sha256": checkpoint.save(where, run.model, config),
            "bytes": where.stat().st_size,
            "seed": SEED,
            "config": asdict(config),
            "history": {k: list(v) for k, v in run.history.columns.items()},
        }
    return {
        "vocabulary": {"pieces": len(pieces), "sha256": sha256_file(path)},
        "texts": len(texts),
        "tokens of an epoch": int(sum(map(len, texts))),
        "models": models,
    }


def sides() -> dict[str, Any]:
    """Train models that see both sides or the left; hide a word of each test text."""
    found = compare(SIDES)
    pieces, task, _ = _tests()
    guess = most_frequent(pieces, encoded(pieces, glosses().train))
    unigram = (task.targets == guess).astype(np.float64)
    hits = {name: found["hits"][name] for name in SIDES}
    effects = {
        "masked - left": paired_bootstrap(hits["masked"], hits["left"]),
        "masked - next": paired_bootstrap(hits["masked"], hits["next"]),
        "masked - unigram": paired_bootstrap(hits["masked"], unigram),
    }
    return _payload(found, effects) | {
        "unigram": round(float(unigram.mean()), 5),
        "hits of masked": [
            "".join("01"[int(x)] for x in row) for row in hits["masked"]
        ],
        "cosines of masked": [
            [round(float(x), 4) for x in row] for row in found["near"]["masked"]
        ],
    }


def _tests() -> tuple[WordPiece, Cloze, Pairs]:
    """Return the vocabulary, the texts with a word hidden, and the pairs."""
    pieces = vocabulary()
    task = cloze(pieces, encoded(pieces, glosses().held[:TEXTS]), seed=1)
    return pieces, task, noun_pairs(PAIRED)


def compare(names: tuple[str, ...]) -> dict[str, dict[str, list[Any]]]:
    """Train each named model once for each seed, and score it.

    Returns ``hits`` (right or not, for each text), ``near`` (cosines of the pairs) and
    ``loss`` (of the end), each by name, a list over the seeds.
    """
    import torch

    torch.set_num_threads(1)
    pieces, task, pairs = _tests()
    texts = encoded(pieces, glosses().train)
    of_pairs = encoded(pieces, pairs.texts)
    found: dict[str, dict[str, list[Any]]] = {
        kind: {name: [] for name in names} for kind in ("hits", "near", "loss")
    }
    for seed in SEEDS:
        for name in names:
            config = RIVALS[name]
            run = pretrain(texts, config, seed=seed)
            hits = right(run.model, task, objective=config.objective)
            near = cosines(mean_states(run.model.encoder, of_pairs), pairs)
            found["hits"][name].append(hits)
            found["near"][name].append(near)
            found["loss"][name].append(run.history["loss"][-1])
    return found


def _payload(
    found: dict[str, dict[str, list[Any]]], effects: dict[str, Effect]
) -> dict[str, Any]:
    gold = _tests()[2].gold
    hits, near, loss = found["hits"], found["near"], found["loss"]
    return {
        "texts": len(next(iter(hits.values()))[0]),
        "pairs": len(gold),
        "tokens": {name: RIVALS[name].tokens for name in hits},
        "accuracy": {
            k: [round(float(x.mean()), 5) for x in v] for k, v in hits.items()
        },
        "similarity": {
            k: [round(spearman(x, gold), 5) for x in v] for k, v in near.items()
        },
        "last loss": {k: [round(float(x), 4) for x in v] for k, v in loss.items()},
        "effect": {name: asdict(effect) for name, effect in effects.items()},
    }


_TRAINING = (
    "tutor.context.attention.config",
    "tutor.context.attention.masks",
    "tutor.context.attention.reference",
    "tutor.context.attention.torch",
    "tutor.context.bert.glosses",
    "tutor.context.bert.masking",
    "tutor.context.bert.merges",
    "tutor.context.bert.presets",
    "tutor.context.bert.pretrain",
    "tutor.context.bert.reference",
    "tutor.context.bert.start",
    "tutor.context.bert.torch",
    "tutor.context.bert.wordpiece",
    "tutor.datasets.examples",
)
_SCORING = (
    "tutor.context.attention.packed",
    "tutor.evaluate.statistics",
    *(cloze, whole_words, guesses, right, most_frequent),
    *(noun_pairs, wu_palmer, cosines, mean_states),
    *(compare, _tests, _payload),
)
STUDIES = {
    "bert-weights": Study(run=train_weights, inputs=_TRAINING, data=("wordnet",)),
    "bert-training": Study(
        run=sides, inputs=(*_TRAINING, *_SCORING), data=("wordnet",)
    ),
}
