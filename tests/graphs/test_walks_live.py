"""The study of node classification on a piece of the graph: which nodes, which runs."""

import numpy as np
import pytest

from tutor.datasets.graphs import MentionGraph
from tutor.graphs.graph import Graph
from tutor.graphs.studies import walks_live as live
from tutor.graphs.studies.classification import Task, make_task


@pytest.fixture
def mentions():
    """Return 60 articles in three topics, in a ring that keeps topics together."""
    n = 60
    topics = tuple(("Arts", "History", "Mathematics")[i // 20] for i in range(n))
    arcs = np.column_stack([np.arange(n), (np.arange(n) + 1) % n])
    titles = tuple(f"Article {i}" for i in range(n))
    return MentionGraph(titles, topics, tuple(f"text {i}" for i in range(n)), arcs)


def test_a_piece_keeps_the_split(mentions):
    """Two of three topics: no node changes its part, its label's rank or its text."""
    task = make_task(mentions)
    part = live.piece(task, mentions, ("History", "Mathematics"))
    assert len(part.graph) == 40
    assert part.classes == 2
    for name in ("test", "validation", "pool"):
        whole = {task.graph.keys[i] for i in getattr(task, name)}
        mine = {part.graph.keys[i] for i in getattr(part, name)}
        assert mine == {key for key in whole if int(key.split()[1]) >= 20}
    for row, key in enumerate(part.graph.keys):
        number = int(key.split()[1])
        assert part.labels[row] == (number >= 40)
        assert part.texts[row] == f"text {number}"


def test_a_piece_of_an_unknown_topic_is_refused(mentions):
    with pytest.raises(ValueError, match="no node has the topic Sports"):
        live.piece(make_task(mentions), mentions, ("Arts", "Sports"))


def test_runs_have_the_settings_that_are_asked_for(monkeypatch):
    """P and q reach the walks; the rewired graphs keep degrees and change by seed."""
    ring = [(i, (i + 1) % 8) for i in range(8)] + [(0, 4), (2, 6)]
    graph = Graph.from_edges([str(i) for i in range(8)], np.array(ring))
    empty = np.zeros(0, np.int64)
    task = Task(graph, np.zeros(8, np.int64), ("",) * 8, empty, empty, empty)
    asked, walked = [], []

    class Run:
        embedding = None

    def fit(graph, config, *, seed):
        walked.append((graph, config.p, config.q, seed))
        return Run()

    monkeypatch.setattr(live, "vectors_of", lambda g, c: asked.append((c.p, c.q)))
    monkeypatch.setattr(live.walks, "fit", fit)
    monkeypatch.setattr(live.nodes, "standardized", lambda embedding: embedding)
    monkeypatch.setattr(live.nodes, "by_features", lambda tables, task: tables)
    live.walked(task)
    live.walked(task, p=0.25, q=4.0)
    assert asked == [(1.0, 1.0), (0.25, 4.0)]
    assert len(live.without_structure(task)) == len(walked) == 5
    assert [row[1:] for row in walked] == [(1.0, 1.0, s) for s in live.SEEDS]
    for other, *_ in walked:
        np.testing.assert_array_equal(other.degrees, graph.degrees)
    assert len({other.edges().tobytes() for other, *_ in walked}) > 1
