"""Studies of chapter ``knowledge/flows``: flows and their ablations at equal size.

Models are compared at as many numbers an entity. Settings are chosen on the validation
split by one seed that no test uses. The values compared are reciprocal ranks: a table
(seeds, questions), tails before heads, or its mean of both questions of a triple.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.datasets.triples import TripleSet, triples
from tutor.evaluate.statistics import Effect, paired_bootstrap
from tutor.knowledge import flows
from tutor.knowledge.flows import FlowsConfig
from tutor.knowledge.triples.train import keys, questions

if TYPE_CHECKING:
    from tutor.training import Fit

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SEEDS = (1, 2, 3, 4, 5)
CHOOSING = 0
"""The seed that chooses settings on the validation split."""
NUMBERS = 48
"""Numbers an entity stores, whatever the model."""
MODELS = ("nfe1", "nfe2", "nfe3", "affine", "shift", "sigma", "distmult")
LIVE_GAMMA = {"nfe1": 0.0, "affine": 0.0, "shift": 0.0, "distmult": 0.0}
MANY = 5
"""A question with as many right answers in training has many."""


# --- settings ------------------------------------------------------------------------
def sized(scorer: str, numbers: int, **settings: Any) -> FlowsConfig:
    """Return a configuration whose entities store ``numbers`` numbers."""
    dim = flows.dim_for(scorer, numbers)
    return FlowsConfig(scorer=scorer, dim=dim, **settings)


def settings(scorer: str, numbers: int = NUMBERS) -> tuple[FlowsConfig, ...]:
    """Return the six settings tried: three head starts and two learning rates."""
    gammas = (-4.0, -2.0, 0.0) if scorer == "distmult" else (0.0, 4.0, 9.0)
    return tuple(
        sized(scorer, numbers, gamma=gamma, learning_rate=rate, epochs=25)
        for gamma in gammas
        for rate in (0.03, 0.1)
    )


def live_config(scorer: str, numbers: int = 24) -> FlowsConfig:
    """Return the reduced setting of the notebook: half the numbers, 15 passes."""
    gamma = LIVE_GAMMA[scorer]
    return sized(scorer, numbers, gamma=gamma, learning_rate=0.1, epochs=15)


def parameters(config: FlowsConfig, data: TripleSet) -> int:
    """Return how many numbers a model learns, entities and relations together."""
    model = flows.scorer(config.scorer)
    relations = 2 * len(data.relations) * model.relation_parts
    return config.dim * (len(data.entities) * model.entity_parts + relations)


def affine_of_total(data: TripleSet, total: int) -> int:
    """Return the largest dimension of ``affine`` with at most ``total`` parameters."""
    return total // parameters(FlowsConfig(scorer="affine", dim=1), data)


# --- runs ----------------------------------------------------------------------------
def fits(
    data: TripleSet, config: FlowsConfig, *, seeds: Sequence[int] = SEEDS
) -> list[Fit]:
    """Return one run a seed."""
    return [flows.fit(data, config, seed=seed) for seed in seeds]


def reciprocals(runs: Sequence[Fit], data: TripleSet, split: str = "test") -> Floats:
    """Return 1 / realistic rank (seeds, questions), tails before heads."""
    return np.array([1 / flows.evaluate(run, data, split).realistic for run in runs])


def both_sides(values: Floats) -> Floats:
    """Return the mean of a triple's two questions: (seeds, triples)."""
    return np.asarray(np.mean(np.split(values, 2, axis=1), axis=0))


def choose(
    data: TripleSet, tried: Sequence[FlowsConfig]
) -> tuple[FlowsConfig, list[float]]:
    """Return the setting of highest MRR on the validation split, and all their MRR."""
    found = [
        flows.evaluate(flows.fit(data, config, seed=CHOOSING), data, "valid").mrr()
        for config in tried
    ]
    return tried[int(np.argmax(found))], found


def effect(treatment: Floats, control: Floats | None = None) -> Effect:
    """Return the difference in MRR with its interval over seeds and items."""
    return paired_bootstrap(treatment, control)


# --- groups of questions, widths of entities -----------------------------------------
def relation_types(data: TripleSet) -> list[str]:
    """Return 1-1, 1-N, N-1 or N-N for each relation, from the training triples.

    A side is N where the other side's entity has 1.5 or more on average (Bordes et al.
    2013); a relation without triples is 1-1.
    """
    found = []
    for r in range(len(data.relations)):
        h, _, t = data.train[data.train[:, 1] == r].T
        count = max(len(h), 1)
        heads = count / max(len(np.unique(t)), 1)
        tails = count / max(len(np.unique(h)), 1)
        found.append(f"{'N' if heads >= 1.5 else '1'}-{'N' if tails >= 1.5 else '1'}")
    return found


def answers(data: TripleSet, split: str = "test") -> NDArray[np.int64]:
    """Return for each question how many answers it has in training: (2n,)."""
    n = len(data.relations)
    asked, given = (
        keys(questions(part, n, reciprocal=False), n)
        for part in (data.split(split), data.train)
    )
    known, count = np.unique(given, return_counts=True)
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[place] == asked, count[place], 0)


def degrees(data: TripleSet) -> NDArray[np.int64]:
    """Return in how many training triples each entity stands: (entities,)."""
    ends = data.train[:, [0, 2]].ravel()
    return np.bincount(ends, minlength=len(data.entities))


