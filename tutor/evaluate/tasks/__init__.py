"""A small benchmark for text encoders: fourteen tasks of four kinds, offline.

``run(encode)`` judges any function from texts to vectors; ``compare`` and ``against``
say what differs, with intervals and corrected p-values. Modelled on the idea of MTEB
(Muennighoff et al. 2023); the data are other, smaller, and inside pinned packages.
Left out: what no package carries under a licence for the default path (STS-B, news
categories, questions and answers). Chapter: ``context/matryoshka``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from tutor.datasets.sources import source
from tutor.evaluate.tasks.base import Score, Task
from tutor.evaluate.tasks.build import BUILDERS
from tutor.evaluate.tasks.clusters import v_measure
from tutor.evaluate.tasks.kinds import (
    Classification,
    Clustering,
    Retrieval,
    Similarity,
)
from tutor.evaluate.tasks.results import Comparison, Results, against, compare

__all__ = [
    "NAMES",
    "Classification",
    "Clustering",
    "Comparison",
    "Results",
    "Retrieval",
    "Score",
    "Similarity",
    "Task",
    "against",
    "compare",
    "describe",
    "load",
    "run",
    "v_measure",
]

_BUILD = {builder.__name__.replace("_", "-"): builder for builder in BUILDERS}
NAMES = tuple(_BUILD)
"""The tasks, in order: four of retrieval, four of classification, three of clustering,
three of similarity."""

Encode = Callable[[list[str]], Any]


@cache
def load(name: str) -> Task:
    """Return a task by its name; built once.

    Raises
    ------
    ValueError
        For an unknown name; the message lists what there is.
    """
    if name not in _BUILD:
        raise ValueError(f"no task {name!r}; there are {', '.join(NAMES)}")
    return _BUILD[name]()


def describe(name: str) -> str:
    """Return what a task is, as one line: items, metric, chance, note, licences."""
    task = load(name)
    terms = (f"{key}: {source(key).licence}" for key in task.sources)
    return (
        f"{task.name} ({task.kind}): {task.title}; {task.items} items, {task.metric}, "
        f"chance {task.chance:.3f}; {task.note}; data {'; '.join(terms)}"
    )


def run(encode: Encode, tasks: Sequence[str | Task] = NAMES) -> Results:
    """Judge an encoder on tasks.

    Parameters
    ----------
    encode : callable
        Takes a list of texts, returns one vector a text, (texts, dim). Called once a
        task, with all its texts.
    tasks : sequence of names or tasks
        All fourteen by default; a task of one's own may stand among them.

    Returns
    -------
    Results
        One score a task.

    Raises
    ------
    ValueError
        For no task or an unknown one, and if the vectors are not finite or not one a
        text.
    """
    if isinstance(tasks, str) or not tasks:
        raise ValueError(f"tasks must be a list with a task or more, got {tasks!r}")
    chosen = [load(task) if isinstance(task, str) else task for task in tasks]
    twice = {
        task.name for task in chosen if [t.name for t in chosen].count(task.name) > 1
    }
    if twice:
        raise ValueError(f"tasks given twice: {', '.join(sorted(twice))}")
    return Results({t.name: t.score(encode(list(t.texts))) for t in chosen})
