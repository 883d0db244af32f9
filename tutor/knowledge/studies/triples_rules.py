r"""Rules that are counted, not learned: what reversed and composed facts alone predict.

A rule has a premise and a conclusion, both relations between two entities:

.. math:: s(t, h) \Rightarrow r(h, t), \qquad
          s(h, m) \wedge u(m, t) \Rightarrow r(h, t)

Its *confidence* is the share of the pairs (h, t) with the premise that have the
conclusion too, counted in the training facts. Pairs of an entity with itself are left
out. A fact's score is the highest confidence among the rules that lead to it.

Source: the confidence of Galárraga et al. (2013); rules as a baseline of link
prediction as in Meilicke et al. (2019). Chapter: ``knowledge/triples``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.datasets.triples import TripleSet, triples
from tutor.knowledge import triples as kg
from tutor.knowledge.studies.triples import (
    SEEDS,
    choose,
    effect,
    fits,
    reciprocals,
    settings,
    with_updates,
)
from tutor.knowledge.triples import ranking

Floats = NDArray[np.float32]

LEAST = 5
"""Pairs that a premise must have, or the rule is not counted."""
KINDS = ("reversed", "composed")


def fact_table(data: TripleSet) -> Floats:
    """Return 1 where relation r leads from h to t in training: (relations, n, n)."""
    table = np.zeros((len(data.relations), *[len(data.entities)] * 2), np.float32)
    h, r, t = data.train.T
    table[r, h, t] = 1
    return table


def premises(facts: Floats, kind: str) -> Iterator[Floats]:
    """Yield blocks (rules, n, n) of premises, a block a first relation.

    Raises
    ------
    ValueError
        If there is no such kind of rule.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of rule {kind!r}; there are {KINDS}")
    apart = 1 - np.eye(facts.shape[1], dtype=np.float32)
    for first in facts:
        if kind == "reversed":
            yield (first.T * apart)[None]
        else:
            yield np.minimum(first @ facts, 1) * apart


def confidences(premise: Floats, facts: Floats, least: int = LEAST) -> Floats:
    """Return the share of each premise's pairs that have each conclusion.

    Shapes: (rules, n, n) and (relations, n, n) → (rules, relations); 0 for a premise
    with fewer than ``least`` pairs.
    """
    pairs = premise.reshape(len(premise), -1)
    support = pairs.sum(axis=1, keepdims=True)
    found = pairs @ facts.reshape(len(facts), -1).T / np.maximum(support, 1)
    return np.asarray(np.where(support >= least, found, 0), np.float32)


def rules(data: TripleSet, kind: str) -> Floats:
    """Return the confidence of all rules of a kind: (..., relations), by premise.

    Shapes: (relations, relations) for reversed premises, (relations, relations,
    relations) for composed ones.
    """
    facts = fact_table(data)
    found = np.stack([confidences(p, facts) for p in premises(facts, kind)])
    return found[:, 0] if kind == "reversed" else found


def inverse_pairs(data: TripleSet, least: float = 0.5) -> list[tuple[int, int]]:
    """Return pairs of relations each of which mostly holds where the other is reversed.

    Both directions must have at least the confidence ``least``.
    """
    share = rules(data, "reversed")
    both = np.minimum(share, share.T) >= least
    return [(int(a), int(b)) for a, b in np.argwhere(both) if a < b]


def rule_scores(data: TripleSet, kinds: Sequence[str] = KINDS) -> Floats:
    """Return the score of every possible fact by rules: (relations, n, n)."""
    facts = fact_table(data)
    scores = np.zeros_like(facts)
    for kind in kinds:
        for block in premises(facts, kind):
            for premise, row in zip(block, confidences(block, facts), strict=True):
                np.maximum(scores, row[:, None, None] * premise, out=scores)
    return scores


def rank_by_rules(
    data: TripleSet, split: str = "test", kinds: Sequence[str] = KINDS
) -> kg.Ranks:
    """Rank the triples of a split by rules alone, filtered, from both sides."""
    scores, rows = rule_scores(data, kinds), data.split(split)
    h, r, t = rows.T
    known = ranking.known_answers(data.facts, rows, scores.shape[1], len(scores))
    asked = np.concatenate([scores[r, h], scores[r, :, t]])
    return ranking.rank_scores(asked, np.concatenate([t, h]), known=known)


# --- vectors against rules (stored) --------------------------------------------------
def against(name: str) -> dict[str, Any]:
    """Compare ComplEx and DistMult, tuned alike by the softmax, with rules."""
    data = triples(name)
    ranks = {
        " and ".join(kinds): rank_by_rules(data, kinds=kinds)
        for kinds in (KINDS[:1], KINDS[1:], KINDS)
    }
    by_rules = np.tile(ranks[" and ".join(KINDS)].reciprocal(), (len(SEEDS), 1))
    found: dict[str, Any] = {
        "rules": {kinds: round(rank.mrr(), 4) for kinds, rank in ranks.items()}
    }
    for model in ("complex", "distmult"):
        tried = [with_updates(c, data) for c in settings(model, "softmax")]
        values = reciprocals(fits(data, choose(data, tried)[0]), data)
        found[model] = round(float(values.mean()), 4)
        found[f"{model} minus rules"] = asdict(effect(values, by_rules))
    return found


def graphs() -> dict[str, Any]:
    """Compare vectors with rules on UMLS and on Kinships."""
    return {name: against(name) for name in ("umls", "kinships")}


STUDIES = {"triples-rules": Study(run=graphs, data=("umls", "kinships"))}
