"""fastText: vectors of words made of vectors of their pieces.

Forms: ``reference`` (n-grams, hash, rows, mean), ``walk`` (pairs of a corpus and the
NumPy loop), ``fast`` (Numba kernels), ``torch`` (the module for CPU and CUDA). Beside
them: ``graphemes``, ``model_file`` (reads the program's own files), ``classifier`` (the
multichannel convolutional LSTM). Chapter: ``words/subwords``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor import sampling, training
from tutor.words.subwords.config import SubwordConfig
from tutor.words.subwords.graphemes import graphemes
from tutor.words.subwords.reference import (
    Rows,
    bucket,
    bucket_rows,
    fnv1a,
    mean_rows,
    ngrams,
    rows_of_words,
)
from tutor.words.subwords.walk import Plan, make_plan, probe_loss, rows_of, train_epoch

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.embedding import Embedding

__all__ = [
    "Plan",
    "Rows",
    "SubwordConfig",
    "SubwordFit",
    "bucket",
    "bucket_rows",
    "encode",
    "fit",
    "fnv1a",
    "graphemes",
    "make_plan",
    "mean_rows",
    "ngrams",
    "probe_loss",
    "rows_of_words",
    "train_epoch",
    "warm",
]

BACKENDS = ("numba", "numpy", "torch")


@dataclass(frozen=True, repr=False)
class SubwordFit(training.Fit):
    """A `Fit` with the table of all rows, so that it has a vector for any word.

    Attributes
    ----------
    Z : (vocab + buckets, dim) float32
        Rows of words, then rows of buckets; ``embedding`` holds the means.
    """

    Z: NDArray[np.float32]

    def vectors(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of any words: a known word's own row takes part.

        A word that has no n-grams either (``max_n=0``, or shorter than ``min_n``) and
        is unknown gets zeros: there is nothing to make a vector of.

        Shapes: n words → (n, dim).

        Raises
        ------
        TypeError
            For a string in place of a list of words.
        ValueError
            For an empty word, or one that has no UTF-8.
        """
        if isinstance(words, str):
            raise TypeError(f"give a list of words, not the string {words[:30]!r}")
        vocab = len(self.embedding)
        rows = rows_of(list(words), self.config, first=vocab, own=False)
        known = [self.embedding.row(w) if w in self.embedding else -1 for w in words]
        found = _means(self.Z, rows)
        for i, row in enumerate(known):
            if row >= 0:
                found[i] = self.embedding.vectors[row]
        return found


def encode(run: SubwordFit, words: Sequence[str]) -> Embedding:
    """Return an embedding of these words, known and unknown, each named once."""
    from tutor.embedding import Embedding

    meta = {"algorithm": "fastText", "seed": run.seed}
    return Embedding(tuple(words), run.vectors(words), meta=meta)


