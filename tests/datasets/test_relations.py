"""Pairs of a lexicon, names of tumours, definitions: what stands in the files."""

from collections import Counter

import numpy as np
import pytest

from tutor.datasets import neoplasms as N
from tutor.datasets import relations as R
from tutor.datasets.definitions import definitions


class Everything:
    """A vocabulary that holds every single word."""

    def __contains__(self, word):
        return word.isalpha()


# --- relations -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("synonym", ("car", "auto")),
        ("antonym", ("hot", "cold")),
        ("pertainym", ("renal", "kidney")),
        ("hypernym", ("kidney", "excretory")),
        ("part", ("cornea", "eye")),
        ("hpo", ("renal", "kidney")),
    ],
)
def test_a_relation_holds_its_example(name, pair):
    """WordNet 3.0's own entries; HPO calls renal cysts kidney cysts too."""
    found = R.relations(Everything(), [name])
    assert len(found) == len(set(found))
    assert all(a < b for a, b in found)
    if name == "hypernym":
        assert ("hand", "manus") not in found  # synonyms are no hypernyms
        assert ("jaw", "mandible") in found
    else:
        assert tuple(sorted(pair)) in found


def test_only_known_words_and_only_asked_relations():
    few = {"renal", "kidney", "hot", "cold"}
    assert R.relations(few, ["pertainym"]) == (("kidney", "renal"),)
    assert R.relations(few, "antonym") == (("cold", "hot"),)
    both = R.relations(few, ["antonym", "pertainym", "hpo"])
    assert sorted(both) == [("cold", "hot"), ("kidney", "renal")]
    with pytest.raises(ValueError, match="no relation 'icd'; there are synonym"):
        R.relations(few, ["icd"])


def test_synonyms_share_a_synset():
    from tutor.datasets import lexicons

    sets = [{w.lower() for w in s.lemmas} for s in lexicons.wordnet().synsets.values()]
    shared = {frozenset((a, b)) for s in sets for a in s for b in s if a != b}
    found = R.relations(Everything(), ["synonym"])
    assert all(frozenset(pair) in shared for pair in found[::50])


# --- tumours -------------------------------------------------------------------------
def test_codes_fall_into_their_classes():
    """The ranges are those of the chapter's own section headings."""
    sites, behaviours = list(N.SITES), list(N.BEHAVIOURS)
    for code, site, behaviour in (
        ("C50.011", "breast", "malignant"),
        ("C7A.020", None, "malignant"),
        ("C78.7", "digestive organs", "secondary"),
        ("D06.9", "female genital organs", "in situ"),
        ("D37.01", "lip, oral cavity and pharynx", "uncertain behavior"),
        ("D37.4", "digestive organs", "uncertain behavior"),
        ("D09.0", "urinary tract", "in situ"),
        ("D36.0", None, "benign"),
        ("D49.3", None, None),
        ("S42.0", None, None),
    ):
        wanted = -1 if site is None else sites.index(site)
        assert N.class_of(code, N.SITES) == wanted, code
        wanted = -1 if behaviour is None else behaviours.index(behaviour)
        assert N.class_of(code, N.BEHAVIOURS) == wanted, code


def test_tumours_have_labels_from_their_codes():
    found = N.neoplasms()
    assert repr(found) == "Neoplasms(2740 texts of 134 families)"
    assert len(set(found.texts)) == len(found)
    i = found.texts.index("Malignant neoplasm of nipple and areola, left male breast")
    names = {t: N.TASKS[t][found.labels[t][i]] for t in N.TASKS}
    assert names == {"site": "breast", "behaviour": "malignant", "side": "left"}
    assert found.families[i] == "C50"
    for task, y in found.labels.items():  # every class is there
        assert len(np.unique(y)) == len(N.TASKS[task])


def test_the_digit_agrees_with_the_side():
    """ICD's digits: 1 is right, 2 left, but for eyelids, which take 1 and 2 a side."""
    from xml.etree import ElementTree

    from tutor.datasets.sources import file

    root = ElementTree.parse(file("icd-10-cm")).getroot()
    seen = Counter()
    for code, text, _ in N._codes(root):
        if N.class_of(code, N.SITES) >= 0 and code[0] in "CD":
            side = N._side(text)
            if side and "eyelid" not in text:
                seen[side, code[-1]] += 1
    right = seen[1, "1"] + seen[2, "2"]
    assert right / sum(seen.values()) > 0.88


def test_label_words_are_gone_and_nothing_else():
    found = N.neoplasms()
    bare = found.without()
    assert not N.LABEL_WORDS & {w for text in bare.words for w in text}
    for text, left in zip(found.words[::40], bare.words[::40], strict=True):
        assert [w for w in text if w not in N.LABEL_WORDS] == list(left)
    assert "kidney" not in N.LABEL_WORDS


def test_no_family_is_cut_and_no_copy_is_tested():
    bare = N.neoplasms().without()
    parts = N.family_folds(bare, 2, valid=400, seed=0)
    where = {}
    for family, part in zip(bare.families, parts, strict=True):
        assert where.setdefault(family, part) == part
    sizes = np.bincount(parts + 1)
    assert sizes[0] >= 400
    assert abs(sizes[1] - sizes[2]) < 120
    train, inside = np.flatnonzero(parts == 1), np.flatnonzero(parts == 0)
    test = N.fresh(bare, train, inside)
    seen = {frozenset(bare.words[i]) for i in train}
    assert not seen & {frozenset(bare.words[i]) for i in test}
    assert len(N.fresh(bare, train, train)) == 0
    assert 0 < len(test) < len(inside)  # there were copies
    with pytest.raises(ValueError, match="cannot fill 1 parts"):
        N.family_folds(bare, 1, valid=0)
    with pytest.raises(ValueError, match="beside 2740 for validation"):
        N.family_folds(bare, 2, valid=2740)


# --- definitions ---------------------------------------------------------------------
def test_definitions_are_glosses_and_phenotypes():
    """117,659 synsets and 16,449 defined terms, see the datasheets."""
    found = definitions()
    assert len(found) == 117_659 + 16_449
    assert {"kidney", "renal", "hypoplasia", "feline"} <= set(found.vocabulary.words)
    assert "WordNet" in found.licence
    assert "Human Phenotype" in found.citation
