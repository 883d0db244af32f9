r"""Count vectors in Numba: one dense row at a time, on any number of threads.

A word's row is summed in a dense array that stays in the processor's cache, then
written out sorted and compressed; no pair is ever stored or sorted. Sums are whole
numbers, so the result equals the reference bit for bit, whatever the threads.

Memory, besides the result: 8 bytes a token of one chunk (``chunk_tokens``) and 4 for
each place of a window at its document edges, 8 bytes a word and thread, 12 bytes a
cell of a thread's scratch area (``block_cells``). Adding a chunk's counts to the total
needs the total once more. The corpus may be a memory map of any length.

Chapter: ``words/counts``.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tutor.words.counts.chunks import (
    available_threads,
    cut_blocks,
    join_blocks,
    pad_span,
)
from tutor.words.counts.reference import check_corpus, scaled, window_weights
from tutor.words.counts.svd import (
    OVERSAMPLE,
    SVD,
    check_factors,
    gram_orthonormal,
    random_start,
    subspace_iteration,
    width,
)

if TYPE_CHECKING:
    from tutor.datasets import Corpus

CHUNK_TOKENS = 1 << 24
BLOCK_CELLS = 1 << 20


# --- 1. counting ---------------------------------------------------------------------
@njit(nogil=True, cache=True)
def _positions_jit(padded, first, last, n_words):  # type: ignore[no-untyped-def]
    """Group the positions first..last-1 by word: counting sort, order kept."""
    starts = np.zeros(n_words + 1, np.int64)
    for p in range(first, last):
        if padded[p] < n_words:
            starts[padded[p] + 1] += 1
    for i in range(n_words):
        starts[i + 1] += starts[i]
    positions = np.empty(starts[n_words], np.uint32)
    cursor = starts[:-1].copy()
    for p in range(first, last):
        word = padded[p]
        if word < n_words:
            positions[cursor[word]] = p
            cursor[word] += 1
    return starts, positions


@njit(nogil=True, cache=True)
def _count_rows_jit(  # type: ignore[no-untyped-def]
    padded, starts, positions, weights, symmetric, block, columns, values, ends
):
    """Write the rows of ``block`` (first, last); return how many cells they have.

    Between documents ``padded`` holds a window of the word ``n_words``: what falls
    there is thrown away, so the inner loop asks no question. Unsigned indices spare
    the test for negative ones. A page is 32 columns; only touched pages are read.
    """
    n_words, (first, last) = len(starts) - 1, block
    row = np.zeros((n_words // 32 + 1) * 32, values.dtype)
    page = np.zeros(n_words // 32 + 1, np.uint8)
    size = 0
    for word in range(first, last):
        for q in range(starts[word], starts[word + 1]):
            p = uint64(positions[q])
            for d in range(1, len(weights)):
                other = uint64(padded[p - uint64(d)])
                row[other] += weights[d]
                page[other >> uint64(5)] = 1
                if symmetric:
                    other = uint64(padded[p + uint64(d)])
                    row[other] += weights[d]
                    page[other >> uint64(5)] = 1
        row[n_words] = 0
        for b in range(len(page)):
            if page[b] != 0:
                page[b] = 0
                for other in range(32 * b, 32 * b + 32):
                    # written always, kept when not zero: no branch to mispredict
                    columns[size], values[size] = other, row[other]
                    size += row[other] != 0
                    row[other] = 0
        ends[word - first] = size
    return size


def _count_chunk(
    padded: NDArray[np.uint32],
    span: tuple[int, int],
    n_words: int,
    weights: NDArray[np.int64],
    symmetric: bool,
    threads: int,
    block_cells: int,
) -> csr_matrix:
    """Count the centers of one span of ``padded`` as whole numbers."""
    starts, positions = _positions_jit(padded, *span, n_words)
    largest = 2 * int(weights.sum()) * int(np.diff(starts).max())  # of any cell
    dtype = np.int32 if largest < 2**31 else np.int64
    reach = (len(weights) - 1) * (2 if symmetric else 1)
    bounds = np.minimum(np.diff(starts) * reach, n_words)
    blocks = cut_blocks(bounds, block_cells)
    room = max(int(bounds[first:last].sum()) for first, last in blocks) + 1
    desks: SimpleQueue[Any] = SimpleQueue()  # one scratch area a thread, used again
    for _ in range(threads):
        desks.put((np.empty(room, np.int32), np.empty(room, dtype)))

    def count(block: tuple[int, int]) -> tuple[Any, Any, Any]:
        columns, values = desk = desks.get()
        ends = np.empty(block[1] - block[0], np.int64)
        size = _count_rows_jit(
            padded, starts, positions, weights, symmetric, block, columns, values, ends
        )
        part = columns[:size].copy(), values[:size].copy(), ends
        desks.put(desk)
        return part

    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(count, blocks))
    return join_blocks(parts, n_words)


def cooccurrence(
    corpus: Corpus,
    *,
    window: int = 5,
    weighting: str = "flat",
    symmetric: bool = True,
    threads: int | None = None,
    chunk_tokens: int = CHUNK_TOKENS,
    block_cells: int = BLOCK_CELLS,
) -> csr_matrix:
    """Count co-occurrences; equals :func:`reference.cooccurrence` bit for bit.

    Parameters
    ----------
    corpus, window, weighting, symmetric
        As in the reference.
    threads : int or None
        None takes every core of this process. The result is the same.
    chunk_tokens : int
        Tokens counted at a time; bounds the working memory on a long corpus.
    block_cells : int
        Cells a thread writes before it hands them over.
    """
    weights, unit = window_weights(window, weighting)
    tokens, offsets, n_words = check_corpus(corpus)
    threads = available_threads(threads)
    if chunk_tokens < 1 or block_cells < 1:
        raise ValueError(
            f"chunk_tokens and block_cells must be at least 1, got {chunk_tokens} "
            f"and {block_cells}"
        )
    total = None
    for first in range(0, len(tokens), chunk_tokens):
        last = min(first + chunk_tokens, len(tokens))
        padded, span = pad_span(tokens, offsets, (first, last), n_words, window)
        part = _count_chunk(
            padded, span, n_words, weights, symmetric, threads, block_cells
        )
        # the sum of two int32 chunks may need more
        total = part if total is None else total.astype(np.int64) + part
    return scaled(csr_matrix(total), unit)


# --- 2. compression ------------------------------------------------------------------
@njit(nogil=True, cache=True)
def _product_jit(pointers, columns, values, dense, first, last, out):  # type: ignore[no-untyped-def]
    """Write rows first..last-1 of (sparse matrix) @ dense, two entries a pass.

    Two entries at once halve the reads and writes of the row being summed.
    """
    for row in range(first, last):
        total = out[row]
        total[:] = 0
        begin, end = pointers[row], pointers[row + 1]
        for q in range(begin, end - 1, 2):
            one, other = values[q], values[q + 1]
            left, right = dense[uint64(columns[q])], dense[uint64(columns[q + 1])]
            for c in range(len(total)):
                total[c] += one * left[c] + other * right[c]
        if (end - begin) % 2 == 1:
            one, left = values[end - 1], dense[uint64(columns[end - 1])]
            for c in range(len(total)):
                total[c] += one * left[c]


class Multiplier:
    """``dense -> matrix @ dense`` in float32, rows shared among threads."""

    def __init__(self, matrix: csr_matrix, threads: int | None = None) -> None:
        self.matrix = matrix
        self.values = matrix.data.astype(np.float32, copy=False)
        self.threads = available_threads(threads)

    def __call__(self, dense: NDArray[Any]) -> NDArray[np.float32]:
        """Return the product, (rows, width) float32."""
        dense = np.ascontiguousarray(dense, dtype=np.float32)
        out = np.empty((self.matrix.shape[0], dense.shape[1]), np.float32)
        pointers, columns = self.matrix.indptr, self.matrix.indices
        shares = np.linspace(0, pointers[-1], 4 * self.threads + 1)
        cuts = np.searchsorted(pointers, shares)
        cuts[0], cuts[-1] = 0, len(out)

        def multiply(k: int) -> None:
            _product_jit(
                pointers, columns, self.values, dense, cuts[k], cuts[k + 1], out
            )

        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(multiply, range(len(cuts) - 1)))
        return out


def truncated_svd(
    matrix: csr_matrix,
    dim: int,
    *,
    seed: int = 0,
    iterations: int = 5,
    oversample: int = OVERSAMPLE,
    threads: int | None = None,
) -> SVD:
    """Return the SVD of :func:`svd.truncated_svd`, computed in float32.

    The same start and the same passes; the sparse products and the orthonormal bases
    are computed another way, and do not depend on the number of threads. Directions
    beyond the rank of the matrix are zero. Holds the transposed matrix beside the
    matrix: 8 bytes a stored cell more.
    """
    check_factors(matrix, dim, iterations)
    light = csr_matrix(matrix, dtype=np.float32)
    return subspace_iteration(
        Multiplier(light, threads),
        Multiplier(light.T.tocsr(), threads),
        random_start(matrix.shape[1], width(matrix, dim, oversample), seed),
        dim=dim,
        iterations=iterations,
        energy=float(np.sum(np.square(matrix.data, dtype=np.float64))),
        orthonormal=gram_orthonormal,
    )
