"""Studies of chapter ``knowledge/triples``: models against losses, patterns, worlds.

Settings are chosen on the validation split by one seed that no test uses. Runs that are
compared make the same number of updates. The values compared are reciprocal ranks, the
mean of both questions of a test triple: a table (seeds, triples).
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.datasets.triples import TripleSet, triples
from tutor.evaluate.statistics import Effect, paired_bootstrap
from tutor.knowledge import triples as kg
from tutor.knowledge.triples import TriplesConfig

if TYPE_CHECKING:
    from tutor.training import Fit

Floats = NDArray[np.float64]

SEEDS = (1, 2, 3, 4, 5)
CHOOSING = 0
"""The seed that chooses settings on the validation split."""
UPDATES = 600
MODELS = ("transe", "distmult", "complex", "rotate")
LOSSES = ("softmax", "bce", "nssa")
BATCH = {"softmax": 128, "bce": 128, "nssa": 256, "margin": 256}
PENALTY = {"softmax": 3e-4, "bce": 1e-3, "nssa": 1e-5}


# --- runs ----------------------------------------------------------------------------
def with_updates(
    config: TriplesConfig, data: TripleSet, updates: int = UPDATES
) -> TriplesConfig:
    """Return the configuration with as many epochs as make ``updates`` steps."""
    count = len(data.train)
    if not config.sampled:
        sizes = len(data.entities), len(data.relations)
        count = len(kg.train.make_plan(data.train, *sizes, config).asked.anchor)
    steps = -(-count // config.batch_size)
    return replace(config, epochs=max(1, round(updates / steps)))


def fits(
    data: TripleSet, config: TriplesConfig, *, seeds: Sequence[int] = SEEDS
) -> list[Fit]:
    """Return one run a seed."""
    return [kg.fit(data, config, seed=seed) for seed in seeds]


def reciprocals(runs: Sequence[Fit], data: TripleSet, split: str = "test") -> Floats:
    """Return reciprocal ranks (seeds, triples), each the mean of two questions."""
    return np.array([kg.evaluate(run, data, split).reciprocal() for run in runs])


def settings(scorer: str, loss: str) -> tuple[TriplesConfig, ...]:
    """Return the four settings tried: two learning rates, with and without penalty."""
    return tuple(
        TriplesConfig(
            scorer=scorer,
            objective=loss,
            batch_size=BATCH[loss],
            learning_rate=rate,
            l2=l2,
        )
        for rate in (0.01, 0.03)
        for l2 in (0.0, PENALTY[loss])
    )


def choose(
    data: TripleSet, tried: Sequence[TriplesConfig]
) -> tuple[TriplesConfig, list[float]]:
    """Return the setting of highest MRR on the validation split, and all their MRR."""
    found = [
        kg.evaluate(kg.fit(data, config, seed=CHOOSING), data, "valid").mrr()
        for config in tried
    ]
    return tried[int(np.argmax(found))], found


# --- patterns of relations -----------------------------------------------------------
def reversed_share(data: TripleSet) -> Floats:
    """Return for each relation the share of training facts whose reverse is one too.

    1 is a symmetric relation, 0 an antisymmetric one; facts of an entity with itself
    say nothing and are left out. NaN where nothing is left.
    """
    h, r, t = data.train.T
    known = set(map(tuple, data.train.tolist()))
    back = np.array([(c, b, a) in known for a, b, c in data.train.tolist()])
    shares = np.full(len(data.relations), np.nan)
    for relation in range(len(data.relations)):
        of_it = (r == relation) & (h != t)
        if of_it.any():
            shares[relation] = back[of_it].mean()
    return shares


def with_pattern(
    data: TripleSet, low: float, high: float, split: str = "test"
) -> NDArray[np.bool_]:
    """Return which triples have a relation with reversed share from low to high."""
    share = reversed_share(data)[data.split(split)[:, 1]]
    return np.asarray((share >= low) & (share <= high))


# --- planted worlds ------------------------------------------------------------------
def world_config(scorer: str) -> TriplesConfig:
    """Return the one setting of all planted worlds: full softmax, 16 numbers."""
    return TriplesConfig(
        scorer=scorer, dim=16, epochs=100, batch_size=128, learning_rate=0.03
    )


def world_scores(
    make: Callable[..., TripleSet], scorer: str, *, seeds: Sequence[int] = SEEDS
) -> Floats:
    """Return reciprocal ranks (seeds, triples) of the facts that follow from others.

    The facts held out are the same for all seeds and models.
    """
    data = make()
    return reciprocals(fits(data, world_config(scorer), seeds=seeds), data)


# --- the field's library -------------------------------------------------------------
def in_pykeen(data: str, *, epochs: int = 5, seed: int = 1) -> Any:
    """Train and evaluate RotatE in PyKEEN; its own names for our settings."""
    quiet = {"use_tqdm": False}
    with _without_noise():
        from pykeen.pipeline import pipeline

        return pipeline(
            dataset=data,
            model="RotatE",
            model_kwargs={"embedding_dim": 32},
            negative_sampler_kwargs={"num_negs_per_pos": 32},
            loss="nssa",
            loss_kwargs={"margin": 6.0, "adversarial_temperature": 1.0},
            optimizer_kwargs={"lr": 0.02},
            training_kwargs={"num_epochs": epochs, "batch_size": 256, **quiet},
            evaluation_kwargs=quiet,
            random_seed=seed,
            device="cpu",
        )


def pykeen_rotate(h: Floats, phases: Floats, t: Floats) -> float:
    """Return PyKEEN's RotatE score of one triple, real parts first."""
    import torch

    with _without_noise():
        from pykeen.nn.modules import RotatEInteraction

    parts = kg.reference.to_complex(h), np.exp(1j * phases), kg.reference.to_complex(t)
    return float(RotatEInteraction()(*(torch.tensor(part) for part in parts)))


