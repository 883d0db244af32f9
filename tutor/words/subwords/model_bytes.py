"""Bytes of a file that may lie, and the matrices in it. Chapter: ``words/subwords``."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.errors import DataError

CENTROIDS, LONGEST = 256, 1 << 16


# --- a file that may lie -------------------------------------------------------------
class Cursor:
    """Bytes of a file and a place in them; reads nothing that is not there."""

    def __init__(self, data: bytes, name: str):
        self.data, self.name, self.place = data, name, 0

    def fail(self, what: str) -> DataError:
        """Return the error to raise: what is wrong, and where."""
        return DataError(
            f"{self.name} is no intact fastText model: {what} at byte {self.place} of "
            f"{len(self.data)}; get the file again"
        )

    def array(self, kind: str, count: int) -> NDArray[Any]:
        """Return ``count`` numbers as a view on the file: nothing is allocated."""
        size = np.dtype(kind).itemsize
        if count < 0 or count * size > len(self.data) - self.place:
            left = len(self.data) - self.place
            raise self.fail(f"{count} numbers of {size} bytes announced, {left} left")
        found = np.frombuffer(self.data, kind, count, self.place)
        self.place += count * size
        return found

    def number(self, kind: str = "<i4") -> int:
        """Return one whole number."""
        return int(self.array(kind, 1)[0])

    def flag(self) -> bool:
        """Return a byte that must be 0 or 1."""
        value = self.number("u1")
        if value > 1:
            raise self.fail(f"a flag of {value}")
        return bool(value)

    def word(self) -> str:
        """Return the text up to the next zero byte."""
        limit = min(len(self.data), self.place + LONGEST)
        end = self.data.find(b"\0", self.place, limit)
        if end < 0:
            raise self.fail(f"a word without end within {LONGEST} bytes")
        try:
            text = self.data[self.place : end].decode("utf-8")
        except UnicodeDecodeError:
            raise self.fail("a word that is no UTF-8") from None
        self.place = end + 1
        return text


# --- matrices ------------------------------------------------------------------------
class Codebook(NamedTuple):
    """A product quantiser: centroids of the parts of a row, and each row's codes.

    Attributes
    ----------
    codes : (rows, parts) uint8
    centroids : (dim * 256,) float32
        Those of part p begin at ``p * 256 * width``; the last part may be narrower.
    dim, width : int
    """

    codes: NDArray[np.uint8]
    centroids: NDArray[np.float32]
    dim: int
    width: int

    def rows(self, which: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the reconstructed rows, (n,) → (n, dim)."""
        found = np.empty((len(which), self.dim), np.float32)
        for part in range(self.codes.shape[1]):
            first = part * self.width
            wide = min(self.width, self.dim - first)
            table = self.centroids[first * CENTROIDS :][: CENTROIDS * wide]
            chosen = self.codes[which, part]
            found[:, first : first + wide] = table.reshape(CENTROIDS, wide)[chosen]
        return found


class Quantised(NamedTuple):
    """A quantised matrix: directions, and lengths where they are coded apart."""

    book: Codebook
    lengths: Codebook | None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.book.codes), self.book.dim

    @property
    def nbytes(self) -> int:
        """Bytes of codes and centroids."""
        parts = [self.book] + ([self.lengths] if self.lengths else [])
        return sum(p.codes.nbytes + p.centroids.nbytes for p in parts)

    def rows(self, which: Any) -> NDArray[np.float32]:
        """Return reconstructed rows, (n,) → (n, columns)."""
        which = np.asarray(which, np.int64)
        found = self.book.rows(which)
        return found if self.lengths is None else found * self.lengths.rows(which)


class Dense(NamedTuple):
    """A matrix as it is: a view on the file."""

    values: NDArray[np.float32]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.values.shape

    @property
    def nbytes(self) -> int:
        """Bytes of the numbers."""
        return self.values.nbytes

    def rows(self, which: Any) -> NDArray[np.float32]:
        """Return rows, (n,) → (n, columns)."""
        return self.values[np.asarray(which, np.int64)]


def _shape(cursor: Cursor) -> tuple[int, int]:
    rows, columns = cursor.number("<i8"), cursor.number("<i8")
    if rows < 0 or not 0 < columns < 1 << 20:
        raise cursor.fail(f"a matrix of {rows} x {columns}")
    return rows, columns


def _codebook(cursor: Cursor, codes: NDArray[np.uint8], rows: int) -> Codebook:
    dim, parts, width, last = (cursor.number() for _ in range(4))
    fits = dim > 0 and width > 0 and parts == -(-dim // width)
    if not fits or not 0 < last <= width or len(codes) != rows * parts:
        raise cursor.fail(f"a quantiser of {dim} numbers in {parts} parts of {width}")
    centroids = cursor.array("<f4", dim * CENTROIDS)
    return Codebook(codes.reshape(rows, parts), centroids, dim, width)


def matrix(cursor: Cursor, quantised: bool) -> Dense | Quantised:
    """Read a matrix, dense or quantised, as the program writes it."""
    apart = quantised and cursor.flag()
    rows, columns = _shape(cursor)
    if not quantised:
        values = cursor.array("<f4", rows * columns)
        return Dense(values.reshape(rows, columns))
    codes = cursor.array("u1", cursor.number())
    book = _codebook(cursor, codes, rows)
    if book.dim != columns:
        raise cursor.fail(f"a quantiser of {book.dim} for {columns} columns")
    lengths = None
    if apart:
        lengths = _codebook(cursor, cursor.array("u1", rows), rows)
        if lengths.dim != 1:
            raise cursor.fail(f"lengths of {lengths.dim} numbers")
    return Quantised(book, lengths)
