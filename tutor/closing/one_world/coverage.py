"""Which concepts exist in which view, and which view costs how many of them.

The views of :class:`~tutor.datasets.world.World` and one more: *entity*, the concept's
synset as an end of facts in WordNet's relations. Synset and entity are one identifier
seen in two ways, as a meaning with a gloss and as a thing with typed relations; *node*
is another graph's, that of mentions. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tutor.datasets.triples import TripleSet
from tutor.datasets.world import Concept, World

VIEWS = ("drawing", "synset", "entity", "word", "text", "node")
"""In the order in which a concept is looked up; a node needs a text."""


class Cost(NamedTuple):
    """A view's share in the loss.

    ``has`` concepts have the view; ``lost`` of those left by the views above lack it,
    ``left`` remain; ``alone`` lack this view and no other. ``missing`` names what is
    lost here, in the order of the concepts.
    """

    view: str
    has: int
    lost: int
    left: int
    alone: int
    missing: tuple[str, ...]


def entities(facts: TripleSet) -> frozenset[str]:
    """Return the entities that stand in a training fact: they can learn a vector."""
    rows = set(facts.train[:, [0, 2]].ravel().tolist())
    return frozenset(facts.entities[row] for row in rows)


def exists(concept: Concept, view: str, known: Iterable[str]) -> bool:
    """Say whether a concept exists in a view; ``known`` are the entities with facts."""
    return concept.synset in known if view == "entity" else concept.has(view)


def costs(world: World, known: frozenset[str]) -> list[Cost]:
    """Return what each view costs, in the order of ``VIEWS``.

    Parameters
    ----------
    world : the concepts
    known : entities with facts, see :func:`entities`
    """
    found, left = [], list(world.concepts)
    has = {
        view: {c.name for c in world.concepts if exists(c, view, known)}
        for view in VIEWS
    }
    for view in VIEWS:
        others = [has[other] for other in VIEWS if other != view]
        gone = [c.name for c in left if c.name not in has[view]]
        left = [c for c in left if c.name in has[view]]
        alone = set.intersection(*others) - has[view]
        found.append(
            Cost(view, len(has[view]), len(gone), len(left), len(alone), tuple(gone))
        )
    return found


def rows(found: Sequence[Cost], examples: int = 3) -> list[list[str | int]]:
    """Return the table of the chapter: counts, and the first names of what is lost."""
    return [
        [c.view, c.has, c.lost, c.left, c.alone, ", ".join(c.missing[:examples])]
        for c in found
    ]
