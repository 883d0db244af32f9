"""Small labelled collections: counts as on their datasheets, and refusals."""

from collections import Counter

import numpy as np
import pytest

from tutor.datasets import collections as C
from tutor.datasets import lexicons
from tutor.datasets.sources import source


def test_phenotypes_are_those_of_the_release():
    """Counts: data/datasheets/hpo.md, without what is obsolete."""
    found = C.phenotypes()
    assert len(found) == 19034
    assert sum(bool(t.definition) for t in found.values()) == 16449
    arachnodactyly = found["HP:0001166"]
    assert arachnodactyly.name == "Arachnodactyly"
    assert "spider fingers" in arachnodactyly.definition.lower()
    assert all(p in found for t in found.values() for p in t.parents)
    assert [k for k, t in found.items() if not t.parents] == ["HP:0000001"]


def test_diagnoses_have_headings_and_chapters():
    found = C.diagnoses()
    by_code = {d.code: d for d in found}
    assert len(found) == len(by_code) == source("icd-10-cm").rows
    assert by_code["A00.0"].parent == by_code["A00"].text == "Cholera"
    assert by_code["A00"].parent == ""
    assert by_code["A00"].chapter == "Certain infectious and parasitic diseases"
    assert len({d.chapter for d in found}) == 22


def test_reviews_are_rated_from_minus_four_to_four():
    movie, amazon = C.reviews("movie"), C.reviews("amazon")
    assert len(movie) == 10605
    assert len(movie) + len(amazon) == source("review-snippets").rows
    for part in (movie, amazon):
        ratings = np.array([r.rating for r in part])
        assert -4 <= ratings.min() < -2
        assert 2 < ratings.max() <= 4
    assert movie[2] == ("Effective but too tepid biopic", -0.6)
    with pytest.raises(ValueError, match="no reviews of 'book'; there are movie"):
        C.reviews("book")


def test_emoji_have_names_and_groups():
    found = C.emoji_names()
    assert len(found) == source("emoji-categories").rows
    assert len({e.group for e in found}) == 10
    assert ("grinning face", "Smileys & Emotion") in found


def test_functions_come_without_name_and_docstring():
    found = C.documented_functions()
    assert len(found) == len({f.summary for f in found}) > 250
    chunked = next(f for f in found if f.name == "chunked")
    assert "chunk" in chunked.summary
    assert chunked.summary not in chunked.body
    assert "def chunked" not in chunked.body


def test_lee_documents_are_fifty_with_all_pairs():
    found = C.lee_documents()
    assert len(found.texts) == 50
    assert len(found.likeness) == source("lee-documents").rows == 1225
    assert 0 <= found.likeness.min() < found.likeness.max() <= 1
    assert (found.left < found.right).all()


def test_noun_classes_are_wordnets_files():
    """Source: lexnames(5WN): 3 is noun.Tops, 5 noun.animal, 13 noun.food."""
    found = C.noun_classes()
    nouns = [k for k, s in lexicons.wordnet().synsets.items() if s.pos == "n"]
    assert set(found) == set(nouns)
    assert set(found.values()) == set(range(3, 29))
    net = lexicons.wordnet()
    dogs = [s.id for s in net.lookup("dog", "n")]
    assert Counter(found[key] for key in dogs)[5] >= 1
