"""The studies: graphs in one piece, pairing, questions, and the choice as stored."""

import numpy as np
import pytest

from tutor import claims
from tutor.graphs import reconstruction
from tutor.graphs.studies import reconstruction as study
from tutor.graphs.studies import reconstruction_stored as kept


def test_les_miserables_is_the_published_graph():
    """Knuth's graph has 77 people and 254 pairs; Valjean has 36 of them."""
    graph = study.les_miserables()
    assert (len(graph), graph.n_edges) == (77, 254)
    assert graph.degrees[graph.row("Valjean")] == graph.degrees.max() == 36
    assert len(graph.largest_component()) == 77


def test_precisions_pair_and_equal_the_metric():
    graph = study.les_miserables()
    settings = study.Settings().with_dim(4)
    names = ("HOPE", "random")
    readers = {name: study.READERS[name] for name in names}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "READERS", readers)
        tables = study.precisions(graph, settings)
    scores = dict(study.read_hope(graph, settings, 1))["HOPE, dot"]
    ap = reconstruction.khop_ap(scores, graph, 2, "exactly")
    np.testing.assert_array_equal(tables["HOPE, dot"]["exactly", 2][0], ap)
    assert tables["HOPE, dot"]["within", 1].shape == (1, 77)
    assert tables["random, dot"]["within", 1].shape == (5, 77)
    one = study.difference(tables, "HOPE, dot", "random, dot", [("within", 1)])
    gap = study.means(tables)["HOPE, dot"]["within 1"]
    gap -= study.means(tables)["random, dot"]["within 1"]
    np.testing.assert_allclose(one.estimate, gap, atol=1e-12)
    back = study.difference(tables, "random, dot", "HOPE, dot", [("within", 1)])
    np.testing.assert_allclose(one.estimate, -back.estimate, atol=1e-12)
    assert len(one.per_seed) == 5


def test_with_dim_gives_every_family_as_many_numbers():
    settings = study.Settings().with_dim(20)
    assert settings.hope.dim == settings.sdne.dim == 20
    assert settings.walk.training.dim == 10


def test_turn_is_the_change_of_a_lead():
    a = {("within", 2): np.array([[0.9, 0.7]]), ("exactly", 2): np.array([[0.4, 0.2]])}
    b = {("within", 2): np.array([[0.5, 0.5]]), ("exactly", 2): np.array([[0.6, 0.2]])}
    found = study.turn({"a": a, "b": b}, "a", "b", 2)
    np.testing.assert_allclose(found.estimate, 0.3 - (-0.1), atol=1e-12)


def test_gap_leaves_out_nodes_without_the_task():
    found = study.gap(np.array([[1.0, np.nan, 0.5]]), np.array([[0.5, 0.1, 0.5]]))
    assert found.items == 2
    np.testing.assert_allclose(found.estimate, 0.25)


def test_answers_by_hand():
    """B − a + c meets d; without the offset another node is nearest to c."""
    X = np.array([[1.0, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [0, -0.1, 1]])
    questions = np.array([[0, 1, 2, 3]])
    np.testing.assert_array_equal(kept.answers(X, questions), [1.0])
    np.testing.assert_array_equal(kept.answers(X, questions, offset=False), [0.0])


def test_questions_ask_for_a_class():
    found = study.nouns()
    questions = kept.parent_questions(found)
    assert questions.shape == (kept.QUESTIONS, 4)
    kinds = {
        tuple(edge)
        for edge, sign in zip(found.edges.tolist(), found.relations, strict=True)
        if sign == "@"
    }
    assert {tuple(q) for q in questions[:, :2].tolist()} <= kinds
    assert {tuple(q) for q in questions[:, 2:].tolist()} <= kinds
    assert (questions[:, 1] != questions[:, 3]).all()
    assert all(len(set(row)) == 4 for row in questions.tolist())


def test_judged_pairs_are_those_of_the_list():
    found = study.nouns()
    rows, gold = kept.judged_pairs(found)
    assert len(rows) == len(gold) > 2000
    assert rows.max() < len(found)
    assert len(study.of_nouns(found).largest_component()) == len(found)


def test_the_chosen_settings_are_the_defaults():
    """What the stored choice found best is what every test graph was run with."""
    stored = claims.stored("reconstruction-choice")
    for family, tried in kept.candidates().items():
        values = stored["validation"][family]
        best = max(values, key=lambda name: values[name])
        assert stored["chosen"][family] == best
        assert dict(tried)[best] == study.Settings().with_dim(32)
        assert set(values) == set(dict(tried))


def test_hope_at_rank_d_is_hope_with_twice_the_numbers():
    """On an undirected graph: d numbers and d signs say what 2 d numbers say."""
    graph = study.les_miserables()
    few, many = (study.Settings().with_dim(dim) for dim in (16, 32))
    ours = dict(study.read_hope_symmetric(graph, few, 1))["HOPE at rank d, dot"]
    twice = dict(study.read_hope(graph, many, 1))["HOPE, dot"]
    np.testing.assert_allclose(ours, twice, atol=1e-10)
    once = dict(study.read_hope(graph, few, 1))["HOPE, dot"]
    assert np.abs(ours - once).max() > 0.05
    X, signs = study.symmetric_hope(graph, few.hope)
    assert X.shape == (77, 16)
    assert set(signs) == {-1.0, 1.0}


def test_stored_wordnet_has_five_seeds():
    effects = claims.stored("reconstruction-wordnet")["effects"]
    for name in ("sdne minus stronger, far", "hope minus sdne, within 2"):
        np.testing.assert_equal(len(effects[name]["per_seed"]), 5)