@contextmanager
def _without_noise() -> Iterator[None]:
    """Silence two loggers, two warnings about its own calls, one about a widget."""
    for name in ("pykeen", "torch_max_mem"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'pin_memory' argument", UserWarning)
        warnings.filterwarnings("ignore", "Training instances", DeprecationWarning)
        warnings.filterwarnings("ignore", "IProgress not found")
        yield


# --- models against losses (stored) --------------------------------------------------
def extremes(values: Mapping[str, float]) -> tuple[str, str]:
    """Return the names of the highest and the lowest value."""
    names = sorted(values, key=lambda name: (-values[name], name))
    return names[0], names[-1]


def spread(
    tested: Mapping[tuple[str, str], Floats],
    validated: Mapping[tuple[str, str], float],
    axis: int,
) -> Floats:
    """Return best minus worst along one axis (seeds, triples), averaged over the other.

    Keys are (model, loss). With ``axis`` 1 it is best minus worst loss of each model;
    which are best and worst is read from the validation split, so that the test split
    cannot make a spread out of noise.
    """
    outer = sorted({key[1 - axis] for key in tested})
    parts = []
    for name in outer:
        line = {k[axis]: v for k, v in validated.items() if k[1 - axis] == name}
        ends = [(name, e) if axis else (e, name) for e in extremes(line)]
        parts.append(tested[ends[0]] - tested[ends[1]])
    return np.asarray(np.mean(parts, axis=0))


def models_and_losses(name: str) -> dict[str, Any]:
    """Cross models and losses on one graph: choose settings, then test five seeds."""
    data = triples(name)
    tested, validated, table = {}, {}, {}
    for model in MODELS:
        for loss in LOSSES:
            tried = [with_updates(c, data) for c in settings(model, loss)]
            config, found = choose(data, tried)
            values = reciprocals(fits(data, config), data)
            tested[model, loss], validated[model, loss] = values, max(found)
            table[f"{model} {loss}"] = {
                "validation": [round(v, 4) for v in found],
                "learning_rate": config.learning_rate,
                "l2": config.l2,
                "epochs": config.epochs,
                "test": [round(float(v), 4) for v in values.mean(axis=1)],
            }
    losses, models = spread(tested, validated, 1), spread(tested, validated, 0)
    return {
        "table": table,
        "complex minus distmult": asdict(
            paired_bootstrap(
                tested["complex", "softmax"], tested["distmult", "softmax"]
            )
        ),
        "softmax minus nssa": asdict(
            paired_bootstrap(tested["complex", "softmax"], tested["complex", "nssa"])
        ),
        "loss spread minus model spread": asdict(paired_bootstrap(losses, models)),
        "loss spread": round(float(losses.mean()), 4),
        "model spread": round(float(models.mean()), 4),
    }


def umls() -> dict[str, Any]:
    """Cross models and losses on UMLS."""
    return models_and_losses("umls")


def kinships() -> dict[str, Any]:
    """Cross models and losses on Kinships."""
    return models_and_losses("kinships")


def effect(treatment: Floats, control: Floats | None = None) -> Effect:
    """Return the difference in MRR with its interval over seeds and triples."""
    return paired_bootstrap(treatment, control)


_KG = "tutor.knowledge.triples"
_INPUTS = (
    *(f"{_KG}.{part}" for part in ("losses", "sampling", "train", "ranking")),
    f"{_KG}.config:TriplesConfig",
    f"{_KG}:fit",
    *(
        f"{_KG}.reference:{name}"
        for name in (
            "transe_query",
            "distmult_query",
            "complex_query",
            "rotate_query",
            "transe_query_gradients",
            "distmult_query_gradients",
            "complex_query_gradients",
            "rotate_query_gradients",
            "dot_match",
            "dot_match_gradients",
            "distance_match",
            "distance_match_gradients",
            "signs",
        )
    ),
    "tutor.evaluate.ranking",
    "tutor.evaluate.statistics",
    *(with_updates, fits, reciprocals, settings, choose, extremes, spread),
    models_and_losses,
)
STUDIES = {
    "triples-umls": Study(run=umls, inputs=_INPUTS, data=("umls",)),
    "triples-kinships": Study(run=kinships, inputs=_INPUTS, data=("kinships",)),
}
