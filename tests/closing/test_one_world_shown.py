"""Every family stands in the explorer once, by the rule that the page states."""

from tutor import claims
from tutor.closing import families
from tutor.closing.one_world import every, shown

CEILINGS = {
    "DeepWalk, node": {"neighbours": {"estimate": 0.5}},
    "node2vec, node": {"neighbours": {"estimate": 0.6}},
    "SDNE, node": {"neighbours": {"estimate": 0.9}},
}


def test_the_rule_by_hand():
    """A live claim first, then most shared neighbours; nothing random shares all."""
    found = shown.one_each(CEILINGS)
    assert found["GloVe"] == "GloVe-6B, word"
    assert found["walks on a graph"] == "node2vec, node"
    assert found["reconstruction of a graph"] == "HOPE, node"


def test_every_family_of_the_closing_table_is_shown_or_told_why_not():
    told = {family.name for family in families.FAMILIES}
    assert told | {"encoder of pictures"} == set(shown.SPACES) | set(shown.WITHOUT)
    assert not set(shown.SPACES) & set(shown.WITHOUT)


def test_every_space_belongs_to_one_family():
    kept = claims.stored("one_world-compared")
    spaces = [space for several in shown.SPACES.values() for space in several]
    assert sorted([*spaces, "pixels, drawing"]) == sorted(kept["spaces"])
    chosen = shown.one_each(kept["ceilings"])
    assert list(chosen) == list(shown.SPACES)
    assert all(
        space in every.ONE_RUN or space in kept["ceilings"] for space in chosen.values()
    )
