"""Ontologies, the semantic map, Ukrainian prefixes: pencil, loops, oracles, input."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tutor import Embedding
from tutor.words.terms.graph import (
    neighbour_graph,
    relabelled,
    star_precision,
)
from tutor.words.terms.ontology import (
    Ontology,
    is_a_distance,
    is_near,
    noun_ontology,
    phenotype_ontology,
    wu_palmer,
)
from tutor.words.terms.prefixes import prefix_terms

PARENTS = {
    "top": (),
    "kidney": ("top",),
    "skin": ("top",),
    "cyst": ("kidney",),
    "both": ("kidney", "skin"),
    "rash": ("skin",),
    "alone": (),
}
NAMES = {(key, "x"): key for key in PARENTS}


def onto(names=NAMES, parents=PARENTS):
    return Ontology("toy", names, parents)


def planted(parents=PARENTS, n=12, seed=0):
    """Return a random acyclic graph: each node is a kind of one or two earlier ones."""
    rng = np.random.default_rng(seed)
    up = {"0": ()}
    for i in range(1, n):
        chosen = rng.choice(i, min(i, rng.integers(1, 3)), replace=False)
        up[str(i)] = tuple(str(j) for j in sorted(chosen))
    return Ontology("random", {(key, "x"): key for key in up}, up)


# --- the gold ------------------------------------------------------------------------
def test_wu_palmer_and_steps_by_hand():
    """Cyst and both meet in kidney, depth 2, one step each: 4 / (4 + 2).

    Cyst and rash meet in top, depth 1, two steps each: 2 / (2 + 4).
    """
    names = [(key, "x") for key in ("cyst", "both", "rash", "kidney", "alone")]
    likeness, steps = wu_palmer(onto(), names), is_a_distance(onto(), names)
    np.testing.assert_allclose(likeness[0, :4], [1, 4 / 6, 2 / 6, 4 / 5])
    np.testing.assert_array_equal(steps[0, :4], [0, 2, 4, 1])
    np.testing.assert_allclose(likeness[1, 2], 4 / 6)  # both and rash: in skin
    assert likeness[0, 4] == 0
    assert np.isinf(steps[0, 4])
    near = is_near(steps)
    np.testing.assert_array_equal(near[0], [False, True, False, True, False])


@pytest.mark.parametrize("seed", range(4))
def test_steps_are_those_of_networkx(seed):
    """Oracle: shortest up-ways by networkx, and the maximum over all meeting points."""
    nx = pytest.importorskip("networkx")
    ontology = planted(seed=seed, n=25)
    graph = nx.DiGraph([(c, p) for c, up in ontology.parents.items() for p in up])
    names = list(ontology.names)
    up = {c: nx.single_source_shortest_path_length(graph, c) for c in graph}
    depth = {c: 1 + up[c]["0"] for c in graph}
    assert ontology.depths == depth
    likeness, steps = wu_palmer(ontology, names), is_a_distance(ontology, names)
    for i, (a, _) in enumerate(names):
        for j, (b, _) in enumerate(names):
            ways = {c: up[a][c] + up[b][c] for c in set(up[a]) & set(up[b])}
            assert steps[i, j] == min(ways.values())
            best = max(2 * depth[c] / (2 * depth[c] + way) for c, way in ways.items())
            np.testing.assert_allclose(likeness[i, j], best)
    np.testing.assert_array_equal(likeness, likeness.T)
    np.testing.assert_allclose(np.diag(likeness), 1)


def test_ontologies_are_checked():
    with pytest.raises(ValueError, match="1 nodes of 'toy' are not listed, 'gone'"):
        onto(parents={**PARENTS, "rash": ("gone",)})
    with pytest.raises(ValueError, match="2 nodes of 'toy' are reached from no root"):
        onto({}, {"top": (), "a": ("b",), "b": ("a",)})
    with pytest.raises(KeyError, match="1 terms are no names of 'toy', 'no such'"):
        wu_palmer(onto(), [("no", "such")])
    assert repr(onto()) == "Ontology('toy', 7 names, 7 nodes)"


def test_the_two_ontologies():
    """Counts of the pinned files; three likenesses that everybody can check."""
    from tutor.datasets.wordnet import wordnet

    phenotypes, nouns = phenotype_ontology(), noun_ontology(wordnet())
    assert (len(phenotypes.names), len(phenotypes)) == (18172, 18387)
    assert (len(nouns.names), len(nouns)) == (59941, 82115)
    olive, corn, civil = [w.split() for w in ("olive oil", "corn oil", "civil war")]
    steps = is_a_distance(nouns, [tuple(olive), tuple(corn), tuple(civil)])
    assert steps[0, 1] == 2  # both are vegetable oils
    assert steps[0, 2] > 6
    assert ("renal", "cyst") in phenotypes.names
    assert ("congenital", "onset") not in phenotypes.names  # not an abnormality


# --- the map -------------------------------------------------------------------------
ANGLES = {"a": 0, "b": 10, "c": 20, "d": 90, "e": 100}


def wheel():
    turn = np.radians(list(ANGLES.values()))
    return Embedding(tuple(ANGLES), np.column_stack([np.cos(turn), np.sin(turn)]))


def pairs_of(edges):
    return {(edge.left, edge.right) for edge in edges}


def graph_by_loop(embedding, keys, topn, depth, threshold):
    """Draw as the docstring says, from the embedding's own neighbours."""
    found, front, drawn = {}, list(keys), set()
    for _ in range(depth + 1):
        reached = []
        for center in front:
            near = [n.key for n in embedding.nearest(center, topn)]
            shown = [center, *near]
            for i, a in enumerate(shown):
                for b in shown[i + 1 :]:
                    cosine = embedding.similarity(a, b)
                    if round(cosine, 6) >= threshold:
                        found[tuple(sorted((a, b), key=embedding.row))] = cosine
            reached += near
        drawn |= set(front)
        front = [key for key in dict.fromkeys(reached) if key not in drawn]
    return found


