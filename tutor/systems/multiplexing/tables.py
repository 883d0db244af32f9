r"""The four tables at one budget: full, hashed a field, fair, unified.

The budget is in bytes and covers all that a table keeps (keys and salts too). Every
builder takes as many rows as fit. A field's vector has D numbers in all of them, so the
network behind is the same. Chapter: ``systems/multiplexing``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.systems.hashing import Keys, salt
from tutor.systems.multiplexing.config import MultiplexingConfig
from tutor.systems.table import Exact, Float, Hashed, Place, RowTable

KEY, SALT, SPAN = 8, 8, 12  # bytes of a key, of a salt, of a look-up's ranges
NUMBER = 4  # bytes of a float32


def vocabulary(keys: Keys) -> tuple[Keys, ...]:
    """Return the sorted distinct keys of each field: keys (n, fields)."""
    if keys.ndim != 2 or len(keys) == 0:
        raise ValueError(f"keys must be (rows, fields) with a row, got {keys.shape}")
    return tuple(np.unique(column) for column in keys.T)


def full_bytes(known: tuple[Keys, ...], dim: int) -> int:
    """Return the bytes of a full table: rows, one unknown row a field, keys, spans."""
    count = sum(map(len, known))
    rows = count + len(known)
    return rows * dim * NUMBER + count * KEY + len(known) * SPAN


def make_table(
    known: tuple[Keys, ...], config: MultiplexingConfig, *, seed: int = 0
) -> RowTable:
    """Return a fresh float32 table of the configured method within its budget.

    Parameters
    ----------
    known : tuple of sorted uint64 arrays
        The distinct keys of each field in the *training* rows: :func:`vocabulary`.
    config : MultiplexingConfig
    seed : int
        Fixes salts and initial rows.

    Raises
    ------
    ValueError
        When the budget leaves a field without a row; says how many bytes are missing.
    """
    places = _PLACES[config.method](known, config, seed)
    count = max(_end(place) for place in places)
    width = config.dim // config.lookups
    weights = initial_rows(count, width, config.init, seed)
    for place in places:
        if isinstance(place, Exact):
            weights[place.first + len(place.known)] = 0  # unknown, and never trained
    return RowTable(weights, places, len(known))


def initial_rows(count: int, width: int, init: float, seed: int) -> Float:
    """Return float32 rows, uniform on (-init, init)."""
    draws = sampling.uniform(seed, 0, sampling.INIT, np.arange(count * width))
    return ((2 * draws - 1) * init).reshape(count, width).astype(np.float32)


def _end(place: Place) -> int:
    """Return the first row after those of a look-up."""
    if isinstance(place, Exact):
        return place.first + len(place.known) + 1
    assert isinstance(place, Hashed)
    return place.first + place.size


# --- builders ------------------------------------------------------------------------
def _full(
    known: tuple[Keys, ...], config: MultiplexingConfig, seed: int
) -> list[Place]:
    del seed
    if config.lookups != 1:
        raise ValueError(f"a full table has one look-up a field, got {config.lookups}")
    firsts = np.cumsum([0, *(len(keys) + 1 for keys in known)])
    return [Exact(t, int(firsts[t]), keys) for t, keys in enumerate(known)]


def _hashed(
    known: tuple[Keys, ...], config: MultiplexingConfig, seed: int
) -> list[Place]:
    """Share the rows among the fields by their numbers of values."""
    sizes = np.array([len(keys) for keys in known], dtype=np.float64)
    return _separate(
        list(range(len(known))), sizes, 0, _left(known, config), config, seed
    )


def _fair(
    known: tuple[Keys, ...], config: MultiplexingConfig, seed: int
) -> list[Place]:
    """Keep fields exact, small ones first, while they take at most their share."""
    budget = config.budget * full_bytes(known, config.dim)
    order = np.argsort([len(keys) for keys in known], kind="stable")
    small: list[int] = []
    used = first = 0
    for t in order[:-1]:  # the largest is always hashed
        cost = (len(known[t]) + 1) * config.dim * NUMBER + len(known[t]) * KEY + SPAN
        if used + cost > budget * config.exact_share:
            break
        small.append(int(t))
        used += cost
    places: dict[int, list[Place]] = {}
    for t in small:
        places[t] = [Exact(t, first, known[t])]
        first += len(known[t]) + 1
    if config.lookups != 1:
        raise ValueError("the fair table has one look-up a field; set lookups=1")
    rest = [t for t in range(len(known)) if t not in small]
    sizes = np.array([len(known[t]) for t in rest], dtype=np.float64)
    left = budget - used - len(rest) * (SALT + SPAN)
    for place in _separate(rest, sizes, first, left, config, seed):
        places[place.field] = [place]
    return [place for t in range(len(known)) for place in places[t]]


def _unified(
    known: tuple[Keys, ...], config: MultiplexingConfig, seed: int
) -> list[Place]:
    """Give every look-up of every field the whole matrix."""
    rows = _rows(_left(known, config), config, 1)
    return [
        Hashed(t, 0, rows, _salt(config, seed, t, c))
        for t in range(len(known))
        for c in range(config.lookups)
    ]


_PLACES = {"full": _full, "hashed": _hashed, "fair": _fair, "unified": _unified}


def _separate(
    fields: list[int],
    sizes: NDArray[np.float64],
    first: int,
    left: float,
    config: MultiplexingConfig,
    seed: int,
) -> list[Place]:
    """Hash each field into rows of its own, as many as its share of n^alpha."""
    total = _rows(left, config, len(fields))
    share = sizes**config.power / (sizes**config.power).sum()
    rows = np.maximum(1, np.floor(share * total)).astype(np.int64)
    while rows.sum() > total:
        rows[rows.argmax()] -= 1
    places: list[Place] = []
    for t, size in zip(fields, rows, strict=True):
        for c in range(config.lookups):
            places.append(Hashed(t, first, int(size), _salt(config, seed, t, c)))
        first += int(size)
    return places


def _left(known: tuple[Keys, ...], config: MultiplexingConfig) -> float:
    """Return the bytes left for rows when salts and ranges are paid."""
    slots = len(known) * config.lookups
    return config.budget * full_bytes(known, config.dim) - slots * (SALT + SPAN)


def _rows(left: float, config: MultiplexingConfig, needed: int) -> int:
    """Return how many rows fit; refuse fewer than are needed."""
    row = config.dim // config.lookups * NUMBER
    fit = max(0, int(left // row))
    if fit < needed:
        raise ValueError(
            f"a budget of {config.budget:g} leaves {fit} rows of {row} bytes, but "
            f"{needed} are needed: raise the budget by {needed * row - left:.0f} bytes "
            "or lower dim"
        )
    return fit


def _salt(config: MultiplexingConfig, seed: int, field: int, chunk: int) -> np.uint64:
    """Return the salt that the configuration gives to a look-up."""
    if config.salts == "none":
        return salt(seed, 0, 0)
    return salt(seed, field, chunk if config.salts == "chunk" else 0)
