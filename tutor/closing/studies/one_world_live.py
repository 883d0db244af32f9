"""What chapter ``closing/one_world`` measures live: links, kinds, chance neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tutor.closing.one_world import reference as rsa
from tutor.closing.one_world import spaces
from tutor.context.studies.attention import Reader
from tutor.datasets import emoji
from tutor.datasets.wordnet import wordnet
from tutor.datasets.world import World
from tutor.evaluate.ranking import realistic_ranks
from tutor.geometry import cosine_matrix

Table = NDArray[np.float64]
Mask = NDArray[np.bool_]


def finds(queries: Table, documents: Table) -> Table:
    """Return 1 where a query's own document is the nearest of all, else 0: (n,)."""
    scores = cosine_matrix(queries, documents).round(6)
    return np.asarray(realistic_ranks(scores, np.arange(len(scores))) == 1, np.float64)


def disputed(concepts: World, leads: Table, model: Reader) -> Mask:
    """Return which leads lie nearer to another noun sense's gloss than to the chosen.

    ``leads`` (n, dim) are MiniLM's vectors of the lead sections. A concept whose name
    has one sense cannot be disputed. Nothing is changed by it: it measures a link.
    """
    nouns = wordnet()
    found = np.zeros(len(concepts), bool)
    for row, concept in enumerate(concepts.concepts):
        senses = [s for s in nouns.lookup(concept.name, "n") if s.id != concept.synset]
        if senses:
            glosses = [concept.gloss, *(s.gloss.split('; "')[0] for s in senses)]
            scores = cosine_matrix(spaces.minilm(glosses, model), leads[row][None])
            found[row] = bool(np.argmax(scores[:, 0].round(6)) != 0)
    return found


def chance_overlap(
    one: Table, other: Table, groups: Sequence[str], *, k: int = 10, shuffles: int = 20
) -> Table:
    """Return the neighbours shared by chance inside the groups: (n,).

    The concepts of one side are dealt out anew within their group; the mean over
    ``shuffles``.
    """
    found = np.zeros(len(one))
    for seed in range(shuffles):
        order = rsa.shuffle_within(groups, seed=seed)
        found += rsa.neighbour_overlap(one, other[np.ix_(order, order)], k)
    return found / shuffles


def kinds_only(vectors: Table, groups: Sequence[str], *, seed: int) -> Table:
    """Return the vectors dealt out anew within each group: (n, d) → (n, d).

    Every concept now has the vector of another of its kind: what a space knows beyond
    the kind is gone, and each kind keeps its cloud.
    """
    return vectors[rsa.shuffle_within(groups, seed=seed)]


def unseen_by_clip(concepts: World) -> Mask:
    """Return which drawings the book's CLIP was not trained on: (n,)."""
    train = set(emoji.load(32).split().train.tolist())
    return np.array([row not in train for row in concepts.column("drawing")])
