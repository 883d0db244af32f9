"""The graph of nouns: its rules on the files themselves, and bad input."""

import numpy as np
import pytest

from tutor.datasets import wordnet_graph
from tutor.datasets.wordnet import wordnet
from tutor.datasets.wordnet_graph import RELATIONS, noun_graph

LINE = (
    "02084071 05 n 03 dog 0 domestic_dog 0 Canis_familiaris 0 005 @ 02083346 n 0000 "
    "@ 01317541 n 0000 #m 02083863 n 0000 ~ 01322604 n 0000 -c 00015388 v 0000 | a pet"
)


def test_a_line_by_hand():
    """wndb(5WN): offset, file, type, words in hexadecimal count, pointers of four."""
    key, noun = wordnet_graph._parse(LINE)
    assert key == "n-02084071"
    assert noun.name == "dog"
    assert noun.pointers == 5
    assert noun.targets == (
        ("@", "n-02083346"),
        ("@", "n-01317541"),
        ("#m", "n-02083863"),
    )


@pytest.fixture(scope="module")
def found():
    return noun_graph(["car", "Wheel", "dog", "no such noun"])


def test_rules_hold(found):
    assert set(found.meanings) == {"car", "wheel", "dog"}
    assert all(found.names[row].lower() == w for w, row in found.meanings.items())
    assert list(found.ids) == sorted(found.ids)  # the order of the files
    assert set(found.relations) <= set(RELATIONS)
    assert len(found.relations) == len(found.edges)
    undirected = np.sort(found.edges, axis=1)
    assert len(np.unique(undirected, axis=0)) == len(undirected)
    assert "entity" in found.names
    assert (
        repr(found) == f"NounGraph({len(found)} synsets, {len(found.edges)} pointers)"
    )


def test_hypernyms_equal_the_other_reader(found):
    """tutor.datasets.wordnet reads the same pointers of kinds, and all ancestors."""
    book = wordnet()
    kinds = {
        (found.ids[a], found.ids[b])
        for (a, b), sign in zip(found.edges.tolist(), found.relations, strict=True)
        if sign in ("@", "@i")
    }
    expected = {
        (key, above)
        for key in found.ids
        for above in book[key].hypernyms + book[key].instance_of
    }
    assert kinds == expected
    for row in found.meanings.values():
        assert set(book.ancestors(found.ids[row])) <= set(found.ids)


def test_the_best_connected_sense_is_chosen(found):
    nouns = wordnet_graph._nouns()
    for word, row in found.meanings.items():
        senses = [n.pointers for n in nouns.values() if n.name.lower() == word]
        assert nouns[found.ids[row]].pointers == max(senses)


def test_words_without_a_noun_are_refused():
    with pytest.raises(ValueError, match="none of 1 words"):
        noun_graph(["qwertyish"])
