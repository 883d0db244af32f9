"""Numba twins of the counter-based streams: the same bits, one position at a time.

A kernel is handed a key made by :func:`tutor.sampling.stream_key` and asks for the
draw of the position it stands at. Chapter: ``words/word2vec``.
"""

from __future__ import annotations

from numba import njit, uint64

_GOLDEN = uint64(0x9E3779B97F4A7C15)
_M1 = uint64(0xBF58476D1CE4E5B9)
_M2 = uint64(0x94D049BB133111EB)
_ONE, _11, _27 = uint64(1), uint64(11), uint64(27)
_30, _31 = uint64(30), uint64(31)


@njit(inline="always", cache=True)
def bits_at_jit(key, position):  # type: ignore[no-untyped-def]
    """Return the 64 bits of ``position``; equals ``random_bits``."""
    z = key + (uint64(position) + _ONE) * _GOLDEN
    z = (z ^ (z >> _30)) * _M1
    z = (z ^ (z >> _27)) * _M2
    return z ^ (z >> _31)


@njit(inline="always", cache=True)
def uniform_at_jit(key, position):  # type: ignore[no-untyped-def]
    """Return the float64 in [0, 1) of ``position``; equals ``uniform``."""
    return float(bits_at_jit(key, position) >> _11) * 2.0**-53


@njit(inline="always", cache=True)
def integer_at_jit(key, position, high):  # type: ignore[no-untyped-def]
    """Return the integer in [0, high) of ``position``; equals ``integers``."""
    return int(uniform_at_jit(key, position) * high)
