r"""Two probes of equal form for every code: a ridge, and a small network.

.. math:: \hat y = \max(0, x W_1 + b_1)\, w_2 + b_2

Codes are centred and scaled by *one* number first (`scaler`): scaling each column by
itself would turn a code's own geometry away. Left out: deeper probes, early stopping.
Forms: NumPy here, torch in ``torch``. Chapter: ``words/numbers``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import training
from tutor.sampling import INIT, SHUFFLE, permutation, uniform
from tutor.words.numbers.linear import choose_penalty, folds, ridge

Table = NDArray[np.float64]
BACKENDS = ("numpy", "torch")


@dataclass(frozen=True)
class ProbeConfig:
    r"""Settings of the network, the same for every code.

    Attributes
    ----------
    hidden : int
        Units of the hidden layer.
    epochs, batch_size : int
    learning_rate : float
        :math:`\eta`, falling in a straight line to a twentieth.
    """

    hidden: int = 32
    epochs: int = 30
    batch_size: int = 50
    learning_rate: float = 0.02


class ProbeNetwork(NamedTuple):
    """Parameters: W1 (d, hidden), b1 (hidden,), w2 (hidden,), b2 ()."""

    W1: Table
    b1: Table
    w2: Table
    b2: Table


def start(dim: int, config: ProbeConfig, seed: int) -> ProbeNetwork:
    """Return random starting weights: variance 2 / inputs, biases 0."""
    h = config.hidden
    u = uniform(seed, 0, INIT, np.arange(dim * h + h)) * 2 - 1
    first = u[: dim * h].reshape(dim, h) * np.sqrt(6.0 / dim)
    return ProbeNetwork(
        first, np.zeros(h), u[dim * h :] * np.sqrt(3.0 / h), np.zeros(())
    )


def predict(network: ProbeNetwork, X: ArrayLike) -> Table:
    """Return the network's output: (n, d) → (n,)."""
    W1, b1, w2, b2 = network
    hidden = np.maximum(0.0, np.asarray(X, dtype=np.float64) @ W1 + b1)
    out: Table = hidden @ w2 + b2
    return out


def probe_loss(network: ProbeNetwork, X: ArrayLike, y: ArrayLike) -> float:
    r"""Return the mean of half the squared errors, :math:`\frac1{2B}\sum (\hat y-y)^2`.

    Shapes: (B, d), (B,) → float.
    """
    error = predict(network, X) - np.asarray(y, dtype=np.float64)
    return float(error @ error) / (2 * len(error))


def probe_gradients(network: ProbeNetwork, X: ArrayLike, y: ArrayLike) -> ProbeNetwork:
    r"""Return the gradients of `probe_loss`, in the form of the network.

    With the error :math:`g = (\hat y - y) / B` and the mask of live units
    :math:`m = [x W_1 + b_1 > 0]`:

    .. math:: \nabla w_2 = h^\top g, \quad \nabla b_2 = \sum g, \quad
              \nabla W_1 = X^\top (g w_2^\top \odot m), \quad
              \nabla b_1 = \textstyle\sum g w_2^\top \odot m
    """
    A = np.asarray(X, dtype=np.float64)
    before = A @ network.W1 + network.b1
    hidden = np.maximum(0.0, before)
    g = (hidden @ network.w2 + network.b2 - np.asarray(y, dtype=np.float64)) / len(A)
    back = np.outer(g, network.w2) * (before > 0)
    return ProbeNetwork(A.T @ back, back.sum(axis=0), hidden.T @ g, np.asarray(g.sum()))


def batches(
    n: int, config: ProbeConfig, seed: int
) -> Iterator[tuple[float, NDArray[np.int64]]]:
    """Yield learning rate and rows of every batch of every epoch."""
    steps = range(0, n, config.batch_size)
    total = len(steps) * config.epochs
    for epoch in range(config.epochs):
        order = permutation(n, seed, epoch=epoch, stream=SHUFFLE)
        for number, begin in enumerate(steps):
            done = (epoch * len(steps) + number) / total
            rate = config.learning_rate * max(0.05, 1 - done)
            yield rate, order[begin : begin + config.batch_size]


