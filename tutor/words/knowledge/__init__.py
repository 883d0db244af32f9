"""Knowledge in word vectors: retrofitting, counter-fitting, training with edges.

Forms: ``reference`` and ``counterfitting`` (what is done to finished vectors),
``joint`` (the NumPy loop of training with edges), ``fast`` (Numba), ``torch``. Beside
them: ``edges`` (a lexicon as rows) and ``classifier`` (the multi-task network that the
vectors are judged by). Chapter: ``words/knowledge``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tutor import training
from tutor.geometry import unit_rows
from tutor.words.knowledge.config import JointConfig, RetrofitConfig
from tutor.words.knowledge.counterfitting import (
    CounterfitConfig,
    Terms,
    counterfit_gradient,
    counterfit_loss,
    counterfit_step,
    near_pairs,
    terms_of,
)
from tutor.words.knowledge.edges import EdgeRows, edge_rows, shuffled_edges
from tutor.words.knowledge.joint import (
    Visits,
    penalty_gradients,
    penalty_loss,
    penalty_step,
    train_epoch,
    visits_of,
)
from tutor.words.knowledge.learn import train
from tutor.words.knowledge.reference import (
    lengths_of,
    retrofit_gradient,
    retrofit_objective,
    retrofit_solution,
    retrofit_sweep,
)
from tutor.words.word2vec import make_plan

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.embedding import Embedding
    from tutor.training import Fit

__all__ = [
    "CounterfitConfig",
    "EdgeRows",
    "JointConfig",
    "RetrofitConfig",
    "Terms",
    "Visits",
    "counterfit",
    "counterfit_gradient",
    "counterfit_loss",
    "counterfit_step",
    "edge_rows",
    "fit",
    "lengths_of",
    "near_pairs",
    "penalty_gradients",
    "penalty_loss",
    "penalty_step",
    "retrofit",
    "retrofit_gradient",
    "retrofit_objective",
    "retrofit_solution",
    "retrofit_sweep",
    "shuffled_edges",
    "terms_of",
    "train_epoch",
    "visits_of",
    "warm",
]

BACKENDS = ("numba", "numpy", "torch")
SLACK = 1e-9


# --- finished vectors ----------------------------------------------------------------
def retrofit(
    embedding: Embedding,
    edges: EdgeRows,
    config: RetrofitConfig | None = None,
    *,
    backend: str = "numba",
) -> Embedding:
    """Return the vectors moved towards their neighbours in a lexicon.

    Parameters
    ----------
    embedding : Embedding
    edges : EdgeRows
        Of ``edge_rows(embedding.keys, pairs)``.
    config : RetrofitConfig or None
        None is the default configuration.
    backend : {"numba", "numpy"}

    Raises
    ------
    ValueError
        For an unknown backend, or edges of another table.

    Source: Faruqui et al. (2015). Chapter: ``words/knowledge``.
    """
    config = config or RetrofitConfig()
    training.check_backend(backend, BACKENDS[:2])
    _check_size(edges, len(embedding), "embedding")
    original = np.array(embedding.vectors, dtype=np.float64)
    Q = original.copy()
    if backend == "numba":
        from tutor.words.knowledge import fast

        fast.sweep(Q, original, edges, config.anchor, config.sweeps)
    else:
        for _ in range(config.sweeps):
            retrofit_sweep(Q, original, edges, config.anchor)
    return embedding.transform(lambda _: Q)


def counterfit(
    embedding: Embedding,
    synonyms: EdgeRows,
    antonyms: EdgeRows,
    config: CounterfitConfig | None = None,
    *,
    backend: str = "numpy",
    device: str = "cpu",
) -> Embedding:
    """Return the vectors, at length 1, with synonyms nearer and antonyms further.

    Parameters
    ----------
    embedding : Embedding
    synonyms, antonyms : EdgeRows
        Of ``edge_rows(embedding.keys, pairs)``.
    config : CounterfitConfig or None
        None is the default configuration.
    backend : {"numpy", "torch"}
    device : str
        For torch only.

    Raises
    ------
    ValueError
        For an unknown backend or device, edges of another table, a pair that is both
        synonym and antonym, or a zero vector.

    Source: Mrkšić et al. (2016). Chapter: ``words/knowledge``.
    """
    config = config or CounterfitConfig()
    training.check_backend(backend, ("numpy", "torch"))
    if device != "cpu" and backend != "torch":
        raise ValueError(f"device={device!r} needs backend='torch', got {backend!r}")
    for edges in (synonyms, antonyms):
        _check_size(edges, len(embedding), "embedding")
    if both := int(synonyms.holds(antonyms.pairs).sum()):
        raise ValueError(
            f"{both} of {len(antonyms)} antonyms are synonyms too: take them out with "
            "synonyms.without(antonyms.pairs), or the other way around"
        )
    E = unit_rows(np.array(embedding.vectors, dtype=np.float64)).astype(np.float64)
    if empty := int((~E.any(axis=1)).sum()):
        raise ValueError(
            f"{empty} of {len(E)} vectors are zero and have no direction: leave them "
            "out with embedding.subset"
        )
    terms = terms_of(E, synonyms.pairs, antonyms.pairs, config)
    # a pair that has not moved lies on the hinge's kink: rounding must not push it off
    terms = terms._replace(old=terms.old + SLACK)
    if backend == "torch":
        from tutor.words.knowledge import torch as twin

        E = twin.counterfit(E, terms, config, device)
    else:
        for _ in range(config.steps):
            counterfit_step(E, terms, config)
    return embedding.transform(lambda _: E)


# --- training with edges -------------------------------------------------------------
def fit(
    corpus: Corpus,
    edges: EdgeRows,
    config: JointConfig | None = None,
    *,
    backend: str = "numba",
    seed: int = 0,
    device: str = "cpu",
) -> Fit:
    r"""Learn word vectors from ``corpus`` and a lexicon at once.

    .. math:: \min_{U,V} L_{\mathrm{SGNS}}(U, V)
              + \lambda \sum_{i \sim j} \lVert u_i - u_j \rVert^2

    Parameters
    ----------
    corpus : Corpus
    edges : EdgeRows
        Of ``edge_rows(corpus.vocabulary.words, pairs)``.
    config : JointConfig or None
        None is the default configuration; ``weight=0`` is word2vec, bit for bit.
    backend : {"numba", "numpy", "torch"}
        ``numpy`` is for small texts.
    seed : int
        Fixes initial vectors, subsampling, windows, noise and the order of edges.
    device : str
        For torch only: ``cpu``, ``cuda``, ``mps``.

    Returns
    -------
    Fit
        ``embedding`` is U, ``context`` V. ``history`` has ``loss`` (word2vec's probe),
        ``penalty`` (mean squared length of an edge) and ``learning_rate`` by epoch.

    Raises
    ------
    ValueError
        For an unknown backend or device, edges of another table, or a corpus that
        word2vec refuses.
    FloatingPointError
        If training diverged.
    """
    from tutor.embedding import Embedding

    config = config or JointConfig()
    training.check_backend(backend, BACKENDS)
    if device != "cpu" and backend != "torch":
        raise ValueError(
            f"device={device!r} needs backend='torch'; {backend} runs on the CPU"
        )
    words = corpus.vocabulary.words
    _check_size(edges, len(words), "vocabulary")
    plan = make_plan(corpus, config.engine, seed=seed)
    U, V, history = train(plan, edges, config, backend, seed, device)
    meta = {"algorithm": "knowledge", "corpus": corpus.name, "seed": seed}
    return training.Fit(
        embedding=Embedding(words, U, meta={**meta, "matrix": "word"}),
        context=Embedding(words, V, meta={**meta, "matrix": "context"}),
        history=history,
        config=config,
        seed=seed,
        backend=backend,
    )


def _check_size(edges: EdgeRows, size: int, what: str) -> None:
    if edges.size != size:
        raise ValueError(
            f"the edges are of a table of {edges.size} rows, the {what} has {size}: "
            "make them by edge_rows from its own words"
        )


def warm() -> None:
    """Compile the kernels, or read them from Numba's cache."""
    from tutor.datasets.corpus import Corpus
    from tutor.words.word2vec import Word2VecConfig

    corpus = Corpus.from_documents([["a", "b", "c", "d"]] * 3, name="toy")
    edges = edge_rows(corpus.vocabulary.words, [("a", "b")])
    for dim, batch in ((16, None), (16, 1), (100, None)):
        engine = Word2VecConfig(dim=dim, epochs=1, negatives=2, batch_pairs=batch)
        run = fit(corpus, edges, JointConfig(engine=engine))
    retrofit(run.embedding, edges)
