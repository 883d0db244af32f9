"""Count vectors: co-occurrence, PPMI, truncated SVD. Chapter: ``words/counts``.

``reference`` and ``svd`` are NumPy, ``fast`` Numba, ``torch`` the twin for CPU and
CUDA. The functions here choose among them; :func:`fit` goes all the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tutor.training import Fit, History, check_backend, select_device
from tutor.words.counts import reference, svd
from tutor.words.counts.reference import CountsConfig, ppmi, window_weights
from tutor.words.counts.svd import SVD, weighted

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from tutor.datasets import Corpus

BACKENDS = ("numba", "numpy", "torch")

__all__ = [
    "BACKENDS",
    "SVD",
    "CountsConfig",
    "cooccurrence",
    "factorize",
    "fit",
    "ppmi",
    "truncated_svd",
    "warm",
    "weighted",
    "window_weights",
]


def _check(backend: str, device: str) -> None:
    check_backend(backend, BACKENDS)
    if backend == "torch":
        select_device(device)
    elif device != "cpu":
        raise ValueError(
            f"backend {backend!r} runs on the CPU only, got device {device!r}: use "
            "backend='torch'"
        )


def cooccurrence(
    corpus: Corpus,
    *,
    window: int = 5,
    weighting: str = "flat",
    symmetric: bool = True,
    backend: str = "numba",
    threads: int | None = None,
    device: str = "cpu",
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
    device : str
        For ``torch``: ``cpu`` or ``cuda``.

    Returns
    -------
    csr_matrix
        (vocab, vocab) float64, row = word, column = context, columns sorted.
    """
    _check(backend, device)
    what = {"window": window, "weighting": weighting, "symmetric": symmetric}
    if backend == "numpy":
        return reference.cooccurrence(corpus, **what)  # type: ignore[arg-type]
    if backend == "torch":
        from tutor.words.counts import torch

        return torch.cooccurrence(corpus, **what, device=device)  # type: ignore[arg-type]
    from tutor.words.counts import fast

    return fast.cooccurrence(corpus, **what, threads=threads)  # type: ignore[arg-type]


def truncated_svd(
    matrix: csr_matrix,
    dim: int,
    *,
    seed: int = 0,
    iterations: int = 5,
    backend: str = "numba",
    threads: int | None = None,
    device: str = "cpu",
) -> SVD:
    """Return the ``dim`` strongest directions of a sparse matrix.

    The equation, the parameters and what they raise stand at
    :func:`tutor.words.counts.svd.truncated_svd`. ``numpy`` computes in the matrix'
    own precision; ``numba`` and ``torch`` in float32.
    """
    _check(backend, device)
    if backend == "numpy":
        return svd.truncated_svd(matrix, dim, seed=seed, iterations=iterations)
    if backend == "torch":
        from tutor.words.counts import torch

        return torch.truncated_svd(
            matrix, dim, seed=seed, iterations=iterations, device=device
        )
    from tutor.words.counts import fast

    return fast.truncated_svd(
        matrix, dim, seed=seed, iterations=iterations, threads=threads
    )


def factorize(
    matrix: csr_matrix,
    keys: Sequence[str],
    config: CountsConfig | None = None,
    *,
    backend: str = "numba",
    seed: int = 0,
    device: str = "cpu",
) -> Fit:
    r"""Turn counts into vectors: PPMI, truncated SVD, eigenvalue weighting.

    .. math:: W = U \Sigma^{p} \quad\text{of}\quad \operatorname{PPMI}(X)
        \approx U \Sigma V^\top

    Shapes: ``matrix`` (vocab, vocab), ``keys`` (vocab,) → a Fit of (vocab, dim)
    float32 vectors; ``context`` holds :math:`V \Sigma^{1-p}`, ``history`` the share
    of the matrix' squares captured after each pass.

    Parameters
    ----------
    matrix : csr_matrix
        Counts of :func:`cooccurrence`; ``window`` and ``weighting`` of the config
        were used there and are not used here.
    keys : sequence of str
        The word of each row.
    backend, seed, device
        Of the SVD, see :func:`truncated_svd`; the PPMI is NumPy's with every backend.

    Raises
    ------
    ValueError
        For counts or parameters that give nothing to factorise.
    """
    from tutor.embedding import Embedding

    config = config or CountsConfig()
    if len(keys) != matrix.shape[0] or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            f"need one key a row and a square matrix, got {len(keys)} keys and a "
            f"{matrix.shape[0]} x {matrix.shape[1]} matrix"
        )
    svd.check_power(config.eigenvalue_power)
    association = ppmi(matrix, shift=config.shift, smoothing=config.smoothing)
    factors = truncated_svd(
        association,
        config.dim,
        seed=seed,
        iterations=config.iterations,
        backend=backend,
        device=device,
    )
    word, context = weighted(factors, config.eigenvalue_power)
    words = tuple(keys)
    meta = {"algorithm": "counts", "seed": seed}
    return Fit(
        embedding=Embedding(words, word.astype("float32"), meta),
        context=Embedding(words, context.astype("float32"), meta),
        history=History({"captured": factors.captured}),
        config=config,
        seed=seed,
        backend=backend,
    )


def fit(
    corpus: Corpus,
    config: CountsConfig | None = None,
    *,
    backend: str = "numba",
    seed: int = 0,
    device: str = "cpu",
) -> Fit:
    """Learn count vectors of a corpus: :func:`cooccurrence`, then :func:`factorize`.

    Parameters
    ----------
    corpus : Corpus
    config : CountsConfig or None
        None takes the course's run.
    backend : {"numba", "numpy", "torch"}
    seed : int
        Of the randomised SVD; the counts have nothing random.
    device : str
        ``cpu``, or ``cuda`` with ``backend="torch"``: counting and the SVD run there;
        the PPMI between them is NumPy's, on the CPU.

    Raises
    ------
    ValueError
        For an empty corpus, a window of 0, a ``dim`` of 0 or beyond the vocabulary.
    """
    config = config or CountsConfig()
    matrix = cooccurrence(
        corpus,
        window=config.window,
        weighting=config.weighting,
        backend=backend,
        device=device,
    )
    keys = corpus.vocabulary.words
    return factorize(matrix, keys, config, backend=backend, seed=seed, device=device)


def warm() -> None:
    """Compile the kernels, or read them from Numba's cache.

    The counting kernel is made for sums of 32 and of 64 bits; a wide harmonic window
    takes the latter.
    """
    from tutor.datasets.corpus import Corpus

    corpus = Corpus.from_documents([["a", "b", "c", "d"]] * 3, name="toy")
    fit(corpus, CountsConfig(dim=2))
    cooccurrence(corpus, window=20, weighting="harmonic")
