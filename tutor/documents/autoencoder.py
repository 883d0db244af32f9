r"""Semantic hashing: an autoencoder whose middle layer is driven to bits by noise.

The counts of a document pass through a narrow layer of logistic units and must be
guessed from it. Noise is added before the logistic function, so a unit carries its
message safely only where the function is flat, near 0 or 1: rounding then costs little.

Left out: the stack of restricted Boltzmann machines that the paper trains first. Here
one hidden layer stands on the way in and none on the way out, trained at once by Adam.
Source: Salakhutdinov and Hinton (2009). Chapter: ``documents/paragraphs``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.documents.hashing import normal_draws
from tutor.sampling import permutation
from tutor.training import History
from tutor.words.word2vec.reference import sigmoid

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Float = NDArray[np.floating[Any]]
WEIGHTS, NOISE = 110, 1000
"""Streams of the draws: the initial weights, and the noise of each batch."""


@dataclass(frozen=True)
class AutoencoderConfig:
    r"""Settings of :func:`fit`.

    Attributes
    ----------
    bits : int
        Width of the middle layer.
    hidden : int
        Width of the layer before it.
    noise : float
        Standard deviation of the noise before the logistic function.
    words : int
        The most frequent words are the input and the output.
    epochs, batch : int
        Passes, and documents a step.
    learning_rate : float
        Adam's :math:`\eta`.
    """

    bits: int = 64
    hidden: int = 256
    noise: float = 1.0
    words: int = 2000
    epochs: int = 15
    batch: int = 64
    learning_rate: float = 2e-3

    def __post_init__(self) -> None:
        for name in ("bits", "hidden", "words", "epochs", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        if not self.learning_rate > 0 or not self.noise >= 0:
            raise ValueError(
                "need learning_rate > 0 and noise >= 0, got "
                f"{self.learning_rate} and {self.noise}"
            )


class Weights(NamedTuple):
    """Three layers: in (words, hidden), middle (hidden, bits), out (bits, words)."""

    A: Float
    a: Float
    B: Float
    b: Float
    C: Float
    c: Float


# --- loss and gradients --------------------------------------------------------------
def middle(X: Any, w: Weights) -> tuple[Float, Float]:
    r"""Return the hidden layer and the middle layer before its logistic function.

    .. math:: h = \tanh(xA + a), \qquad z = hB + b

    Shapes: ``X`` (batch, words) dense or sparse → (batch, hidden), (batch, bits).
    """
    h = np.tanh(np.asarray(X @ w.A) + w.a)
    return h, h @ w.B + w.b


def loss_and_gradients(
    X: Any, counts: Float, w: Weights, noise: Float
) -> tuple[float, Weights]:
    r"""Return the summed cross-entropy of a batch, and its gradients.

    .. math:: \ell = -\sum_i \sum_w n_{iw} \log \operatorname{softmax}(y_i C + c)_w,
              \qquad y_i = \sigma(z_i + \epsilon_i)

    where :math:`n_{iw}` are the counts and :math:`\epsilon` is the noise.

    Shapes: ``X`` (batch, words), ``counts`` (batch, words), ``noise`` (batch, bits).
    """
    h, z = middle(X, w)
    y = sigmoid(z + noise)
    s = y @ w.C + w.c
    s -= s.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(s).sum(axis=1, keepdims=True))
    loss = float(-(counts * (s - log_sum)).sum())
    # the softmax: as many words as the document has, minus the counts
    gs = np.exp(s - log_sum) * counts.sum(axis=1, keepdims=True) - counts
    gz = (gs @ w.C.T) * y * (1 - y)
    gh = (gz @ w.B.T) * (1 - h * h)
    return loss, Weights(
        np.asarray(X.T @ gh),
        gh.sum(axis=0),
        h.T @ gz,
        gz.sum(axis=0),
        y.T @ gs,
        gs.sum(axis=0),
    )


# --- training ------------------------------------------------------------------------
class Autoencoder(NamedTuple):
    """A trained network and its loss curve."""

    weights: Weights
    config: AutoencoderConfig
    history: History


def inputs(counts: csr_matrix, words: int) -> tuple[csr_matrix, csr_matrix]:
    r"""Return the input :math:`\log(1 + n)` at length 1, and the counts, of some words.

    The vocabulary is in order of frequency, so they are the first columns.
    """
    part = counts[:, :words].astype(np.float32).tocsr()
    X = part.log1p()
    length = np.sqrt(np.asarray(X.multiply(X).sum(axis=1)).ravel())
    scale = (1 / np.where(length > 0, length, 1)).astype(np.float32)
    return X.multiply(scale[:, None]).tocsr(), part


def initial_weights(words: int, config: AutoencoderConfig, seed: int) -> Weights:
    """Return normal weights of variance one over the layer's inputs, biases of zero."""
    shapes = (
        (words, config.hidden),
        (config.hidden, config.bits),
        (config.bits, words),
    )
    layers = []
    for k, (rows, columns) in enumerate(shapes):
        drawn = normal_draws(rows, columns, seed, WEIGHTS + k)
        scale = 1.0 if k == 0 else rows**-0.5  # inputs of length 1 need no shrinking
        layers.append((drawn * scale).astype(np.float32))
        layers.append(np.zeros(columns, np.float32))
    return Weights(*layers)


