"""Table and network in torch: the same addresses, the same loss, by autograd.

The addresses are computed in NumPy, by the places of the table; torch gathers rows and
runs the network. Batches are those of :mod:`tutor.systems.multiplexing.train`, so one
step here is one step there. Chapter: ``systems/multiplexing``.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from tutor.evaluate.auc import auc
from tutor.systems.hashing import Keys
from tutor.systems.multiplexing import train as numpy_train
from tutor.systems.multiplexing.config import MultiplexingConfig
from tutor.systems.multiplexing.train import Flags, Model, Split
from tutor.systems.table import RowTable
from tutor.training import select_device


class MultiplexingModel(torch.nn.Module):
    """A table ``weights`` and a network ``W1``, ``b1``, ``w2``, ``b2``."""

    def __init__(self, model: Model):
        super().__init__()
        if not isinstance(model.table, RowTable):
            raise TypeError(
                f"the torch twin holds a RowTable, got {type(model.table).__name__}"
            )
        self.weights = torch.nn.Parameter(torch.tensor(model.table.weights))
        self.W1, self.b1, self.w2, self.b2 = (
            torch.nn.Parameter(torch.tensor(part)) for part in model.network
        )

    def logits(self, rows: torch.Tensor) -> torch.Tensor:
        """Return log-odds: rows (batch, look-ups) → (batch,)."""
        x = functional.embedding(rows, self.weights).flatten(1)
        if len(self.b1):
            x = functional.relu(x @ self.W1 + self.b1)
        return x @ self.w2 + self.b2

    def forward(self, rows: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Return the mean logistic loss."""
        return functional.binary_cross_entropy_with_logits(self.logits(rows), y)


def train_epoch(
    net: MultiplexingModel,
    optimizer: torch.optim.Optimizer,
    data: tuple[NDArray[np.int64], Flags],
    config: MultiplexingConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> float:
    """Train for one epoch on the model's device; return the mean loss of its steps."""
    place = net.weights.device
    rows = torch.as_tensor(data[0], device=place)
    y = torch.as_tensor(data[1], device=place).to(net.weights.dtype)
    found = []
    for chosen in numpy_train.batches(len(y), config, seed=seed, epoch=epoch):
        index = torch.as_tensor(chosen, device=place)
        optimizer.zero_grad()
        loss = net(rows[index], y[index])
        loss.backward()
        optimizer.step()
        found.append(loss.detach())
    return float(torch.stack(found).mean())


def train(
    split: Split, config: MultiplexingConfig, *, seed: int = 0, device: str = "cpu"
) -> Model:
    """Train a fresh model on the device; keep the epoch with the best validation.

    Raises
    ------
    ValueError
        If the device is not there.
    FloatingPointError
        If training diverged.
    """
    place = select_device(device)
    model = numpy_train.start(split, config, seed=seed)
    table = model.table
    assert isinstance(table, RowTable)
    net = MultiplexingModel(model).to(place)
    optimizer = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    known = (table.rows(split.train[0]), split.train[1])
    best, losses, aucs = -np.inf, [], []
    kept = {name: p.detach().clone() for name, p in net.state_dict().items()}
    for epoch in range(config.epochs):
        losses.append(
            train_epoch(net, optimizer, known, config, seed=seed, epoch=epoch)
        )
        if not np.isfinite(losses[-1]):
            raise FloatingPointError(
                f"the loss is {losses[-1]} in epoch {epoch}: lower learning_rate "
                f"({config.learning_rate})"
            )
        aucs.append(auc(scores(net, table, split.valid[0]), split.valid[1]))
        if aucs[-1] > best:
            best = aucs[-1]
            kept = {name: p.detach().clone() for name, p in net.state_dict().items()}
    arrays = {name: value.cpu().numpy() for name, value in kept.items()}
    table.weights[...] = arrays.pop("weights")
    for name, value in arrays.items():
        getattr(model.network, name)[...] = value
    return Model(table, model.network, tuple(losses), tuple(aucs))


def scores(net: MultiplexingModel, table: RowTable, keys: Keys) -> NDArray[np.float64]:
    """Return the log-odds of each row of keys."""
    rows = torch.as_tensor(table.rows(keys), device=net.weights.device)
    with torch.no_grad():
        found: NDArray[np.float64] = net.logits(rows).cpu().numpy().astype(np.float64)
    return found
