"""Studies of chapter ``words/glove``: what skip-gram and GloVe factorise.

Pure functions on one small dense table of counts; the chapter runs them live.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tutor.words import counts
from tutor.words.glove import relation

if TYPE_CHECKING:
    from tutor.datasets import Corpus

Floats = NDArray[np.float64]


def dense_table(corpus: Corpus, words: int = 200, *, window: int = 10) -> Floats:
    """Return the counts among the most frequent words, as a dense array."""
    matrix = counts.cooccurrence(corpus, window=window, weighting="harmonic")
    return relation.check_table(matrix[:words, :words].toarray())


def factors(name: str, x: Floats, dim: int, *, seed: int = 0) -> relation.Factors:
    """Factorise a table by ``softmax``, ``sampling`` (k = 5) or ``squares`` (GloVe)."""
    losses = {
        "softmax": lambda m: relation.softmax_loss(m, x),
        "sampling": lambda m: relation.negative_sampling_loss(m, x, 5),
        "squares": lambda m: relation.squares_loss(m, x, 100, 0.75),
    }
    sweeps = 3 if dim == len(x) else 20
    return relation.factorise(
        losses[name], len(x), dim, biases=name == "squares", seed=seed, sweeps=sweeps
    )


def r2_items(scores: Floats, x: Floats, weights: Floats | None = None) -> Floats:
    """Return one value a word whose mean is ``relation.interaction_r2``.

    A word's value is 1 minus its part of the squares left over, times the number of
    words, over all squares: below 0 where a word is explained worse than by nothing.
    """
    v = (x > 0) * (np.ones_like(x) if weights is None else weights)
    logs = relation.log_counts(x)
    left = (v * relation.interaction(logs - scores, v) ** 2).sum(axis=1)
    items: Floats = 1 - len(x) * left / (v * relation.interaction(logs, v) ** 2).sum()
    return items


def row_terms(found: relation.Factors, x: Floats) -> dict[str, Floats]:
    """Return each word's row effect, and what the derivation says it should be.

    All three are centred: a constant can move between rows and columns.
    """
    m = found.scores()
    effect, _ = relation.effects(relation.log_counts(x) - m, (x > 0).astype(np.float64))
    count, partition = np.log(x.sum(axis=1)), np.log(np.exp(m).sum(axis=1))
    terms = {"effect": effect, "count": count, "derived": count - partition}
    return {name: values - values.mean() for name, values in terms.items()}
