"""A corpus: one long array of word rows, cut into documents.

Everything that learns from text in this course reads these two arrays. ``tokens`` may
lie in memory or on disk (``numpy.memmap``); nothing here copies it as a whole.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.datasets.vocabulary import Vocabulary

BUFFER = 1 << 20
"""Tokens handled at once where a corpus is streamed: 4 MB as int32."""


@dataclass(frozen=True, eq=False, repr=False)
class Corpus:
    r"""Documents as rows of a vocabulary.

    Document :math:`i` is ``tokens[offsets[i]:offsets[i + 1]]``. Words that occur fewer
    than ``min_count`` times were dropped before, so every token is a row of
    ``vocabulary`` and a window reaches over the gap they left. A document whose words
    were all dropped stays, with no tokens, so that document numbers keep their meaning.

    Parameters
    ----------
    tokens
        Rows of the vocabulary, int32; an array or a ``numpy.memmap``.
    offsets
        Where documents begin, and last the number of tokens, int64.
    vocabulary
        The V words and how often they occur here.
    name, licence, citation
        What this is, on what terms, and whom to cite.

    Shapes: ``tokens`` (n,), ``offsets`` (documents + 1,). Raises ``ValueError`` when
    the arrays do not fit together. Chapter: ``words/counts``.
    """

    tokens: NDArray[np.int32]
    offsets: NDArray[np.int64]
    vocabulary: Vocabulary
    name: str = "corpus"
    licence: str = ""
    citation: str = ""

    def __post_init__(self) -> None:
        o = self.offsets
        if self.tokens.ndim != 1 or self.tokens.dtype != np.int32:
            raise ValueError(
                f"tokens must be a flat int32 array, not {self.tokens.dtype} of shape "
                f"{self.tokens.shape}"
            )
        if o.ndim != 1 or len(o) < 2 or o[0] != 0 or o[-1] != len(self.tokens):
            raise ValueError(
                f"offsets must run from 0 to {len(self.tokens)}, the number of tokens; "
                f"got {o[:1].tolist()} … {o[-1:].tolist()}"
            )
        if any(
            np.any(np.diff(o[start : start + BUFFER + 1]) < 0)
            for start in range(0, len(o), BUFFER)  # mapped borders stay on disk
        ):
            raise ValueError("offsets must not fall: a document has no negative length")

    @classmethod
    def from_documents(
        cls,
        documents: Iterable[Sequence[str]],
        *,
        min_count: int = 1,
        name: str = "documents",
        licence: str = "",
        citation: str = "",
    ) -> Corpus:
        """Build a corpus in memory from documents that are lists of words.

        Parameters
        ----------
        documents
            Each a sequence of words. A bare string is refused: tokenize it first.
        min_count
            Words that occur fewer times are dropped, ≥ 1.
        name, licence, citation
            Kept on the corpus.

        Raises
        ------
        ValueError
            When there are no words, or none occurs ``min_count`` times.
        TypeError
            When a document is a string.
        """
        rows: defaultdict[str, int] = defaultdict()
        rows.default_factory = rows.__len__
        parts, lengths = [], []
        for document in documents:
            if isinstance(document, str):
                raise TypeError(
                    "a document must be a list of words, not the string "
                    f"{document[:30]!r}; use tokenize(document)"
                )
            part = np.fromiter(map(rows.__getitem__, document), np.int32)
            parts.append(part)
            lengths.append(len(part))
        tokens = np.concatenate(parts) if parts else np.empty(0, np.int32)
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        whole = _recount(tokens, offsets.astype(np.int64), list(rows), min_count)
        return cls(*whole, name=name, licence=licence, citation=citation)

    # --- reading ---------------------------------------------------------------------
    def __len__(self) -> int:
        return len(self.offsets) - 1

    def document(self, i: int) -> NDArray[np.int32]:
        """Return the tokens (n_i,) of document ``i``; a view, not a copy."""
        if not -len(self) <= i < len(self):
            raise IndexError(f"document {i} asked for; this corpus has {len(self)}")
        i %= len(self)
        return self.tokens[self.offsets[i] : self.offsets[i + 1]]

    def documents(self) -> Iterator[NDArray[np.int32]]:
        """Walk over the documents in order, each an array of rows."""
        for i in range(len(self)):
            yield self.tokens[self.offsets[i] : self.offsets[i + 1]]

    def words(self, i: int) -> list[str]:
        """Return the words of document ``i``."""
        return [self.vocabulary.words[t] for t in self.document(i).tolist()]

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of what is inside: words, counts, offsets and tokens."""
        digest = hashlib.sha256()
        for word in self.vocabulary.words:
            digest.update(word.encode("utf-8", "surrogatepass") + b"\n")
        digest.update(self.vocabulary.counts.astype("<i8").tobytes())
        for start in range(0, len(self.offsets), BUFFER):
            digest.update(self.offsets[start : start + BUFFER].astype("<i8").tobytes())
        for start in range(0, len(self.tokens), BUFFER):
            digest.update(self.tokens[start : start + BUFFER].astype("<i4").tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        return (
            f"Corpus({self.name!r}, {len(self.tokens)} tokens, {len(self)} documents, "
            f"{len(self.vocabulary)} words)"
        )

    # --- smaller corpora -------------------------------------------------------------
    def head(self, n_tokens: int, *, min_count: int = 1) -> Corpus:
        """Return the first documents, as many as it takes to reach ``n_tokens``.

        Documents stay whole, so a few tokens more may come; a shorter corpus comes
        whole. Words are counted again, see :meth:`subset`.
        """
        if n_tokens < 1:
            raise ValueError(f"n_tokens is {n_tokens}; ask for at least 1")
        stop = int(np.searchsorted(self.offsets, n_tokens, side="left"))
        return self.subset(np.arange(min(stop, len(self))), min_count=min_count)

    def subset(self, documents: ArrayLike, *, min_count: int = 1) -> Corpus:
        """Return the named documents, in the order given, as a corpus of their own.

        Parameters
        ----------
        documents
            Document numbers (m,); or a mask with one truth value a document.
        min_count
            Words that occur fewer times *in the subset* are dropped.

        The vocabulary is made anew: words are counted in the subset and rows change.
        """
        chosen = np.asarray(documents)
        if chosen.dtype == bool:
            if chosen.shape != (len(self),):
                raise ValueError(
                    f"a mask of shape {chosen.shape} for {len(self)} documents"
                )
            chosen = np.flatnonzero(chosen)
        if chosen.size and not 0 <= chosen.min() <= chosen.max() < len(self):
            raise IndexError(
                f"document numbers {chosen.min()} to {chosen.max()} asked for; this "
                f"corpus has documents 0 to {len(self) - 1}"
            )
        parts = [self.document(int(i)) for i in chosen.ravel()]
        tokens = np.concatenate(parts) if parts else np.empty(0, np.int32)
        lengths = np.array([len(p) for p in parts], dtype=np.int64)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        whole = _recount(tokens, offsets, self.vocabulary.words, min_count)
        return Corpus(
            *whole, name=self.name, licence=self.licence, citation=self.citation
        )


def _recount(
    tokens: NDArray[np.int32],
    offsets: NDArray[np.int64],
    words: Sequence[str],
    min_count: int,
) -> tuple[NDArray[np.int32], NDArray[np.int64], Vocabulary]:
    """Count, drop rare words, order rows by (-count, word)."""
    if min_count < 1:
        raise ValueError(f"min_count is {min_count}; it must be at least 1")
    counts = np.bincount(tokens, minlength=len(words))
    if not counts.any():
        raise ValueError("the corpus is empty: no document has a word")
    kept = np.flatnonzero(counts >= min_count).tolist()
    if not kept:
        raise ValueError(
            f"no word occurs min_count={min_count} times; the most frequent occurs "
            f"{counts.max()} times: lower min_count or take more text"
        )
    kept.sort(key=lambda i: (-counts[i], words[i]))
    rank = np.full(len(words), -1, np.int32)
    rank[kept] = np.arange(len(kept), dtype=np.int32)
    vocabulary = Vocabulary([words[i] for i in kept], counts[kept])
    return *drop_rows(rank[tokens], offsets), vocabulary


def drop_rows(
    tokens: NDArray[np.int32], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Remove the tokens marked −1 and move the document borders accordingly."""
    keep = tokens >= 0
    before = np.concatenate([[0], np.cumsum(keep)])
    return tokens[keep], before[offsets].astype(np.int64)
