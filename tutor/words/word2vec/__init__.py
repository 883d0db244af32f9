"""word2vec: skip-gram and CBOW with negative sampling or hierarchical softmax.

Forms: ``reference`` (NumPy losses and gradients), ``walk`` (windows of a
corpus and the NumPy loop), ``fast`` (Numba kernels), ``torch`` (modules for
CPU and CUDA), ``triton`` (GPU kernel of skip-gram). Beside them: ``huffman``,
``phrases``.
Chapter: ``words/word2vec``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tutor import sampling, training
from tutor.words.word2vec.config import Word2VecConfig
from tutor.words.word2vec.huffman import HuffmanTree, huffman_tree
from tutor.words.word2vec.reference import (
    cbow_gradients,
    cbow_loss,
    cbow_mean,
    cbow_step,
    decisions_gradients,
    decisions_loss,
    distinct,
    hierarchical_gradients,
    hierarchical_loss,
    log_sigmoid,
    sigmoid,
    skipgram_gradients,
    skipgram_loss,
    skipgram_step,
)
from tutor.words.word2vec.walk import (
    Plan,
    Window,
    make_plan,
    probe_loss,
    rate_at,
    train_epoch,
    windows,
)

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.training import Fit

__all__ = [
    "HuffmanTree",
    "Plan",
    "Window",
    "Word2VecConfig",
    "cbow_gradients",
    "cbow_loss",
    "cbow_mean",
    "cbow_step",
    "decisions_gradients",
    "decisions_loss",
    "distinct",
    "fit",
    "hierarchical_gradients",
    "hierarchical_loss",
    "huffman_tree",
    "log_sigmoid",
    "make_plan",
    "probe_loss",
    "rate_at",
    "sigmoid",
    "skipgram_gradients",
    "skipgram_loss",
    "skipgram_step",
    "train_epoch",
    "warm",
    "windows",
]

BACKENDS = ("numba", "numpy", "torch", "triton")


def fit(
    corpus: Corpus,
    config: Word2VecConfig | None = None,
    *,
    backend: str = "numba",
    seed: int = 0,
    device: str = "cpu",
) -> Fit:
    r"""Learn word vectors from ``corpus``.

    .. math:: \min_{U,V} \sum_{(w,c)} \Bigl[-\log\sigma(u_w \cdot v_c)
              - \sum_{j=1}^{K} \log\sigma(-u_w \cdot v_{n_j})\Bigr]

    where (w, c) are the pairs within a window and :math:`n_j` noise words; with
    hierarchical softmax the inner sum runs over the Huffman path of c.

    Parameters
    ----------
    corpus : Corpus
        Token ids, document offsets and vocabulary; windows never cross a document.
    config : Word2VecConfig or None
        None is the default configuration.
    backend : {"numba", "numpy", "torch", "triton"}
        ``numba`` and ``triton`` take ``threads``. ``numpy`` is for small texts: it
        takes about a minute for 100,000 tokens and holds all windows of an epoch;
        ``numba`` and ``torch`` hold tables and a buffer, and may read a memory map of
        any length. ``triton`` is the GPU kernel of skip-gram with negative sampling:
        it holds the corpus on the GPU and wants a thousand ``threads`` or two.
    seed : int
        Fixes initial vectors, subsampling, windows and noise.
    device : str
        For torch ``cpu``, ``cuda``, ``mps``; for triton ``cuda``.

    Returns
    -------
    Fit
        ``embedding`` is U; ``context`` is V, or None with hierarchical softmax, whose
        rows are inner nodes. ``history`` has ``loss`` (see
        :func:`~tutor.words.word2vec.walk.probe_loss`) and ``learning_rate`` by epoch.

    Raises
    ------
    ValueError
        For an unknown backend or device, an empty corpus, a token id outside the
        vocabulary, a vocabulary of one word or not larger than ``negatives``, a
        device, ``threads`` or ``batch_pairs`` given where they would have no effect,
        or what ``triton`` has no kernel for.
    FloatingPointError
        If training diverged.

    Notes
    -----
    Differs from the papers: vectors of both matrices are kept; noise words that repeat
    within a window are left out; no table for the sigmoid. CBOW takes a window a step,
    with ``torch`` ``batch_pairs`` windows. ``cbow_step`` is for CBOW, ``negatives`` and
    ``noise_power`` for negative sampling: elsewhere they are not read. On CUDA sums of
    repeated rows come in any order, so a run repeats to rounding only, whatever
    ``deterministic`` says. gensim's names:
    ``vector_size`` = dim, ``negative`` = negatives, ``alpha`` = learning_rate,
    ``ns_exponent`` = noise_power, ``sg``/``hs`` = architecture and objective.
    """
    from tutor.embedding import Embedding

    config = config or Word2VecConfig()
    training.check_backend(backend, BACKENDS)
    if device != "cpu" and backend not in ("torch", "triton"):
        raise ValueError(
            f"device={device!r} needs backend='torch'; {backend} runs on the CPU"
        )
    _check_used(config, backend)
    if backend == "triton":
        _check_triton(config, device)
    plan = make_plan(corpus, config, seed=seed)
    words = corpus.vocabulary.words
    U, V, history = _train(plan, config, len(words), backend, seed, device)
    meta = {"algorithm": "word2vec", "corpus": corpus.name, "seed": seed}
    context = None
    if config.objective == "negative_sampling":
        context = Embedding(words, V, meta={**meta, "matrix": "context"})
    return training.Fit(
        embedding=Embedding(words, U, meta={**meta, "matrix": "word"}),
        context=context,
        history=history,
        config=config,
        seed=seed,
        backend=backend,
    )


def _check_used(config: Word2VecConfig, backend: str) -> None:
    """Raise ValueError for a setting that this backend would not read."""
    if config.threads > 1 and backend not in ("numba", "triton"):
        raise ValueError(
            f"threads={config.threads} needs backend='numba'; {backend} takes one: "
            "give threads=1"
        )
    several = (config.batch_pairs or 1) > 1
    if several and config.architecture == "cbow" and backend != "torch":
        raise ValueError(
            f"batch_pairs={config.batch_pairs}: CBOW in {backend} takes one window a "
            "step; give batch_pairs=None or 1, or backend='torch'"
        )


def _check_triton(config: Word2VecConfig, device: str) -> None:
    """Raise ValueError for what the GPU kernel does not train."""
    training.select_device(device)
    if device == "cpu":
        raise ValueError(
            "backend='triton' trains on a GPU, and device is 'cpu': give "
            "device='cuda', or backend='numba' for the CPU"
        )
    wanted = (config.architecture, config.objective)
    if wanted != ("skipgram", "negative_sampling"):
        raise ValueError(
            "backend='triton' has a kernel for skipgram with negative_sampling, not "
            f"for {wanted[0]} with {wanted[1]}: give backend='torch'"
        )
    if config.batch_pairs not in (None, 1):
        raise ValueError(
            f"batch_pairs={config.batch_pairs}: the Triton kernel takes one pair a "
            "step; give None or 1, or backend='torch'"
        )


def warm() -> None:
    """Compile the kernels, or read them from Numba's cache.

    A kernel is made for one number of cache lines a row (16 numbers each) and one way
    to step, and takes seconds to compile. Here are made those of the tests (one line
    and two), of chapter ``words/evaluation`` (``dim`` 25 and 50, CBOW too) and of the
    course's run (``dim`` 100).
    """
    from tutor.datasets.corpus import Corpus

    corpus = Corpus.from_documents([["a", "b", "c", "d"]] * 3, name="toy")
    base = Word2VecConfig(epochs=1, negatives=2)
    for dim in (16, 32, 50, 100):
        fit(corpus, replace(base, dim=dim))
    for dim in (16, 50):
        fit(corpus, replace(base, dim=dim, architecture="cbow"))
    fit(corpus, replace(base, dim=16, batch_pairs=1))


def _form(U: Any, V: Any, backend: str, device: str) -> tuple[Any, Any, Any]:
    """Return a backend's tables, its epoch, and what turns tables into arrays."""
    if backend == "numpy":
        return (U, V), train_epoch, lambda *tables: tables
    if backend == "numba":
        from tutor.words.word2vec import epoch

        padded = (epoch.padded(U), epoch.padded(V))
        return padded, epoch.train_epoch, lambda *tables: tables
    from tutor.words.word2vec import torch as twin

    step: Any = twin.train_epoch
    if backend == "triton":
        from tutor.words.word2vec import triton

        step = triton.train_epoch
    return twin.tables(U, V, device), step, twin.arrays


def _train(
    plan: Plan,
    config: Word2VecConfig,
    vocab: int,
    backend: str,
    seed: int,
    device: str,
) -> tuple[Any, Any, training.History]:
    """Return the trained matrices and the history of a run."""
    import numpy as np

    U = sampling.initial_vectors(vocab, config.dim, seed)
    V = np.zeros_like(U)
    tables, step, arrays = _form(U, V, backend, device)
    losses, rates = [], []
    for epoch in range(config.epochs):
        step(*tables, plan, config, seed=seed, epoch=epoch)
        U, V = (np.asarray(t)[:, : config.dim] for t in arrays(*tables))
        if not (np.isfinite(U).all() and np.isfinite(V).all()):
            raise FloatingPointError(
                f"vectors are not finite after epoch {epoch}: lower learning_rate "
                f"({config.learning_rate}), batch_pairs ({config.batch_pairs}) or "
                f"threads ({config.threads})"
            )
        losses.append(probe_loss(U, V, plan, config, seed=seed))
        rates.append(rate_at(config, epoch, 1.0))
    return (
        U,
        V,
        training.History({"loss": tuple(losses), "learning_rate": tuple(rates)}),
    )
