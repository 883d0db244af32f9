r"""C-value and normalised pointwise mutual information, each a pure function.

C-value asks how often a candidate stands by itself; NPMI asks whether its words belong
together at all. Chapter: ``words/terms``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from tutor.words.terms.candidates import Candidates

Floats = NDArray[np.float64]


def nested(candidates: Candidates) -> NDArray[np.int64]:
    """Return the pairs (inner, outer) of candidates, one inside the other: (m, 2).

    Each pair stands once, even where the inner one occurs twice in the outer.
    """
    sequences = candidates.sequences()
    number = {words: i for i, words in enumerate(sequences)}
    pairs = set()
    for outer, words in enumerate(sequences):
        for size in range(2, len(words)):
            for start in range(len(words) - size + 1):
                inner = number.get(words[start : start + size])
                if inner is not None:
                    pairs.add((inner, outer))
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def c_value(lengths: ArrayLike, counts: ArrayLike, pairs: ArrayLike) -> Floats:
    r"""Return how much each candidate is a term of its own.

    .. math:: C(a) = \log_2 |a| \Bigl( f(a) - \frac{1}{|T_a|} \sum_{b \in T_a} f(b)
              \Bigr)

    where :math:`|a|` is the number of words, :math:`f` counts all occurrences, and
    :math:`T_a` holds the longer candidates that contain a. Without any, nothing is
    subtracted. A candidate that only ever stands inside one longer one scores 0.

    Shapes: ``lengths``, ``counts`` (n,), ``pairs`` (m, 2) as :func:`nested` gives →
    (n,).

    Raises
    ------
    ValueError
        If a length is below 2, a count below 1, shapes differ, or a pair names a row
        that is not there.

    Notes
    -----
    The logarithm makes single words score 0, so the measure is for several. Source:
    Frantzi, Ananiadou and Mima (2000).
    """
    n, f = np.asarray(lengths), np.asarray(counts, dtype=np.float64)
    inside = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    if n.shape != f.shape or n.ndim != 1:
        raise ValueError(
            f"lengths and counts must be flat and alike, got {n.shape}, {f.shape}"
        )
    if (n < 2).any() or (f < 1).any():
        raise ValueError("a candidate has two words or more and occurs at least once")
    if inside.size and not 0 <= inside.min() <= inside.max() < len(n):
        raise ValueError(
            f"pairs name rows {inside.min()} to {inside.max()} of {len(n)} candidates"
        )
    inner, outer = inside.T
    longer = np.bincount(inner, minlength=len(n))
    total = np.bincount(inner, weights=f[outer], minlength=len(n))
    value: Floats = np.log2(n) * (f - total / np.maximum(longer, 1))
    return value


def npmi(joint: ArrayLike, parts: ArrayLike, tokens: float) -> Floats:
    r"""Return how firmly the words of each candidate hold together, in [-1, 1].

    .. math:: \mathrm{NPMI}(w_1 \dots w_n) = \frac{\log p(w_1 \dots w_n) -
              \sum_i \log p(w_i)}{-(n - 1) \log p(w_1 \dots w_n)}

    where :math:`p` is a count over the number of tokens. 0 is chance; 1 means that
    none of the words ever stands elsewhere. For two words this is the usual NPMI; with
    more, :math:`n - 1` keeps the top at 1.

    Parameters
    ----------
    joint : (n,)
        Occurrences of each candidate.
    parts : (n, longest)
        Occurrences of its words, filled with 0.
    tokens : float
        Of the corpus.

    Raises
    ------
    ValueError
        If shapes differ, a candidate has fewer than two words, or occurs never, more
        often than a word of it, or as often as there are tokens.

    Notes
    -----
    Oracle: gensim's ``npmi_scorer`` for two words. Source: Bouma (2009).
    """
    f = np.asarray(joint, dtype=np.float64)
    c = np.asarray(parts, dtype=np.float64)
    if f.ndim != 1 or c.ndim != 2 or len(c) != len(f):
        raise ValueError(f"joint (n,) and parts (n, longest), got {f.shape}, {c.shape}")
    words = (c > 0).sum(axis=1)
    least = np.where(c > 0, c, np.inf).min(axis=1, initial=np.inf)
    if (words < 2).any():
        raise ValueError("NPMI needs two words or more, each with its count")
    if (f < 1).any() or (f > least).any() or (f >= tokens).any():
        raise ValueError(
            f"a candidate occurs between 1 and as often as its rarest word, and less "
            f"than tokens={tokens}: counts of another corpus?"
        )
    together = np.log(f / tokens)
    alone = np.log(np.where(c > 0, c, tokens) / tokens).sum(axis=1)
    value: Floats = (together - alone) / (-(words - 1) * together)
    return value
