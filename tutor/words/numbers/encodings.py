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

Left out: negative numbers, fractions, codes learned together with a model. Sources:
Sundararaman et al. (2020) for DICE; `value_code` and `float_code` follow the ideas of
Golkar et al. (2023) and Jin et al. (2021), not their programs.
Chapter: ``words/numbers``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from tutor.sampling import uniform
from tutor.words.numbers.circle import angle, dice
from tutor.words.numbers.config import NumberConfig, Table, Whole, check_numbers, fill

if TYPE_CHECKING:
    from tutor.embedding import Embedding

__all__ = [
    "NumberConfig",
    "angle",
    "check_numbers",
    "dice",
    "digit_code",
    "float_code",
    "log_code",
    "log_waves",
    "numeral_keys",
    "numerals",
    "random_tokens",
    "value_code",
    "word_rows",
]

_TOKEN = 132  # stream
_NUMERAL = re.compile(r"0|[1-9]\d*|[1-9]\d{0,2}(,\d{3})+")


# --- a row a number ------------------------------------------------------------------
def random_tokens(numbers: ArrayLike, config: NumberConfig) -> Table:
    """Return a random row for each number, the same whenever it is asked for.

    Entries are uniform with mean 0 and variance 1. Shapes: (n,) → (n, dim).
    """
    x = check_numbers(numbers)
    place = x[:, None] * config.dim + np.arange(config.dim)
    rows: Table = (uniform(config.seed, 0, _TOKEN, place) - 0.5) * np.sqrt(12.0)
    return rows


@lru_cache(maxsize=2)
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
    values.setflags(write=False)  # kept for the next call with this embedding
    return values, tuple(found[int(v)] for v in values)


def numeral_keys(numbers: ArrayLike, embedding: Embedding) -> list[str]:
    """Return the key of each number in a vocabulary.

    Raises
    ------
    KeyError
        For a number the vocabulary does not hold.
    """
    x = check_numbers(numbers)
    values, keys = numerals(embedding)
    place = np.minimum(np.searchsorted(values, x), max(0, len(values) - 1))
    unknown = values[place] != x if len(values) else np.ones(len(x), dtype=bool)
    if unknown.any():
        raise KeyError(
            f"{int(unknown.sum())} numbers are no word of this vocabulary, the first "
            f"is {x[unknown][0]}; numerals(embedding) lists the {len(values)} it holds"
        )
    return [keys[p] for p in place]


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
    if embedding.dim > config.dim:
        raise ValueError(f"vectors of {embedding.dim} do not fit into {config.dim}")
    rows = embedding.rows(numeral_keys(numbers, embedding))
    return fill(embedding.vectors[rows].astype(np.float64), config.dim)


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
    return fill((x / config.high)[:, None], config.dim)


def log_code(numbers: ArrayLike, config: NumberConfig) -> Table:
    r"""Return :math:`\log_{10}(1 + x)` in column 0: (n,) → (n, dim)."""
    x = check_numbers(numbers)
    return fill(np.log10(1.0 + x)[:, None], config.dim)


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
    return fill(np.hstack([np.sin(angle), np.cos(angle)]), config.dim)


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
