r"""Filtered ranks of the right answer, from both sides, under three rules for ties.

A test triple asks two questions: which tail, which head? Every entity is a candidate,
except those known to be right too. Where candidates tie with the answer, *optimistic*
puts it first, *pessimistic* last, *realistic* in the middle; only the last gives a
model that scores all alike the rank of chance.

Source: Bordes et al. (2013) for the filter; Berrendorf et al. (2020) for ties and the
adjusted index. Chapter: ``knowledge/triples``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.evaluate.ranking import (
    adjusted_mean_rank_index,
    hits,
    mrr,
    realistic_ranks,
)
from tutor.knowledge.triples import reference, train
from tutor.knowledge.triples.reference import Float
from tutor.knowledge.triples.train import Asked, Rows

if TYPE_CHECKING:
    from tutor.datasets.triples import TripleSet
    from tutor.training import Fit

POLICIES = ("optimistic", "realistic", "pessimistic")


@dataclass(frozen=True, eq=False)
class Ranks:
    """Ranks of n questions: all tails asked for, then all heads.

    Attributes
    ----------
    optimistic, realistic, pessimistic : (n,) float
    candidates : (n,) int
        How many entities each answer was ranked among, itself included.
    """

    optimistic: NDArray[np.float64]
    realistic: NDArray[np.float64]
    pessimistic: NDArray[np.float64]
    candidates: NDArray[np.int64]

    def __repr__(self) -> str:
        return (
            f"Ranks({len(self.realistic)} questions: MRR {self.mrr():.3f}, Hits@10 "
            f"{self.hits(10):.3f}, AMRI {self.amri():.3f})"
        )

    def of(self, policy: str) -> NDArray[np.float64]:
        """Return the ranks under one rule for ties."""
        if policy not in POLICIES:
            raise ValueError(f"unknown policy {policy!r}; there are {POLICIES}")
        ranks: NDArray[np.float64] = getattr(self, policy)
        return ranks

    def mrr(self, policy: str = "realistic") -> float:
        """Return the mean reciprocal rank."""
        return mrr(self.of(policy))

    def hits(self, k: int, policy: str = "realistic") -> float:
        """Return the share of ranks up to ``k``."""
        return hits(self.of(policy), k)

    def amri(self, policy: str = "realistic") -> float:
        """Return the adjusted mean rank index: 0 is chance, 1 perfect."""
        return adjusted_mean_rank_index(self.of(policy), self.candidates)

    def reciprocal(self) -> NDArray[np.float64]:
        """Return 1 / realistic rank, triples by mean of their two questions: (n/2,)."""
        tails, heads = np.split(1.0 / self.realistic, 2)
        return np.asarray((tails + heads) / 2)

    def subset(self, triples: ArrayLike) -> Ranks:
        """Return the ranks of some triples, by a mask or positions, both sides."""
        mask = np.zeros(len(self.realistic) // 2, dtype=bool)
        mask[np.asarray(triples)] = True
        both = np.concatenate([mask, mask])
        parts = (self.optimistic, self.realistic, self.pessimistic, self.candidates)
        return Ranks(*(part[both] for part in parts))


def rank_scores(
    scores: ArrayLike, target: ArrayLike, *, known: ArrayLike | None = None
) -> Ranks:
    r"""Return the ranks of each row's target under all three rules.

    .. math:: r^- = 1 + \#\{c : s_c > s_t\}, \quad
              r^+ = \#\{c : s_c \ge s_t\}, \quad r = \tfrac12 (r^- + r^+)

    where c runs over the candidates and the target itself.

    Shapes: ``scores`` (n, candidates), ``target`` (n,), ``known`` (n, candidates) bool,
    other right answers to leave out.
    """
    realistic = realistic_ranks(scores, target, known=known)
    s, t = np.asarray(scores), np.asarray(target)
    rows = np.arange(len(s))
    rivals = np.ones(s.shape, bool) if known is None else ~np.asarray(known, bool)
    rivals[rows, t] = False
    optimistic = 1.0 + ((s > s[rows, t][:, None]) & rivals).sum(axis=1)
    candidates = 1 + rivals.sum(axis=1)
    return Ranks(optimistic, realistic, 2 * realistic - optimistic, candidates)


def known_answers(
    facts: Rows, triples: Rows, n_entities: int, n_relations: int
) -> NDArray[np.bool_]:
    """Return for both questions of each triple which entities answer them in ``facts``.

    Shapes: ``facts`` (m, 3), ``triples`` (n, 3) → (2n, entities): tails, then heads.
    """
    asked = train.questions(triples, n_relations, reciprocal=False)
    given = train.questions(facts, n_relations, reciprocal=False)
    wanted, row = np.unique(train.keys(asked, n_relations), return_inverse=True)
    have = train.keys(given, n_relations)
    answers = np.concatenate([facts[:, 2], facts[:, 0]])
    of_interest = np.isin(have, wanted)
    table = np.zeros((len(wanted), n_entities), dtype=bool)
    place = np.searchsorted(wanted, have[of_interest])
    table[place, answers[of_interest]] = True
    return np.asarray(table[row])


def score_all(
    E: Float, R: Float, asked: Asked, scorer: str, *, block: int = 4096
) -> Float:
    """Return the scores (questions, entities), ``block`` questions at a time."""
    model = reference.scorer(scorer)
    parts = []
    for i in range(0, len(asked.anchor), block):
        part = asked.take(slice(i, i + block))
        parts.append(train.ask(E, R, part, model)[1])
    return np.concatenate(parts)


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
    """
    assert fit.context is not None
    triples = data.split(split)
    E, R = (np.asarray(x.vectors, np.float64) for x in (fit.embedding, fit.context))
    n = len(data.relations)
    asked = train.questions(triples, n, reciprocal=fit.config.reciprocal)
    scores = score_all(E, R, asked, fit.config.scorer)
    known = None
    if filtered:
        known = known_answers(data.facts, triples, len(data.entities), n)
    return rank_scores(
        scores, np.concatenate([triples[:, 2], triples[:, 0]]), known=known
    )
