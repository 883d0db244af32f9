"""Training: batches, one pass forward and back through network and table, Adam.

The update is the same for every table that answers ``lookup`` and ``gradients``.
Chapter: ``systems/multiplexing``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.evaluate.auc import auc
from tutor.knowledge.triples.train import Adam
from tutor.systems.hashing import Keys
from tutor.systems.multiplexing import reference
from tutor.systems.multiplexing.config import MultiplexingConfig
from tutor.systems.multiplexing.reference import Network
from tutor.systems.multiplexing.tables import make_table, vocabulary
from tutor.systems.table import EmbeddingTable, Float

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Split:
    """Keys (rows, fields) and labels (rows,) of the three parts."""

    train: tuple[Keys, Flags]
    valid: tuple[Keys, Flags]
    test: tuple[Keys, Flags]


@dataclass(frozen=True)
class Model:
    """A table, the network behind it, and how they came to be."""

    table: EmbeddingTable
    network: Network
    losses: tuple[float, ...] = ()
    aucs: tuple[float, ...] = ()

    def scores(self, keys: Keys, *, block: int = 8192) -> NDArray[np.float64]:
        """Return the log-odds of each row of keys."""
        parts = [
            reference.logits(self.table.lookup(keys[i : i + block]), self.network)
            for i in range(0, len(keys), block)
        ]
        return np.concatenate(parts).astype(np.float64)


def start(split: Split, config: MultiplexingConfig, *, seed: int = 0) -> Model:
    """Return an untrained model; only training rows decide what is known."""
    table = make_table(vocabulary(split.train[0]), config, seed=seed)
    network = reference.initial_network(table.width, config.hidden, seed=seed)
    return Model(table, network)


def batches(
    count: int, config: MultiplexingConfig, *, seed: int, epoch: int
) -> Iterator[NDArray[np.int64]]:
    """Yield the row numbers of each batch, in an order by (seed, epoch)."""
    order = sampling.permutation(count, seed, epoch=epoch)
    for i in range(0, count, config.batch_size):
        yield order[i : i + config.batch_size]


def gradients(
    model: Model, keys: Keys, y: Float
) -> tuple[float, tuple[Float, ...], Network]:
    """Return the loss of a batch, the gradients by table and by network."""
    x = model.table.lookup(keys)
    loss, slope, by_network = reference.network_gradients(x, y, model.network)
    return loss, model.table.gradients(keys, slope), by_network


def train_epoch(
    model: Model,
    data: tuple[Keys, Flags],
    config: MultiplexingConfig,
    adam: Any,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> float:
    """Train in place for one epoch; return the mean loss of its steps."""
    keys, labels = data
    y = labels.astype(model.network.w2.dtype)
    found = []
    for chosen in batches(len(keys), config, seed=seed, epoch=epoch):
        loss, by_table, by_network = gradients(model, keys[chosen], y[chosen])
        adam.step(*by_table, *_used(by_network))
        model.table.settle()
        found.append(loss)
    return float(np.mean(found))


def optimiser(model: Model, config: MultiplexingConfig) -> Adam:
    """Return Adam over the table's trainable arrays and the network's weights."""
    arrays = (*model.table.trainable, *_used(model.network))
    return Adam(arrays, config.learning_rate)


def _used(network: Network) -> tuple[Float, ...]:
    """Leave out the hidden layer where there is none."""
    return tuple(network) if len(network.b1) else (network.w2, network.b2)


def train(
    split: Split,
    config: MultiplexingConfig,
    *,
    seed: int = 0,
    model: Model | None = None,
) -> Model:
    """Train a fresh model, or the one given; keep the epoch with the best validation.

    Raises
    ------
    FloatingPointError
        If training diverged.
    """
    model = model or start(split, config, seed=seed)
    adam = optimiser(model, config)
    state = (*model.table.trainable, *model.network)
    best, kept = -np.inf, tuple(part.copy() for part in state)
    losses, aucs = [], []
    for epoch in range(config.epochs):
        losses.append(
            train_epoch(model, split.train, config, adam, seed=seed, epoch=epoch)
        )
        if not np.isfinite(losses[-1]):
            raise FloatingPointError(
                f"the loss is {losses[-1]} in epoch {epoch}: lower learning_rate "
                f"({config.learning_rate})"
            )
        aucs.append(auc(model.scores(split.valid[0]), split.valid[1]))
        if aucs[-1] > best:
            best, kept = aucs[-1], tuple(part.copy() for part in state)
    for part, value in zip(state, kept, strict=True):
        part[...] = value
    return Model(model.table, model.network, tuple(losses), tuple(aucs))
