"""The one world: each rule on invented data, then the real thing."""

import json

import numpy as np
import pytest

from tutor.datasets import graphs, world_texts
from tutor.datasets import world as room
from tutor.datasets import world_links as links
from tutor.datasets.emoji import EmojiSet
from tutor.datasets.wordnet import Synset, WordNet
from tutor.datasets.world import Concept, World, world
from tutor.datasets.world_graph import world_mentions, world_triples

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


def test_a_plural_in_lower_case_is_enough_unless_told_otherwise():
    titles = ["Whale", "Cherry", "Box", "Turkey", "Toy"]
    leads = ["Whales: toothed whales", "cherries", "boxes", "Turkeys", "toyies"]
    assert links.lower_titles(titles, leads) == {"whale": 0, "cherry": 1, "box": 2}
    assert links.lower_titles(titles, leads, plural=False) == {}


def test_articles_belong_to_one_concept_and_names_come_first():
    found = links.linked(drawings("cat", "turkey"), NOUNS, KNOWN)
    assert links.articles(found, {"cat": 5, "turkey": 6}, NOUNS) == [5, 6]
    assert links.articles(found, {"true cat": 4}, NOUNS) == [4, -1]
    twice = links.articles([found[0], found[0]], {"true cat": 4}, NOUNS)
    assert twice == [4, -1]
    assert links.articles(found, {"guy": 4}, NOUNS) == [-1, -1]  # not its synset


def test_a_name_has_a_word_if_all_its_pieces_are_known():
    found = links.linked(drawings("cat", "turkey"), NOUNS, KNOWN)
    assert links.words_of(found, ["cat"]) == ["cat", ""]
    long = [found[0]._replace(name="true cat"), found[0]._replace(name="yo-yo")]
    assert links.words_of(long, ["cat", "true", "yo"]) == ["true cat", "yo yo"]
    assert links.words_of(long, ["cat"]) == ["", ""]


# --- the dictionary ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (["A small beast that says meow."], "cat: A small beast that says meow."),
        (["See Lion.", "Same as Lion or so.", "A mouser, kept at home."], "mouser"),
        (["A mouser."], ""),  # a synonym defines nothing
        (["a true feline"], ""),  # too short as well
        (["a feline, my feline; a"], ""),  # WordNet's own words
    ],
)
def test_the_first_definition_of_the_dictionarys_own(entry, expected):
    nouns = WordNet({CAT: Synset(CAT, "n", ("cat",), "a feline; my own")}, "", "")
    found = world_texts.definition("cat", nouns[CAT], nouns, {"cat": entry})
    assert expected in found
    assert bool(found) == bool(expected)


def test_a_lemma_of_one_meaning_stands_in_for_the_name():
    book = {"true cat": ["A beast of the house."], "guy": ["A man of no name."]}
    found = world_texts.definition("cat", NOUNS[CAT], NOUNS, book)
    assert found == "true cat: A beast of the house."
    twice = Synset("n-9", "n", ("x", "cat"), "")  # cat has two meanings
    book = {"cat": ["A beast of the house."]}
    assert world_texts.definition("x", twice, NOUNS, book) == ""


def test_shared_words_are_a_share_of_all_words():
    found = world_texts.shared_words("a red cat", "a cat, a dog")
    np.testing.assert_allclose(found, 2 / 4)
    np.testing.assert_allclose(world_texts.shared_words("", ""), 0)


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
        **{"drawing": 3, "synset": 3, "word": 2, "text": 3, "node": 2},
        "every view": 1,
    }
    assert repr(held) == "World(3 concepts, 1 in every view)"


def test_form_and_source_follow_from_the_word_and_the_text():
    held = World(
        (
            concept(),
            concept("fire engine", word="fire engine", article=-1, definition="x: y"),
            concept("owl", word="", article=-1),
        )
    )
    assert held.column("form") == ("single", "composed", "")
    assert held.column("source") == ("lead", "definition", "")
    assert [c.has("text") for c in held.concepts] == [True, True, False]


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
        **{"drawing": 528, "synset": 528, "word": 459, "text": 415, "node": 393},
        "every view": 361,
    }
    core = whole.core()
    for column in ("name", "synset", "word", "node", "drawing"):
        assert len(set(core.column(column))) == len(core), column
    articles = [c.article for c in core.concepts if c.source == "lead"]
    assert len(set(articles)) == len(articles) == 241
    assert core.column("form").count("composed") == 18
    assert sum(core.column("strict")) == sum(whole.column("strict")) == 215
    boy = core.concepts[core.row("boy")]
    assert boy.gloss == "a youthful male person"
    assert "country" not in core.texts()[core.row("bat")].lower()
    assert core.drawings(16).shape == (361, 16, 16, 3)


def test_no_definition_is_a_gloss_of_its_concept():
    for one in world().concepts:
        assert world_texts.shared_words(one.definition, one.gloss) < 0.5, one.name
        assert bool(one.definition) <= (one.article < 0), one.name


def test_the_strict_ones_keep_what_the_narrow_rules_gave_them():
    """A word of one piece, and an article that leads alone tie to the others."""
    base = graphs.wikipedia_mentions()
    tied = links.tied(len(base), base.arcs)
    titles = links.lower_titles(base.titles, base.texts, plural=False)
    for one in world().concepts:
        if one.strict:
            assert one.form == "single"
            assert one.article in tied
            assert one.article in set(titles.values()), one.name


def test_the_wider_graph_keeps_the_articles_and_adds_definitions():
    whole, base = world(), graphs.wikipedia_mentions()
    graph = whole.mentions()
    assert graph.titles[: len(base)] == base.titles
    added = [c for c in whole.concepts if c.source == "definition"]
    assert len(graph) - len(base) == len(added) == 166
    for one in added:
        if one.node >= 0:
            assert graph.titles[one.node].removesuffix(" (definition)") == one.name
            assert graph.texts[one.node] == one.definition
    rows = graph.arcs[:, 1]  # what is ambiguous is no target
    targets = {graph.titles[row] for row in rows[rows >= len(base)].tolist()}
    assert targets
    assert not any(title.endswith("(definition)") for title in targets)
    before, after = ({tuple(a) for a in g.arcs.tolist()} for g in (base, graph))
    assert len(before - after) < 50
    assert world_mentions({}).arcs.tolist() == base.arcs.tolist()


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
