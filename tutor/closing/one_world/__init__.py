"""One world: the same concepts in every space of the book, and how far spaces agree.

Forms: ``reference`` (pairs, neighbours, ceilings: NumPy alone), ``rotation`` (one
rotation, tested on concepts it has not seen), ``spaces`` (each family's vectors of the
concepts of :mod:`tutor.datasets.world`), ``stored`` (vectors that were trained
beforehand). Nothing is learned here but a rotation. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from tutor.closing.one_world.reference import (
    agreement,
    agreement_effect,
    all_pairs,
    disattenuated,
    neighbour_overlap,
    neighbours,
    pairs_within,
    rank_matrix,
    shuffle_within,
    shuffled_agreements,
    similarities,
    weighted_agreement,
    without_groups,
)
from tutor.closing.one_world.rotation import transfer, transfer_ranks
from tutor.closing.one_world.stored import read, trained, write

__all__ = [
    "agreement",
    "agreement_effect",
    "all_pairs",
    "disattenuated",
    "neighbour_overlap",
    "neighbours",
    "pairs_within",
    "rank_matrix",
    "read",
    "shuffle_within",
    "shuffled_agreements",
    "similarities",
    "trained",
    "transfer",
    "transfer_ranks",
    "weighted_agreement",
    "without_groups",
    "write",
]
