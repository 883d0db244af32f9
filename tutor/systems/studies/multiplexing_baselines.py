"""Two more tables for chapter ``systems/multiplexing``, and intervals of every budget.

Two hashes a field in separate rows, and one shared table without salts. Data, split,
budgets, seeds and all other settings are those of ``multiplexing-movielens``, whose
tables are trained again: intervals need the scores, of which it keeps none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from tutor.claims.studies import Study
from tutor.evaluate.auc import auc_difference
from tutor.systems.hashing import Keys
from tutor.systems.multiplexing.config import MultiplexingConfig
from tutor.systems.multiplexing.tables import make_table, vocabulary
from tutor.systems.multiplexing.train import Split
from tutor.systems.studies.multiplexing import (
    BUDGETS,
    HASHED,
    METHODS,
    UNIFIED,
    areas,
    movielens,
    trained_scores,
)

APART, BARE = "separate, 2 look-ups", "unified, no salt"
ADDED: Mapping[str, MultiplexingConfig] = {
    APART: replace(HASHED, lookups=2, power=0.5),
    BARE: replace(UNIFIED, salts="none"),
}
"""The exponent was chosen on the validation rows, seed 100, at 10 % and 2 %."""
ALL: Mapping[str, MultiplexingConfig] = {**METHODS, **ADDED}
COMPARED = {
    "two shared minus two separate": ("unified, 2 look-ups", APART),
    "no salt minus salt": (BARE, "unified, 1 look-up"),
    "two separate minus fair": (APART, "fair"),
}
_SAMPLES = 500


def names_in_common(known: tuple[Keys, ...]) -> int:
    """Return how many values have the text of a value of another field.

    Without salts all values of one text share their row at any number of rows.
    """
    _, counts = np.unique(np.concatenate(known), return_counts=True)
    return int(counts[counts > 1].sum())


def intervals(
    split: Split, shares: tuple[float, ...], epochs: int = HASHED.epochs
) -> dict[str, Any]:
    """Return AUC with its interval of all tables and budgets, and differences."""
    labels, known = split.test[1], vocabulary(split.train[0])
    found: dict[str, Any] = {
        "auc": {name: {} for name in ALL},
        "effect": {name: {} for name in ALL},
        "bytes": {name: {} for name in ALL},
        **{what: {} for what in COMPARED},
    }
    for share in shares:
        scores = {}
        for name, config in ALL.items():
            chosen = replace(config, budget=share, epochs=epochs)
            scores[name] = trained_scores(split, chosen)
            found["auc"][name][str(share)] = areas(scores[name], split)
            effect = auc_difference(scores[name], None, labels, samples=_SAMPLES)
            found["effect"][name][str(share)] = asdict(effect)
            found["bytes"][name][str(share)] = make_table(known, chosen).bytes
        for what, (left, right) in COMPARED.items():
            effect = auc_difference(
                scores[left], scores[right], labels, samples=_SAMPLES
            )
            found[what][str(share)] = asdict(effect)
    return found


def on_movielens() -> dict[str, Any]:
    """Run the grid on MovieLens, at the budgets of the other study."""
    return intervals(movielens(), BUDGETS)


_HERE = "tutor.systems"
STUDIES = {
    "multiplexing-baselines": Study(
        run=on_movielens,
        inputs=(
            f"{_HERE}.studies.multiplexing_baselines",
            f"{_HERE}.studies.multiplexing",
            f"{_HERE}.table",
            f"{_HERE}.hashing",
            *(
                f"{_HERE}.multiplexing.{part}"
                for part in ("config", "data", "reference", "tables", "train")
            ),
            "tutor.datasets.tables",
            "tutor.datasets.frames",
            "tutor.evaluate.auc",
        ),
        data=("movielens-small",),
    ),
}