def adam_step(
    w: Weights, gradients: Weights, state: tuple[Weights, Weights, int], rate: float
) -> tuple[Weights, tuple[Weights, Weights, int]]:
    r"""Return the weights and moments after one step of Adam.

    .. math:: m \leftarrow \beta_1 m + (1-\beta_1) g, \quad
              v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad
              w \leftarrow w - \eta\,\frac{m / (1-\beta_1^t)}
              {\sqrt{v / (1-\beta_2^t)} + \epsilon}

    with :math:`\beta_1 = 0.9`, :math:`\beta_2 = 0.999`, :math:`\epsilon = 10^{-8}`.
    """
    first, second, t = state
    t += 1
    m = Weights(*(0.9 * a + 0.1 * g for a, g in zip(first, gradients, strict=True)))
    v = Weights(
        *(0.999 * a + 0.001 * g * g for a, g in zip(second, gradients, strict=True))
    )
    up, down = 1 - 0.9**t, 1 - 0.999**t
    moved = Weights(
        *(
            (x - rate * (a / up) / (np.sqrt(b / down) + 1e-8)).astype(x.dtype)
            for x, a, b in zip(w, m, v, strict=True)
        )
    )
    return moved, (m, v, t)


def fit(
    counts: csr_matrix, config: AutoencoderConfig | None = None, *, seed: int = 0
) -> Autoencoder:
    """Train the autoencoder on the counts of some documents.

    Parameters
    ----------
    counts : (documents, vocab) sparse
        Columns in order of word frequency; the first ``config.words`` are used.
    config : AutoencoderConfig or None
    seed : int
        Weights, order of the batches, noise.

    Raises
    ------
    ValueError
        If there are no documents or fewer than two words.
    FloatingPointError
        If training diverged.
    """
    config = config or AutoencoderConfig()
    if counts.shape[0] < 1 or counts.shape[1] < 2:
        raise ValueError(f"counts of shape {counts.shape} cannot be learned from")
    X, n = inputs(counts, config.words)
    w = initial_weights(n.shape[1], config, seed)
    zeros = Weights(*(np.zeros_like(part) for part in w))
    state: tuple[Weights, Weights, int] = (zeros, zeros, 0)
    losses, draws = [], 0
    for epoch in range(config.epochs):
        total, order = 0.0, permutation(len(range(X.shape[0])), seed, epoch=epoch)
        for start in range(0, len(order), config.batch):
            rows = order[start : start + config.batch]
            noise = normal_draws(len(rows), config.bits, seed, NOISE + draws)
            draws += 1
            part = n[rows].toarray()
            noise = (config.noise * noise).astype(np.float32)
            loss, gradients = loss_and_gradients(X[rows], part, w, noise)
            share = Weights(*(g / np.float32(len(rows)) for g in gradients))
            w, state = adam_step(w, share, state, config.learning_rate)
            total += loss
        if not np.isfinite(total):
            raise FloatingPointError(
                f"loss is {total} in epoch {epoch}: lower learning_rate "
                f"({config.learning_rate})"
            )
        losses.append(total / max(float(n.sum()), 1.0))
    return Autoencoder(w, config, History({"loss": tuple(losses)}))


def codes(model: Autoencoder, counts: csr_matrix) -> NDArray[np.bool_]:
    """Return the bits of documents: the middle layer above one half, without noise.

    Shapes: (documents, vocab) → (documents, bits) bool.
    """
    X, _ = inputs(counts, model.config.words)
    return np.asarray(middle(X, model.weights)[1] > 0)
