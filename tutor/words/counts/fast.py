r"""Count vectors in Numba: one dense row at a time, on any number of threads.

A word's row is summed in a dense array that stays in the processor's cache, then
written out sorted and compressed; no pair is ever stored or sorted. Sums are whole
numbers, so the result equals the reference bit for bit, whatever the threads.

Memory, besides the result: 12 bytes a token of one chunk (``chunk_tokens``), 8 bytes
a word and thread, and 12 bytes for each cell of the blocks at work
(``block_cells`` a thread). The corpus may be a memory map of any length.

Chapter: ``words/counts``.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tutor.words.counts.reference import (
    Tokens,
    check_corpus,
    scaled,
    window_weights,
)

CHUNK_TOKENS = 1 << 24
BLOCK_CELLS = 1 << 22


def available_threads(threads: int | None) -> int:
    """Return ``threads``, or how many cores this process may use."""
    if threads is not None and threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}")
    if threads is not None:
        return threads
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


# --- 1. counting ---------------------------------------------------------------------
@njit(nogil=True, cache=True)
def _positions_jit(padded, first, last, n_words):  # type: ignore[no-untyped-def]
    """Group the positions first..last-1 by word: counting sort, order kept."""
    starts = np.zeros(n_words + 1, np.int64)
    for p in range(first, last):
        if padded[p] >= 0:
            starts[padded[p] + 1] += 1
    for i in range(n_words):
        starts[i + 1] += starts[i]
    positions = np.empty(starts[n_words], np.int32)
    cursor = starts[:-1].copy()
    for p in range(first, last):
        word = padded[p]
        if word >= 0:
            positions[cursor[word]] = p
            cursor[word] += 1
    return starts, positions


@njit(nogil=True, cache=True)
def _count_rows_jit(  # type: ignore[no-untyped-def]
    padded, starts, positions, weights, symmetric, first, last, columns, values, ends
):
    """Write the rows first..last-1; return how many cells they have.

    ``padded`` holds -1 before, between and after documents: a walk from a token
    outwards stops there, so no window looks into the next document.
    """
    n_words = len(starts) - 1
    row = np.zeros(n_words, np.int64)
    touched = np.empty(n_words, np.int32)
    size = 0
    for word in range(first, last):
        seen = 0
        for q in range(starts[word], starts[word + 1]):
            p = positions[q]
            for side in range(-1, 2 if symmetric else 0, 2):
                for d in range(1, len(weights)):
                    other = padded[p + side * d]
                    if other < 0:
                        break
                    if row[other] == 0:
                        touched[seen] = other
                        seen += 1
                    row[other] += weights[d]
        if seen * 16 > n_words:  # a full row: reading it through beats sorting
            for other in range(n_words):
                if row[other] != 0:
                    columns[size], values[size] = other, row[other]
                    row[other] = 0
                    size += 1
        else:
            for other in np.sort(touched[:seen]):
                columns[size], values[size] = other, row[other]
                row[other] = 0
                size += 1
        ends[word - first] = size
    return size


def _padded(
    tokens: NDArray[np.int32],
    offsets: NDArray[np.int64],
    first: int,
    last: int,
    window: int,
) -> tuple[NDArray[np.int32], int, int]:
    """Return tokens first..last-1 with a window's margin and -1 at document edges.

    Also where the two ends lie in the padded array.
    """
    low, high = max(0, first - window), min(len(tokens), last + window)
    edges = offsets[np.searchsorted(offsets, low) : np.searchsorted(offsets, high) + 1]
    edges = np.unique(np.concatenate([[low], edges[edges <= high], [high]]))
    padded = np.insert(np.asarray(tokens[low:high], dtype=np.int32), edges - low, -1)
    begin = first - low + int(np.searchsorted(edges, first, side="right"))
    end = last - low + int(np.searchsorted(edges, last, side="left"))
    return padded, begin, end


def _blocks(bounds: NDArray[np.int64], cells: int) -> list[tuple[int, int]]:
    """Cut the words into ranges whose rows together have at most ``cells`` cells."""
    total = np.concatenate([[0], np.cumsum(bounds)])
    ranges, first = [], 0
    while first < len(bounds):
        last = int(np.searchsorted(total, total[first] + cells, side="right")) - 1
        last = max(last, first + 1)
        ranges.append((first, last))
        first = last
    return ranges


def _count_chunk(
    padded: NDArray[np.int32],
    span: tuple[int, int],
    n_words: int,
    weights: NDArray[np.int64],
    symmetric: bool,
    threads: int,
    block_cells: int,
) -> csr_matrix:
    """Count the centers of one span of ``padded`` as int64."""
    starts, positions = _positions_jit(padded, *span, n_words)
    reach = (len(weights) - 1) * (2 if symmetric else 1)
    bounds = np.minimum(np.diff(starts) * reach, n_words)

    def count(block: tuple[int, int]) -> tuple[Any, Any, Any]:
        first, last = block
        room = int(bounds[first:last].sum())
        columns, values = np.empty(room, np.int32), np.empty(room, np.int64)
        ends = np.empty(last - first, np.int64)
        size = _count_rows_jit(
            padded, starts, positions, weights, symmetric, *block, columns, values, ends
        )
        return columns[:size].copy(), values[:size].copy(), ends

    blocks = _blocks(bounds, block_cells)
    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(count, blocks))
    pointers, base = np.zeros(n_words + 1, np.int64), 0
    for (first, last), (columns, _, ends) in zip(blocks, parts, strict=True):
        pointers[first + 1 : last + 1] = base + ends
        base += len(columns)
    columns = np.concatenate([part[0] for part in parts])
    values = np.concatenate([part[1] for part in parts])
    matrix = csr_matrix((n_words, n_words), dtype=np.int64)
    if base < 2**31:
        pointers = pointers.astype(np.int32)
    matrix.indptr, matrix.indices, matrix.data = pointers, columns, values
    return matrix


def cooccurrence(
    corpus: Tokens,
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
        padded, *span = _padded(tokens, offsets, first, last, window)
        part = _count_chunk(
            padded, (span[0], span[1]), n_words, weights, symmetric, threads,
            block_cells,
        )  # fmt: skip
        total = part if total is None else total + part
    return scaled(csr_matrix(total), unit)