def _means(Z: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
    """Return the mean of each word's rows, by Numba where it is there."""
    from importlib.util import find_spec

    if find_spec("numba") is None:
        return np.asarray(mean_rows(Z, rows), np.float32)
    from tutor.words.subwords import fast

    out = np.empty((len(rows), Z.shape[1]), np.float32)
    fast.mean_rows_jit(Z, rows.starts, rows.rows, out)
    return out


def fit(
    corpus: Corpus,
    config: SubwordConfig | None = None,
    *,
    backend: str = "numba",
    seed: int = 0,
    device: str = "cpu",
) -> SubwordFit:
    r"""Learn vectors of words and of their n-grams from ``corpus``.

    .. math:: \min_{Z,V} \sum_{(w,c)} \Bigl[-\log\sigma(h_w \cdot v_c)
              - \sum_{j=1}^{K} \log\sigma(-h_w \cdot v_{n_j})\Bigr], \qquad
              h_w = \frac{1}{|G_w|} \sum_{g \in G_w} z_g

    where (w, c) are the pairs within a window, :math:`n_j` noise words and
    :math:`G_w` the rows of w: its own and one for each of its n-grams.

    Parameters
    ----------
    corpus : Corpus
        Token ids, document offsets and vocabulary; windows never cross a document.
    config : SubwordConfig or None
        None is the default configuration.
    backend : {"numba", "numpy", "torch"}
        ``numba`` alone takes ``threads``; ``numpy`` is for small texts.
    seed : int
        Fixes initial rows, subsampling, windows and noise.
    device : str
        For torch only: ``cpu``, ``cuda``, ``mps``.

    Returns
    -------
    SubwordFit
        ``embedding`` holds the means of the known words, ``context`` the output rows,
        ``Z`` all rows; ``vectors`` makes a vector for any word. ``history`` has
        ``loss``, see :func:`~tutor.words.subwords.walk.probe_loss`.

    Raises
    ------
    ValueError
        For an unknown backend or device, a corpus that cannot be trained on, or a
        setting that the backend would not read.
    FloatingPointError
        If training diverged.

    Notes
    -----
    Differs from the published program: noise that repeats in a pair is left out, and
    output rows are looked up exactly (no table for the sigmoid); a run repeats bit for
    bit on one thread. gensim's names in ``FastText``: ``vector_size`` = dim,
    ``bucket`` = buckets, ``min_n``, ``max_n``, ``negative`` = negatives, ``sg=1``.
    """
    from tutor.embedding import Embedding

    config = config or SubwordConfig()
    training.check_backend(backend, BACKENDS)
    _check_used(config, backend, device)
    plan = make_plan(corpus, config, seed=seed)
    words = corpus.vocabulary.words
    Z, V, history = _train(plan, config, len(words), backend, seed, device)
    meta = {"algorithm": "fastText", "corpus": corpus.name, "seed": seed}
    return SubwordFit(
        embedding=Embedding(
            words, _means(Z, plan.rows), meta={**meta, "matrix": "word"}
        ),
        context=Embedding(words, V, meta={**meta, "matrix": "context"}),
        history=history,
        config=config,
        seed=seed,
        backend=backend,
        Z=Z,
    )


def _check_used(config: SubwordConfig, backend: str, device: str) -> None:
    """Raise ValueError for a setting that this backend would not read."""
    if device != "cpu" and backend != "torch":
        raise ValueError(
            f"device={device!r} needs backend='torch'; {backend} runs on the CPU"
        )
    if config.threads > 1 and backend != "numba":
        raise ValueError(
            f"threads={config.threads} needs backend='numba'; {backend} takes one: "
            "give threads=1"
        )
    if (config.batch_pairs or 1) > 1 and backend != "torch":
        raise ValueError(
            f"batch_pairs={config.batch_pairs}: {backend} takes 1 pair a step; give "
            "None or 1, or backend='torch'"
        )


def _train(
    plan: Plan,
    config: SubwordConfig,
    vocab: int,
    backend: str,
    seed: int,
    device: str,
) -> tuple[NDArray[np.float32], NDArray[np.float32], training.History]:
    """Return the trained tables and the history of a run."""
    size = vocab + (config.buckets if config.max_n else 0)
    Z = sampling.initial_vectors(size, config.dim, seed)
    V = np.zeros((vocab, config.dim), np.float32)
    tables: tuple[Any, Any]
    step: Any
    if backend == "torch":
        from tutor.words.subwords import torch as twin

        tables, step = twin.tables(Z, V, device), twin.train_epoch
    elif backend == "numba":
        from tutor.words.subwords import epoch as numba

        tables, step = (numba.padded(Z), numba.padded(V)), numba.train_epoch
    else:
        tables, step = (Z, V), train_epoch
    losses = []
    for epoch in range(config.epochs):
        step(*tables, plan, config, seed=seed, epoch=epoch)
        held = twin.arrays(*tables) if backend == "torch" else tables
        Z, V = (np.asarray(t)[:, : config.dim] for t in held)
        if not (np.isfinite(Z).all() and np.isfinite(V).all()):
            raise FloatingPointError(
                f"vectors are not finite after epoch {epoch}: lower learning_rate "
                f"({config.learning_rate}) or batch_pairs ({config.batch_pairs})"
            )
        losses.append(probe_loss(Z, V, plan, config, seed=seed))
    return np.ascontiguousarray(Z), V, training.History({"loss": tuple(losses)})


def warm() -> None:
    """Compile the kernels, or read them from Numba's cache.

    A kernel is made for one number of cache lines a row: those of the tests (one) and
    of the chapter (``dim`` 50 and 100).
    """
    from dataclasses import replace

    from tutor.datasets.corpus import Corpus

    corpus = Corpus.from_documents([["a", "b", "c", "d"]] * 3, name="toy")
    base = SubwordConfig(epochs=1, negatives=2, buckets=10)
    for dim in (16, 50, 100):
        fit(corpus, replace(base, dim=dim)).vectors(["abc"])
