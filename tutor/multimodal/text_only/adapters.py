r"""What is done to text vectors before a head is trained on them.

A head that will read pictures is trained on texts :math:`t` (unit rows). An *adapter*
makes the texts look less like texts, each time anew:

=================== ===============================================================
`GaussianAdapter`   :math:`u(t + \sigma \varepsilon)`: CLOSE
`MeanShift`         :math:`u(u(t + s) + \sigma \varepsilon)`, with
                    :math:`s = \bar x - \bar t`
`LinearAdapter`     :math:`u(u(t W + b) + \sigma \varepsilon)`, fitted on pairs
`CovarianceNoise`   :math:`u(t + s + c L \zeta + \sigma \varepsilon)`,
                    :math:`L L^\top = \operatorname{Cov}(x - t)`
=================== ===============================================================

where :math:`u(v) = v / \lVert v \rVert` and :math:`\varepsilon, \zeta` are standard
normal, addressed by (seed, step). Nothing is done to the pictures. `centred` is the
one repair that moves both sides.

Left out: the fixed random shift of the paper's ablation. What differs: the published
program does not normalise between a shift or a map and its noise unless told to; here
it always does, so that one :math:`\sigma` means the same everywhere.
Paper: Gu et al. (2023), CLOSE. Chapter: ``multimodal/text_only``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.geometry import unit_rows
from tutor.sampling import uniform

Matrix = NDArray[np.float64]

NOISE, SPREAD = 311, 312
"""Streams of random numbers: the noise of all adapters, and the covariance's own."""


class Adapter(Protocol):
    """What `fit` calls on each batch of text rows."""

    def __call__(self, texts: ArrayLike, *, seed: int = 0, step: int = 0) -> Matrix:
        """Return unit rows to train on; the same (seed, step) gives the same rows."""


# --- noise ---------------------------------------------------------------------------
def normal(shape: tuple[int, int], *, seed: int, step: int, stream: int) -> Matrix:
    r"""Return standard normal numbers with an address (Box and Muller).

    .. math:: \sqrt{-2 \log(1 - u)}\, \bigl(\cos 2\pi v, \; \sin 2\pi v\bigr)

    where :math:`u, v` are uniform on [0, 1) of (seed, step, stream). Shapes: (n, d).
    """
    half = (shape[0] * shape[1] + 1) // 2
    u, v = uniform(seed, step, stream, np.arange(2 * half)).reshape(2, half)
    radius, angle = np.sqrt(-2 * np.log1p(-u)), 2 * np.pi * v
    both = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
    return both[: shape[0] * shape[1]].reshape(shape)


def noised(rows: ArrayLike, sigma: float, *, seed: int, step: int) -> Matrix:
    r"""Return :math:`u(t + \sigma \varepsilon)`; without noise only :math:`u(t)`.

    The noise of one row has length about :math:`\sigma \sqrt d`: compare that, never
    :math:`\sigma`, between spaces of different width. Shapes: (n, d) → (n, d).
    """
    rows = np.asarray(rows, dtype=np.float64)
    if sigma == 0:
        return np.asarray(unit_rows(rows), dtype=np.float64)
    noise = normal(rows.shape, seed=seed, step=step, stream=NOISE)
    return np.asarray(unit_rows(rows + sigma * noise), dtype=np.float64)


@dataclass(frozen=True)
class GaussianAdapter:
    r"""CLOSE: :math:`u(t + \sigma \varepsilon)`, new noise in each step.

    Attributes
    ----------
    sigma : float
        :math:`\sigma`, a coordinate's standard deviation [0.04 to 0.12 at
        :math:`d = 768`, that is :math:`\sigma \sqrt d` of 1.1 to 3.3]. 0 is no noise.

    Raises
    ------
    ValueError
        If sigma is negative or not finite.
    """

    sigma: float

    def __post_init__(self) -> None:
        check_sigma(self.sigma)

    def __call__(self, texts: ArrayLike, *, seed: int = 0, step: int = 0) -> Matrix:
        """Return noised unit rows. Shapes: (n, d) → (n, d)."""
        return noised(check_rows("texts", texts), self.sigma, seed=seed, step=step)


# --- moves that look at pictures -----------------------------------------------------
@dataclass(frozen=True)
class MeanShift:
    r"""Move every text by :math:`s = \bar x - \bar t`, then add noise.

    It needs pictures, but no pairs: two means. Fit it on training concepts.
    """

    shift: Matrix = field(repr=False)
    sigma: float = 0.0

    def __post_init__(self) -> None:
        check_sigma(self.sigma)

    @classmethod
    def fit(cls, images: ArrayLike, texts: ArrayLike, *, sigma: float = 0) -> MeanShift:
        """Return the shift between two sets of unit rows; their counts may differ."""
        X, T = check_rows("images", images), check_rows("texts", texts)
        check_width(T, X.shape[1])
        return cls(X.mean(axis=0) - T.mean(axis=0), sigma)

    def __call__(self, texts: ArrayLike, *, seed: int = 0, step: int = 0) -> Matrix:
        """Return shifted unit rows. Shapes: (n, d) → (n, d)."""
        T = check_rows("texts", texts)
        check_width(T, len(self.shift))
        moved = unit_rows(T + self.shift)
        return noised(moved, self.sigma, seed=seed, step=step)


