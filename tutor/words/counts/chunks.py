"""The plain half of the fast counts: cut a corpus into spans, a vocabulary into blocks.

Chapter: ``words/counts``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def available_threads(threads: int | None) -> int:
    """Return ``threads``, or how many cores this process may use."""
    if threads is not None and threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}")
    if threads is not None:
        return threads
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def pad_span(
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


def cut_blocks(bounds: NDArray[np.int64], cells: int) -> list[tuple[int, int]]:
    """Cut the words into ranges whose rows together have at most ``cells`` cells."""
    total = np.concatenate([[0], np.cumsum(bounds)])
    ranges, first = [], 0
    while first < len(bounds):
        last = int(np.searchsorted(total, total[first] + cells, side="right")) - 1
        last = max(last, first + 1)
        ranges.append((first, last))
        first = last
    return ranges


def join_blocks(parts: list[tuple[Any, Any, Any]], n_words: int) -> csr_matrix:
    """Return blocks of rows as one matrix; each part is freed once copied."""
    from scipy.sparse import csr_matrix

    sizes = [len(columns) for columns, _, _ in parts]
    before = np.cumsum([0, *sizes])
    ends = [base + part[2] for base, part in zip(before, parts, strict=False)]
    pointers = np.concatenate([[0], *ends])
    if pointers[-1] < 2**31:
        pointers = pointers.astype(np.int32)
    columns = np.empty(sum(sizes), np.int32)
    values = np.empty(sum(sizes), parts[0][1].dtype)
    matrix = csr_matrix((n_words, n_words), dtype=values.dtype)
    at = len(columns)
    while parts:
        some_columns, some_values, _ = parts.pop()
        columns[at - len(some_columns) : at] = some_columns
        values[at - len(some_columns) : at] = some_values
        at -= len(some_columns)
    matrix.indptr, matrix.indices, matrix.data = pointers, columns, values
    matrix.has_sorted_indices = matrix.has_canonical_format = True
    return matrix
