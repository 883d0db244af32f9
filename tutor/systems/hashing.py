r"""Values as 64-bit keys, and salted hash functions over them.

A value gets its key once, from its text; Python's own ``hash`` would change with every
process. A salt then picks one hash function out of many over the same keys.

Left out: families with proven independence, and resistance to an adversary who chooses
values so that they collide. Chapter: ``systems/multiplexing``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.sampling import random_bits

Keys = NDArray[np.uint64]
_SALTS = 71  # stream of the salts


def fingerprint(values: Iterable[str]) -> Keys:
    """Return a 64-bit key for each text: eight bytes of its BLAKE2b digest."""
    digests = [
        hashlib.blake2b(value.encode(), digest_size=8).digest() for value in values
    ]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def salt(seed: int, field: int, chunk: int) -> np.uint64:
    """Return the salt of one look-up: another for each (seed, field, chunk)."""
    return np.uint64(random_bits(seed, field, _SALTS, np.array([chunk]))[0])


def salted_hash64(keys: ArrayLike, salt: int | np.uint64) -> Keys:
    r"""Return 64 hashed bits for each key; another salt gives another function.

    .. math:: h_s(x) = \operatorname{mix}\bigl(\operatorname{mix}(x) \oplus s\bigr)

    where mix is SplitMix64's: every bit of the input may turn every bit of the output.
    For a fixed salt it is one to one: keys meet only when they are cut to fewer rows.

    Shapes: any → the same. Raises ``TypeError`` for keys that are not uint64: a
    negative or rounded key would be another value.
    """
    k = np.asarray(keys)
    if k.dtype != np.uint64:
        raise TypeError(
            f"keys must be uint64, got {k.dtype}; make them by hashing.fingerprint"
        )
    return _mix(_mix(k) ^ np.uint64(salt))


def _mix(z: Keys) -> Keys:
    """Mix as the course's random streams do, read at one place."""
    bits: Keys = random_bits(0, 0, 0, z)
    return bits


def rows_of(keys: ArrayLike, salt: int | np.uint64, rows: int) -> NDArray[np.int64]:
    """Return the hashed row of each key, from 0 to ``rows`` - 1.

    Raises ``ValueError`` when there is no row: a budget of zero rows holds nothing.
    """
    if rows < 1:
        raise ValueError(f"a table needs 1 row or more, got {rows}: raise the budget")
    return (salted_hash64(keys, salt) % np.uint64(rows)).astype(np.int64)
