"""The one world: each rule on invented data, then the real thing."""

import json

import numpy as np
import pytest

from tutor.datasets import world as room
from tutor.datasets import world_links as links
from tutor.datasets.emoji import EmojiSet
from tutor.datasets.wordnet import Synset, WordNet
from tutor.datasets.world import Concept, World, world
from tutor.datasets.world_graph import world_triples

CAT, SLUR, JAZZ, COUNTRY, BIRD = (f"n-{i}" for i in range(5))
NOUNS = WordNet(
    {
        CAT: Synset(CAT, "n", ("cat", "true cat"), 'a feline; "my cat"'),
        SLUR: Synset(SLUR, "n", ("guy", "cat"), "a man"),
        JAZZ: Synset(JAZZ, "n", ("jazz",), "music"),
        COUNTRY: Synset(COUNTRY, "n", ("Turkey",), "a country"),
        BIRD: Synset(BIRD, "n", ("turkey",), "a bird"),
    },
    "",
    "",
)
KNOWN = {
    CAT: links.Noun("animal", 3, (0, 0)),
    SLUR: links.Noun("animal", 99, (0, 1)),
    COUNTRY: links.Noun("object", 9, (0,)),
    BIRD: links.Noun("animal", 1, (0,)),
}


def drawings(*names, category="Animals & Nature", families=None):
    n = len(names)
    return EmojiSet(
        images=np.zeros((n, 8, 8, 3), np.uint8),
        emoji=tuple(map(chr, range(65, 65 + n))),
        names={"en": names},
        keywords=((),) * n,
        category=(category,) * n,
        subcategory=("",) * n,
        family=families or names,
    )


# --- rules ---------------------------------------------------------------------------
def test_the_lowest_number_of_the_editors_wins_not_the_most_pointers():
    found = links.best_sense("cat", NOUNS, KNOWN, ("animal",))
    assert found.id == CAT


def test_a_capital_is_another_word_and_a_kind_must_suit():
    assert links.best_sense("turkey", NOUNS, KNOWN, ("animal", "object")).id == BIRD
    assert links.best_sense("turkey", NOUNS, KNOWN, ("object",)) is None
    assert links.best_sense("jazz", NOUNS, KNOWN, ("animal",)) is None


def test_a_synset_keeps_the_drawing_linked_by_name():
    data = drawings("orange cat", "cat", families=("cat", "cat"))
    (one,) = links.linked(data, NOUNS, KNOWN)
    assert (one.drawing, one.link, one.name, one.senses) == (1, "name", "cat", 2)
    assert one.gloss == "a feline"
    (other,) = links.linked(data.subset([0]), NOUNS, KNOWN)
    assert (other.drawing, other.link) == (0, "family")
    assert links.linked(drawings("cat", category="Symbols"), NOUNS, KNOWN) == ()


def test_a_title_must_stand_in_lower_case_in_its_own_lead():
    titles = ["Dog", "Turkey", "Java", "Java (island)", "Cat"]
    leads = ["The dog is", "Turkey is", "java java", "java", "A scatter"]
    assert links.lower_titles(titles, leads) == {"dog": 0}


def test_articles_belong_to_one_concept_and_names_come_first():
    found = links.linked(drawings("cat", "turkey"), NOUNS, KNOWN)
    assert links.articles(found, {"cat": 5, "turkey": 6}, NOUNS) == [5, 6]
    assert links.articles(found, {"true cat": 4}, NOUNS) == [4, -1]
    twice = links.articles([found[0], found[0]], {"true cat": 4}, NOUNS)
    assert twice == [4, -1]
    assert links.articles(found, {"guy": 4}, NOUNS) == [-1, -1]  # not its synset


def test_words_are_whole_names():
    found = links.linked(drawings("cat", "turkey"), NOUNS, KNOWN)
    assert links.words_of(found, ["cat"]) == ["cat", ""]


def test_nodes_hang_together():
    assert links.tied(5, np.array([[0, 1], [1, 2], [3, 4]])) == {0, 1, 2}


# --- the table -----------------------------------------------------------------------
def concept(name="cat", **changes):
    whole = {"drawing": 0, "link": "name", "kind": "animal", "synset": CAT}
    whole |= {"gloss": "a feline", "senses": 1, "word": "cat", "article": 1, "node": 1}
    return Concept(name, **{**whole, **changes})


def test_core_and_coverage():
    held = World((concept(), concept("dog", word=""), concept("owl", node=-1)))
    assert held.core().column("name") == ("cat",)
    assert held.coverage() == {
        **{"drawing": 3, "synset": 3, "word": 2, "lead": 3, "node": 2},
        "every view": 1,
    }
    assert repr(held) == "World(3 concepts, 1 in every view)"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: World((concept(), concept())), ValueError, "repeat"),
        (lambda: concept().has("smell"), ValueError, "there are drawing"),
        (lambda: World((concept(),)).column("colour"), ValueError, "there are name"),
        (lambda: World((concept(),)).row("cta"), KeyError, "closest: 'cat'"),
        (lambda: world_triples([]), ValueError, "0 synsets"),
        (lambda: world_triples(["n-x"]), ValueError, "no noun synsets"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


# --- the real thing ------------------------------------------------------------------
def test_the_world_is_what_its_datasheet_says():
    whole = world()
    assert whole.coverage() == {
        **{"drawing": 528, "synset": 528, "word": 377, "lead": 234, "node": 230},
        "every view": 215,
    }
    core = whole.core()
    for column in ("name", "synset", "word", "article", "node", "drawing"):
        assert len(set(core.column(column))) == len(core), column
    boy = core.concepts[core.row("boy")]
    assert boy.gloss == "a youthful male person"
    assert "country" not in core.leads()[core.row("bat")].lower()
    assert core.drawings(16).shape == (215, 16, 16, 3)


def test_building_again_gives_the_same():
    assert room.build() == world().concepts


def test_a_damaged_entry_is_made_again(tmp_path, monkeypatch):
    rows = [{"name": "cat"}]
    text = json.dumps(rows)
    monkeypatch.setattr(room, "cache_root", lambda: tmp_path)
    monkeypatch.setattr(room, "_key", lambda: "k")
    monkeypatch.setattr(room, "build", lambda: (concept(),))
    folder = tmp_path / "worlds" / "one-world-k"
    first = room._cached()
    assert room._cached() == first
    (folder / "world.json").write_text(text, encoding="utf-8")
    assert room._read(folder) is None
    assert room._cached() == first


def test_facts_stand_once_and_test_facts_are_known_by_their_ends():
    whole = world()
    data = world_triples(whole.column("synset"))
    assert data.entities[: len(whole)] == whole.column("synset")
    assert len(data.test) == len(data) // 20
    seen = set(data.train[:, [0, 2]].ravel().tolist())
    assert set(data.test[:, [0, 2]].ravel().tolist()) <= seen
    pairs = {(h, t) for h, _, t in data.facts.tolist()}
    assert len(pairs) == len(data)
    assert not any((t, h) in pairs for h, t in pairs)
