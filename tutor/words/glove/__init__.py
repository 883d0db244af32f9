"""GloVe: word vectors from the logarithms of co-occurrence counts.

``reference`` is NumPy, ``fast`` Numba, ``torch`` the twin for CPU and CUDA,
``relation`` compares what GloVe and skip-gram factorise. Chapter: ``words/glove``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tutor.training import Fit, History, check_backend
from tutor.words.glove.reference import (
    Entries,
    GloVeConfig,
    Parameters,
    adagrad_step,
    entries,
    errors,
    glove_gradients,
    glove_loss,
    glove_weight,
    initial_parameters,
)

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BACKENDS = ("numba", "numpy", "torch")

__all__ = [
    "BACKENDS",
    "Entries",
    "GloVeConfig",
    "Parameters",
    "adagrad_step",
    "entries",
    "errors",
    "fit",
    "glove_gradients",
    "glove_loss",
    "glove_weight",
    "initial_parameters",
    "train",
]


def train(
    cells: Entries,
    n_words: int,
    config: GloVeConfig,
    *,
    backend: str = "numba",
    seed: int = 0,
    device: str = "cpu",
    threads: int | None = None,
) -> tuple[Parameters, History]:
    """Fit any cells: the part of :func:`fit` after counting.

    Use it to change targets or weights, as the chapter's experiments do.

    Parameters
    ----------
    cells : Entries
        Made by :func:`entries`, or by hand.
    n_words : int
        Vocabulary size, above every row and column index.
    backend : {"numba", "numpy", "torch"}
    device : str
        For ``torch``; the others run on the CPU.
    threads : int or None
        For ``numba``: None takes every core. The result does not depend on it.

    Raises
    ------
    ValueError
        For an unknown backend or device, a setting out of range, or cells that do not
        fit ``n_words``.
    FloatingPointError
        If the loss stops being finite.
    """
    from tutor.words.glove import reference

    check_backend(backend, BACKENDS)
    reference.check_config(config)
    if backend != "torch" and device != "cpu":
        raise ValueError(
            f"backend {backend!r} runs on the CPU, got device={device!r}: use "
            "backend='torch'"
        )
    _check_cells(cells, n_words)
    start = reference.initial_parameters(n_words, config.dim, seed)
    if backend == "numpy":
        return reference.train(cells, start, config, seed=seed)
    if backend == "torch":
        from tutor.words.glove import torch as twin

        return twin.train(cells, start, config, seed=seed, device=device)
    from tutor.words.counts.chunks import available_threads
    from tutor.words.glove import fast

    return fast.train(
        cells, start, config, seed=seed, threads=available_threads(threads)
    )


def _check_cells(cells: Entries, n_words: int) -> None:
    """Raise ValueError unless the four arrays agree and the indices are in range."""
    sizes = {name: len(part) for name, part in cells._asdict().items()}
    if len(set(sizes.values())) > 1 or not sizes["rows"]:
        raise ValueError(f"cells need four arrays of one length, above 0; got {sizes}")
    low = min(int(cells.rows.min()), int(cells.columns.min()))
    high = max(int(cells.rows.max()), int(cells.columns.max()))
    if low < 0 or high >= n_words:
        raise ValueError(
            f"rows and columns must lie in 0..{n_words - 1}, got {low}..{high}"
        )


def fit(
    data: Any,
    config: GloVeConfig | None = None,
    *,
    keys: Sequence[str] | None = None,
    backend: str = "numba",
    seed: int = 0,
    device: str = "cpu",
    threads: int | None = None,
) -> Fit:
    r"""Learn GloVe vectors from a corpus or from a co-occurrence matrix.

    .. math::
        \min \; \tfrac12 \sum_{X_{ij} > 0} f(X_{ij})
        \bigl(w_i \cdot \tilde w_j + b_i + \tilde b_j - \log X_{ij}\bigr)^2

    The embedding is :math:`w + \tilde w`, as published; ``context`` is
    :math:`\tilde w`, so the word matrix alone is their difference.

    Parameters
    ----------
    data : Corpus or (vocab, vocab) sparse matrix
        A corpus is counted with ``config.window`` and ``config.weighting``.
    config : GloVeConfig or None
        None takes the defaults.
    keys : sequence of str or None
        The words of a matrix, in row order; None numbers them. A corpus brings its own.
    backend, device, threads
        See :func:`train`. A corpus is counted on the CPU: by NumPy with ``numpy``, by
        Numba otherwise, and by NumPy where ``torch`` trains and Numba is missing. The
        counts are the same bit for bit.

    Raises
    ------
    ValueError
        As :func:`entries` and :func:`train`, if ``keys`` does not match, or if there
        are fewer than two words.

    Notes
    -----
    Source: Pennington et al. (2014), equation 8. Chapter: ``words/glove``.
    """
    from tutor.embedding import Embedding

    config = GloVeConfig() if config is None else config
    check_backend(backend, BACKENDS)
    matrix, words = _matrix_and_keys(data, config, keys, backend, threads)
    cells = entries(matrix, config)
    if len(words) < 2:
        raise ValueError(
            f"the table has {len(words)} word: GloVe needs at least two; give more "
            "text or lower min_count"
        )
    parameters, history = train(
        cells,
        len(words),
        config,
        backend=backend,
        seed=seed,
        device=device,
        threads=threads,
    )
    meta = {"algorithm": "glove", "seed": seed}
    both = parameters.word + parameters.context
    return Fit(
        embedding=Embedding(words, both, {**meta, "matrix": "word + context"}),
        context=Embedding(words, parameters.context, {**meta, "matrix": "context"}),
        history=history,
        config=config,
        seed=seed,
        backend=backend,
    )


def _matrix_and_keys(
    data: Any,
    config: GloVeConfig,
    keys: Sequence[str] | None,
    backend: str,
    threads: int | None,
) -> tuple[csr_matrix, tuple[str, ...]]:
    """Return the counts and the words of a corpus or of a matrix."""
    from scipy.sparse import issparse

    from tutor.words.counts import cooccurrence
    from tutor.words.glove.reference import check_config

    check_config(config)
    if hasattr(data, "tokens"):
        if keys is not None:
            raise ValueError("a corpus brings its own words: leave keys out")
        matrix = cooccurrence(
            data,
            window=config.window,
            weighting=config.weighting,
            backend=_counter(backend),
            threads=threads,
        )
        return matrix, tuple(data.vocabulary.words)
    if not issparse(data):
        raise TypeError(
            f"data must be a Corpus or a scipy sparse matrix of counts, got "
            f"{type(data).__name__}"
        )
    keys = [str(i) for i in range(data.shape[0])] if keys is None else keys
    if len(keys) != data.shape[0]:
        raise ValueError(f"{len(keys)} keys for a matrix of {data.shape[0]} rows")
    return data, tuple(keys)


def _counter(backend: str) -> str:
    """Return the backend that counts for one that trains."""
    if backend != "torch":
        return backend
    try:
        import numba  # noqa: F401
    except ImportError:
        return "numpy"
    return "numba"
