r"""Probes: what can be read off frozen states by a line, and what the line did itself.

A probe is a linear classifier on states that stay as they are. Its accuracy alone says
little: with enough numbers a line can also learn the words by heart. The *control task*
measures that. Each word type gets a label at random, once and for all; whoever predicts
these has memorised. What a probe has beyond its control is its *selectivity*.

Left out: probes with hidden layers, and structural probes.

Sources: Alain and Bengio (2017), "Understanding intermediate layers using linear
classifier probes"; Hewitt and Liang (2019), "Designing and interpreting probes with
control tasks". Chapter: ``context/bert``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]

_CONTROL = 74  # stream of the control task's labels
_TESTED = 75  # seed of the half that is tested


class Probe(NamedTuple):
    """A line for each class. Shapes: mean, scale (dim,), W (dim, classes), b."""

    mean: Matrix
    scale: Matrix
    W: Matrix
    b: Matrix


def fit_probe(states: ArrayLike, labels: ArrayLike, *, penalty: float = 1.0) -> Probe:
    r"""Return the linear probe with the least squared error on one-hot labels.

    .. math:: W = (Z^\top Z + \lambda I)^{-1} Z^\top (Y - \bar Y), \qquad b = \bar Y

    where :math:`Z` are the states at mean 0 and variance 1 in each coordinate,
    :math:`Y` the one-hot labels, :math:`\lambda` the ``penalty``. It has one solution,
    found exactly; logistic regression is the more usual choice and needs a search.

    Shapes: ``states`` (n, dim), ``labels`` (n,) from 0.

    Raises
    ------
    ValueError
        If shapes do not pair, or there is one class only.
    """
    X, y = _checked(states, labels)
    if y.min() < 0 or y.max() < 1:
        raise ValueError(
            f"labels must be whole numbers from 0 and name two classes or more, got "
            f"{y.min()} to {y.max()}"
        )
    if not penalty > 0:
        raise ValueError(f"penalty must be above 0, got {penalty}")
    mean, scale = X.mean(axis=0), X.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    Z = (X - mean) / scale
    Y = np.eye(int(y.max()) + 1)[y]
    b = Y.mean(axis=0)
    W = np.linalg.solve(Z.T @ Z + penalty * np.eye(Z.shape[1]), Z.T @ (Y - b))
    return Probe(mean, scale, W, b)


def predict(probe: Probe, states: ArrayLike) -> Labels:
    """Return the class of the highest score. Shapes: (n, dim) → (n,)."""
    Z = (np.asarray(states, dtype=np.float64) - probe.mean) / probe.scale
    return np.asarray((Z @ probe.W + probe.b).argmax(axis=1))


def control_labels(types: Sequence[str], labels: ArrayLike, *, seed: int = 0) -> Labels:
    """Return the labels of the control task: at random, but one for each word type.

    A type's label is the true label of a token drawn at random, so that classes are
    about as frequent as in the true task.

    Shapes: ``types`` n words, ``labels`` (n,) → (n,).

    Raises
    ------
    ValueError
        If there is not one label a word.
    """
    y = np.asarray(labels)
    if y.shape != (len(types),) or not len(types):
        raise ValueError(f"{len(types)} words need as many labels, got shape {y.shape}")
    known = sorted(set(types))
    drawn = sampling.integers(seed, 0, _CONTROL, np.arange(len(known)), len(y))
    of = dict(zip(known, y[drawn].tolist(), strict=True))
    return np.array([of[word] for word in types])


class Selectivity(NamedTuple):
    """For each test token: is the probe right, and is the control's probe right.

    Shapes: (test,) of 0 and 1 both. ``accuracy.mean() - control.mean()`` is the
    selectivity.
    """

    accuracy: Matrix
    control: Matrix


def tested_half(n: int) -> Labels:
    """Return the half of ``n`` tokens that every probe is tried on: drawn once."""
    return np.sort(sampling.permutation(n, _TESTED)[: n // 2])


def selectivity(
    states: ArrayLike, types: Sequence[str], labels: ArrayLike, *, seed: int = 0
) -> Selectivity:
    """Fit a probe and its control on some tokens, and try both on another half.

    The half that is tested is the same for every seed, so that an interval over seeds
    and tokens can be drawn; each seed trains on another three quarters of the rest and
    has control labels of its own. Word types stand on both sides, as the control task
    asks for.

    Shapes: ``states`` (n, dim), ``types`` n words, ``labels`` (n,).
    """
    X, y = _checked(states, labels)
    test = tested_half(len(y))
    rest = np.setdiff1d(np.arange(len(y)), test)
    train = rest[sampling.permutation(len(rest), seed)[: -(-3 * len(rest) // 4)]]
    found = []
    for wanted in (y, control_labels(types, y, seed=seed)):
        probe = fit_probe(X[train], wanted[train])
        found.append((predict(probe, X[test]) == wanted[test]).astype(np.float64))
    return Selectivity(*found)


def _checked(states: ArrayLike, labels: ArrayLike) -> tuple[Matrix, Labels]:
    X, y = np.asarray(states, dtype=np.float64), np.asarray(labels)
    whole: Any = y.dtype.kind in "iu"
    if X.ndim != 2 or y.shape != X.shape[:1] or len(X) < 4 or not whole:
        raise ValueError(
            f"needed states (n, dim) and n whole-number labels, n of 4 or more; got "
            f"{X.shape} and {y.shape} of {y.dtype}"
        )
    return X, y.astype(np.int64)
