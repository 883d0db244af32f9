r"""A head trained on text vectors alone, in NumPy with its gradients by hand.

.. math:: A = [X W_1 + b_1]_+, \qquad S = A W_2 + b_2, \qquad
          \ell = -\frac1B \sum_i \log \operatorname{softmax}(S_i)_{y_i}

The head reads unit rows and names classes. It sees texts in training, through an
adapter that draws new noise in each step, and pictures afterwards.

Left out: the paper's generator of answers (T5); a head that names one of a few classes
shows the same transfer in a second.
Paper: Gu et al. (2023), CLOSE. Chapter: ``multimodal/text_only``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.multimodal.text_only.adapters import Adapter, normal
from tutor.sampling import permutation

Floats = NDArray[np.floating]
Labels = NDArray[np.int64]

ORDER, INITIAL = 313, 314
BETAS, FLOOR = (0.9, 0.999), 1e-8
"""Adam's two memories and the floor of its divisor."""


@dataclass(frozen=True)
class HeadConfig:
    r"""Settings of a head; the paper's values stand in brackets.

    Attributes
    ----------
    hidden : int
        Columns of :math:`W_1` [T5-base reads four tokens of 768].
    steps : int
        Updates [8 passes].
    batch_size : int
        :math:`B` texts a step [128, or 32 with several targets].
    learning_rate : float
        At the start; it falls in a straight line to 0 [3e-4, the same line].

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    hidden: int = 64
    steps: int = 400
    batch_size: int = 128
    learning_rate: float = 0.01

    def __post_init__(self) -> None:
        for name in ("hidden", "steps", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ValueError(
                f"learning_rate must be positive and finite, got {self.learning_rate}"
            )


class Head(NamedTuple):
    """A head: (dim, hidden), (hidden,), (hidden, classes) and (classes,) arrays."""

    W_1: Floats
    b_1: Floats
    W_2: Floats
    b_2: Floats


class Memory(NamedTuple):
    """Adam's running means of gradients and of their squares, part by part."""

    first: Head
    second: Head


def initial_head(dim: int, classes: int, config: HeadConfig, *, seed: int = 0) -> Head:
    r"""Return normal weights of variance :math:`2/d` and :math:`1/h`; biases are 0."""
    W_1 = normal((dim, config.hidden), seed=seed, step=0, stream=INITIAL)
    W_2 = normal((config.hidden, classes), seed=seed, step=1, stream=INITIAL)
    return Head(
        W_1 * math.sqrt(2 / dim),
        np.zeros(config.hidden),
        W_2 / math.sqrt(config.hidden),
        np.zeros(classes),
    )


# --- loss and gradients --------------------------------------------------------------
def head_scores(head: Head, rows: ArrayLike) -> Floats:
    r"""Return :math:`S = [X W_1 + b_1]_+ W_2 + b_2`. Shapes: (n, d) → (n, classes)."""
    A = np.maximum(0, np.asarray(rows) @ head.W_1 + head.b_1)
    return np.asarray(A @ head.W_2 + head.b_2)


def log_softmax(scores: Floats) -> Floats:
    """Return the logarithm of each row's softmax; large scores do not overflow."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def head_loss(head: Head, rows: ArrayLike, labels: Labels) -> float:
    """Return the mean cross-entropy. Shapes: (n, d), (n,) of class numbers."""
    logs = log_softmax(head_scores(head, rows))
    return float(-logs[np.arange(len(labels)), labels].mean())


def head_gradients(head: Head, rows: ArrayLike, labels: Labels) -> Head:
    r"""Return the gradients of the loss by each part of the head.

    .. math:: dS = \tfrac1B(\operatorname{softmax}(S) - Y), \quad dW_2 = A^\top dS,
              \quad dZ = (dS\, W_2^\top) \odot \mathbb 1[A > 0], \quad
              dW_1 = X^\top dZ

    and the column sums of :math:`dS` and :math:`dZ` for the biases. Shapes: (n, d),
    (n,) → those of the head.
    """
    X = np.asarray(rows)
    A = np.maximum(0, X @ head.W_1 + head.b_1)
    dS = np.exp(log_softmax(A @ head.W_2 + head.b_2))
    dS[np.arange(len(labels)), labels] -= 1
    dS /= len(labels)
    dZ = (dS @ head.W_2.T) * (A > 0)
    return Head(X.T @ dZ, dZ.sum(axis=0), A.T @ dS, dS.sum(axis=0))


# --- training ------------------------------------------------------------------------
def fresh_memory(head: Head) -> Memory:
    """Return Adam's memory before the first step: zeros."""
    zeros = Head(*(np.zeros_like(part) for part in head))
    return Memory(zeros, zeros)


def adam_step(
    head: Head, gradients: Head, memory: Memory, *, step: int, rate: float
) -> tuple[Head, Memory]:
    r"""Return head and memory after one step of Adam; steps count from 0.

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad
              v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
              \theta \leftarrow \theta - \eta \frac{m / (1 - \beta_1^{k})}
              {\sqrt{v / (1 - \beta_2^{k})} + \epsilon}

    where :math:`k` is the number of this step, from 1. Source: Kingma and Ba (2015),
    algorithm 1.
    """
    one, two = BETAS
    first = [
        one * m + (1 - one) * g for m, g in zip(memory.first, gradients, strict=True)
    ]
    second = [
        two * v + (1 - two) * g**2
        for v, g in zip(memory.second, gradients, strict=True)
    ]
    k = step + 1
    parts = [
        p - rate * (m / (1 - one**k)) / (np.sqrt(v / (1 - two**k)) + FLOOR)
        for p, m, v in zip(head, first, second, strict=True)
    ]
    return Head(*parts), Memory(Head(*first), Head(*second))


def batch_rows(n: int, config: HeadConfig, *, seed: int, step: int) -> Labels:
    """Return which rows a step sees: a new order whenever all have been seen.

    A set smaller than a batch is one batch; what does not fill one waits.
    """
    size = min(n, config.batch_size)
    epoch, place = divmod(step, n // size)
    order = permutation(n, seed, epoch=epoch, stream=ORDER)
    return order[place * size : (place + 1) * size]


def learning_rate(step: int, config: HeadConfig) -> float:
    """Return the rate of a step: a straight line down to 0."""
    return config.learning_rate * (1 - step / config.steps)


def train(
    head: Head,
    texts: Floats,
    labels: Labels,
    adapter: Adapter,
    config: HeadConfig,
    *,
    seed: int,
) -> tuple[Head, list[float]]:
    """Return the trained head and the loss before each step."""
    memory, losses = fresh_memory(head), []
    for step in range(config.steps):
        rows = batch_rows(len(texts), config, seed=seed, step=step)
        X = adapter(texts[rows], seed=seed, step=step)
        losses.append(head_loss(head, X, labels[rows]))
        gradients = head_gradients(head, X, labels[rows])
        rate = learning_rate(step, config)
        head, memory = adam_step(head, gradients, memory, step=step, rate=rate)
    return head, losses
