"""Studies of chapter ``context/matryoshka``: every layer times every length.

A text is an example sentence, its positive the definition of the sense it shows, one
pair a synset of WordNet. Settings were looked at on the validation pairs only. The
chapter runs a smaller setting live; ``matryoshka_grid`` stores the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.context.matryoshka.config import MatryoshkaConfig
from tutor.context.matryoshka.tuning import layer_vectors, tune
from tutor.context.studies.attention import (
    Reader,
    definitions_task,
    reader,
    reciprocal_ranks,
    tokens_of,
)
from tutor.geometry import unit_rows

if TYPE_CHECKING:
    from tutor.context.attention.torch import Encoder

Floats = NDArray[np.floating[Any]]
Ids = list[list[int]]

SEEDS = (1, 2, 3)
DIMS = (8, 16, 32, 64, 128, 256, 384)
CONFIG = MatryoshkaConfig()
ARMS = ("full", "matryoshka", "2d-v1", "2d-improved", "direct")
EXIT = 3
"""The layer of the early exit, and the depth of the model trained directly."""
TEST, VALIDATION, LEAST = 1000, 300, 5


class Side(NamedTuple):
    """Token ids of sentences and of the definitions they belong to, row by row."""

    anchors: Ids
    positives: Ids

    def part(self, start: int, stop: int | None = None) -> Side:
        """Return some rows of both."""
        return Side(self.anchors[start:stop], self.positives[start:stop])


class Pairs(NamedTuple):
    """What is trained on, what settings were chosen on, what is reported."""

    training: Side
    validation: Side
    test: Side


def pairs(model: Reader) -> Pairs:
    """Return WordNet's example sentences with their definitions, one pair a synset.

    A sentence has five words or more. The order is drawn once; the first 1,000 pairs
    are the test, 300 more the validation.
    """
    task = definitions_task(10**6, least=LEAST)
    both = Side(tokens_of(model, task.sentences), tokens_of(model, task.definitions))
    edge = TEST + VALIDATION
    return Pairs(both.part(edge), both.part(TEST, edge), both.part(0, TEST))


def trained(
    arm: str,
    data: Side,
    seed: int,
    *,
    depth: int = 6,
    exit_at: int = EXIT,
    config: MatryoshkaConfig = CONFIG,
) -> Encoder:
    """Return MiniLM's first ``depth`` layers after training by one of the arms.

    ``direct`` keeps ``exit_at`` layers and trains them alone, by the full loss; the
    other arms keep all and train by the method of their name. Every arm of a seed sees
    the same batches in the same order.
    """
    from tutor.context.matryoshka.torch import shortened

    if arm not in ARMS:
        raise ValueError(f"unknown arm {arm!r}; there are {', '.join(ARMS)}")
    direct = arm == "direct"
    encoder = shortened(reader().encoder, exit_at if direct else depth)
    chosen = replace(config, method="full" if direct else arm)
    tune(encoder, data.anchors, data.positives, chosen, seed=seed)
    return encoder.eval()


def grid(encoder: Encoder, data: Side, dims: Sequence[int] = DIMS) -> Floats:
    """Return 1 / rank of each sentence's definition, at each layer and length.

    Vectors are cut first and brought to length 1 afterwards.

    Shapes: → (layers, dims, sentences); row 0 is layer 1.
    """
    count = len(data.anchors)
    states = layer_vectors(encoder, [*data.anchors, *data.positives])[1:]
    return np.stack(
        [
            [
                reciprocal_ranks(cut[:count], cut[count:])
                for cut in (unit_rows(layer[:, :d]) for d in dims)
            ]
            for layer in states
        ]
    )


def compare(
    arms: Sequence[str],
    data: Pairs,
    *,
    seeds: Sequence[int] = SEEDS,
    items: int = TEST,
    dims: Sequence[int] = DIMS,
    **settings: Any,
) -> dict[str, Floats]:
    """Train each arm with each seed and read its grid on the first test pairs.

    ``settings`` are those of :func:`trained`.

    Shapes: an arm → (seeds, layers, dims, items).
    """
    test = data.test.part(0, items)
    return {
        arm: np.stack(
            [
                grid(trained(arm, data.training, seed, **settings), test, dims)
                for seed in seeds
            ]
        )
        for arm in arms
    }


def cells(
    grids: Mapping[str, Floats], arm: str, layer: int, dim: int, dims: Sequence[int]
) -> Floats:
    """Return one cell of an arm's grid: (seeds, items); layers count from 1."""
    return np.asarray(grids[arm][:, layer - 1, list(dims).index(dim)])
