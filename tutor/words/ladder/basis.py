"""What numbers of a ladder rest on, and how two of them differ in it.

Two rungs can be compared if they read one text and took one test with the same seeds
under one setting. Arrays are kept as short hashes of their values, so that a ladder
remembers its text without holding it. Chapter: ``words/ladder``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.words.ladder.config import LadderConfig
from tutor.words.ladder.trials import Column, Documents, Trials

if TYPE_CHECKING:
    from tutor.datasets import Corpus

Marks = Mapping[str, str]
HOW = ("backend", "device")
"""Settings that say how rows are computed, not of what: they may differ."""


@dataclass(frozen=True)
class Basis:
    """What a climb was measured on, beside the columns that the ladder itself keeps.

    Attributes
    ----------
    text : mapping of part to mark
        Tokens, offsets and vocabulary: their size and a hash.
    documents : str or None
        The mark of the texts behind the topic columns.
    config : LadderConfig
    seeds : tuple of int
    """

    text: Marks
    documents: str | None
    config: LadderConfig
    seeds: tuple[int, ...]

    @classmethod
    def of(
        cls, corpus: Corpus, trials: Trials, config: LadderConfig, seeds: Iterable[int]
    ) -> Basis:
        """Return the basis of a climb that is about to begin."""
        where = documents_mark(trials.documents)
        return cls(text_marks(corpus), where, config, tuple(map(int, seeds)))


# --- marks ---------------------------------------------------------------------------
def mark(*parts: Any) -> str:
    """Return the size of the first part and a hash of the values of all.

    Parts are arrays of numbers, or anything that JSON can write. Whole numbers count by
    value, whatever their width.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            wide = part.astype("<i8" if part.dtype.kind in "iub" else "<f8")
            digest.update(f"{wide.dtype.kind}{wide.shape}".encode())
            digest.update(wide.tobytes())
        else:
            digest.update(json.dumps(part).encode() + b"\n")
    return f"{len(parts[0]):,} ({digest.hexdigest()[:12]})"


def text_marks(corpus: Corpus) -> dict[str, str]:
    """Return the marks of all that a rung reads of a text."""
    known = corpus.vocabulary
    return {
        "tokens": mark(np.asarray(corpus.tokens)),
        "offsets": mark(np.asarray(corpus.offsets)),
        "vocabulary": mark(known.words, known.counts),
    }


def column_marks(column: Column) -> dict[str, str]:
    """Return the marks of a test: what is asked, what is right, how it is scored."""
    return {
        "items": mark(*column.items) if column.items else "none",
        "right answers": mark(column.gold),
        "kind": column.kind,
        "labels": str(column.labels),
        "items left out": str(column.left_out),
    }


def documents_mark(documents: Documents | None) -> str | None:
    """Return the mark of the topic probe's texts, labels and their division."""
    if documents is None:
        return None
    from scipy.sparse import csr_matrix

    table = csr_matrix(documents.weights, copy=True)
    table.sum_duplicates()  # in place: hence the copy
    division = (documents.pool, documents.dev, documents.test)
    return mark(
        np.asarray(documents.labels),
        np.array(table.shape),
        *(table.indptr, table.indices, table.data),
        *map(np.asarray, division),
    )


def trials_marks(trials: Trials) -> dict[str, str]:
    """Return the marks of all tests, and of the documents behind them."""
    found = {
        f"{part} of column {name!r}": value
        for name, column in trials.columns.items()
        for part, value in column_marks(column).items()
    }
    return found | {"documents": documents_mark(trials.documents) or "none"}


# --- differences ---------------------------------------------------------------------
def changed(before: Marks, after: Marks) -> list[str]:
    """Return the names of the parts that have another mark."""
    return [part for part in before if before[part] != after.get(part)]


def bases_apart(one: Basis, other: Basis, *, topics: bool) -> Iterator[str]:
    """Yield what two bases differ in, both sides shown; documents only for topics."""
    for part in changed(one.text, other.text):
        yield f"{part} of the text: {one.text[part]} and {other.text[part]}"
    if topics and one.documents != other.documents:
        yield f"documents of the topics: {one.documents} and {other.documents}"
    settings = asdict(one.config), asdict(other.config)
    for name in settings[0]:
        if name not in HOW and settings[0][name] != settings[1][name]:
            yield f"{name}: {settings[0][name]} and {settings[1][name]}"
    if one.seeds != other.seeds:
        yield f"seeds: {one.seeds} and {other.seeds}"


def tests_apart(
    one: Mapping[str, Column], other: Mapping[str, Column]
) -> Iterator[str]:
    """Yield what the columns of two ladders differ in, both sides shown."""
    for name in dict.fromkeys((*one, *other)):
        if name not in one or name not in other:
            which = "first" if name in one else "second"
            yield f"column {name!r}: only the {which} has it"
            continue
        left, right = column_marks(one[name]), column_marks(other[name])
        for part in changed(left, right):
            yield f"{part} of column {name!r}: {left[part]} and {right[part]}"
