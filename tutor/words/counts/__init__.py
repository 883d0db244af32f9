"""Count vectors: co-occurrence, PPMI, truncated SVD. Chapter: ``words/counts``.

``reference`` is NumPy, ``fast`` Numba, ``torch`` the twin for CPU and CUDA; the
functions below choose among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.training import check_backend
from tutor.words.counts import reference
from tutor.words.counts.reference import CountsConfig, Tokens, ppmi, window_weights

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BACKENDS = ("numba", "numpy", "torch")

__all__ = ["BACKENDS", "CountsConfig", "cooccurrence", "ppmi", "window_weights"]


def cooccurrence(
    corpus: Tokens,
    *,
    window: int = 5,
    weighting: str = "flat",
    symmetric: bool = True,
    backend: str = "numba",
    threads: int | None = None,
) -> csr_matrix:
    """Count how often each word stands near each other word.

    The equation, the parameters and what they raise stand at
    :func:`tutor.words.counts.reference.cooccurrence`. Every backend gives the same
    bits.

    Parameters
    ----------
    backend : {"numba", "numpy", "torch"}
    threads : int or None
        For ``numba``: None takes every core. The result does not depend on it.

    Returns
    -------
    csr_matrix
        (vocab, vocab) float64, row = word, column = context, columns sorted.
    """
    check_backend(backend, BACKENDS[:2])
    if backend == "numpy":
        return reference.cooccurrence(
            corpus, window=window, weighting=weighting, symmetric=symmetric
        )
    from tutor.words.counts import fast

    return fast.cooccurrence(
        corpus,
        window=window,
        weighting=weighting,
        symmetric=symmetric,
        threads=threads,
    )
