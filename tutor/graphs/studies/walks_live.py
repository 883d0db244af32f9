"""The stored study of chapter ``graphs/walks`` on a piece of the graph, for the page.

Walks, training, classifier and scores are those of the study. The piece keeps the
study's split: a node that chose settings there is no test node here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.graphs import MentionGraph
from tutor.graphs import walks
from tutor.graphs.rewire import rewired
from tutor.graphs.studies import classification as nodes
from tutor.graphs.studies.classification import SEEDS, Task
from tutor.graphs.studies.walks import base_run, vectors_of

Ints = NDArray[np.int64]

SCIENCES = ("Mathematics", "Physical sciences", "Technology")
"""Topics of the piece that the chapter walks: a sixth of the graph."""


def piece(task: Task, mentions: MentionGraph, topics: Sequence[str] = SCIENCES) -> Task:
    """Return the task on the largest connected part among some topics.

    Classes keep their order and are numbered anew; test, validation and pool are those
    of the whole task, as far as they lie in the piece.

    Raises
    ------
    ValueError
        For a topic that no node has.
    """
    topic_of = dict(zip(mentions.titles, mentions.topics, strict=True))
    there = {topic_of[key] for key in task.graph.keys}
    missing = [topic for topic in topics if topic not in there]
    if missing:
        raise ValueError(f"no node has the topic {', '.join(missing)}; try {there}")
    chosen = [i for i, key in enumerate(task.graph.keys) if topic_of[key] in topics]
    graph = task.graph.subgraph(chosen).largest_component()
    rows = np.array([task.graph.row(key) for key in graph.keys])
    place = np.full(len(task.graph), -1)
    place[rows] = np.arange(len(rows))

    def kept(part: Ints) -> Ints:
        return place[part][place[part] >= 0]

    return Task(
        graph,
        np.unique(task.labels[rows], return_inverse=True)[1].astype(np.int64),
        tuple(task.texts[i] for i in rows),
        *(kept(part) for part in (task.test, task.validation, task.pool)),
    )


def walked(task: Task, *, p: float = 1.0, q: float = 1.0) -> Ints:
    """Return predictions by walks with return ``p`` and in-out ``q``: (seeds, test)."""
    config = replace(base_run(), p=p, q=q)
    return nodes.by_features(vectors_of(task.graph, config), task)


def without_structure(task: Task) -> Ints:
    """Return DeepWalk's predictions on rewired graphs of equal degrees: (seeds, test).

    Each seed rewires the graph anew.
    """
    runs = [walks.fit(rewired(task.graph, seed=s), base_run(), seed=s) for s in SEEDS]
    return nodes.by_features([nodes.standardized(run.embedding) for run in runs], task)
