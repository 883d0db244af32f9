"""Stored study of chapter ``context/bert``: both full presets, trained anew.

The stored checkpoints are one training a side. Two more of each, from other seeds, and
the same words hidden, say how far trainings lie apart.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.claims.studies import Study
from tutor.context.bert import checkpoint
from tutor.context.bert.glosses import glosses
from tutor.context.bert.presets import PRESETS, SEED, encoded
from tutor.context.bert.pretrain import PretrainConfig, pretrain
from tutor.context.bert.pretrained import trained
from tutor.context.studies.bert import (
    Floats,
    Ids,
    cloze,
    guesses,
    most_frequent,
    right,
    whole_words,
)
from tutor.context.studies.bert_sides import asked, held_out
from tutor.evaluate.statistics import paired_bootstrap

if TYPE_CHECKING:
    from tutor.context.bert.torch import MaskedLM

OTHERS = (2, 3)
"""Seeds of the further trainings; the stored checkpoints have ``presets.SEED``."""

Hits = Mapping[str, list[Floats]]
"""Right or not, by model: a list over the draws of hidden words, each (texts,)."""


def trainings() -> dict[str, Any]:
    """Train both presets from two more seeds; ask all three trainings the same."""
    import torch

    torch.set_num_threads(1)
    pieces, held, common = held_out()
    texts = encoded(pieces, glosses().train)
    stored = {name: trained(name).model for name in PRESETS}
    hits: list[Hits] = [asked(stored, pieces, held, common)]
    runs = []
    for seed in OTHERS:
        models, record = train(texts, PRESETS, seed)
        hits.append(asked(models, pieces, held, common))
        runs.append(record)
    return payload(hits, (SEED, *OTHERS)) | {"trained here": runs}


def train(
    texts: Sequence[Ids], presets: Mapping[str, PretrainConfig], seed: int
) -> tuple[dict[str, MaskedLM], dict[str, Any]]:
    """Train every preset from one seed; return the models and what each took.

    The weights go through a checkpoint in half precision, as the stored ones did. The
    record holds the seed and, by name, the last loss and the seconds of the training.
    """
    models, record = {}, {}
    for name, config in presets.items():
        wall, processor = time.perf_counter(), time.process_time()
        run = pretrain(texts, config, seed=seed)
        record[name] = {
            "last loss": round(run.history["loss"][-1], 4),
            "wall seconds": round(time.perf_counter() - wall, 1),
            "processor seconds": round(time.process_time() - processor, 1),
        }
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.safetensors"
            mark = checkpoint.save(path, run.model, config)
            models[name] = checkpoint.load(path, config, sha256=mark)
    return models, {"seed": seed, **record}


def payload(hits: Sequence[Hits], seeds: Sequence[int]) -> dict[str, Any]:
    """Return shares by training and draw, and differences over texts and trainings.

    A text scores the mean over its draws. A row of the bootstrap is one training, so
    the interval resamples texts and trainings, and draws no hidden words anew.
    """
    names = list(hits[0])
    rows = {n: np.stack([np.mean(h[n], axis=0) for h in hits]) for n in names}
    rivals = [n for n in names if n != "masked"]
    return {
        "texts": int(rows["masked"].shape[1]),
        "seeds": list(seeds),
        "accuracy": {
            n: [[round(float(x.mean()), 5) for x in h[n]] for h in hits] for n in names
        },
        "effect": {
            n: asdict(paired_bootstrap(rows["masked"], rows[n])) for n in rivals
        },
        "effect of the new ones": {
            n: asdict(paired_bootstrap(rows["masked"][1:], rows[n][1:])) for n in rivals
        },
    }


_INPUTS = (
    "tutor.context.attention.config",
    "tutor.context.attention.masks",
    "tutor.context.attention.packed",
    "tutor.context.attention.reference",
    "tutor.context.attention.torch",
    "tutor.context.bert.checkpoint",
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
    "tutor.evaluate.statistics",
    *(cloze, whole_words, guesses, most_frequent, right, trained),
    *(asked, held_out, train, payload),
)
STUDIES = {
    "bert-seeds": Study(run=trainings, inputs=_INPUTS, data=("wordnet",)),
}