@dataclass(frozen=True)
class LinearAdapter:
    r"""Map texts to their pictures, then add noise. It needs pairs.

    .. math:: \min_{W, b} \sum_i \lVert t_i W + b - x_i \rVert^2
    """

    W: Matrix = field(repr=False)
    b: Matrix = field(repr=False)
    sigma: float = 0.0

    def __post_init__(self) -> None:
        check_sigma(self.sigma)

    @classmethod
    def fit(
        cls, images: ArrayLike, texts: ArrayLike, *, sigma: float = 0
    ) -> LinearAdapter:
        """Return the least-squares map of paired unit rows."""
        X, T = check_pairs(images, texts)
        inputs = np.column_stack([T, np.ones(len(T))])
        found = np.asarray(np.linalg.lstsq(inputs, X, rcond=None)[0], np.float64)
        return cls(found[:-1], found[-1], sigma)

    def __call__(self, texts: ArrayLike, *, seed: int = 0, step: int = 0) -> Matrix:
        """Return mapped unit rows. Shapes: (n, d) → (n, d)."""
        T = check_rows("texts", texts)
        check_width(T, len(self.W))
        moved = unit_rows(T @ self.W + self.b)
        return noised(moved, self.sigma, seed=seed, step=step)


@dataclass(frozen=True)
class CovarianceNoise:
    r"""Shift, then noise with the shape of the gap: :math:`t + s + c L \zeta`.

    Attributes
    ----------
    shift : (d,) array
        :math:`s`, the mean of :math:`x - t`.
    factor : (d, d) array
        :math:`L` with :math:`L L^\top = \operatorname{Cov}(x - t)`.
    scale : float
        :math:`c` [3].
    sigma : float
        :math:`\sigma` of round noise on top.
    """

    shift: Matrix = field(repr=False)
    factor: Matrix = field(repr=False)
    scale: float = 3.0
    sigma: float = 0.0

    def __post_init__(self) -> None:
        check_sigma(self.sigma)
        check_sigma(self.scale, name="scale")

    @classmethod
    def fit(
        cls,
        images: ArrayLike,
        texts: ArrayLike,
        *,
        scale: float = 3.0,
        sigma: float = 0.0,
    ) -> CovarianceNoise:
        """Return mean and covariance of the differences of paired unit rows."""
        X, T = check_pairs(images, texts)
        difference = X - T
        values, vectors = np.linalg.eigh(np.cov(difference.T))
        factor = vectors * np.sqrt(np.maximum(values, 0))
        return cls(difference.mean(axis=0), factor, scale, sigma)

    def __call__(self, texts: ArrayLike, *, seed: int = 0, step: int = 0) -> Matrix:
        """Return shifted and noised unit rows. Shapes: (n, d) → (n, d)."""
        T = check_rows("texts", texts)
        check_width(T, len(self.shift))
        zeta = normal(T.shape, seed=seed, step=step, stream=SPREAD)
        moved = T + self.shift + self.scale * zeta @ self.factor.T
        return noised(moved, self.sigma, seed=seed, step=step)


def centred(rows: ArrayLike, mean: ArrayLike) -> Matrix:
    r"""Return :math:`u(v - m)`: each side without its own mean, at length 1 again.

    Take :math:`m` from training rows of the same side. Shapes: (n, d), (d,) → (n, d).
    """
    V, m = check_rows("rows", rows), np.asarray(mean, dtype=np.float64)
    check_width(V, len(m))
    return np.asarray(unit_rows(V - m), dtype=np.float64)


# --- checks --------------------------------------------------------------------------
def check_sigma(sigma: float, *, name: str = "sigma") -> None:
    """Refuse noise that is negative or not finite."""
    if not (math.isfinite(sigma) and sigma >= 0):
        raise ValueError(
            f"{name} must be finite and 0 or more, got {sigma}: it is a standard "
            "deviation (0 switches the noise off)"
        )


def check_rows(name: str, rows: ArrayLike) -> Matrix:
    """Return unit rows (n, d) as float64, or say which row is none."""
    R = np.asarray(rows, dtype=np.float64)
    if R.ndim != 2 or 0 in R.shape:
        raise ValueError(f"{name} must be a matrix (n, d) with rows, got {R.shape}")
    bad = np.flatnonzero(~np.isfinite(R).all(axis=1))
    if bad.size:
        raise ValueError(
            f"{bad.size} rows of {name} are NaN or infinite, the first is row "
            f"{bad[0]}: look at what was encoded there"
        )
    length = np.linalg.norm(R, axis=1)
    bad = np.flatnonzero(np.abs(length - 1) > 1e-3)
    if bad.size:
        raise ValueError(
            f"{name} must be unit rows; row {bad[0]} has length {length[bad[0]]:.4g}. "
            "The noise is measured against length 1: use tutor.geometry.unit_rows"
        )
    return R


def check_width(rows: Matrix, wanted: int) -> None:
    """Refuse rows of another width."""
    if rows.shape[1] != wanted:
        raise ValueError(
            f"the rows have {rows.shape[1]} columns, {wanted} were expected: both "
            "sides must come from one dual encoder"
        )


def check_pairs(images: ArrayLike, texts: ArrayLike) -> tuple[Matrix, Matrix]:
    """Return paired unit rows, more than ``dim + 1`` of them."""
    X, T = check_rows("images", images), check_rows("texts", texts)
    if X.shape != T.shape:
        raise ValueError(
            "images and texts must be pairs, row by row, of one shape; got "
            f"{X.shape} and {T.shape}"
        )
    if len(T) <= T.shape[1] + 1:
        raise ValueError(
            f"{len(T)} pairs for {T.shape[1]} dimensions: the fit would repeat them "
            f"exactly; give more than {T.shape[1] + 1} pairs, or use MeanShift"
        )
    return X, T
