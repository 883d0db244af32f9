"""Which view costs which concepts: by pencil, and against the world itself."""

from itertools import pairwise

import numpy as np

from tutor.closing.one_world import coverage
from tutor.datasets.triples import TripleSet
from tutor.datasets.world import Concept, World, world
from tutor.datasets.world_graph import world_triples


def concept(name, **views):
    return Concept(name, 0, "name", "noun.animal", f"n-{name}", "", 1, **views)


WORLD = World(
    (
        concept("cat", word="cat", article=3, node=3),
        concept("dog", word="dog", article=4),
        concept("ant", article=5, node=5),
        concept("bee"),
        concept("elk", word="elk", article=6, node=6),
    )
)
KNOWN = frozenset(f"n-{name}" for name in ("cat", "dog", "ant", "bee"))


def test_costs_by_pencil():
    """Elk has no fact; ant and bee no word; bee no text; dog and bee no node."""
    found = {c.view: tuple(c)[1:] for c in coverage.costs(WORLD, KNOWN)}
    assert found == {
        "drawing": (5, 0, 5, 0, ()),
        "synset": (5, 0, 5, 0, ()),
        "entity": (4, 1, 4, 1, ("elk",)),
        "word": (3, 2, 2, 1, ("ant", "bee")),
        "text": (4, 0, 2, 0, ()),
        "node": (3, 1, 1, 1, ("dog",)),
    }


def test_rows_name_the_first_of_what_is_lost():
    rows = coverage.rows(coverage.costs(WORLD, KNOWN), examples=1)
    assert rows[3] == ["word", 3, 2, 2, 1, "ant"]


def test_an_entity_stands_in_a_training_fact():
    rows = np.array([[0, 0, 1]])
    facts = TripleSet("x", ("a", "b", "c"), ("r",), rows, rows[:0], rows[:0], "", "")
    assert coverage.entities(facts) == {"a", "b"}


def test_costs_of_the_world_end_at_its_core():
    whole = world()
    known = coverage.entities(world_triples(whole.column("synset")))
    found = coverage.costs(whole, known)
    counts = whole.coverage()
    assert found[-1].left == len(whole.core()) == counts["every view"]
    for cost in found:
        if cost.view != "entity":
            assert cost.has == counts[cost.view]
    assert sum(cost.lost for cost in found) == len(whole) - found[-1].left
    for before, cost in pairwise(found):
        assert cost.left == before.left - cost.lost == before.left - len(cost.missing)
