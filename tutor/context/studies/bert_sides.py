"""Stored study of chapter ``context/bert``: the two checkpoints on every held-out text.

The chapter asks the same of a part of the texts, live.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.claims.studies import Study
from tutor.context.bert.glosses import glosses
from tutor.context.bert.presets import PRESETS, encoded
from tutor.context.bert.pretrained import trained, vocabulary
from tutor.context.bert.wordpiece import WordPiece
from tutor.context.studies.bert import (
    SEEDS,
    Floats,
    Ids,
    cloze,
    guesses,
    most_frequent,
    right,
    whole_words,
)
from tutor.evaluate.statistics import paired_bootstrap

if TYPE_CHECKING:
    from tutor.context.bert.torch import MaskedLM


def both_sides() -> dict[str, Any]:
    """Hide a word of each held-out definition, five times, and ask both models."""
    import torch

    torch.set_num_threads(1)
    hits = asked({name: trained(name).model for name in PRESETS}, *held_out())
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


def held_out() -> tuple[WordPiece, list[Ids], int]:
    """Return the vocabulary, all held-out definitions, and the unigram's answer."""
    pieces, split = vocabulary(), glosses()
    common = most_frequent(pieces, encoded(pieces, split.pilot))
    return pieces, encoded(pieces, split.held), common


def asked(
    models: Mapping[str, MaskedLM], pieces: WordPiece, texts: Sequence[Ids], common: int
) -> dict[str, list[Floats]]:
    """Hide a word of each text, once for each of :data:`SEEDS`, and ask every model.

    Parameters
    ----------
    models : mapping
        By their names in :data:`PRESETS`, which say how each is asked.
    pieces : WordPiece
    texts : sequence of (n,) int
    common : int
        What the unigram answers.

    Returns
    -------
    dict
        1 where the answer is right: for each model and ``unigram`` a list over the
        draws, each (texts,). All models are asked for the same words.
    """
    hits: dict[str, list[Floats]] = {name: [] for name in (*models, "unigram")}
    for seed in SEEDS:
        task = cloze(pieces, texts, seed)
        for name, model in models.items():
            objective = PRESETS[name].objective
            hits[name].append(right(model, task, objective=objective))
        hits["unigram"].append((task.targets == common).astype(np.float64))
    return hits


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
    *(asked, held_out),
)
STUDIES = {
    "bert-sides": Study(run=both_sides, inputs=_INPUTS, data=("wordnet",)),
}
