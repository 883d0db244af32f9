"""Sense models: several vectors a word, and a choice among them by the context.

Forms: ``reference`` (NumPy losses and gradients), ``walk`` (windows and the NumPy
loop), ``fast`` (Numba kernel), ``torch`` (a module for CPU and CUDA). Beside them:
``clusters`` (k-means of context means) and ``pseudo`` (words made of two).
Chapter: ``words/senses``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import training
from tutor.spelling import closest_spellings
from tutor.words.senses import learn, walk
from tutor.words.senses.clusters import kmeans
from tutor.words.senses.config import SensesConfig
from tutor.words.senses.places import (
    Occurrences,
    context_means,
    occurrences,
    probe_loss,
    sense_shares,
)
from tutor.words.senses.pseudo import Merged, merge
from tutor.words.senses.reference import (
    Choice,
    assign,
    assign_gradient,
    entropy,
    entropy_gradient,
    gumbel,
    logits,
    mixture,
    nearest_sense,
    senses_gradients,
    senses_loss,
    window_outputs,
)
from tutor.words.senses.walk import Layout, Tables, train_epoch, window_step

if TYPE_CHECKING:
    from tutor.datasets import Corpus

__all__ = [
    "Choice",
    "Disambiguated",
    "Layout",
    "Merged",
    "Occurrences",
    "SensesConfig",
    "SensesFit",
    "Tables",
    "assign",
    "assign_gradient",
    "context_means",
    "disambiguate",
    "entropy",
    "entropy_gradient",
    "fit",
    "gumbel",
    "kmeans",
    "logits",
    "merge",
    "mixture",
    "nearest_sense",
    "occurrences",
    "probe_loss",
    "sense_of",
    "sense_shares",
    "senses_gradients",
    "senses_loss",
    "train_epoch",
    "warm",
    "window_outputs",
    "window_step",
]

BACKENDS = ("numba", "numpy", "torch")


@dataclass(frozen=True, repr=False)
class SensesFit(training.Fit):
    """A `Fit` whose embedding has a row for each sense that was kept.

    Attributes
    ----------
    tables : named arrays
        All that was learned, nothing pruned.
    where : Layout
    targets : tuple of str
        The words with several vectors, in the order of the blocks 1, 2, ….
    priors : (targets, senses)
        Mean share of each sense over the text.
    """

    tables: Tables
    where: Layout
    targets: tuple[str, ...]
    priors: NDArray[np.floating[Any]]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which senses have a prior of ``prune`` or more: (targets, senses)."""
        return np.asarray(self.priors >= self.config.prune)

    def senses(self, word: str) -> tuple[str, ...]:
        """Return the keys of a target's senses in the embedding.

        Raises
        ------
        KeyError
            If the word is no target.
        """
        return tuple(learn.keys_of(word, int(self.kept[_block(self, word) - 1].sum())))


class Disambiguated(NamedTuple):
    """The sense of each occurrence of a target: three arrays (n,).

    ``block`` is the target's number, from 1 on, ``position`` the place in the corpus,
    ``sense`` the number of the sense before pruning, always of one that was kept.
    """

    block: NDArray[np.int64]
    position: NDArray[np.int64]
    sense: NDArray[np.int64]


