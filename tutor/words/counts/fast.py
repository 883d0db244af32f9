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

import os
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import numpy as np
from numba import njit, uint64
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tutor.words.counts.reference import (
    Tokens,
    check_corpus,
    scaled,
    window_weights,
)

CHUNK_TOKENS = 1 << 24
BLOCK_CELLS = 1 << 20


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
    row = np.zeros((n_words // 32 + 1) * 32, np.int64)
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


def _padded(
    tokens: NDArray[np.int32],
    offsets: NDArray[np.int64],
    span: tuple[int, int],
    n_words: int,
    window: int,
) -> tuple[NDArray[np.uint32], tuple[int, int]]:
    """Return a span of tokens with its margins, and where it lies in them.

    The margins are the window's neighbours on both sides; at each document edge a
    window of the word ``n_words`` stands.
    """
    first, last = span
    low, high = max(0, first - window), min(len(tokens), last + window)
    inner = offsets[np.searchsorted(offsets, low, side="right") :]
    inner = np.unique(inner[inner < high])
    edges = np.concatenate([[low], inner, [high]])
    part = np.asarray(tokens[low:high]).astype(np.uint32)
    padded = np.insert(part, np.repeat(edges - low, window), n_words)
    begin = first - low + window * int(np.searchsorted(edges, first, side="right"))
    end = last - low + window * int(np.searchsorted(edges, last, side="left"))
    return padded, (begin, end)


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
    padded: NDArray[np.uint32],
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
    blocks = _blocks(bounds, block_cells)
    room = max(int(bounds[first:last].sum()) for first, last in blocks) + 1
    desks: SimpleQueue[Any] = SimpleQueue()  # one scratch area a thread, used again
    for _ in range(threads):
        desks.put((np.empty(room, np.int32), np.empty(room, np.int64)))

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
    return _joined(parts, n_words)


def _joined(parts: list[tuple[Any, Any, Any]], n_words: int) -> csr_matrix:
    """Return blocks of rows as one matrix; each part is freed once copied."""
    sizes = [len(columns) for columns, _, _ in parts]
    before = np.cumsum([0, *sizes])
    ends = [base + part[2] for base, part in zip(before, parts, strict=False)]
    pointers = np.concatenate([[0], *ends])
    if pointers[-1] < 2**31:
        pointers = pointers.astype(np.int32)
    matrix = csr_matrix((n_words, n_words), dtype=np.int64)
    columns = np.empty(sum(sizes), np.int32)
    values = np.empty(sum(sizes), np.int64)
    at = len(columns)
    while parts:
        some_columns, some_values, _ = parts.pop()
        columns[at - len(some_columns) : at] = some_columns
        values[at - len(some_columns) : at] = some_values
        at -= len(some_columns)
    matrix.indptr, matrix.indices, matrix.data = pointers, columns, values
    matrix.has_sorted_indices = matrix.has_canonical_format = True
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
        padded, span = _padded(tokens, offsets, (first, last), n_words, window)
        part = _count_chunk(
            padded, span, n_words, weights, symmetric, threads, block_cells
        )
        total = part if total is None else total + part
    return scaled(csr_matrix(total), unit)
