r"""Numba walker: the walks of ``reference.py``, one after the other.

What makes it fast: no table for pairs of arcs is ever built; a draw is computed from
its position, so a walk needs no generator's state and threads need no order; where the
second draw falls below the least weight, no membership is looked up.

Chapter: ``graphs/walks``.
"""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tutor import sampling
from tutor.graphs.graph import Graph
from tutor.graphs.walks.config import WalkConfig
from tutor.graphs.walks.reference import DRAWS, row_shares, walk_starts
from tutor.sampling.fast import uniform_at_jit


@njit(inline="always", cache=True)
def search_jit(values, low, high, wanted):
    """Return the first place in ``low..high`` whose value is above ``wanted``."""
    while low < high:
        middle = (low + high) >> 1
        if values[middle] > wanted:
            high = middle
        else:
            low = middle + 1
    return low


@njit(inline="always", cache=True)
def has_jit(targets, low, high, wanted):
    """Return whether a row of rising targets holds ``wanted``."""
    while low < high:
        middle = (low + high) >> 1
        if targets[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


@njit(nogil=True, cache=True)
def walks_jit(offsets, targets, shares, chances, key, first, last, lines):
    """Fill the walks ``first`` to ``last``; column 0 holds their starts.

    ``chances`` are the acceptance probabilities of a step back, near and far; none
    where a step forgets where it came from.
    """
    length, second = lines.shape[1], len(chances) > 0
    back = near = far = least = 1.0
    if second:
        back, near, far = chances[0], chances[1], chances[2]
        least = min(back, near, far)
    for walk in range(first, last):
        before, now = -1, lines[walk, 0]
        for step in range(1, length):
            low, high = offsets[now], offsets[now + 1]
            if low == high:
                break
            place = (walk * length + step) * DRAWS
            while True:
                # --- propose a neighbour by its weight
                draw = uniform_at_jit(key, place)
                if len(shares):
                    at = search_jit(shares, low, high, now + draw)
                    after = targets[min(at, high - 1)]
                else:
                    after = targets[low + int(draw * (high - low))]
                if before < 0 or not second:
                    break
                # --- accept it with probability alpha / max alpha
                draw = uniform_at_jit(key, place + 1)
                if draw < least:
                    break
                if after == before:
                    chance = back
                else:
                    end = offsets[before + 1]
                    at = has_jit(targets, offsets[before], end, after)
                    chance = near if at < end and targets[at] == after else far
                if draw < chance:
                    break
                place += 2
            before, now = now, after
            lines[walk, step] = after


def random_walks(
    graph: Graph, config: WalkConfig, *, seed: int = 0, threads: int = 1
) -> NDArray[np.int32]:
    """Return the walks of the NumPy function of this name, bit for bit.

    Shapes: → (walks * nodes, length).
    """
    starts = walk_starts(graph, config, seed=seed)
    lines = np.full((len(starts), config.length), -1, np.int32)
    lines[:, 0] = starts
    weights = np.array([1.0 / config.p, 1.0, 1.0 / config.q])
    chances = weights[:0] if config.first_order else weights / weights.max()
    key = sampling.stream_key(seed, 0, sampling.WALK)
    shares = row_shares(graph)

    def work(first: int, last: int) -> None:
        walks_jit(
            graph.offsets, graph.targets, shares, chances, key, first, last, lines
        )

    cuts = np.linspace(0, len(lines), threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, cuts[:-1], cuts[1:]))
    return lines
