"""A run over several tasks, and two or more runs compared.

Within a task the items are paired: a bootstrap gives the interval. Across tasks only
the sign and the size of differences count: Wilcoxon's signed ranks, with Holm's
correction where several designs are held against one. Chapter: ``context/matryoshka``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tutor.evaluate.statistics import (
    Effect,
    WilcoxonResult,
    holm,
    paired_bootstrap,
    wilcoxon,
)
from tutor.evaluate.tasks.base import Score


@dataclass(frozen=True)
class Results:
    """The scores of one encoder, by task."""

    scores: Mapping[str, Score]

    def __getitem__(self, task: str) -> Score:
        if task not in self.scores:
            raise KeyError(f"no task {task!r} in these results: {list(self.scores)}")
        return self.scores[task]

    def __len__(self) -> int:
        return len(self.scores)

    def __repr__(self) -> str:
        return f"Results({len(self)} tasks, mean {self.mean:.3f})"

    @property
    def mean(self) -> float:
        """The mean over tasks, of metrics that are not the same thing: a rough look."""
        return float(np.mean([score.value for score in self.scores.values()]))

    def table(self) -> list[tuple[str, str, float, float]]:
        """Return rows of task, metric, value and chance."""
        return [(s.task, s.metric, s.value, s.chance) for s in self.scores.values()]


@dataclass(frozen=True)
class Comparison:
    """One run against another on the same tasks.

    Attributes
    ----------
    differences : mapping of task to float
        Metric of the first minus metric of the second.
    effects : mapping of task to Effect
        The same with an interval over items, for tasks that have a value an item.
    wins, losses : int
        Tasks on which the first is ahead, behind.
    test : WilcoxonResult or None
        Over tasks; None if they agree on all.
    """

    differences: Mapping[str, float]
    effects: Mapping[str, Effect]
    wins: int
    losses: int
    test: WilcoxonResult | None

    @property
    def p(self) -> float:
        """The p of the test, two-sided; 1 if nothing differs."""
        return 1.0 if self.test is None else self.test.p


def compare(a: Results, b: Results, *, seed: int = 0) -> Comparison:
    """Hold one run against another.

    Raises
    ------
    ValueError
        If they are not over the same tasks.
    """
    if list(a.scores) != list(b.scores):
        odd = set(a.scores) ^ set(b.scores)
        raise ValueError(
            f"the runs must have the same tasks in the same order; only one has "
            f"{sorted(odd)}"
        )
    differences = {name: a[name].value - b[name].value for name in a.scores}
    effects = {}
    for name in a.scores:
        one, two = a[name].items, b[name].items
        if one is not None and two is not None:
            gold = a[name].gold
            kind = "mean" if gold is None else "spearman"
            effects[name] = paired_bootstrap(
                one, two, gold=gold, statistic=kind, seed=seed
            )
    values = np.array(list(differences.values()))
    return Comparison(
        differences,
        effects,
        int((values > 0).sum()),
        int((values < 0).sum()),
        wilcoxon(values) if values.any() else None,
    )


def against(
    runs: Mapping[str, Results], baseline: str
) -> dict[str, tuple[Comparison, float]]:
    """Hold every other run against one; return each comparison and its adjusted p.

    The p-values are Holm's: rejecting where one is at most .05 makes any false
    rejection among all of them at most 5 % likely.
    """
    if baseline not in runs:
        raise ValueError(f"no run {baseline!r}; there are {', '.join(runs)}")
    found = {
        name: compare(run, runs[baseline])
        for name, run in runs.items()
        if name != baseline
    }
    if not found:
        raise ValueError("there is no other run to compare with")
    adjusted = holm([comparison.p for comparison in found.values()])
    return {
        name: (comparison, float(p))
        for (name, comparison), p in zip(found.items(), adjusted, strict=True)
    }