def widths(runs: Sequence[Fit], part: int = 1) -> Floats:
    r"""Return the mean :math:`|\sigma|` of each entity of NFE-1: (seeds, entities).

    With ``part`` 0 it is the mean :math:`|\mu|` instead, the control.
    """
    return np.array(
        [
            np.abs(np.split(np.asarray(r.embedding.vectors, float), 2, 1)[part]).mean(1)
            for r in runs
        ]
    )


def degree_effect(runs: Sequence[Fit], data: TripleSet, part: int = 1) -> Effect:
    """Return Spearman of :func:`widths` and degree over entities, with its interval."""
    gold = degrees(data).astype(np.float64)
    return paired_bootstrap(widths(runs, part), gold=gold, statistic="spearman")


# --- the planted line ----------------------------------------------------------------
def line_scores(scorer: str, *, seeds: Sequence[int] = SEEDS) -> Floats:
    """Return reciprocal ranks (seeds, triples) of the facts that follow from others."""
    data = flows.group.line()
    config = sized(
        scorer,
        12,
        gamma=LIVE_GAMMA[scorer],
        epochs=200,
        batch_size=64,
        learning_rate=0.05,
        decay=0.985,
    )
    return both_sides(reciprocals(fits(data, config, seeds=seeds), data))


# --- all models at equal size (stored) -----------------------------------------------
def _tuned(data: TripleSet, tried: Sequence[FlowsConfig]) -> tuple[Floats, Any]:
    """Choose a setting, test it; return reciprocal ranks and a row of the table."""
    config, found = choose(data, tried)
    values = reciprocals(fits(data, config), data)
    row = {
        "validation": [round(v, 4) for v in found],
        "gamma": config.gamma,
        "learning_rate": config.learning_rate,
        "dim": config.dim,
        "parameters": parameters(config, data),
        "test": [round(float(v), 4) for v in values.mean(axis=1)],
    }
    return values, row


def models(name: str) -> dict[str, Any]:
    """Tune and test every model on one graph, and ``affine`` at two more sizes."""
    data = triples(name)
    tried = {model: settings(model) for model in MODELS}
    total = parameters(tried["nfe1"][0], data)
    for key, dim in (
        ("affine, equal total", affine_of_total(data, total)),
        ("affine, equal dim", tried["nfe1"][0].dim),
    ):
        tried[key] = tuple(replace(c, dim=dim) for c in tried["affine"])
    made = {key: _tuned(data, configs) for key, configs in tried.items()}
    values = {key: found[0] for key, found in made.items()}
    whole = {key: both_sides(found) for key, found in values.items()}
    pairs = [("nfe1", key) for key in tried if key != "nfe1"]
    effects = {
        f"{one} minus {other}": asdict(effect(whole[one], whole[other]))
        for one, other in (*pairs, ("nfe2", "affine"), ("nfe3", "affine"))
    }
    return {
        "table": {key: found[1] for key, found in made.items()},
        "effects": effects,
        "by answers": _by_answers(data, values),
        "by type": _by_type(data, whole),
    }


def _by_answers(data: TripleSet, values: dict[str, Floats]) -> dict[str, Any]:
    """Return NFE-1 minus ``affine`` on questions of few and of many answers."""
    count = answers(data)
    groups = {"many": count >= MANY, "few": count < MANY}
    return {
        name: asdict(effect(values["nfe1"][:, mask], values["affine"][:, mask]))
        for name, mask in groups.items()
    }


def _by_type(data: TripleSet, whole: dict[str, Floats]) -> dict[str, Any]:
    """Return test triples and MRR of some models for each type of relation."""
    types = np.array(relation_types(data))[data.test[:, 1]]
    return {
        kind: {
            "triples": int((types == kind).sum()),
            **{
                model: round(float(whole[model][:, types == kind].mean()), 4)
                for model in MODELS
            },
        }
        for kind in sorted(set(types.tolist()))
    }


def umls() -> dict[str, Any]:
    """Tune and test every model on UMLS."""
    return models("umls")


def kinships() -> dict[str, Any]:
    """Tune and test every model on Kinships."""
    return models("kinships")


# --- torch.distributions as a second opinion -----------------------------------------
def kl_in_torch(h: Floats, r: Floats, t: Floats) -> float:
    """Return minus the divergence of NFE-3's two normal variables, by torch."""
    import torch
    from torch.distributions import Independent, Normal, kl_divergence

    (hm, hs), (m, s), (tm, ts) = (torch.tensor(x).chunk(2) for x in (h, r, t))
    wide = torch.nn.functional.softplus
    head = Independent(Normal(s * hm + m, wide(s) * wide(hs)), 1)
    tail = Independent(Normal(tm, wide(ts)), 1)
    return -float(kl_divergence(head, tail))


_FLOWS, _KG = "tutor.knowledge.flows", "tutor.knowledge.triples"
_INPUTS = (
    *(f"{_FLOWS}.{part}" for part in ("moves", "matches", "reference", "train")),
    f"{_FLOWS}.ranking",
    f"{_FLOWS}.config:FlowsConfig",
    f"{_FLOWS}:fit",
    *(f"{_KG}.{part}" for part in ("losses", "train", "ranking")),
    "tutor.evaluate.ranking",
    "tutor.evaluate.statistics",
    *(sized, settings, parameters, affine_of_total, fits, reciprocals, both_sides),
    *(choose, effect, relation_types, answers, models, _tuned, _by_answers, _by_type),
)
STUDIES = {
    "flows-umls": Study(run=umls, inputs=_INPUTS, data=("umls",)),
    "flows-kinships": Study(run=kinships, inputs=_INPUTS, data=("kinships",)),
}
