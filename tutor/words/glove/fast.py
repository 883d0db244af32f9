r"""GloVe in Numba: one cell at a time, tiles that fit the cache, threads without locks.

Two ideas make it fast. A word's vector, its bias and its AdaGrad sums lie side by side
in one padded row, so a cell touches two stretches of memory and no more. And cells are
visited tile by tile: the rows of a tile stay in the second-level cache, and tiles of
one diagonal share no row and no column, so that threads need neither locks nor luck:
the result is the same, bit for bit, on any number of them.

Chapter: ``words/glove``. Memory: 16 bytes a cell for the cells in order, 8 while they
are sorted, and 16 bytes a parameter.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import float32, njit
from numpy.typing import NDArray

from tutor.sampling import SHUFFLE, permutation, stream_key
from tutor.sampling.fast import bits_at_jit
from tutor.training import History
from tutor.words.glove.reference import (
    Entries,
    GloVeConfig,
    Parameters,
    check_loss,
)
from tutor.words.glove.tiles import tile_side

LANES = 16  # floats in one 64-byte cache line


# --- 2. loss, gradients and one AdaGrad step -----------------------------------------
@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _tiles_jit(  # type: ignore[no-untyped-def]
    cells, starts, first, step, last, words, contexts, dim, rate, losses
):
    """Visit the cells of tiles ``first``, ``first + step`` ... below ``last``.

    ``words`` and ``contexts`` are (vocab, 2, width): values, then sums of squares. The
    columns ``dim`` and ``dim + 1`` hold (bias, 1) for words and (1, bias) for contexts:
    the dot product of two rows is the whole prediction. The ones are put back after
    each step; the padding stays zero.
    """
    rows, columns, targets, weights = cells
    width = words.shape[2]
    half, one = float32(0.5), float32(1)
    for tile in range(first, last, step):
        loss = 0.0
        for n in range(starts[tile], starts[tile + 1]):
            w, G = words[rows[n], 0], words[rows[n], 1]
            c, H = contexts[columns[n], 0], contexts[columns[n], 1]
            # e = w.c + b + b~ - log x
            e = -targets[n]
            for d in range(width):
                e += w[d] * c[d]
            # g = f(x) e, times the learning rate from here on
            g = weights[n] * e
            loss += half * g * e
            g *= rate
            # theta <- theta - s / sqrt(G);  G <- G + s^2
            for d in range(width):
                s, t = g * c[d], g * w[d]
                w[d] -= s / np.sqrt(G[d])
                c[d] -= t / np.sqrt(H[d])
                G[d] += s * s
                H[d] += t * t
            w[dim + 1], c[dim] = one, one
        losses[tile] = loss


# --- 3. where to start, and in which order -------------------------------------------
@njit(nogil=True, cache=True)
def _tile_order_jit(rows, columns, side, key):  # type: ignore[no-untyped-def]
    """Sort by counting the cells of each tile, then by random bits inside it."""
    starts = np.zeros(side * side + 1, np.int64)
    tiles = np.empty(len(rows), np.int32)
    for n in range(len(rows)):
        r, c = rows[n] % side, columns[n] % side
        tiles[n] = ((c - r) % side) * side + r
        starts[tiles[n] + 1] += 1
    for tile in range(side * side):
        starts[tile + 1] += starts[tile]
    order, cursor = np.empty(len(rows), np.int64), starts[:-1].copy()
    for n in range(len(rows)):
        order[cursor[tiles[n]]] = n
        cursor[tiles[n]] += 1
    for tile in range(side * side):
        inside = order[starts[tile] : starts[tile + 1]]
        bits = np.empty(len(inside), np.uint64)
        for k in range(len(inside)):
            bits[k] = bits_at_jit(key, inside[k])
        inside[:] = inside[np.argsort(bits)]
    return order, starts


def tile_order(
    rows: NDArray[np.int32], columns: NDArray[np.int32], side: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return order and tile starts; equals :func:`tiles.tile_order`."""
    order, starts = _tile_order_jit(rows, columns, side, stream_key(seed, 0, SHUFFLE))
    return order, starts


def _aligned(shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Return float32 zeros that begin at a cache line."""
    size = int(np.prod(shape))
    raw = np.zeros(size + LANES, dtype=np.float32)
    skip = (-raw.ctypes.data // 4) % LANES
    return raw[skip : skip + size].reshape(shape)


def pack(
    vectors: NDArray[np.floating], biases: NDArray[np.floating], *, bias_first: bool
) -> NDArray[np.float32]:
    """Return the (vocab, 2, width) table of the kernel: values, then ones."""
    n, dim = vectors.shape
    table = _aligned((n, 2, -(-(dim + 2) // LANES) * LANES))
    table[:, 0, :dim] = vectors
    table[:, 0, dim] = biases if bias_first else 1.0
    table[:, 0, dim + 1] = 1.0 if bias_first else biases
    table[:, 1] = 1.0
    return table


def unpack(
    words: NDArray[np.float32], contexts: NDArray[np.float32], dim: int
) -> Parameters:
    """Return the parameters that lie in two tables, copied."""
    return Parameters(
        words[:, 0, :dim].copy(),
        contexts[:, 0, :dim].copy(),
        words[:, 0, dim].copy(),
        contexts[:, 0, dim + 1].copy(),
    )


# --- 4. training ---------------------------------------------------------------------
def in_tile_order(
    cells: Entries, side: int, seed: int
) -> tuple[tuple[NDArray[Any], ...], NDArray[np.int64]]:
    """Return the cells' float32 arrays tile by tile, and where each tile begins."""
    order, starts = tile_order(cells.rows, cells.columns, side, seed)
    ordered = (
        cells.rows[order],
        cells.columns[order],
        cells.targets[order].astype(np.float32),
        cells.weights[order].astype(np.float32),
    )
    return ordered, starts


def train(
    cells: Entries,
    parameters: Parameters,
    config: GloVeConfig,
    *,
    seed: int = 0,
    threads: int = 1,
) -> tuple[Parameters, History]:
    """Train as :func:`reference.train` with ``batch_size=1``, in float32.

    Parameters
    ----------
    threads : int
        At least 1. The result does not depend on it.

    Raises
    ------
    ValueError
        If ``batch_size`` is not 1, or ``threads`` below 1.
    FloatingPointError
        If the loss stops being finite.
    """
    if config.batch_size != 1:
        raise ValueError(
            f"backend 'numba' steps after every cell: batch_size must be 1, got "
            f"{config.batch_size}; use backend='numpy' or 'torch' for batches"
        )
    if threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}")
    side = tile_side(len(parameters.word), config.tile)
    ordered, starts = in_tile_order(cells, side, seed)
    words = pack(parameters.word, parameters.word_bias, bias_first=True)
    contexts = pack(parameters.context, parameters.context_bias, bias_first=False)
    rate, dim = np.float32(config.learning_rate), config.dim
    losses, history = np.zeros(side * side), []
    with ThreadPoolExecutor(threads) as pool:
        for epoch in range(config.epochs):
            for diagonal in permutation(side, seed, epoch=epoch):
                begin, end = int(diagonal) * side, (int(diagonal) + 1) * side
                jobs = [
                    pool.submit(
                        _tiles_jit, ordered, starts, begin + k, threads, end,
                        words, contexts, dim, rate, losses,
                    )
                    for k in range(min(threads, side))
                ]  # fmt: skip
                for job in jobs:
                    job.result()
            mean = float(losses.sum() / len(cells.rows))
            history.append(check_loss(mean, epoch))
    return unpack(words, contexts, dim), History({"loss": tuple(history)})
