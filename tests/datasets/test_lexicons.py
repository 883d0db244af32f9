"""The judgement sets and WordNet: counts as published, rows as printed, damage seen."""

import pytest

from tutor.datasets import DataError, lexicons
from tutor.datasets.sources import source

SIZES = {  # as the papers state them
    "wordsim353": 353,
    "simlex999": 999,
    "men": 3000,
    "rareword": 2034,
    "mturk771": 771,
    "rg65": 65,
}
ROWS = {  # read in the files by eye
    "wordsim353": (0, ("love", "sex", 6.77)),
    "simlex999": (1, ("smart", "intelligent", 9.2)),
    "men": (1, ("gull", "mallard", 36.0)),
    "rareword": (0, ("squishing", "squirt", 5.88)),
    "mturk771": (0, ("access", "gateway", 3.791666667)),
    "rg65": (0, ("gem", "jewel", 3.94)),
}


@pytest.mark.parametrize("name", SIZES)
def test_similarity_sets_have_their_published_size(name):
    found = lexicons.similarity(name)
    assert len(found) == len(found.pairs) == SIZES[name] == source(name).rows
    row, pair = ROWS[name]
    assert found.pairs[row] == pair
    low, high = found.scale
    assert all(low <= score <= high for _, _, score in found.pairs)
    assert all(a and b and a.strip() == a and b.strip() == b for a, b, _ in found.pairs)
    assert found.licence
    assert found.citation
    assert repr(found).startswith(f"SimilaritySet(name='{name}'")


def test_men_loses_its_part_of_speech_marks():
    pairs = lexicons.similarity("men").pairs
    assert not any(word[-2:] in ("-n", "-v", "-j") for p in pairs for word in p[:2])


def test_pairs_that_stand_twice_are_kept():
    """Read in the files: the authors' repeats, with two different scores, stay."""
    twice = {}
    for name in SIZES:
        pairs = [frozenset(p[:2]) for p in lexicons.similarity(name).pairs]
        twice[name] = {tuple(sorted(p)) for p in pairs if pairs.count(p) > 1}
    assert {name: pairs for name, pairs in twice.items() if pairs} == {
        "wordsim353": {("bank", "money"), ("cash", "money")},
        "simlex999": {("sly", "strange")},
        "rareword": {("discovery", "rediscovery")},
    }


def test_google_analogies_as_published():
    """Mikolov et al. (2013): 8,869 semantic and 10,675 syntactic questions."""
    found = lexicons.analogies("google")
    assert len(found) == len(found.answers) == 19544
    assert len(found.categories) == 14
    syntactic = sum(q[4].startswith("gram") for q in found.questions)
    assert (len(found) - syntactic, syntactic) == (8869, 10675)
    assert found.questions[0] == (
        *("Athens", "Greece", "Baghdad", "Iraq"),
        "capital-common-countries",
    )
    assert all(
        a == (q[3],) for a, q in zip(found.answers, found.questions, strict=True)
    )


def test_bats_keeps_every_answer():
    """40 categories of 50 pairs, each with each other: 98,000 questions."""
    found = lexicons.analogies("bats")
    assert len(found) == 40 * 50 * 49
    assert len(found.categories) == 40
    assert found.questions[0] == (
        "album",
        "albums",
        "application",
        "applications",
        "I1",
    )
    row = found.questions.index(("allosaurus", "dinosaur", "anaconda", "snake", "L1"))
    assert found.answers[row] == ("snake", "reptile", "boa", "serpent", "ophidian")
    for question, answers in zip(found.questions, found.answers, strict=True):
        assert question[3] == answers[0]
        assert len(set(answers)) == len(answers)
        assert question[0] != question[2] or question[1] != answers[0]


@pytest.mark.parametrize("call", [lexicons.similarity, lexicons.analogies])
def test_another_name_lists_what_there_is(call):
    with pytest.raises(ValueError, match=r"there are .*(wordsim353|google)"):
        call("wordsim")


def test_invalid_utf8_names_the_place(tmp_path, monkeypatch):
    """The file passed its hash, so the list is wrong: still no half-read set."""
    path = tmp_path / "x.tsv"
    path.write_bytes(b"love\tsex\t6.77\nna\xefve\tx\t1\n")
    monkeypatch.setattr(lexicons, "file", lambda name: path)
    with pytest.raises(DataError, match="not UTF-8 at byte 16"):
        lexicons.similarity("wordsim353")


# --- WordNet -------------------------------------------------------------------------
def test_wordnet_has_the_published_synsets():
    """The wnstats(7WN) page of version 3.0: synsets by part of speech."""
    found = lexicons.wordnet()
    by_pos = {"n": 0, "v": 0, "a": 0, "r": 0}
    for key in found.synsets:
        by_pos[key[0]] += 1
    assert by_pos == {"n": 82115, "v": 13767, "a": 18156, "r": 3621}
    assert repr(found) == "WordNet(117659 synsets)"


def test_a_synset_as_printed():
    """Read in data.noun2 by eye."""
    zucchini = lexicons.wordnet()["n-07716358"]
    assert zucchini.lemmas == ("zucchini", "courgette")
    assert zucchini.pos == "n"
    assert zucchini.hypernyms == ("n-07715721",)
    assert zucchini.gloss.startswith("small cucumber-shaped vegetable marrow")


def test_every_hypernym_is_a_synset_and_nouns_have_one_root():
    found = lexicons.wordnet()
    roots = []
    for key, synset in found.synsets.items():
        above = synset.hypernyms + synset.instance_of
        assert all(a in found.synsets for a in above)
        if key[0] == "n" and not above:
            roots.append(synset.lemmas)
    assert roots == [("entity",)]


def test_lookup_and_ancestors():
    found = lexicons.wordnet()
    (dog,) = [s for s in found.lookup("Dog", "n") if "domestic dog" in s.lemmas]
    above = [found[key].lemmas[0] for key in found.ancestors(dog.id)]
    assert above[0] == "canine"
    assert above[-1] == "entity"
    assert {"mammal", "animal"} <= set(above)
    assert found.lookup("hot_dog") == found.lookup("hot dog") != ()
    assert found.lookup("no such lemma") == ()


def test_syntactic_markers_are_no_letters():
    assert not any(
        "(" in x for s in lexicons.wordnet().synsets.values() for x in s.lemmas
    )
