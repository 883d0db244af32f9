"""Rows of many words at once: buffers for the kernel. Chapter: ``words/subwords``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.words.subwords.reference import BEGIN, END, Rows, check_word, pieces


def rows_of_words(
    words: Sequence[str],
    *,
    first: int,
    own: bool,
    min_n: int,
    max_n: int,
    buckets: int,
    units: str = "codepoint",
) -> Rows:
    """Return the rows of words; equals :func:`reference.rows_of_words`, by Numba."""
    from tutor.words.subwords import fast

    data, cuts, edges = _pieces_of(words, units)
    sizes = (min_n, max_n)
    counts = np.zeros(len(words), np.int64)
    options: tuple[Any, ...] = (sizes, buckets, first, own, counts)
    kernel: Any = fast.ngram_rows_jit
    kernel(data, cuts, edges, *options, np.zeros(0, np.int32))
    starts = np.append(0, np.cumsum(counts)).astype(np.int64)
    rows = np.zeros(int(starts[-1]), np.int32)
    if len(rows):
        kernel(data, cuts, edges, *options, rows)
    return Rows(starts, rows)


def _pieces_of(
    words: Sequence[str], units: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Return the bytes of all marked words, where pieces begin, where words begin.

    Shapes: ``data`` (bytes,), ``cuts`` (pieces + 1,), ``edges`` (words + 1,).
    """
    if units == "codepoint":
        marked = [f"{BEGIN}{check_word(word)}{END}" for word in words]
        data = np.frombuffer("".join(marked).encode("utf-8"), np.uint8)
        cuts = np.flatnonzero((data & 0xC0) != 0x80)
        counts = [len(word) for word in marked]
    else:
        lists = [[BEGIN, *pieces(word, units=units), END] for word in words]
        encoded = [piece.encode("utf-8") for part in lists for piece in part]
        data = np.frombuffer(b"".join(encoded), np.uint8)
        cuts = np.cumsum([0, *map(len, encoded)])[:-1]
        counts = [len(part) for part in lists]
    edges = np.cumsum([0, *counts], dtype=np.int64)
    return data, np.append(cuts, len(data)).astype(np.int64), edges
