"""Which of two numbers is larger, asked where counting their digits does not help.

The order probe of :mod:`tutor.words.studies.numbers`, tried on pairs of equal length
that the chapter's tables do not use, after training draws of its own. A first look took
five draws and 1,500 pairs; what is stored takes twenty and 4,000. Chapter:
``words/numbers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from tutor.claims.studies import Study
from tutor.evaluate.statistics import paired_bootstrap, spearman
from tutor.sampling import permutation
from tutor.words.numbers import encodings, probe
from tutor.words.studies import numbers as study
from tutor.words.studies.numbers import Table, Whole, World

CODES = ("words", "digits", "frequency", "random")
PAIRS, SEEDS = 4000, tuple(range(5, 25))
"""Pairs asked at each place, and training draws: the chapter's tables have 0 to 4."""
COMPARED = (
    ("words", "digits"),
    ("words", "random"),
    ("words", "frequency"),
    ("digits", "random"),
)
_ASKED = 998  # seed of the pairs; the tables ask those of 999


def equal_pairs(numbers: Whole, count: int, seed: int) -> tuple[Whole, Whole]:
    """Return the first ``count`` drawn pairs of different numbers of equal length.

    Raises
    ------
    ValueError
        If twenty times as many draws hold fewer of them.
    """
    x, y = study.pairs(numbers, 20 * count, seed)
    kept = np.flatnonzero(study.same_length(x, y))[:count]
    if len(kept) < count:
        raise ValueError(
            f"{20 * count} draws hold {len(kept)} pairs of equal length, {count} asked "
            "for: give fewer, or numbers of fewer lengths"
        )
    return x[kept], y[kept]


def asked(at: World, *, count: int = PAIRS) -> dict[str, tuple[Whole, Whole]]:
    """Return the pairs of equal length inside the range, and outside."""
    places = {"inside": at.inside, "outside": at.outside}
    return {place: equal_pairs(x, count, _ASKED) for place, x in places.items()}


def ordered(
    at: World,
    name: str,
    *,
    count: int = PAIRS,
    rows: int = 2000,
    seeds: Sequence[int] = SEEDS,
) -> dict[str, Table]:
    """Return what a code's network orders rightly at each place: (seeds, pairs).

    Training pairs have any lengths: the question is what a probe of *larger* still
    knows where the shorter number is not the smaller one by its length.
    """
    found = asked(at, count=count)
    right: dict[str, list[Table]] = {place: [] for place in found}
    for seed in seeds:
        write = study.code(name, at.embedding, seed=seed)
        train = at.pool[permutation(len(at.pool), seed, stream=study._DRAW)[:rows]]
        x, y = study.pairs(train, rows, seed)
        gaps = [write(a) - write(b) for a, b in found.values()]
        target = np.sign(x - y).astype(float)
        said = probe.answers("network", write(x) - write(y), target, gaps, seed=seed)
        for (place, (a, b)), guess in zip(found.items(), said, strict=True):
            right[place].append(((guess > 0) == (a > b)).astype(float))
    return {place: np.array(each) for place, each in right.items()}


def rarer(at: World) -> float:
    """Return the rank correlation of a number outside the range with its word's rank.

    The rank counts from the most frequent word up: above 0, larger numbers are rarer.
    """
    rank = at.embedding.rows(encodings.numeral_keys(at.outside, at.embedding))
    return float(spearman(np.asarray(rank, float), at.outside.astype(float)))


def compare() -> dict[str, Any]:
    """Ask every code at both places; return shares, differences and the control's base.

    ``rarer`` is what the code of frequency can rest on outside the range.
    """
    from tutor.datasets import models

    at = study.world(models.glove())
    right = {name: ordered(at, name) for name in CODES}
    return {
        "pairs": PAIRS,
        "draws": len(SEEDS),
        "right": {
            name: {place: float(values.mean()) for place, values in found.items()}
            for name, found in right.items()
        },
        "effects": {
            place: {
                f"{a} - {b}": asdict(paired_bootstrap(right[a][place], right[b][place]))
                for a, b in COMPARED
            }
            for place in ("inside", "outside")
        },
        "rarer": rarer(at),
    }


STUDIES = {"numbers-order": Study(run=compare, data=["glove-6b-50d"])}
