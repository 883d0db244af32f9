"""What all codes of numbers share: their settings, and what a number may be.

Chapter: ``words/numbers``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Table = NDArray[np.float64]
Whole = NDArray[np.int64]


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


def fill(columns: Table, dim: int) -> Table:
    """Return the columns with zeros beside them: (n, k) → (n, dim)."""
    out = np.zeros((len(columns), dim))
    out[:, : columns.shape[1]] = columns
    return out