def train(
    X: ArrayLike,
    y: ArrayLike,
    config: ProbeConfig | None = None,
    *,
    seed: int = 0,
    backend: str = "numpy",
    device: str = "cpu",
) -> ProbeNetwork:
    r"""Return a network trained by batches of gradient steps.

    .. math:: \theta \leftarrow \theta - \eta_t \nabla_\theta \ell(\text{batch})

    Shapes: (n, d), (n,) → `ProbeNetwork`, in NumPy whatever the backend.

    Raises
    ------
    ValueError
        For shapes that do not pair, NaN, an unknown backend or device.
    FloatingPointError
        If training diverged.
    """
    config = config or ProbeConfig()
    training.check_backend(backend, BACKENDS)
    if device != "cpu" and backend != "torch":
        raise ValueError(
            f"device={device!r} needs backend='torch'; {backend} runs on the CPU"
        )
    A, b = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if A.ndim != 2 or b.shape != A.shape[:1] or len(b) < 2:
        raise ValueError(f"needed (n, d) and (n,), got {A.shape} and {b.shape}")
    if not (np.isfinite(A).all() and np.isfinite(b).all()):
        raise ValueError("inputs or targets hold NaN or infinite values")
    network = start(A.shape[1], config, seed)
    if backend == "torch":
        from tutor.words.numbers import torch as twin

        network = twin.train_network(network, A, b, config, seed, device)
    else:
        for rate, rows in batches(len(b), config, seed):
            slope = probe_gradients(network, A[rows], b[rows])
            network = ProbeNetwork(
                *(p - rate * g for p, g in zip(network, slope, strict=True))
            )
    if not all(np.isfinite(part).all() for part in network):
        raise FloatingPointError(
            f"training diverged: lower learning_rate ({config.learning_rate})"
        )
    return network


# --- what both probes share ----------------------------------------------------------
class Scaler(NamedTuple):
    """Mean (d,) and one scale, as learned from the training rows."""

    mean: Table
    scale: float

    def __call__(self, X: ArrayLike) -> Table:
        """Return centred rows in units of the scale: (n, d) → (n, d)."""
        scaled: Table = (np.asarray(X, dtype=np.float64) - self.mean) / self.scale
        return scaled


def scaler(X: ArrayLike) -> Scaler:
    r"""Return what brings training rows to mean 0 and mean squared length d.

    One number scales all columns, so angles and ratios of distances stay.
    """
    A = np.asarray(X, dtype=np.float64)
    mean = A.mean(axis=0)
    scale = float(np.sqrt(((A - mean) ** 2).mean()))
    if not scale > 0:
        raise ValueError("all rows are equal: there is nothing to scale, or to probe")
    return Scaler(mean, scale)


def answers(
    kind: str,
    X: ArrayLike,
    y: ArrayLike,
    tests: list[Table],
    *,
    config: ProbeConfig | None = None,
    seed: int = 0,
) -> list[Table]:
    """Train one probe on rows and targets; return its answers to each test table.

    Parameters
    ----------
    kind : {"ridge", "network"}
        The ridge chooses its penalty in three folds of the training rows.
    X, y : (n, d) and (n,) arrays
    tests : list of (m, d) arrays

    Raises
    ------
    ValueError
        For another kind.
    """
    prepare = scaler(X)
    A, target = prepare(X), np.asarray(y, dtype=np.float64)
    level, spread = float(target.mean()), float(target.std())
    if not spread > 0:
        raise ValueError("all targets are equal: there is nothing to learn")
    b = (target - level) / spread
    if kind == "ridge":
        penalty = choose_penalty(A, b, fold=folds(len(b), seed, count=3))
        line = ridge(A, b, penalty)
        return [line.predict(prepare(T)) * spread + level for T in tests]
    if kind == "network":
        network = train(A, b, config, seed=seed)
        return [predict(network, prepare(T)) * spread + level for T in tests]
    raise ValueError(f"no probe {kind!r}; there are 'ridge' and 'network'")
