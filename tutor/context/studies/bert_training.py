"""Stored studies of chapter ``context/bert``: the two checkpoints, and the rivals.

``bert-weights`` trains the two models that the chapter loads. ``bert-training`` trains
smaller ones over three seeds, to compare what is seen, how much is hidden, and how.
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
from tutor.context.studies.bert import (
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
from tutor.evaluate.statistics import paired_bootstrap, spearman

TEXTS = 4000  # held-out definitions, one word hidden in each
PAIRED = 1500  # noun definitions for similarity
SEEDS = (1, 2, 3)


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


def compare() -> dict[str, Any]:
    """Train every rival with three seeds; score hidden words and similarity."""
    import torch

    torch.set_num_threads(1)
    pieces, split = vocabulary(), glosses()
    texts = encoded(pieces, split.train)
    task = cloze(pieces, encoded(pieces, split.held[:TEXTS]), seed=1)
    pairs = noun_pairs(PAIRED)
    of_pairs = encoded(pieces, pairs.texts)
    hits: dict[str, list[Any]] = {name: [] for name in RIVALS}
    near: dict[str, list[Any]] = {name: [] for name in RIVALS}
    losses: dict[str, list[float]] = {name: [] for name in RIVALS}
    for seed in SEEDS:
        for name, config in RIVALS.items():
            run = pretrain(texts, config, seed=seed)
            hits[name].append(right(run.model, task, objective=config.objective))
            near[name].append(cosines(mean_states(run.model.encoder, of_pairs), pairs))
            losses[name].append(run.history["loss"][-1])
    guess = most_frequent(pieces, texts)
    unigram = (task.targets == guess).astype(np.float64)
    return {
        "texts": len(task.targets),
        "pairs": len(pairs.gold),
        "accuracy": {
            k: [round(float(x.mean()), 5) for x in v] for k, v in hits.items()
        },
        "unigram": round(float(unigram.mean()), 5),
        "similarity": {
            k: [round(spearman(x, pairs.gold), 5) for x in v] for k, v in near.items()
        },
        "last loss": {k: [round(x, 4) for x in v] for k, v in losses.items()},
        "effect": _effects(hits, near, unigram, pairs),
    }


def _effects(
    hits: dict[str, list[Any]], near: dict[str, list[Any]], unigram: Any, pairs: Pairs
) -> dict[str, Any]:
    """Return the differences that the chapter's stored claims are decided by."""
    found = {
        "masked - left": paired_bootstrap(hits["masked"], hits["left"]),
        "masked - next": paired_bootstrap(hits["masked"], hits["next"]),
        "masked - unigram": paired_bootstrap(hits["masked"], unigram),
        "15 - 30": paired_bootstrap(hits["masked"], hits["rate 30"]),
        "15 - 50": paired_bootstrap(hits["masked"], hits["rate 50"]),
        "mixed - only mask": paired_bootstrap(hits["masked"], hits["only mask"]),
        "mixed - only mask, similarity": paired_bootstrap(
            near["masked"], near["only mask"], gold=pairs.gold, statistic="spearman"
        ),
    }
    return {name: asdict(effect) for name, effect in found.items()}


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
STUDIES = {
    "bert-weights": Study(run=train_weights, inputs=_TRAINING, data=("wordnet",)),
    "bert-training": Study(
        run=compare,
        inputs=(
            *_TRAINING,
            "tutor.context.attention.packed",
            "tutor.evaluate.statistics",
            *(cloze, whole_words, guesses, right, most_frequent),
            *(noun_pairs, wu_palmer, cosines, mean_states),
        ),
        data=("wordnet",),
    ),
}
