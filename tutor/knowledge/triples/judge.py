"""The door to ranking: what has no trained vector is named before it is ranked.

A vector is drawn for every entity and relation of a data set, but only those of the
training triples learn from facts of their own. A test fact that names another one would
be ranked by random numbers. Chapter: ``knowledge/triples``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.knowledge.triples import ranking
from tutor.knowledge.triples.ranking import Ranks

if TYPE_CHECKING:
    from tutor.datasets.triples import TripleSet
    from tutor.training import Fit


def evaluate(
    fit: Fit, data: TripleSet, split: str = "test", *, filtered: bool = True
) -> Ranks:
    """Rank the triples of a split by a fitted model, from both sides.

    Parameters
    ----------
    fit : Fit
        What :func:`tutor.knowledge.triples.fit` returned for ``data``.
    data : TripleSet
    split : {"train", "valid", "test"}
    filtered : bool
        Leave out other answers that stand in any of the three splits.

    Raises
    ------
    ValueError
        For an unknown or empty split, and for one that names entities or relations
        which training never saw; the message counts and names them.
    """
    from tutor.knowledge.flows.ranking import unseen

    if len(data.split(split)) == 0:
        raise ValueError(
            f"{split} of {data.name!r} has no triples to rank: give a split that has"
        )
    if new := unseen(data, split):
        shown = ", ".join(map(repr, new[:5])) + (", …" if len(new) > 5 else "")
        raise ValueError(
            f"{len(new)} names of {split} are in no training triple ({shown}): their "
            "vectors are as they were drawn; drop these facts by "
            "tutor.knowledge.flows.seen_only(data) and report how many"
        )
    return ranking.evaluate(fit, data, split, filtered=filtered)
