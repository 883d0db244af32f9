"""Filtered ranks of a fitted flow model, and a guard for entities never trained on.

Ranks, ties and filter are those of :mod:`tutor.knowledge.triples.ranking`. Chapter:
``knowledge/flows``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tutor.knowledge.flows import reference
from tutor.knowledge.triples.ranking import Ranks, known_answers, rank_scores
from tutor.knowledge.triples.reference import Float
from tutor.knowledge.triples.train import Rows, ask, questions

if TYPE_CHECKING:
    from tutor.datasets.triples import TripleSet
    from tutor.training import Fit


def unseen(data: TripleSet, split: str) -> tuple[str, ...]:
    """Return the entities and relations of a split that no training triple has."""
    names: list[str] = []
    for columns, every in (([0, 2], data.entities), ([1], data.relations)):
        new = np.setdiff1d(data.split(split)[:, columns], data.train[:, columns])
        names += [every[i] for i in new]
    return tuple(names)


def seen_only(data: TripleSet) -> TripleSet:
    """Return the data without validation and test triples that name something new."""

    def kept(split: str) -> Rows:
        rows = data.split(split)
        known = np.isin(rows[:, [0, 2]], data.train[:, [0, 2]]).all(axis=1)
        return np.asarray(rows[known & np.isin(rows[:, 1], data.train[:, 1])])

    return replace(data, valid=kept("valid"), test=kept("test"))


def scores(fit: Fit, data: TripleSet, split: str = "test") -> Float:
    """Return the scores (2n, entities) of a split's questions, without gamma."""
    assert fit.context is not None
    E, R = (np.asarray(x.vectors, np.float64) for x in (fit.embedding, fit.context))
    asked = questions(data.split(split), len(data.relations), reciprocal=True)
    return ask(E, R, asked, reference.scorer(fit.config.scorer))[1]


def evaluate(fit: Fit, data: TripleSet, split: str = "test") -> Ranks:
    """Rank the triples of a split, filtered, from both sides, under all rules for ties.

    Raises
    ------
    ValueError
        If the split is empty, or names entities or relations that training never saw:
        their vectors learned from no fact of their own. The message counts and names
        them.
    """
    triples = data.split(split)
    if len(triples) == 0:
        raise ValueError(f"{split} of {data.name!r} has no triples to rank")
    if new := unseen(data, split):
        shown = ", ".join(map(repr, new[:5])) + (", …" if len(new) > 5 else "")
        raise ValueError(
            f"{len(new)} names of {split} are in no training triple ({shown}): their "
            "vectors are random; drop these facts with seen_only(data) and report "
            "how many"
        )
    known = known_answers(data.facts, triples, len(data.entities), len(data.relations))
    target = np.concatenate([triples[:, 2], triples[:, 0]])
    return rank_scores(scores(fit, data, split), target, known=known)
