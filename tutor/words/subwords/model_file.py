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

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.errors import DataError
from tutor.words.subwords.model_bytes import Cursor, Dense, Quantised, matrix
from tutor.words.subwords.reference import bucket_rows

MAGIC, VERSIONS = 793712314, (11, 12)
KINDS = {1: "cbow", 2: "skipgram", 3: "supervised"}
SETTINGS = (
    *("dim", "window", "epoch", "min_count", "negatives", "word_ngrams", "loss"),
    *("model", "buckets", "min_n", "max_n", "rate_every"),
)


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
    settings = dict(zip(SETTINGS, cursor.array("<i4", 12).tolist(), strict=True))
    cursor.array("<f8", 1)  # the subsampling threshold
    if not 0 < settings["dim"] < 1 << 20 or settings["buckets"] < 0:
        raise cursor.fail(f"dim {settings['dim']}, buckets {settings['buckets']}")
    if version == 11 and settings["model"] == 3:
        settings["max_n"] = 0  # as the program does with its older classifiers
    names, counts, n_words, kept = _entries(cursor)
    quantised = cursor.flag()
    inputs = matrix(cursor, quantised)
    outputs = matrix(cursor, cursor.flag() and quantised)
    for table in (inputs, outputs):
        if table.shape[1] != settings["dim"]:
            raise cursor.fail(f"{table.shape[1]} columns for dim {settings['dim']}")
    buckets = settings["buckets"] if kept is None else len(kept)
    if inputs.shape[0] < n_words + (buckets if settings["max_n"] else 0):
        raise cursor.fail(f"{inputs.shape[0]} input rows for {n_words} words")
    words, labels = tuple(names[:n_words]), tuple(names[n_words:])
    wanted = len(labels) if settings["model"] == 3 else n_words
    if outputs.shape[0] < wanted:
        raise cursor.fail(f"{outputs.shape[0]} output rows for {wanted} answers")
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
        if len(kept) != pruned:
            raise cursor.fail("a bucket kept twice")
    return names, np.array(counts, np.int64), n_words, kept
