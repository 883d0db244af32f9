r"""The order in which GloVe visits its cells: tile by tile, diagonal by diagonal.

Stochastic steps want cells in random order; a processor wants neighbours in memory.
Tiles give both: random inside, a few hundred words a side. Tiles of one diagonal share
no row and no column, so they can be worked on at the same time without locks.

Chapter: ``words/glove``. Source: the stratification of Gemulla et al. (2011), "Large-
scale matrix factorization with distributed stochastic gradient descent".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.sampling import SHUFFLE, permutation, random_bits


def tile_order(
    rows: NDArray[np.int32], columns: NDArray[np.int32], side: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    r"""Return the cells sorted by diagonal and tile, at random inside a tile.

    The matrix is cut into ``side`` x ``side`` tiles. Word :math:`i` belongs to tile
    row :math:`i \bmod side`, so that every tile mixes frequent and rare words. The
    tiles of one *diagonal* :math:`(column - row) \bmod side` share no row and no
    column: they may be worked on at the same time.

    Returns
    -------
    order : (cells,) int64
    starts : (side * side + 1,) int64
        Where each tile begins in ``order``; tile ``diagonal * side + tile row``.
    """
    r, c = rows % side, columns % side
    tile = ((c - r) % side).astype(np.int64) * side + r
    bits = random_bits(seed, 0, SHUFFLE, np.arange(len(rows)))
    starts = np.zeros(side * side + 1, dtype=np.int64)
    np.cumsum(np.bincount(tile, minlength=side * side), out=starts[1:])
    return np.lexsort((bits, tile)), starts


def tile_side(n_words: int, tile: int) -> int:
    """Return how many tiles of ``tile`` words make one side of the matrix."""
    return -(-n_words // tile)


def epoch_cells(
    starts: NDArray[np.int64], side: int, seed: int, epoch: int
) -> NDArray[np.int64]:
    """Return the positions in tile order that an epoch visits: diagonals shuffled."""
    spans = [
        np.arange(starts[d * side], starts[(d + 1) * side])
        for d in permutation(side, seed, epoch=epoch)
    ]
    return np.concatenate(spans)
