"""Walking a corpus: the (word, neighbour) pairs of an epoch, and the NumPy loop.

The input is the word in the middle, as in the published program, and every neighbour
has noise of its own. All draws are functions of (seed, epoch, position, place in the
window), so Numba and torch meet the same ones. Chapter: ``words/subwords``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.words.subwords import reference
from tutor.words.subwords.config import SubwordConfig
from tutor.words.subwords.reference import Float, Rows
from tutor.words.word2vec import walk as words
from tutor.words.word2vec.reference import cbow_step, decisions_loss

if TYPE_CHECKING:
    from tutor.datasets import Corpus


class Plan(NamedTuple):
    """The fixed arrays of a run: what every backend reads and none writes.

    Attributes
    ----------
    words : word2vec's plan
        Tokens, offsets, keep probabilities, deck of noise.
    rows : the rows of a vocabulary
        Those of each word, its own first; see
        :func:`tutor.words.subwords.reference.rows_of_words`.
    gains : (vocab,) float64
        See :func:`tutor.words.subwords.reference.gains`.
    """

    words: words.Plan
    rows: Rows
    gains: NDArray[np.float64]


class Pairs(NamedTuple):
    """Pairs of an epoch in corpus order: words, their neighbours, noise, rates.

    Attributes
    ----------
    centers : (n,) int32
    outputs : (n, K + 1) int32
        The neighbour first, then its noise.
    labels, mask : (n, K + 1) bool
    rates : (n,) float64
    """

    centers: NDArray[np.int32]
    outputs: NDArray[np.int32]
    labels: NDArray[np.bool_]
    mask: NDArray[np.bool_]
    rates: NDArray[np.float64]


def make_plan(corpus: Corpus, config: SubwordConfig, *, seed: int = 0) -> Plan:
    """Return the fixed arrays of a run over ``corpus``.

    Raises
    ------
    ValueError
        As :func:`tutor.words.word2vec.make_plan`; or for a word that cannot be hashed.
    """
    from tutor.words import word2vec

    plan = word2vec.make_plan(corpus, config, seed=seed)
    names = corpus.vocabulary.words
    rows = rows_of(names, config, first=len(names), own=True)
    return Plan(plan, rows, reference.gains(rows, exact=config.cbow_step == "exact"))


def rows_of(
    names: tuple[str, ...] | list[str], config: SubwordConfig, *, first: int, own: bool
) -> Rows:
    """Return the rows of words under a configuration; by Numba where it is there."""
    from importlib.util import find_spec

    options: dict[str, Any] = {
        "min_n": config.min_n,
        "max_n": config.max_n,
        "buckets": config.buckets,
        "units": config.units,
    }
    if find_spec("numba") is None:
        return reference.rows_of_words(names, first=first, own=own, **options)
    from tutor.words.subwords import hashing

    return hashing.rows_of_words(names, first=first, own=own, **options)


def pairs(
    plan: Plan,
    config: SubwordConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
    documents: slice = slice(None),
) -> Pairs:
    r"""Return the pairs of one epoch in corpus order.

    The noise of the c-th neighbour of position p is that of position
    :math:`2mp + c` in word2vec, :math:`m` the window: each pair has its own cards.

    ``documents`` takes a stretch of the corpus, with the same draws.
    """
    base, window = plan.words, config.window
    offsets = base.offsets[documents.start : _stop(documents.stop)]
    start = int(offsets[0])
    centers, contexts, positions = sampling.skipgram_pairs(
        base.tokens[start : offsets[-1]],
        offsets - start,
        window=window,
        dynamic=config.dynamic,
        keep=base.keep,
        seed=seed,
        epoch=epoch,
        start=start,
    )
    edges = words.edges_of(positions)
    slots = np.arange(len(positions)) - np.repeat(edges[:-1], np.diff(edges))
    rows = words.outputs_of(
        base, config, contexts, positions * 2 * window + slots, seed=seed, epoch=epoch
    )
    span = config.min_learning_rate - config.learning_rate
    share = (epoch + positions / len(base.tokens)) / config.epochs
    return Pairs(centers, *rows, config.learning_rate + span * share)


def _stop(stop: int | None) -> int | None:
    return None if stop is None else stop + 1


def chunks(plan: Plan, tokens: int = 1 << 17) -> Iterator[slice]:
    """Yield stretches of about so many tokens, in whole documents."""
    offsets, first = plan.words.offsets, 0
    while first < len(offsets) - 1:
        goal = offsets[first] + tokens
        last = int(np.searchsorted(offsets, goal, side="right")) - 1
        last = min(max(last, first + 1), len(offsets) - 1)
        yield slice(first, last)
        first = last


def train_epoch(
    Z: Float,
    V: Float,
    plan: Plan,
    config: SubwordConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train ``Z`` and ``V`` in place for one epoch: the kernel's readable original.

    One pair a step, as the published program does. The step is word2vec's CBOW step:
    the context is the word's own pieces.
    """
    exact = config.cbow_step == "exact"
    for part in chunks(plan):
        for word, outputs, labels, mask, rate in zip(
            *pairs(plan, config, seed=seed, epoch=epoch, documents=part), strict=True
        ):
            rows = plan.rows.of(word)
            cbow_step(Z, V, rows, outputs, labels, mask, rate, exact=exact)


def probe_loss(
    Z: Float,
    V: Float,
    plan: Plan,
    config: SubwordConfig,
    *,
    seed: int = 0,
    tokens: int = 10_000,
) -> float:
    """Return the mean loss of a pair on a fixed stretch from the corpus's middle.

    Its draws are those of an epoch that is never trained on, the same after every
    epoch and for every backend.
    """
    offsets = plan.words.offsets
    middle = max(0, (int(offsets[-1]) - tokens) // 2)
    first = int(np.searchsorted(offsets, middle, side="right")) - 1
    last = int(np.searchsorted(offsets, middle + tokens, side="left"))
    last = min(max(last, first + 1), len(offsets) - 1)
    held = pairs(
        plan, config, seed=seed, epoch=config.epochs, documents=slice(first, last)
    )
    if not len(held.centers):
        return float("nan")
    seen, where = np.unique(held.centers, return_inverse=True)
    sizes = np.diff(plan.rows.starts)[seen]
    rows = np.concatenate([plan.rows.of(w) for w in seen])
    sums = np.add.reduceat(Z[rows], np.cumsum(sizes) - sizes, axis=0)
    h = sums / sizes[:, None].astype(Z.dtype)
    total = 0.0
    for cut in reference.chunks_of(len(where), 4096):
        v = V[held.outputs[cut]]
        total += decisions_loss(h[where[cut]], v, held.labels[cut], held.mask[cut])
    return total / len(where)
