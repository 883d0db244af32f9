"""The stored study of controls that ``triples-kinships`` left out, and of Nations.

On Kinships, DistMult of twice the dimension has as many real numbers as ComplEx. On
Nations, with 14 entities, the four models meet two rivals without vectors: scores drawn
at random, and how often an entity answered a relation in training. Chapter:
``knowledge/triples``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.datasets.triples import TripleSet, triples
from tutor.evaluate.statistics import paired_bootstrap
from tutor.knowledge import triples as kg
from tutor.knowledge.studies.triples import (
    MODELS,
    SEEDS,
    choose,
    fits,
    settings,
    with_updates,
)
from tutor.knowledge.triples import ranking
from tutor.knowledge.triples.ranking import Ranks

Floats = NDArray[np.float64]


# --- rivals without vectors ----------------------------------------------------------
def answer_counts(data: TripleSet) -> Floats:
    """Return how often each entity answered each question's relation in training.

    Shapes: → (2 test facts, entities): tails asked for, then heads.
    """
    counts = np.zeros((2, len(data.relations), len(data.entities)))
    h, r, t = data.train.T
    np.add.at(counts[0], (r, t), 1)
    np.add.at(counts[1], (r, h), 1)
    asked = data.test[:, 1]
    return np.concatenate([counts[0, asked], counts[1, asked]])


def ranks_of(data: TripleSet, scores: Floats) -> Ranks:
    """Return the filtered ranks of the test facts under given scores."""
    sizes = len(data.entities), len(data.relations)
    known = ranking.known_answers(data.facts, data.test, *sizes)
    target = np.append(data.test[:, 2], data.test[:, 0])
    return kg.rank_scores(scores, target, known=known)


# --- runs ----------------------------------------------------------------------------
def tuned(data: TripleSet, scorer: str, **change: Any) -> tuple[list[Ranks], list[Any]]:
    """Choose one of four settings on the validation split, then test five seeds.

    Returns the ranks of each seed, and the validation MRR of each setting.
    """
    tried = [
        replace(with_updates(config, data), **change)
        for config in settings(scorer, "softmax")
    ]
    config, found = choose(data, tried)
    return [kg.evaluate(run, data) for run in fits(data, config)], found


def reciprocals(runs: list[Ranks]) -> Floats:
    """Return reciprocal ranks (seeds, triples)."""
    return np.array([ranks.reciprocal() for ranks in runs])


def table(found: Mapping[str, list[Ranks]]) -> dict[str, Any]:
    """Return MRR and the adjusted index of each seed."""
    return {
        name: {
            "mrr": [round(ranks.mrr(), 5) for ranks in runs],
            "amri": [round(ranks.amri(), 5) for ranks in runs],
        }
        for name, runs in found.items()
    }


def equal_numbers(data: TripleSet) -> dict[str, Any]:
    """Return ComplEx and DistMult at equal dimension, and at equally many numbers."""
    dim = kg.TriplesConfig(scorer="complex").dim
    found, looked = {}, {}
    for name, scorer, change in (
        ("complex", "complex", {}),
        ("distmult", "distmult", {}),
        ("wide distmult", "distmult", {"dim": 2 * dim}),
    ):
        found[name], looked[name] = tuned(data, scorer, **change)
    best = reciprocals(found["complex"])
    return {
        "table": table(found),
        "validation": looked,
        "effect": {
            name: asdict(paired_bootstrap(best, reciprocals(found[name])))
            for name in ("distmult", "wide distmult")
        },
    }


def few_candidates(data: TripleSet) -> dict[str, Any]:
    """Return the four models and both rivals where an answer has few candidates."""
    found, looked = {}, {}
    for model in MODELS:
        found[model], looked[model] = tuned(data, model)
    counts = answer_counts(data)
    rng = np.random.default_rng(0)
    found["counts"] = [ranks_of(data, counts)] * len(SEEDS)
    found["random"] = [ranks_of(data, rng.normal(size=counts.shape)) for _ in SEEDS]
    rival = reciprocals(found["counts"])
    return {
        "table": table(found),
        "validation": looked,
        "sizes": [len(data.entities), len(data.relations), len(data.test)],
        "effect": {
            name: asdict(paired_bootstrap(reciprocals(found[name]), rival))
            for name in (*MODELS, "random")
        },
    }


def controls() -> dict[str, Any]:
    """Run both."""
    return {
        "kinships": equal_numbers(triples("kinships")),
        "nations": few_candidates(triples("nations")),
    }


_KG = "tutor.knowledge.triples"
_INPUTS = (
    *(f"{_KG}.{part}" for part in ("losses", "sampling", "train", "ranking")),
    f"{_KG}.reference",
    f"{_KG}.config:TriplesConfig",
    f"{_KG}:fit",
    "tutor.knowledge.studies.triples_controls",
    "tutor.evaluate.ranking",
    "tutor.evaluate.statistics",
    *(with_updates, fits, settings, choose),
)
STUDIES = {
    "triples-controls": Study(
        run=controls, inputs=_INPUTS, data=("kinships", "nations")
    ),
}
