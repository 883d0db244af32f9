r"""fastText in Python and NumPy: a word is itself and its pieces.

A word's input vector is the mean of its own row and the rows of its character n-grams.
A word that was never seen has no row of its own, but it has n-grams. All n-grams share
B rows: a hash says which, nobody keeps a list of them.

.. math:: h_w = \frac{1}{|G_w|} \sum_{g \in G_w} z_g

That mean is all that is new. Loss, gradient and step are those of CBOW, whose context
is now the pieces of one word (:func:`tutor.words.word2vec.cbow_step`).

Left out: word n-grams and labels (the supervised program), pruning of n-grams.

Sources: Bojanowski et al. (2017), "Enriching word vectors with subword information",
section 3.2, where :math:`h_w` is the sum; the program divides by the number. The hash
and the rule for buckets are the program's, byte for byte.
Chapter: ``words/subwords``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.words.subwords.graphemes import graphemes

Float = NDArray[np.floating[Any]]
BEGIN, END = "<", ">"
FNV_OFFSET, FNV_PRIME = 2166136261, 16777619


# --- pieces --------------------------------------------------------------------------
def pieces(word: str, *, units: str = "codepoint") -> list[str]:
    """Return what counts as the characters of a word.

    Raises
    ------
    ValueError
        For an empty word, a word with a lone surrogate (no UTF-8), or unknown units.
    """
    check_word(word)
    if units == "codepoint":
        return list(word)
    if units == "grapheme":
        return graphemes(word)
    raise ValueError(f"unknown units {units!r}; there are 'codepoint' and 'grapheme'")


def check_word(word: str) -> str:
    """Return a word that can be hashed; say what is wrong with another."""
    if not isinstance(word, str):
        raise TypeError(
            f"a word is a str, got {type(word).__name__}; bytes need .decode('utf-8')"
        )
    if not word:
        raise ValueError("the word is empty: there is nothing to cut; leave it out")
    try:
        word.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{word!r} holds a lone surrogate at place {error.start} and has no UTF-8: "
            "read the text as UTF-8, or replace the character"
        ) from error
    return word


def ngrams(
    word: str, min_n: int = 3, max_n: int = 6, *, units: str = "codepoint"
) -> list[str]:
    """Return the n-grams of ``<word>`` in the program's order: by place, then length.

    A mark alone is no n-gram. The whole ``<word>`` is one if it is short enough. A
    word may have none: with ``min_n=3`` that is never so (``<a>`` has three), with
    ``min_n=4`` it is for ``a``.

    Examples
    --------
    >>> ngrams("cat", 3, 4)
    ['<ca', '<cat', 'cat', 'cat>', 'at>']
    """
    marked = [BEGIN, *pieces(word, units=units), END]
    return [
        "".join(marked[i : i + n])
        for i in range(len(marked))
        for n in range(max(min_n, 1), min(max_n, len(marked) - i) + 1)
        if n > 1 or 0 < i < len(marked) - 1
    ]


# --- hashing -------------------------------------------------------------------------
def fnv1a(data: bytes) -> int:
    r"""Return the program's 32-bit hash of bytes: FNV-1a, with one oddity.

    .. math:: h \leftarrow (h \oplus b)\, p \bmod 2^{32}

    where :math:`h` starts at 2166136261, :math:`p` = 16777619 and :math:`b` is the next
    byte *as a signed number*: a byte of 128 or more turns all upper bits of ``h`` too.
    English never meets it; every byte of a Bengali letter does.
    """
    h = FNV_OFFSET
    for byte in data:
        signed = byte - 256 if byte > 127 else byte
        h = ((h ^ (signed & 0xFFFFFFFF)) * FNV_PRIME) & 0xFFFFFFFF
    return h


def bucket(ngram: str, buckets: int) -> int:
    """Return the row, among ``buckets``, that an n-gram is sent to."""
    return fnv1a(ngram.encode("utf-8")) % buckets


def bucket_rows(
    word: str,
    min_n: int,
    max_n: int,
    buckets: int,
    *,
    units: str = "codepoint",
) -> list[int]:
    """Return the buckets of a word's n-grams; empty where ``max_n`` is 0."""
    check_word(word)
    if not max_n:
        return []
    return [bucket(g, buckets) for g in ngrams(word, min_n, max_n, units=units)]


# --- the rows of many words ----------------------------------------------------------
class Rows(NamedTuple):
    """The rows of many words, one behind the other.

    Word i has ``rows[starts[i]:starts[i + 1]]``: with a vocabulary its own row first,
    then one row for each n-gram; repeated ones stand there as often as they occur.
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int32]

    def of(self, i: int) -> NDArray[np.int32]:
        """Return the rows of word i."""
        return self.rows[self.starts[i] : self.starts[i + 1]]

    def __len__(self) -> int:
        return len(self.starts) - 1


def rows_of_words(
    words: Sequence[str], *, first: int, own: bool, **options: Any
) -> Rows:
    """Return the rows of words: the readable original of ``fast.rows_of_words``.

    Parameters
    ----------
    words : sequence of str
    first : int
        The row of bucket 0: the size of the vocabulary.
    own : bool
        Word i has row i for itself, before its n-grams.
    **options
        ``min_n``, ``max_n``, ``buckets``, ``units`` as in :func:`bucket_rows`.
    """
    lists = [
        [i] * own + [first + b for b in bucket_rows(word, **options)]
        for i, word in enumerate(words)
    ]
    starts = np.cumsum([0, *map(len, lists)], dtype=np.int64)
    return Rows(starts, np.array([r for part in lists for r in part], np.int32))


def mean_rows(Z: Float, rows: Rows) -> Float:
    r"""Return :math:`h_w = \frac1{|G_w|}\sum_{g \in G_w} z_g` of each word.

    Shapes: ``Z`` (vocab + buckets, dim) → (words, dim). A word of no rows gives zeros.
    """
    found = np.zeros((len(rows), Z.shape[1]), dtype=Z.dtype)
    for i in range(len(rows)):
        if len(part := rows.of(i)):
            found[i] = Z[part].mean(axis=0)
    return found


def gains(rows: Rows, *, exact: bool = False) -> NDArray[np.float64]:
    r"""Return how far each word's mean moves when its rows move.

    .. math:: \gamma_w = \frac{1}{|G_w|} \sum_{g} m_g^2

    where :math:`m_g` is how often row g stands in the word's list. A row that stands
    there twice gets the gradient twice, and the mean counts it twice. Without repeats
    :math:`\gamma_w = 1`: one step of the rows moves the mean by the whole gradient.
    With ``exact`` it is :math:`|G_w|` times smaller. A word of no rows has 0.

    Shapes: → (words,).
    """
    sizes = np.diff(rows.starts)
    word = np.repeat(np.arange(len(rows)), sizes)
    _, first, times = np.unique(
        word * (1 << 32) + rows.rows, return_index=True, return_counts=True
    )
    squares = np.bincount(word[first], times.astype(float) ** 2, minlength=len(rows))
    share = np.maximum(sizes, 1).astype(float)
    return np.asarray(squares / (share**2 if exact else share))


def chunks_of(n: int, size: int) -> Iterator[slice]:
    """Yield slices that cover 0..n in order."""
    for first in range(0, n, size):
        yield slice(first, min(n, first + size))
