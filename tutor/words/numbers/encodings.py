r"""Eight ways to write a number as a vector of the same length.

A token is a name: nothing in the row of *417* says that it is less than *418*. Each
function here takes whole numbers (n,) and returns vectors (n, dim), so that one probe
can ask all of them the same questions; a code that needs fewer columns leaves the rest
at zero.

========================  ==========================================================
`random_tokens`           one random row a number: what a vocabulary starts from
`word_rows`               the trained vectors of the numerals a vocabulary holds
`digit_code`              one-hot digits by decimal place
`value_code`              one direction, scaled by the number (xVal)
`log_code`                one direction, scaled by its logarithm
`log_waves`               sines and cosines of the logarithm
`float_code`              mantissa by prototypes, exponent one-hot (NumGPT)
`dice`                    an angle on a half circle, turned into dim dimensions (DICE)
========================  ==========================================================

Left out: negative numbers and fractions, and codes learned together with a model.
Sources: Sundararaman et al. (2020) for DICE; the others are written after the ideas of
Golkar et al. (2023) and Jin et al. (2021), not after their programs.
Chapter: ``words/numbers``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.sampling import uniform

if TYPE_CHECKING:
    from tutor.embedding import Embedding

Table = NDArray[np.float64]
Whole = NDArray[np.int64]

_TOKEN, _BASIS = 132, 133  # streams
_NUMERAL = re.compile(r"0|[1-9]\d*|[1-9]\d{0,2}(,\d{3})+")


@dataclass(frozen=True)
class NumberConfig:
    r"""What all codes share.

    Attributes
    ----------
    dim : int
        :math:`D`, columns of every code.
    low, high : float
        :math:`a, b`: the range DICE lays on its half circle; it must be known before.
    places : int
        Decimal places of `digit_code`; ``10 * places`` columns are needed.
    exponents : int
        Exponents 0 .. exponents - 1 that `float_code` has a column for.
    longest : float
        Longest wave of `log_waves`, in decades; the shortest has half a decade.
    seed : int
        For random tokens and for the basis of DICE.
    """

    dim: int = 64
    low: float = 0.0
    high: float = 1_000_000.0
    places: int = 6
    exponents: int = 8
    longest: float = 32.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"needed low < high, got {self.low} and {self.high}")
        if self.dim < max(2, 10 * self.places, self.exponents + 2):
            raise ValueError(
                f"dim={self.dim} is too small: digits need 10 * places = "
                f"{10 * self.places} columns, floats exponents + 2 = "
                f"{self.exponents + 2}, DICE 2"
            )


def check_numbers(numbers: ArrayLike) -> Whole:
    """Return whole numbers (n,) of 0 or more, or say which are not.

    Raises
    ------
    ValueError
        For NaN, infinite, negative or fractional numbers, or another rank.
    """
    x = np.asarray(numbers)
    if x.ndim != 1 or x.dtype.kind not in "iuf":
        raise ValueError(f"needed a list of numbers (n,), got {x.dtype} of {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"{int((~np.isfinite(x)).sum())} numbers are NaN or infinite")
    if (x < 0).any():
        raise ValueError(
            f"{int((x < 0).sum())} numbers are negative, the first is {x[x < 0][0]}: "
            "these codes write 0 and more; encode the sign in a column of its own"
        )
    if (x != np.floor(x)).any():
        raise ValueError(
            f"{x[x != np.floor(x)][0]} is no whole number: choose a unit in which all "
            "numbers are whole"
        )
    return x.astype(np.int64)


# --- a row a number ------------------------------------------------------------------
def random_tokens(numbers: ArrayLike, config: NumberConfig) -> Table:
    """Return a random row for each number, the same whenever it is asked for.

    Entries are uniform with mean 0 and variance 1. Shapes: (n,) → (n, dim).
    """
    x = check_numbers(numbers)
    place = x[:, None] * config.dim + np.arange(config.dim)
    return (uniform(config.seed, 0, _TOKEN, place) - 0.5) * np.sqrt(12.0)


def numerals(embedding: Embedding) -> tuple[Whole, tuple[str, ...]]:
    """Return the numbers a vocabulary holds, rising, and the key of each.

    ``1500`` and ``1,500`` are one number; the key that stands first in the embedding is
    taken. Leading zeros, signs and fractions are no numerals here.
    """
    found: dict[int, str] = {}
    for key in embedding.keys:
        if _NUMERAL.fullmatch(key):
            found.setdefault(int(key.replace(",", "")), key)
    values = np.array(sorted(found), dtype=np.int64)
    return values, tuple(found[int(v)] for v in values)


def word_rows(
    numbers: ArrayLike, config: NumberConfig, *, embedding: Embedding
) -> Table:
    """Return the trained vectors of numerals, filled with zeros up to ``dim``.

    Raises
    ------
    KeyError
        For a number the vocabulary does not hold.
    ValueError
        When the vectors are longer than ``dim``.
    """
    x = check_numbers(numbers)
    if embedding.dim > config.dim:
        raise ValueError(f"vectors of {embedding.dim} do not fit into {config.dim}")
    values, keys = numerals(embedding)
    place = np.minimum(np.searchsorted(values, x), max(0, len(values) - 1))
    unknown = values[place] != x if len(values) else np.ones(len(x), dtype=bool)
    if unknown.any():
        raise KeyError(
            f"{int(unknown.sum())} numbers are no word of this vocabulary, the first "
            f"is {x[unknown][0]}; numerals(embedding) lists the {len(values)} it holds"
        )
    rows = embedding.rows([keys[p] for p in place])
    return _fill(np.asarray(embedding.vectors, dtype=np.float64)[rows], config.dim)


# --- written by rule -----------------------------------------------------------------
def digit_code(numbers: ArrayLike, config: NumberConfig) -> Table:
    r"""Return one-hot digits: column :math:`10k + d` is 1 when place k holds digit d.

    The number is a linear function of it, :math:`x = \sum_k \sum_d 10^k d\,z_{10k+d}`.
    Leading places hold the digit 0. Shapes: (n,) → (n, dim).

    Raises
    ------
    ValueError
        For a number with more than ``places`` digits.
    """
    x = check_numbers(numbers)
    if (x >= 10**config.places).any():
        raise ValueError(
            f"{x.max()} has more than places={config.places} digits: raise places, and "
            "dim with it"
        )
    places = np.arange(config.places)
    digits = x[:, None] // 10**places % 10
    out = np.zeros((len(x), config.dim))
    out[np.arange(len(x))[:, None], 10 * places + digits] = 1.0
    return out


def value_code(numbers: ArrayLike, config: NumberConfig) -> Table:
    """Return the number itself in units of ``high``, in column 0: (n,) → (n, dim)."""
    x = check_numbers(numbers)
    return _fill((x / config.high)[:, None], config.dim)


def log_code(numbers: ArrayLike, config: NumberConfig) -> Table:
    r"""Return :math:`\log_{10}(1 + x)` in column 0: (n,) → (n, dim)."""
    x = check_numbers(numbers)
    return _fill(np.log10(1.0 + x)[:, None], config.dim)


def log_waves(numbers: ArrayLike, config: NumberConfig) -> Table:
    r"""Return sines and cosines of the logarithm, from short waves to long ones.

    .. math:: \sin\frac{2\pi \log_{10}(1 + x)}{T_j}, \quad
              \cos\frac{2\pi \log_{10}(1 + x)}{T_j}

    with :math:`T_j` from half a decade to ``longest`` decades in equal ratios.
    Shapes: (n,) → (n, dim); an odd last column is 0.
    """
    x = check_numbers(numbers)
    period = np.geomspace(0.5, config.longest, config.dim // 2)
    angle = 2 * np.pi * np.log10(1.0 + x)[:, None] / period
    return _fill(np.hstack([np.sin(angle), np.cos(angle)]), config.dim)


def float_code(numbers: ArrayLike, config: NumberConfig) -> Table:
    r"""Return a number's exponent one-hot and its mantissa by closeness to prototypes.

    .. math:: x = m\,10^e, \quad 1 \le m < 10; \qquad
              z_i = e^{-(m - q_i)^2 / 2 h^2}

    where the :math:`q_i` lie evenly from 1 to 10, :math:`h` apart; 0 is written as
    m = 0 and e = 0. Shapes: (n,) → (n, dim): first the exponents.

    Raises
    ------
    ValueError
        For an exponent of ``exponents`` or more.
    """
    x = check_numbers(numbers)
    exponent = _exponent(x)
    if (exponent >= config.exponents).any():
        raise ValueError(
            f"{x.max()} has exponent {exponent.max()}, and there are columns for 0 to "
            f"{config.exponents - 1}: raise exponents"
        )
    mantissa = x / 10.0**exponent
    prototype = np.linspace(1.0, 10.0, config.dim - config.exponents)
    width = prototype[1] - prototype[0]
    near = np.exp(-((mantissa[:, None] - prototype) ** 2) / (2 * width**2))
    return np.hstack([np.eye(config.exponents)[exponent], near])


def _exponent(x: Whole) -> Whole:
    """Return how many digits follow the first: exact, unlike a rounded logarithm."""
    powers = 10 ** np.arange(1, 19, dtype=np.int64)
    return np.searchsorted(powers, x, side="right").astype(np.int64)


def angle(numbers: ArrayLike, config: NumberConfig) -> Table:
    r"""Return the angle of each number on DICE's half circle.

    .. math:: \theta(x) = \pi \, \frac{x - a}{b - a}

    Shapes: (n,) → (n,), in [0, π].

    Raises
    ------
    ValueError
        For a number outside [a, b]: past π the circle comes back, and two numbers far
        apart would look alike.
    """
    x = np.asarray(numbers, dtype=np.float64)
    if x.ndim != 1 or not np.isfinite(x).all():
        bad = int((~np.isfinite(x)).sum())
        raise ValueError(
            f"needed numbers (n,), got shape {x.shape} with {bad} NaN or infinite"
        )
    outside = (x < config.low) | (x > config.high)
    if outside.any():
        raise ValueError(
            f"{int(outside.sum())} numbers lie outside [{config.low:g}, "
            f"{config.high:g}], the first is {x[outside][0]:g}: DICE must know its "
            "range before; state a wider one"
        )
    theta: Table = np.pi * (x - config.low) / (config.high - config.low)
    return theta


def dice(numbers: ArrayLike, config: NumberConfig, *, planar: bool = False) -> Table:
    r"""Return DICE vectors of length 1: an angle, spread over dim dimensions.

    .. math:: v_k = \sin^{k-1}\theta \, \cos\theta \quad (k < D), \qquad
              v_D = \sin^{D-1}\theta, \qquad z = Q v

    where :math:`\theta` is `angle` and :math:`Q` a random orthonormal basis (the QR
    factor of a Gaussian matrix). ``planar`` keeps two coordinates,
    :math:`v = (\cos\theta, \sin\theta, 0, \dots)`: DICE-2, whose cosines are exactly
    :math:`\cos(\theta_x - \theta_y)`.

    Shapes: (n,) → (n, dim). Unlike the other codes it takes fractions.

    What differs: public programs write :math:`\sin^D\theta` in the last place, with
    which the length is not quite 1. The power D - 1 is that of spherical coordinates,
    and D = 2 then gives DICE-2.

    Source: Sundararaman et al. (2020).
    """
    theta = angle(numbers, config)
    D = 2 if planar else config.dim
    powers = np.sin(theta)[:, None] ** np.arange(D)
    v = powers * np.where(np.arange(D) < D - 1, np.cos(theta)[:, None], 1.0)
    basis: Table = _fill(v, config.dim) @ _basis(config).T
    return basis


def _basis(config: NumberConfig) -> Table:
    D = config.dim
    u = uniform(config.seed, 0, _BASIS, np.arange(2 * D * D)).reshape(2, D, D)
    gauss = np.sqrt(-2 * np.log1p(-u[0])) * np.cos(2 * np.pi * u[1])
    return np.linalg.qr(gauss)[0]


def _fill(columns: Table, dim: int) -> Table:
    out = np.zeros((len(columns), dim))
    out[:, : columns.shape[1]] = columns
    return out
