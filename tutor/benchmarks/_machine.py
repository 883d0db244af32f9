"""What this machine can do at most: the bounds that rows are compared with."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np


def matmul_speed(size: int = 1024) -> float:
    """Return float operations a second of a float32 matrix product on one core."""
    from threadpoolctl import threadpool_limits

    A = np.ones((size, size), np.float32)
    with threadpool_limits(1):
        return 2 * size**3 / _shortest(lambda: A @ A)


def addition_speed(cells: int = 1 << 13, count: int = 1 << 22) -> float:
    """Return additions a second into random cells of a small table, on one core.

    The table (32 kB of int32) stays in the fastest cache and the places are known
    beforehand: counting words cannot add faster.
    """
    from numba import njit

    @njit
    def scatter(table: Any, places: Any) -> None:
        for place in places:
            table[place] += 1

    places = np.random.default_rng(0).integers(0, cells, count).astype(np.uint32)
    table = np.zeros(cells, np.int32)
    scatter(table, places[:9])  # compiled outside the clock
    return count / _shortest(lambda: scatter(table, places))


def _shortest(work: Callable[[], Any], turns: int = 5) -> float:
    """Return the seconds of the shortest turn: on a loaded machine, of its own time."""
    best = np.inf
    for _ in range(turns):
        wall, processor = time.perf_counter(), time.process_time()
        work()
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        best = min(best, wall, max(processor, 1e-9))
    return float(best)
