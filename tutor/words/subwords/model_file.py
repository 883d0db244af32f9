r"""Reading the files of the fastText program (``.bin``, ``.ftz``), a hostile one too.

Every length that a file announces is held against the bytes that are left in it before
anything of that length is made: a bad header costs an error, not memory. Nothing in the
file is run; it holds numbers and words.

A quantised matrix (``.ftz``) keeps for each row one byte for every ``dsub`` numbers:
which of 256 centroids stands for them. With ``qnorm`` the length of the row is coded
apart, by one more byte.

.. math:: x \approx \lVert x\rVert_q \,\bigl[c_{1,b_1}, c_{2,b_2}, \dots\bigr]

Left out: writing, and versions before 11.

Sources: Joulin et al. (2016), "FastText.zip: compressing text classification models";
the layout is the program's. Chapter: ``words/subwords``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.errors import DataError
from tutor.words.subwords.reference import bucket_rows

MAGIC, VERSIONS = 793712314, (11, 12)
CENTROIDS, LONGEST = 256, 1 << 16
LOSSES = {1: "hierarchical_softmax", 2: "negative_sampling", 3: "softmax", 4: "ova"}
KINDS = {1: "cbow", 2: "skipgram", 3: "supervised"}
_SETTINGS = (
    *("dim", "window", "epoch", "min_count", "negatives", "word_ngrams", "loss"),
    *("model", "buckets", "min_n", "max_n", "rate_every"),
)


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


def _matrix(cursor: Cursor, quantised: bool) -> Dense | Quantised:
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
    return Quantised(book, lengths)


# --- the model -----------------------------------------------------------------------
@dataclass(frozen=True, repr=False)
class FastTextModel:
    """A model of the program.

    Attributes
    ----------
    settings : dict
        As the program stores them, under this course's names.
    words, labels : tuples of str
    counts : (words + labels,) int64
    kept : dict or None
        With a pruned model: bucket → row among those kept.
    inputs, outputs : Dense or Quantised
    """

    settings: dict[str, int]
    words: tuple[str, ...]
    labels: tuple[str, ...]
    counts: NDArray[np.int64] = field(repr=False)
    kept: dict[int, int] | None
    inputs: Dense | Quantised
    outputs: Dense | Quantised

    def __repr__(self) -> str:
        kind = KINDS.get(self.settings["model"], "?")
        rows, dim = self.inputs.shape
        return (
            f"FastTextModel({kind}: {len(self.words)} words, {len(self.labels)} labels,"
            f" {rows} x {dim} inputs, {type(self.inputs).__name__.lower()})"
        )

    def rows_of(self, word: str) -> list[int]:
        """Return the input rows of a word: its own if known, then its n-grams'."""
        own = self._places.get(word)
        s = self.settings
        found = [] if own is None else [own]
        if word == "</s>":
            return found
        for b in bucket_rows(word, s["min_n"], s["max_n"], s["buckets"] or 1):
            place = b if self.kept is None else self.kept.get(b)
            if place is not None and s["buckets"]:
                found.append(len(self.words) + place)
        return found

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    def vector(self, word: str) -> NDArray[np.float32]:
        """Return the mean of a word's rows; zeros where it has none."""
        rows = self.rows_of(word)
        if not rows:
            return np.zeros(self.inputs.shape[1], np.float32)
        return np.asarray(self.inputs.rows(rows).mean(axis=0), np.float32)


def read(path: str | Path, *, max_bytes: int = 1 << 30) -> FastTextModel:
    """Read a model of the fastText program.

    Parameters
    ----------
    path : path
        A ``.bin`` or ``.ftz`` file.
    max_bytes : int
        A longer file is refused before it is read.

    Raises
    ------
    DataError
        If the file is missing, too long, cut, or not what its header says; the message
        names the place.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise DataError(
                f"{path.name} has {size} bytes, more than {max_bytes}: give max_bytes "
                "if you trust it"
            )
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    return parse(data, path.name)


def parse(data: bytes, name: str = "model") -> FastTextModel:
    """Read a model from the bytes of its file; see :func:`read`."""
    cursor = Cursor(data, name)
    magic, version = cursor.number(), cursor.number()
    if magic != MAGIC or version not in VERSIONS:
        raise cursor.fail(f"a beginning of {magic}, version {version}")
    settings = dict(zip(_SETTINGS, cursor.array("<i4", 12).tolist(), strict=True))
    cursor.array("<f8", 1)  # the subsampling threshold
    if not 0 < settings["dim"] < 1 << 20 or settings["buckets"] < 0:
        raise cursor.fail(f"dim {settings['dim']}, buckets {settings['buckets']}")
    if version == 11 and settings["model"] == 3:
        settings["max_n"] = 0  # as the program does with its older classifiers
    names, counts, n_words, kept = _entries(cursor)
    quantised = cursor.flag()
    inputs = _matrix(cursor, quantised)
    outputs = _matrix(cursor, cursor.flag() and quantised)
    for matrix in (inputs, outputs):
        if matrix.shape[1] != settings["dim"]:
            raise cursor.fail(f"{matrix.shape[1]} columns for dim {settings['dim']}")
    buckets = settings["buckets"] if kept is None else len(kept)
    if inputs.shape[0] < n_words + (buckets if settings["max_n"] else 0):
        raise cursor.fail(f"{inputs.shape[0]} input rows for {n_words} words")
    words, labels = tuple(names[:n_words]), tuple(names[n_words:])
    return FastTextModel(settings, words, labels, counts, kept, inputs, outputs)


def _entries(
    cursor: Cursor,
) -> tuple[list[str], NDArray[np.int64], int, dict[int, int] | None]:
    """Read words and labels, their counts, and which n-grams a pruned model kept."""
    size, n_words, n_labels = (cursor.number() for _ in range(3))
    cursor.number("<i8")  # tokens read in training
    pruned = cursor.number("<i8")
    least = 10  # a zero, a count, a kind: what an entry takes at least
    room = len(cursor.data) - cursor.place
    if min(size, n_words, n_labels) < 0 or size != n_words + n_labels:
        raise cursor.fail(f"{size} entries for {n_words} words and {n_labels} labels")
    if size * least > room:
        raise cursor.fail(f"{size} entries announced, room for {room // least}")
    names, counts = [], []
    for _ in range(size):
        names.append(cursor.word())
        counts.append(cursor.number("<i8"))
        cursor.number("u1")
    kept = None
    if pruned >= 0:
        table = cursor.array("<i4", 2 * pruned).reshape(pruned, 2)
        if len(table) and (table.min() < 0 or table[:, 1].max() >= pruned):
            raise cursor.fail("a kept n-gram beyond the kept rows")
        kept = dict(table.tolist())
    return names, np.array(counts, np.int64), n_words, kept
