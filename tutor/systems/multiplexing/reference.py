r"""The small network behind the table, in NumPy with gradients by hand.

One hidden layer reads the fields' vectors side by side, so every field meets weights of
its own: the block of ``W1`` that its numbers are multiplied with. That is what lets
fields share rows. Chapter: ``systems/multiplexing``, equation (eq-network).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.systems.table import Float

_HIDDEN, _OUTPUT = 72, 73  # streams of the initial weights


class Network(NamedTuple):
    """Weights: ``W1`` (width, H), ``b1`` (H,), ``w2`` (H,), ``b2`` (1,).

    Without a hidden layer H is 0 and ``w2`` is (width,).
    """

    W1: Float
    b1: Float
    w2: Float
    b2: Float

    @property
    def bytes(self) -> int:
        """The bytes of all four."""
        return sum(part.nbytes for part in self)


def initial_network(width: int, hidden: int, *, seed: int = 0) -> Network:
    """Return float32 weights, uniform with Glorot and Bengio's bounds; biases 0."""

    def drawn(rows: int, columns: int, stream: int) -> Float:
        bound = np.sqrt(6 / (rows + columns)) if rows + columns else 0.0
        draws = sampling.uniform(seed, 0, stream, np.arange(rows * columns))
        return ((2 * draws - 1) * bound).reshape(rows, columns).astype(np.float32)

    last = drawn(hidden or width, 1, _OUTPUT)[:, 0]
    zeros = np.zeros(hidden, dtype=np.float32)
    return Network(drawn(width, hidden, _HIDDEN), zeros, last, np.zeros(1, np.float32))


def logits(x: Float, network: Network) -> Float:
    r"""Return the log-odds of each row.

    .. math:: z = w_2^\top \max(0,\; W_1^\top x + b_1) + b_2

    Shapes: x (batch, width) → (batch,). Without a hidden layer, w₂ᵀx + b₂.
    """
    W1, b1, w2, b2 = network
    hidden = np.maximum(x @ W1 + b1, 0) if len(b1) else x
    return np.asarray(hidden @ w2 + b2[0])


def logistic_loss(z: Float, y: Float) -> float:
    r"""Return the mean of log(1 + e^z) - y z, computed without overflow.

    Shapes: both (batch,); y is 0 or 1.
    """
    return float(np.mean(np.logaddexp(0, z) - y * z))


def sigmoid(z: Float) -> Float:
    """Return 1 / (1 + e^-z), without overflow on either side."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * z)))


def network_gradients(
    x: Float, y: Float, network: Network
) -> tuple[float, Float, Network]:
    r"""Return the mean loss, its gradient by ``x``, and by the weights.

    .. math:: \frac{\partial \ell}{\partial z} = \frac{\sigma(z) - y}{B}, \qquad
              \frac{\partial \ell}{\partial x} = W_1 \Bigl( w_2
              \frac{\partial \ell}{\partial z} \odot [W_1^\top x + b_1 > 0] \Bigr)

    where B is the batch's size. Shapes: x (batch, width), y (batch,).
    """
    W1, b1, w2, b2 = network
    if not len(b1):
        z = x @ w2 + b2[0]
        dz = (sigmoid(z) - y) / len(y)
        slopes = Network(W1, b1, x.T @ dz, dz.sum(keepdims=True))
        return logistic_loss(z, y), np.outer(dz, w2), slopes
    before = x @ W1 + b1
    hidden = np.maximum(before, 0)
    z = hidden @ w2 + b2[0]
    dz = ((sigmoid(z) - y) / len(y)).astype(x.dtype)
    dh = np.outer(dz, w2) * (before > 0)
    slopes = Network(x.T @ dh, dh.sum(axis=0), hidden.T @ dz, dz.sum(keepdims=True))
    return logistic_loss(z, y), dh @ W1.T, slopes


def block_cosines(network: Network, fields: int) -> NDArray[np.float64]:
    r"""Return the size of the cosine of the weight blocks of every two fields.

    .. math:: \frac{|\langle B_s, B_t \rangle|}{\lVert B_s \rVert \lVert B_t \rVert}

    where :math:`B_t` are the rows of the first layer that multiply field t. In logistic
    regression two fields that share a row disturb each other by this much. With a
    hidden layer they do not: a row is pulled by :math:`W_{1,t} (w_2 \odot a)`, where a
    says which units are active. Shapes: → (pairs,).
    """
    W1, b1, w2, _ = network
    weights = W1 if len(b1) else w2[:, None]
    if len(weights) % fields:
        raise ValueError(
            f"{len(weights)} inputs cannot belong to {fields} equal fields"
        )
    blocks = weights.reshape(fields, -1).astype(np.float64)
    unit = blocks / np.linalg.norm(blocks, axis=1, keepdims=True)
    return np.asarray(np.abs((unit @ unit.T)[np.triu_indices(fields, 1)]))
