"""Stored study of chapter ``context/bert``: the two checkpoints on every held-out text.

The chapter asks the same of a part of the texts, live.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from tutor.claims.studies import Study
from tutor.context.bert.glosses import glosses
from tutor.context.bert.presets import PRESETS, encoded
from tutor.context.bert.pretrained import trained, vocabulary
from tutor.context.studies.bert import (
    SEEDS,
    cloze,
    guesses,
    most_frequent,
    right,
    whole_words,
)
from tutor.evaluate.statistics import paired_bootstrap


def both_sides() -> dict[str, Any]:
    """Hide a word of each held-out definition, five times, and ask both models."""
    import torch

    torch.set_num_threads(1)
    pieces, split = vocabulary(), glosses()
    held = encoded(pieces, split.held)
    common = most_frequent(pieces, encoded(pieces, split.pilot))
    hits: dict[str, list[Any]] = {name: [] for name in (*PRESETS, "unigram")}
    for seed in SEEDS:
        task = cloze(pieces, held, seed)
        for name, config in PRESETS.items():
            model = trained(name).model
            hits[name].append(right(model, task, objective=config.objective))
        hits["unigram"].append((task.targets == common).astype(np.float64))
    return {
        "texts": len(hits["masked"][0]),
        "accuracy": {
            k: [round(float(x.mean()), 5) for x in v] for k, v in hits.items()
        },
        "effect": {
            name: asdict(paired_bootstrap(hits["masked"], hits[name]))
            for name in ("next", "unigram")
        },
    }


_INPUTS = (
    "tutor.context.attention.masks",
    "tutor.context.attention.packed",
    "tutor.context.attention.reference",
    "tutor.context.attention.torch",
    "tutor.context.bert.checkpoint",
    "tutor.context.bert.glosses",
    "tutor.context.bert.presets",
    "tutor.context.bert.torch",
    "tutor.context.bert.wordpiece",
    "tutor.evaluate.statistics",
    *(cloze, whole_words, guesses, most_frequent, right, trained),
)
STUDIES = {
    "bert-sides": Study(run=both_sides, inputs=_INPUTS, data=("wordnet",)),
}
