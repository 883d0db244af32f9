"""Paragraph vectors, HOPE and a flow of the one world: rows, runs and sizes."""

import numpy as np
import pytest
from two_concepts import Concepts

from tutor import claims
from tutor.closing.one_world import stored
from tutor.closing.studies import one_world_more as more
from tutor.datasets.texts import WikipediaLead
from tutor.graphs.graph import Graph
from tutor.graphs.reconstruction import HopeConfig, fit_hope
from tutor.knowledge.flows import FlowsConfig
from tutor.knowledge.triples import worlds


def ring(n):
    """Return a ring of n nodes with a hub in its middle."""
    names = [*(f"n{i}" for i in range(n)), "hub"]
    rim = [(i, (i + 1) % n) for i in range(n)]
    return Graph.from_edges(names, [*rim, *((i, n) for i in range(0, n, 2))])


def test_hope_is_that_of_the_graph_where_it_is_small(monkeypatch):
    monkeypatch.setattr(more, "HOPE", HopeConfig(dim=4))
    edges = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (3, 5), (0, 6)]
    graph = Graph.from_edges([f"n{i}" for i in range(7)], edges)
    keys = ["n3", "n6", "n0"]
    (found,) = more.hope_runs(graph, keys)[more.HOPE_NAME]
    order = [*keys, *(key for key in graph.keys if key not in keys)]
    fit = fit_hope(graph.subgraph([graph.row(key) for key in order]), more.HOPE)
    sides = [side.subset(keys).vectors for side in (fit.embedding, fit.context)]
    # the sign of a direction is free, so dot products are compared
    wanted = np.concatenate(sides, axis=1)
    np.testing.assert_allclose(found @ found.T, wanted @ wanted.T, atol=1e-6)
    assert found.shape == (3, 4)


def test_hope_of_a_large_graph_sees_the_nodes_of_most_edges(monkeypatch):
    seen = []

    def watched(graph, config):
        seen.append(graph.keys)
        return fit_hope(graph, config)

    monkeypatch.setattr(more, "HOPE", HopeConfig(dim=2))
    monkeypatch.setattr(more, "MOST", 4)
    monkeypatch.setattr(more, "fit_hope", watched)
    more.hope_runs(ring(8), ["n3", "n5"])
    assert set(seen[0][:2]) == {"n3", "n5"}
    assert "hub" in seen[0]
    assert len(seen[0]) == 4


def test_a_flow_gives_locations_one_run_a_seed(monkeypatch):
    monkeypatch.setattr(more, "FLOWS", FlowsConfig(scorer="nfe1", dim=3, epochs=1))
    data = worlds.grid(4)
    keys = tuple(data.entities[:5])
    runs, ranks = more.flow_runs(data, keys, (1, 2))
    table = runs[more.FLOWS_NAME]
    assert table.shape == (2, 5, 3)
    assert len(ranks) == 2
    assert np.abs(table[0] - table[1]).max() > 1e-3  # another seed, another run
    whole = more.fit_flows(data, more.FLOWS, seed=1).embedding.subset(keys).vectors
    assert whole.shape == (5, 6)  # the spread stands behind
    np.testing.assert_array_equal(table[0], whole[:, :3])


def test_paragraph_vectors_of_the_concepts_stand_first(monkeypatch):
    leads = [WikipediaLead(f"t{i}", f"word{i} animal is a", "x") for i in range(9)]
    monkeypatch.setattr(more.texts, "wikipedia_leads", lambda: leads)
    seen = []
    real = more.fit_paragraphs

    def watched(corpus, config, *, seed):
        seen.append(corpus)
        return real(corpus, config, seed=seed)

    monkeypatch.setattr(more, "fit_paragraphs", watched)
    table = more.text_runs(Concepts(), (1, 2))[more.TEXT_NAME]
    assert table.shape == (2, 2, more.PARAGRAPHS.dim)
    assert len(seen[0]) == 2 + 8  # the lead of the second concept stands once
    found = [seen[0].words(i) for i in range(3)]
    assert found == [["a", "is", "animal"]] * 2 + [["animal", "is", "a"]]
    assert np.abs(table[0] - table[1]).max() > 1e-3


@pytest.mark.parametrize(
    ("name", "seeds"),
    [(more.TEXT_NAME, 5), (more.HOPE_NAME, 1), (more.FLOWS_NAME, 5)],
)
def test_the_stored_file_holds_them(name, seeds):
    kept = claims.stored(stored.RECORD)
    assert kept["seeds"][name] == seeds
    assert (name in kept["ceilings"]) == (seeds > 1)
