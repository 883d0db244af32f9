r"""SDNE in NumPy: an autoencoder that reads and writes rows of the adjacency matrix.

.. math:: h_0 = X, \quad h_l = \sigma(h_{l-1} W_l + b_l), \quad Y = h_{L/2}, \quad
          \hat X = h_L

.. math:: \ell = \lVert (\hat X - X) \odot B \rVert_F^2
          + \alpha \sum_{ij} a_{ij} \lVert y_i - y_j \rVert^2
          + \nu \sum_l \lVert W_l \rVert_F^2

with :math:`X = A`, and :math:`B_{ij}` the penalty where there is an edge, 1 elsewhere.
The second term is :math:`2\operatorname{tr}(Y^\top (D - A) Y)`.

Left out: the pretraining as a deep belief network, mini-batches (a step sees all
nodes), and the L1 term of the published program.
Source: Wang, Cui and Zhu (2016), "Structural deep network embedding".
Chapter: ``graphs/reconstruction``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.graphs.reconstruction.config import SDNEConfig

Floats = NDArray[np.float64]


class Network(NamedTuple):
    """Weights and biases of all layers, input first.

    ``W[l]`` has shape (in, out), ``b[l]`` (out,).
    """

    W: tuple[Floats, ...]
    b: tuple[Floats, ...]

    @property
    def middle(self) -> int:
        """The number of layers up to the embedding."""
        return len(self.W) // 2


def initial_network(n: int, config: SDNEConfig, *, seed: int = 0) -> Network:
    r"""Return weights uniform within :math:`\pm\sqrt{6/(\text{in}+\text{out})}`.

    Biases are 0. Source: Glorot and Bengio (2010), equation 16.
    """
    widths = (n, *config.hidden, config.dim, *config.hidden[::-1], n)
    W, start = [], 0
    for rows, columns in pairwise(widths):
        place = np.arange(start, start + rows * columns)
        draw = sampling.uniform(seed, 0, sampling.INIT, place).reshape(rows, columns)
        W.append((2.0 * draw - 1.0) * np.sqrt(6.0 / (rows + columns)))
        start += rows * columns
    return Network(tuple(W), tuple(np.zeros(columns) for columns in widths[1:]))


# --- forward -------------------------------------------------------------------------
def activations(network: Network, X: Floats) -> list[Floats]:
    r"""Return :math:`h_0, \dots, h_L`: the input, every layer, the reconstruction.

    Shapes: ``X`` (rows, n) → (rows, width of the layer) each.
    """
    h = [X]
    for W, b in zip(network.W, network.b, strict=True):
        h.append(_sigmoid(h[-1] @ W + b))
    return h


def encode(network: Network, X: Floats) -> Floats:
    """Return the embedding Y: (rows, n) → (rows, dim)."""
    return activations(network, X)[network.middle]


def decode(network: Network, Y: Floats) -> Floats:
    """Return the reconstruction of embedded nodes: (rows, dim) → (rows, n)."""
    h = Y
    for W, b in zip(
        network.W[network.middle :], network.b[network.middle :], strict=True
    ):
        h = _sigmoid(h @ W + b)
    return h


# --- loss and gradient ---------------------------------------------------------------
def sdne_loss(network: Network, A: Floats, config: SDNEConfig) -> float:
    r"""Return :math:`\ell`, summed over all nodes; the equation stands at the top.

    Shapes: ``A`` (n, n), symmetric → scalar.
    """
    h = activations(network, A)
    Y = h[network.middle]
    second = ((h[-1] - A) ** 2 * _weight(A, config)).sum()
    first = 2.0 * np.sum(Y * _laplacian_times(A, Y))
    squares = sum((W**2).sum() for W in network.W)
    return float(second + config.alpha * first + config.decay * squares)


def sdne_gradients(network: Network, A: Floats, config: SDNEConfig) -> Network:
    r"""Return the slope of :math:`\ell` in every weight and bias.

    .. math:: \delta_L = 2 (\hat X - X) \odot B^2 \odot \hat X (1 - \hat X), \qquad
              \delta_l = (\delta_{l+1} W_{l+1}^\top + [l = L/2]\, 4\alpha (D - A) Y)
              \odot h_l (1 - h_l)

    .. math:: \partial W_l = h_{l-1}^\top \delta_l + 2 \nu W_l, \qquad
              \partial b_l = \textstyle\sum_i \delta_{l,i}
    """
    h = activations(network, A)
    slope = 2.0 * (h[-1] - A) * _weight(A, config)
    W_slopes, b_slopes = [], []
    for layer in range(len(network.W), 0, -1):
        if layer == network.middle:
            slope = slope + 4.0 * config.alpha * _laplacian_times(A, h[layer])
        delta = slope * h[layer] * (1.0 - h[layer])
        W = network.W[layer - 1]
        W_slopes.append(h[layer - 1].T @ delta + 2.0 * config.decay * W)
        b_slopes.append(delta.sum(axis=0))
        slope = delta @ W.T
    return Network(tuple(W_slopes[::-1]), tuple(b_slopes[::-1]))


# --- learning ------------------------------------------------------------------------
def adam(
    values: Floats, slope: Floats, state: list[Floats], t: int, rate: float
) -> Floats:
    r"""Return the values after step t of Adam; ``state`` holds both averages.

    .. math:: m \leftarrow .9 m + .1 g, \quad v \leftarrow .999 v + .001 g^2, \quad
              \theta \leftarrow \theta - \eta\,
              \frac{m / (1 - .9^t)}{\sqrt{v / (1 - .999^t)} + 10^{-8}}

    Source: Kingma and Ba (2015), algorithm 1.
    """
    state[0] = 0.9 * state[0] + 0.1 * slope
    state[1] = 0.999 * state[1] + 0.001 * slope**2
    mean, square = state[0] / (1 - 0.9**t), state[1] / (1 - 0.999**t)
    return np.asarray(values - rate * mean / (np.sqrt(square) + 1e-8))


def learn(
    network: Network, A: Floats, config: SDNEConfig
) -> tuple[Network, tuple[float, ...]]:
    """Return the trained network, and the loss a node before each step."""
    states = [[np.zeros_like(x), np.zeros_like(x)] for x in (*network.W, *network.b)]
    losses, depth = [], len(network.W)
    for t in range(1, config.epochs + 1):
        losses.append(sdne_loss(network, A, config) / len(A))
        if not np.isfinite(losses[-1]):
            raise FloatingPointError(
                f"loss is {losses[-1]} at epoch {t}: lower learning_rate"
            )
        slopes = sdne_gradients(network, A, config)
        moved = [
            adam(x, slope, state, t, config.learning_rate)
            for x, slope, state in zip(
                (*network.W, *network.b), (*slopes.W, *slopes.b), states, strict=True
            )
        ]
        network = Network(tuple(moved[:depth]), tuple(moved[depth:]))
    return network, tuple(losses)


def _weight(A: Floats, config: SDNEConfig) -> Floats:
    """Return B squared: (n, n)."""
    return np.where(A > 0, config.penalty**2, 1.0)


def _laplacian_times(A: Floats, Y: Floats) -> Floats:
    return np.asarray(A.sum(axis=1)[:, None] * Y - A @ Y)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)))
