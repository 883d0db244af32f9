"""Scores of chapter ``words/knowledge``: F1 by task, and differences over families.

Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.neoplasms import TASKS
from tutor.evaluate.statistics import Effect, paired_bootstrap
from tutor.words.studies.knowledge_texts import JUDGED, Bench, Floats, Ints


@dataclass(frozen=True, eq=False, repr=False)
class Counts:
    """Hits, guesses and truths of each class, by seed and family.

    Attributes
    ----------
    table : (seeds, families, 3, classes)
        The classes of all judged tasks beside each other.
    tasks : (classes,)
        The task of each class.
    """

    table: Floats
    tasks: Ints


def counts_of(of: Bench, answers: Sequence[Mapping[str, Ints]], test: Ints) -> Counts:
    """Return the counts of each seed's answers to the tested texts."""
    names, family = np.unique([of.data.families[i] for i in test], return_inverse=True)
    sizes = [len(TASKS[task]) for task in JUDGED]
    found = np.zeros((len(answers), len(names), 3, sum(sizes)))
    for seed, answer in zip(found, answers, strict=True):
        for k, task in enumerate(JUDGED):
            first = sum(sizes[:k])
            y, z = of.data.labels[task][test], answer[task]
            np.add.at(seed[:, 0], (family, first + y), y == z)
            np.add.at(seed[:, 1], (family, first + z), 1)
            np.add.at(seed[:, 2], (family, first + y), 1)
    return Counts(found, np.repeat(np.arange(len(sizes)), sizes))


# --- metrics -------------------------------------------------------------------------
Metric = Callable[[Floats, Ints], float]


def f1(c: Floats) -> Floats:
    """Return F1 of each class from hits, guesses and truths; NaN where none is."""
    present = c[2] > 0
    return np.where(present, 2 * c[0] / np.maximum(c[1] + c[2], 1), np.nan)


def macro(c: Floats, tasks: Ints) -> float:
    """Return the mean over tasks of the mean F1 of the classes that are present."""
    values = f1(c)
    return float(np.mean([np.nanmean(values[tasks == k]) for k in range(len(JUDGED))]))


def micro(c: Floats, tasks: Ints) -> float:
    """Return the mean over tasks of micro-F1: here the share of right answers."""
    shares = [
        c[0, tasks == k].sum() / c[2, tasks == k].sum() for k in range(len(JUDGED))
    ]
    return float(np.mean(shares))


def rare(of: Bench) -> NDArray[np.bool_]:
    """Return which classes have fewer texts than the median class of their task."""
    found = []
    for task in JUDGED:
        sizes = np.bincount(of.data.labels[task], minlength=len(TASKS[task]))
        found.append(sizes < np.median(sizes))
    return np.concatenate(found)


def rare_gap(seldom: NDArray[np.bool_]) -> Metric:
    """Return the metric: mean F1 of the rare classes minus that of the others."""

    def gap(c: Floats, tasks: Ints) -> float:
        del tasks
        values = f1(c)
        return float(np.nanmean(values[seldom]) - np.nanmean(values[~seldom]))

    return gap


def difference(
    one: Counts, other: Counts, metric: Metric, *, samples: int = 1000
) -> Effect:
    """Return a metric's difference with its interval over families and seeds.

    Texts of a family are near copies of each other, so families are drawn, not texts:
    the bootstrap gets numbers of families and the statistic adds up their counts.
    """
    both = np.stack([one.table, other.table])
    flat = both.reshape(-1, *both.shape[3:])
    numbers = np.arange(len(flat), dtype=np.float64).reshape(both.shape[:3])

    def statistic(drawn: Floats, gold: Floats | None) -> float:
        del gold
        return metric(flat[drawn.astype(np.int64)].sum(axis=0), one.tasks)

    return paired_bootstrap(
        numbers[0], numbers[1], statistic=statistic, samples=samples
    )


def mean_of(counts: Counts, metric: Metric) -> float:
    """Return a metric's mean over seeds."""
    return float(np.mean([metric(c.sum(axis=0), counts.tasks) for c in counts.table]))