def test_the_map_by_hand():
    """Around a with two neighbours: a, b, c, and all three edges; depth 1 adds none."""
    edges = neighbour_graph(wheel(), ["a"], topn=2)
    assert pairs_of(edges) == {("a", "b"), ("a", "c"), ("b", "c")}
    np.testing.assert_allclose(edges[-1].cosine, np.cos(np.radians(20)), atol=1e-6)
    assert pairs_of(neighbour_graph(wheel(), ["a"], topn=2, threshold=0.95)) == {
        ("a", "b"),
        ("b", "c"),
    }
    deep = neighbour_graph(wheel(), ["a"], topn=2, depth=1)
    assert pairs_of(deep) == pairs_of(edges)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_the_map_is_that_of_the_loop(depth):
    rng = np.random.default_rng(depth)
    made = Embedding([f"k{i}" for i in range(40)], rng.normal(size=(40, 5)))
    edges = neighbour_graph(made, ["k3", "k7"], topn=4, depth=depth, threshold=0.3)
    known = graph_by_loop(made, ["k3", "k7"], 4, depth, 0.3)
    assert len(known) > 3
    assert pairs_of(edges) == known.keys()
    np.testing.assert_allclose(
        [edge.cosine for edge in edges],
        [known[edge.left, edge.right] for edge in edges],
        atol=1e-6,
    )
    assert all(a.cosine >= b.cosine for a, b in pairwise(edges))


@pytest.mark.parametrize(
    ("keys", "setting", "error", "message"),
    [
        (["zz"], {}, KeyError, "zz"),
        ([], {}, ValueError, "keys is empty"),
        (["a"], {"topn": 0}, ValueError, "topn must be"),
        (["a"], {"depth": -1}, ValueError, "depth must be 0"),
        (["a"], {"threshold": 2}, ValueError, "threshold must lie"),
    ],
)
def test_the_map_refuses(keys, setting, error, message):
    with pytest.raises(error, match=message):
        neighbour_graph(wheel(), keys, **setting)


def test_star_precision_by_hand():
    """Of a's two neighbours b and c only b is related; of d's (e, c) e is."""
    X = np.asarray(wheel().vectors)
    related = np.zeros((5, 5), bool)
    related[0, 1] = related[1, 0] = related[3, 4] = related[4, 3] = True
    shares = star_precision(X @ X.T, related, topn=2)
    np.testing.assert_allclose(shares, [0.5, 0.5, 0, 0.5, 0.5])
    with pytest.raises(ValueError, match="topn=5 neighbours need more than 5"):
        star_precision(X @ X.T, related)
    with pytest.raises(ValueError, match="two square tables"):
        star_precision(X, related, topn=1)


def test_labels_are_exchanged_inside_their_band_only():
    bands = np.array([0, 0, 1, 1, 1, 0, 2] * 5)
    order = relabelled(bands, seed=1)
    np.testing.assert_array_equal(np.sort(order), np.arange(35))
    np.testing.assert_array_equal(bands[order], bands)
    assert (order != np.arange(35)).any()
    assert (order != relabelled(bands, seed=2)).any()


# --- Ukrainian -----------------------------------------------------------------------
def test_prefixes_count_bent_forms_as_one():
    """Two forms of one term, three letters each; the stop word breaks a run."""
    documents = [
        ["новий", "пароль"],
        ["нового", "пароля"],
        ["новий", "пароль", "і", "поле"],
    ]
    found = prefix_terms(documents, prefix=3, min_count=2)
    assert [(t.form, t.forms, t.occurrences, t.value) for t in found] == [
        ("новий пароль", 2, 3, 3.0)
    ]
    whole = prefix_terms(documents, prefix=99, min_count=2)
    assert [(t.form, t.occurrences) for t in whole] == [("новий пароль", 2)]
    with pytest.raises(ValueError, match="prefix must be"):
        prefix_terms(documents, prefix=0)
    with pytest.raises(ValueError, match="lower min_count"):
        prefix_terms(documents, prefix=3, min_count=9)
