"""The three knowledge graphs: counts as published, facts as printed, damage seen."""

import numpy as np
import pytest

from tutor.datasets import DataError, triples
from tutor.datasets.sources import source
from tutor.datasets.triples import TripleSet

SIZES = {  # entities, relations, train, valid, test: as PyKEEN's documentation has them
    "nations": (14, 55, 1592, 199, 201),
    "kinships": (104, 25, 8544, 1068, 1074),
    "umls": (135, 46, 5216, 652, 661),
}
FIRST = {  # read in the files by eye
    "nations": ("netherlands", "militaryalliance", "uk"),
    "kinships": ("person100", "term6", "person80"),
    "umls": ("acquired_abnormality", "location_of", "experimental_model_of_disease"),
}


@pytest.mark.parametrize("name", SIZES)
def test_graphs_have_their_published_size(name):
    data = triples.triples(name)
    entities, relations, *counts = SIZES[name]
    assert len(data.entities) == entities
    assert len(data.relations) == relations
    assert [len(data.split(s)) for s in ("train", "valid", "test")] == counts
    assert len(data) == sum(counts) == source(name).rows == len(data.facts)
    assert data.names(data.train[0]) == FIRST[name]
    assert list(data.entities) == sorted(data.entities)
    trained = np.unique(data.train[:, [0, 2]])
    assert np.isin(np.unique(data.facts[:, [0, 2]]), trained).all()
    assert data.licence
    assert data.citation
    assert repr(data).startswith(f"TripleSet({name}: {entities} entities")


def test_arrays_are_write_protected():
    with pytest.raises(ValueError, match="read-only"):
        triples.triples("nations").train[0, 0] = 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"entities": ("a", "a")}, "entities of 'x' repeat"),
        ({"train": [(0, 0)]}, r"train must be \(n, 3\), got \(1, 2\)"),
        ({"train": [(0, 1, 1)]}, "beyond 2 and 1"),
        ({"test": [(0, 0, -1)]}, "beyond 2 and 1"),
        ({"test": [(0, 0, 1)]}, "1 facts of 'x' stand twice"),
    ],
)
def test_what_is_no_graph(change, words):
    given = {"entities": ("a", "b"), "relations": ("r",), "train": [(0, 0, 1)]}
    given |= {"valid": [], "test": []}
    assert len(TripleSet("x", **given)) == 1
    with pytest.raises(ValueError, match=words):
        TripleSet("x", **{**given, **change})


def test_names_and_splits_that_do_not_exist():
    with pytest.raises(ValueError, match="no knowledge graph 'freebase'"):
        triples.triples("freebase")
    with pytest.raises(ValueError, match="unknown split 'dev'"):
        triples.triples("nations").split("dev")


def test_a_line_of_two_fields_is_named(tmp_path):
    path = tmp_path / "train.txt"
    path.write_text("a\tr\tb\na\tr\n")
    with pytest.raises(DataError, match="line 2: expected head, relation, tail"):
        triples._read(path)
