"""The stored studies of chapter ``systems/multiplexing`` on fewer rows, for the page.

Methods, settings, seeds and measures are those of the studies; only the rows are fewer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.systems.hashing import Keys
from tutor.systems.multiplexing.oracles import busiest
from tutor.systems.multiplexing.train import Split
from tutor.systems.studies.multiplexing import (
    FAIR,
    UNIFIED,
    Floats,
    kinds_of_collision,
    trained_scores,
)

Part = tuple[Keys, NDArray[np.bool_]]


# --- fewer rows ----------------------------------------------------------------------
def every(split: Split, step: int) -> Split:
    """Return one row in ``step`` of each part, from the first on.

    Raises
    ------
    ValueError
        For a step below 1.
    """
    _check(step)
    return _of(split, lambda keys: np.arange(len(keys)) % step == 0)


def some_users(split: Split, step: int, field: int = 0) -> Split:
    """Return all rows of one value in ``step`` of a field, in the order of their keys.

    Keys are hashes, so their order says nothing about the value. A value counts if it
    stands in a training row.

    Raises
    ------
    ValueError
        For a step below 1.
    """
    _check(step)
    kept = np.unique(split.train[0][:, field])[::step]
    return _of(split, lambda keys: np.isin(keys[:, field], kept))


def _check(step: int) -> None:
    if step < 1:
        raise ValueError(f"step must be 1 or more, got {step}")


def _of(split: Split, chosen: Callable[[Keys], NDArray[Any]]) -> Split:
    def cut(part: Part) -> Part:
        keys, labels = part
        rows = chosen(keys)
        return keys[rows], labels[rows]

    return Split(cut(split.train), cut(split.valid), cut(split.test))


# --- the same arms -------------------------------------------------------------------
def shared_and_fair(
    split: Split, *, budget: float = 0.02, epochs: int = 3
) -> tuple[Floats, Floats]:
    """Return test scores (seeds, rows) of one shared table, and of the fair one."""
    return (
        trained_scores(split, replace(UNIFIED, budget=budget, epochs=epochs)),
        trained_scores(split, replace(FAIR, budget=budget, epochs=epochs)),
    )


def between_and_inside(split: Split) -> tuple[Floats, Floats]:
    """Return test scores with collisions between fields, and with as many inside them.

    The busiest values of the largest field take part, as in the claim that is stored.
    """
    hosts = busiest(split)
    return (
        kinds_of_collision(split, "inter", hosts=hosts),
        kinds_of_collision(split, "intra", hosts=hosts),
    )
