"""The mention graph: each rule by a small case, the real one, the cache."""

import numpy as np
import pytest

from tutor.datasets import CacheWarning, graphs

TITLES = ("Dog", "New York", "New York City", "Java (island)", "Java", "Turkey", "C++")


def arcs(texts, titles=TITLES):
    """Return the mentions as pairs of titles; texts are given by title."""
    lines = [texts.get(title, "") for title in titles]
    return {(titles[a], titles[b]) for a, b in graphs.mentions(titles, lines)}


@pytest.fixture
def rare(monkeypatch):
    """In a handful of texts every word is common: switch rule 4's last part off."""
    monkeypatch.setattr(graphs, "COMMON", 1.0)


@pytest.mark.usefixtures("rare")
@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        # rule 1: word boundaries, no hyphen beside
        ({"Turkey": "A Dogma, a Dog-house, a hot-Dog."}, set()),
        ({"Turkey": "The Dog's bone."}, {("Turkey", "Dog")}),
        ({"Dog": "Written in C++."}, {("Dog", "C++")}),
        # rule 2: lower case only where the article itself writes it so
        ({"Dog": "A dog barks.", "Turkey": "A dog."}, {("Turkey", "Dog")}),
        ({"Dog": "Ate a turkey in turkey."}, set()),
        ({"Dog": "Lives in Turkey."}, {("Dog", "Turkey")}),
        ({"Turkey": "A DOG."}, set()),
        # rule 3: the longest title wins and uses its words up
        ({"Dog": "Walks in New York City."}, {("Dog", "New York City")}),
        ({"Dog": "Walks in New York."}, {("Dog", "New York")}),
        # rule 4: ambiguous titles are no targets, but may mention
        ({"Dog": "Java, Java (island)"}, set()),
        ({"Java (island)": "A Dog."}, {("Java (island)", "Dog")}),
        # rule 5: no arc to itself, one for two mentions
        ({"Dog": "The Dog is a Dog."}, set()),
        ({"Turkey": "Dog, Dog, Dog."}, {("Turkey", "Dog")}),
    ],
)
def test_each_rule(texts, wanted):
    assert arcs(texts) == wanted


def test_common_words_are_no_targets():
    """Of 300 texts 4 hold *city*: more than one in a hundred; *fox* stands in 3."""
    titles = ["City", "Fox", *(f"Article{i}" for i in range(298))]
    lines = [""] * 300
    lines[0], lines[1] = "A city.", "A fox."
    for i in range(2, 5):
        lines[i] = "A city."
    for i in range(5, 7):
        lines[i] = "A fox."
    found = graphs.mentions(titles, lines)
    assert found.tolist() == [[5, 1], [6, 1]]


def test_short_titles_and_numbers_are_no_targets():
    titles = ("Ra", "100", "Dog")
    assert graphs.mentions(titles, ["", "", "Ra and 100."]).tolist() == []


def test_titles_and_texts_must_pair():
    with pytest.raises(ValueError, match=r"2 titles \(2 different\) and 1 texts"):
        graphs.mentions(("A", "B"), ("x",))
    with pytest.raises(ValueError, match="each title once"):
        graphs.mentions(("A", "A"), ("x", "y"))


def test_the_real_graph():
    """Counts of the datasheet; the arcs are the same on every machine."""
    found = graphs.wikipedia_mentions()
    assert repr(found) == "MentionGraph(10033 articles, 41890 mentions)"
    assert len(found.classes) == 11
    assert (found.labels == -1).sum() == 1000
    assert found.licence == "CC BY-SA 4.0"
    row = {title: i for i, title in enumerate(found.titles)}
    pairs = {tuple(arc) for arc in found.arcs.tolist()}
    assert (row["Emperor Gaozu of Han"], row["Han dynasty"]) in pairs
    assert len(pairs) == len(found.arcs)
    assert (found.arcs[:, 0] != found.arcs[:, 1]).all()
    np.testing.assert_array_equal(found.arcs, graphs.wikipedia_mentions().arcs)


def test_edges_do_not_depend_on_topics(monkeypatch):
    """No leakage: with all topics exchanged the arcs stay."""
    from dataclasses import replace

    before = graphs.wikipedia_mentions()
    leads = graphs.wikipedia_leads()
    others = tuple(replace(lead, topic="Arts") for lead in leads)
    monkeypatch.setattr(graphs, "wikipedia_leads", lambda: others)
    made = graphs.mentions(before.titles, before.texts)
    after = graphs.wikipedia_mentions()
    assert set(after.topics) == {"Arts"}
    np.testing.assert_array_equal(after.arcs, made)
    np.testing.assert_array_equal(before.arcs, made)


# --- the cache -----------------------------------------------------------------------
TWO = (("Lion", "Savanna"), ("Lives in the Savanna.", "Grass."))


@pytest.mark.usefixtures("rare")
def test_a_damaged_cache_is_made_again(own_cache):
    first = graphs._cached(*TWO, "key")
    assert first.tolist() == [[0, 1]]
    (file,) = own_cache.rglob("arcs.npy")
    file.write_bytes(file.read_bytes()[:-1] + b"\x07")
    np.testing.assert_array_equal(graphs._cached(*TWO, "key"), first)
    file.write_bytes(b"no array")
    np.testing.assert_array_equal(graphs._cached(*TWO, "key"), first)


@pytest.mark.usefixtures("rare")
def test_the_cache_is_read(own_cache, monkeypatch):
    first = graphs._cached(*TWO, "key")
    monkeypatch.setattr(graphs, "mentions", lambda *_: pytest.fail("made again"))
    np.testing.assert_array_equal(graphs._cached(*TWO, "key"), first)
    assert own_cache.exists()


@pytest.mark.usefixtures("rare")
def test_without_a_cache_the_graph_is_made_and_said(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("TUTOR_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.warns(CacheWarning, match="cannot be written"):
        found = graphs._cached(*TWO, "key")
    assert found.tolist() == [[0, 1]]