def fit(
    corpus: Corpus,
    config: SensesConfig | None = None,
    *,
    targets: Sequence[str] | None = None,
    backend: str = "numba",
    seed: int = 0,
    device: str = "cpu",
) -> SensesFit:
    r"""Learn word vectors from ``corpus``, several for each target.

    .. math:: \min \sum_{(w, c)} \Bigl[-\log\sigma(h \cdot v_c)
              - \sum_{j=1}^K \log\sigma(-h \cdot v_{n_j})\Bigr], \qquad
              h = \sum_s g_s\, u_{w,s}

    where g depends on the words around w, see :mod:`tutor.words.senses.reference`.

    Parameters
    ----------
    corpus : Corpus
    config : SensesConfig or None
        None is the default configuration.
    targets : sequence of str, optional
        Words that get several vectors; otherwise all that occur ``min_occurrences``
        times. The others have one, as in word2vec.
    backend : {"numba", "numpy", "torch"}
        ``numpy`` is for small texts.
    seed : int
        Fixes initial values, subsampling, windows, noise and Gumbel noise.
    device : str
        For torch only: ``cpu``, ``cuda``, ``mps``.

    Returns
    -------
    SensesFit
        ``embedding`` has ``bank#1``, ``bank#2``, … by falling prior; a word with one
        vector, or one sense left, keeps its name. ``context`` is V.

    Raises
    ------
    KeyError
        If a target is not in the vocabulary.
    ValueError
        For repeated targets or none, a target with too few occurrences, targets that
        never have a context, an unknown backend or device, or a corpus that word2vec
        refuses.
    FloatingPointError
        If training diverged.

    Notes
    -----
    Differs from the published program: plain SGD of the word2vec engine in place of
    momentum with a sampled softmax, and the noise of a window is shared. The stop list
    is replaced by subsampling.
    """
    config = config or SensesConfig()
    training.check_backend(backend, BACKENDS)
    if device != "cpu" and backend != "torch":
        raise ValueError(
            f"device={device!r} needs backend='torch'; {backend} runs on the CPU"
        )
    learn.check_batch(config, backend)
    chosen = learn.check_targets(corpus, targets, config)
    where = walk.layout(
        len(corpus.vocabulary), corpus.vocabulary.ids(chosen), config.senses
    )
    tables, history = learn.train(corpus, where, config, backend, seed, device)
    priors = learn.priors(corpus, where, tables, config)
    embedding, context = learn.embeddings(corpus, chosen, tables, where, priors, config)
    return SensesFit(
        embedding=embedding,
        context=context,
        history=history,
        config=config,
        seed=seed,
        backend=backend,
        tables=tables,
        where=where,
        targets=tuple(chosen),
        priors=priors,
    )


def disambiguate(run: SensesFit, corpus: Corpus) -> Disambiguated:
    """Return the sense of each occurrence of a target in ``corpus``.

    The sense with the largest share among those that were kept. Occurrences without a
    context are left out.

    Raises
    ------
    ValueError
        If the corpus has another vocabulary than the run.
    """
    if run.context is None or corpus.vocabulary.words != run.context.keys:
        raise ValueError(
            f"the corpus has {len(corpus.vocabulary)} words, the run "
            f"{len(run.where.first)}, and they must be the same in the same order: "
            "give the corpus of the fit, or a part of it with its vocabulary"
        )
    found = occurrences(corpus, run.where, run.config)
    c = context_means(run.tables.V, found.contexts)
    shares = sense_shares(run.tables, found.block, c, run.config)
    allowed = np.where(run.kept[found.block - 1], shares, -1.0)
    return Disambiguated(found.block, found.position, allowed.argmax(axis=1))


def sense_of(run: SensesFit, word: str, context: Sequence[str]) -> str:
    """Return the key of the sense that ``word`` has among the words of ``context``.

    Words the run does not know are passed over, as is the word itself.

    Raises
    ------
    KeyError
        If ``word`` is no target of the run.
    ValueError
        If no word of the context is known.
    """
    block = _block(run, word)
    assert run.context is not None
    known = [w for w in context if w in run.context and w != word]
    if isinstance(context, str) or not known:
        raise ValueError(
            f"no known word around {word!r} in {context!r}: give a list of words, at "
            "least one of the vocabulary"
        )
    c = np.mean([run.context[w] for w in known], axis=0)[None]
    shares = sense_shares(run.tables, np.array([block]), c, run.config)[0]
    priors, kept = run.priors[block - 1], run.kept[block - 1]
    best = int(np.where(kept, shares, -1.0).argmax())
    order = [s for s in np.argsort(-priors, kind="stable").tolist() if kept[s]]
    return run.senses(word)[order.index(best)]


def _block(run: SensesFit, word: str) -> int:
    """Return the number of a target, from 1 on."""
    if word not in run.targets:
        near = ", ".join(closest_spellings(word, run.targets))
        raise KeyError(
            f"{word!r} is not among the {len(run.targets)} targets; closest: {near}"
        )
    return run.targets.index(word) + 1


def warm() -> None:
    """Compile the kernel, or read it from Numba's cache."""
    from tutor.datasets.corpus import Corpus
    from tutor.words.word2vec.config import Word2VecConfig

    corpus = Corpus.from_documents([["a", "b", "c", "d"]] * 3, name="toy")
    engine = Word2VecConfig(dim=4, epochs=2, negatives=2)
    fit(
        corpus,
        SensesConfig(engine=engine, senses=2, shared_epochs=1, min_occurrences=3),
    )
