"""Paragraph vectors: a vector, or a code of bits, for a whole document.

Forms: ``reference`` (NumPy losses, gradients, steps), ``walk`` (bags and windows of a
corpus, the NumPy loop), ``fast`` (Numba kernels), ``torch`` (modules for CPU and CUDA).
Chapter: ``documents/paragraphs``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import training
from tutor.documents.paragraphs import walk
from tutor.documents.paragraphs.config import ParagraphConfig
from tutor.documents.paragraphs.reference import (
    Parameters,
    adagrad_step,
    bag_gradients,
    bag_loss,
    dbow_step,
    dm_step,
    hidden,
    hidden_gradients,
    round_code,
    straight_through,
    window_mean,
)
from tutor.documents.paragraphs.walk import Plan, make_plan, probe_loss, train_epoch

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.embedding import Embedding

__all__ = [
    "ParagraphConfig",
    "ParagraphFit",
    "Parameters",
    "Plan",
    "adagrad_step",
    "bag_gradients",
    "bag_loss",
    "codes",
    "dbow_step",
    "dm_step",
    "fit",
    "hidden",
    "hidden_gradients",
    "infer",
    "make_plan",
    "probe_loss",
    "round_code",
    "straight_through",
    "train_epoch",
    "warm",
    "window_mean",
]

BACKENDS = ("numba", "numpy", "torch")
KEEP_SEED = 1 << 32
"""Added to the seed where unseen documents are inferred: other draws than training."""


@dataclass(frozen=True, repr=False)
class ParagraphFit(training.Fit):
    """A `Fit` keyed by document, with all that unseen documents need.

    Attributes
    ----------
    parameters : named arrays
        Everything learned; ``parameters.D`` is ``embedding.vectors``.
    corpus : Corpus
        Whose vocabulary, counts and noise a new document meets.
    """

    parameters: Parameters
    corpus: Corpus


def fit(
    corpus: Corpus,
    config: ParagraphConfig | None = None,
    *,
    keys: Sequence[str] | None = None,
    backend: str = "numba",
    seed: int = 0,
    device: str = "cpu",
) -> ParagraphFit:
    r"""Learn a vector for each document of ``corpus``.

    .. math:: \min_{D,V} -\sum_i \sum_o \bigl[ p_{io} \log\sigma(s_{io})
              + q_{io} \log\sigma(-s_{io}) \bigr], \qquad
              s_{io} = v_o \cdot h(d_i) + c_o

    where :math:`p_{io}` counts word o in document i, :math:`q_{io}` its draws as noise,
    and :math:`h` is the identity, the rounded sigmoid, or the rounded sigmoid of
    :math:`W d`. For ``dm`` the input is the mean of :math:`d_i` and the words around.

    Parameters
    ----------
    corpus : Corpus
        One document a text.
    config : ParagraphConfig or None
        None is the default configuration.
    keys : sequence of str, optional
        Names of the documents; otherwise their numbers.
    backend : {"numba", "numpy", "torch"}
        ``numpy`` is for small collections.
    seed : int
        Fixes initial vectors, subsampling and noise.
    device : str
        For torch only: ``cpu``, ``cuda``, ``mps``.

    Returns
    -------
    ParagraphFit
        ``embedding`` holds the real vectors, from which :func:`codes` makes bits;
        ``context`` the output rows with the bias as last column. ``history`` has
        ``loss``, see :func:`~tutor.documents.paragraphs.walk.probe_loss`.

    Raises
    ------
    ValueError
        For an unknown backend or device, a corpus without tokens, or a wrong batch.
    FloatingPointError
        If training diverged.

    Notes
    -----
    gensim's names in ``Doc2Vec``: ``vector_size`` = dim, ``dm=0`` = ``dbow``,
    ``negative`` = negatives, ``alpha`` = learning_rate; no biases and no codes.
    """
    from tutor.embedding import Embedding

    config = config or ParagraphConfig()
    _check(config, backend, device)
    names = [str(i) for i in range(len(corpus))] if keys is None else list(keys)
    if len(names) != len(corpus):
        raise ValueError(
            f"{len(names)} keys for {len(corpus)} documents: give one each"
        )
    plan = make_plan(corpus, config, seed=seed)
    words = corpus.vocabulary.words
    start = walk.initial_parameters(len(corpus), len(words), config, seed=seed)
    done, history = _train(start, plan, config, backend, seed, device)
    meta = {"algorithm": "paragraph vectors", "corpus": corpus.name, "seed": seed}
    return ParagraphFit(
        embedding=Embedding(tuple(names), done.D, meta=meta),
        context=Embedding(words, done.V, meta={**meta, "matrix": "output, bias last"}),
        history=history,
        config=config,
        seed=seed,
        backend=backend,
        parameters=done,
        corpus=corpus,
    )


def infer(
    run: ParagraphFit,
    documents: Sequence[Sequence[str]],
    *,
    keys: Sequence[str] | None = None,
    seed: int = 0,
    epochs: int | None = None,
    device: str = "cpu",
) -> Embedding:
    """Return vectors of unseen documents: all is frozen but the vectors themselves.

    Parameters
    ----------
    run : ParagraphFit
        Its backend is used again.
    documents : sequence of sequences of words
        Unknown words are left out; a document of none keeps its random start.
    keys : sequence of str, optional
        Names of the documents; their numbers otherwise.
    seed : int
        Initial vectors and noise; independent of the training's.
    epochs : int, optional
        Passes; those of the training otherwise.
    """
    from dataclasses import replace

    from tutor.embedding import Embedding

    if any(isinstance(d, str) for d in documents):
        raise TypeError("a document must be a list of words: tokenize it first")
    if not len(documents):
        raise ValueError("no documents to infer: give at least one")
    config = replace(run.config, epochs=epochs or run.config.epochs)
    _check(config, run.backend, device)
    plan = make_plan(run.corpus, config, seed=run.seed)
    plan = walk.new_documents(plan, run.corpus.vocabulary, documents)
    later = KEEP_SEED + seed
    fresh = walk.initial_parameters(len(documents), 1, config, seed=later)
    start = run.parameters._replace(D=fresh.D)
    done, _ = _train(start, plan, config, run.backend, later, device, frozen=True)
    names = [str(i) for i in range(len(documents))] if keys is None else list(keys)
    return Embedding(
        tuple(names), done.D, meta={"algorithm": "paragraph vectors, inferred"}
    )


def codes(run: ParagraphFit, vectors: ArrayLike | None = None) -> NDArray[np.bool_]:
    """Return the bits of documents under a binary or real-binary run.

    Parameters
    ----------
    vectors : (n, dim), optional
        Of inferred documents; those of the training otherwise.

    Shapes: → (n, bits) bool. Raises ``ValueError`` for a run with real codes, whose
    signs mean nothing.
    """
    code = run.config.code
    if code == "real":
        raise ValueError(
            "this run learned real vectors, not codes: train with code='binary' or "
            "'real-binary', or hash the vectors by tutor.documents.hashing"
        )
    d = run.parameters.D if vectors is None else np.asarray(vectors, np.float32)
    return np.asarray(hidden(d, run.parameters.W, code) > 0)


def _check(config: ParagraphConfig, backend: str, device: str) -> None:
    training.check_backend(backend, BACKENDS)
    if device != "cpu" and backend != "torch":
        raise ValueError(
            f"device={device!r} needs backend='torch'; {backend} runs on the CPU"
        )
    if backend != "torch" and config.batch_documents not in (None, 1):
        raise ValueError(
            f"batch_documents={config.batch_documents}: {backend} takes 1 a step; "
            "use backend='torch'"
        )


def _train(
    start: Parameters,
    plan: Plan,
    config: ParagraphConfig,
    backend: str,
    seed: int,
    device: str,
    *,
    frozen: bool = False,
) -> tuple[Parameters, training.History]:
    """Return the trained tables and the history of a run."""
    step, held = _stepper(start, plan, config, backend, device)
    losses = []
    done = start
    for epoch in range(config.epochs):
        step(seed=seed, epoch=epoch, frozen=frozen)
        done = held()
        if not np.isfinite(done.D).all():
            raise FloatingPointError(
                f"vectors are not finite after epoch {epoch}: lower learning_rate "
                f"({config.learning_rate})"
            )
        if not frozen:
            losses.append(probe_loss(done, plan, config, seed=seed))
    return done, training.History({"loss": tuple(losses)})


def _stepper(
    start: Parameters, plan: Plan, config: ParagraphConfig, backend: str, device: str
) -> tuple[Any, Any]:
    """Return a function that trains one epoch, and one that shows the tables."""
    squares = walk.initial_squares(start, config)
    if backend == "torch":
        from tutor.documents.paragraphs import torch as twin

        model = twin.ParagraphVectors(start, config).to(training.select_device(device))
        trainer = twin.Trainer(model, plan, config)
        return trainer.train_epoch, model.arrays
    if backend == "numba":
        from tutor.documents.paragraphs import fast

        tables = fast.pack(start, squares)
        return (
            lambda **o: fast.train_epoch(tables, plan, config, **o),
            lambda: Parameters(*(np.array(t) for t in fast.unpack(tables, start))),
        )
    copy = Parameters(*(np.array(table) for table in start))
    return lambda **o: train_epoch(copy, squares, plan, config, **o), lambda: copy


def warm() -> None:
    """Compile the kernels on a toy collection, so that no measurement pays for it."""
    from tutor.datasets.corpus import Corpus

    corpus = Corpus.from_documents([["a", "b", "c"], ["b", "c", "d"]], min_count=1)
    for options in ({}, {"code": "binary"}, {"architecture": "dm"}):
        run = fit(corpus, ParagraphConfig(dim=4, epochs=1, **options))  # type: ignore[arg-type]
        infer(run, [["a"]])
