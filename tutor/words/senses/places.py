"""Where target words stand, what stands around them, and which sense that asks for.

Training walks the text; here the same disambiguators are read, without noise, at every
occurrence at once. Chapter: ``words/senses``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.words.senses import reference
from tutor.words.senses.config import SensesConfig
from tutor.words.senses.reference import Float
from tutor.words.senses.walk import Layout, Tables
from tutor.words.word2vec import walk as plain
from tutor.words.word2vec.reference import cbow_mean, distinct, skipgram_loss
from tutor.words.word2vec.walk import Plan

if TYPE_CHECKING:
    from tutor.datasets import Corpus

CHUNK = 8192


# --- occurrences ---------------------------------------------------------------------
class Occurrences(NamedTuple):
    """Where target words stand, and what stands around them.

    Attributes
    ----------
    block : (n,)
        Number of the target, from 1 on, as in :class:`Layout`.
    position : (n,)
        Place in the corpus.
    contexts : (n, 2 window) int32
        The words around, -1 where there is none.
    """

    block: NDArray[np.int64]
    position: NDArray[np.int64]
    contexts: NDArray[np.int32]


def occurrences(corpus: Corpus, where: Layout, config: SensesConfig) -> Occurrences:
    """Return every occurrence of a target with a context, in corpus order.

    The window is the whole one, not a drawn one. Frequent words are thinned out as in
    training, by draws that are the same for every model; targets are all kept.
    """
    engine, tokens = config.engine, np.asarray(corpus.tokens)
    keep = sampling.keep_probability(corpus.vocabulary.counts, engine.sample)
    keep = np.where(where.block > 0, 1.0, keep)
    kept = np.flatnonzero(sampling.subsample(tokens, keep, 0, engine.epochs))
    here = np.flatnonzero(where.block[tokens[kept]] > 0)
    document = np.searchsorted(corpus.offsets, kept, side="right")
    m = engine.window
    columns = []
    for shift in (*range(-m, 0), *range(1, m + 1)):
        there = np.clip(here + shift, 0, len(kept) - 1)
        inside = (there == here + shift) & (document[there] == document[here])
        columns.append(np.where(inside, tokens[kept[there]], -1))
    contexts = np.stack(columns, axis=1).astype(np.int32)
    some = (contexts >= 0).any(axis=1)
    place = kept[here[some]]
    return Occurrences(where.block[tokens[place]], place, contexts[some])


def context_means(V: Float, contexts: NDArray[np.int32]) -> Float:
    """Return the mean output vector of each row of contexts: (n, dim)."""
    parts = np.array_split(contexts, max(1, len(contexts) // CHUNK))
    return np.concatenate([cbow_mean(V[np.maximum(p, 0)], p >= 0) for p in parts])


def sense_shares(
    tables: Tables, block: NDArray[np.int64], c: Float, config: SensesConfig
) -> Float:
    """Return how occurrences are shared out among the senses: (n, senses).

    The softmax of a disambiguator, without noise; for ``hard``, 1 for the nearest mean.

    Shapes: ``block`` (n,) rows of ``A``, 0 for the shared one; ``c`` (n, dim).
    """
    shares = np.empty((len(c), config.senses), c.dtype)
    for part in np.array_split(np.arange(len(c)), max(1, len(c) // CHUNK)):
        A = tables.A[block[part]]
        z = np.einsum("nsd,nd->ns", A, c[part])
        if config.assignment == "hard":
            z = z / (np.linalg.norm(A, axis=2) + np.finfo(c.dtype).tiny)
            shares[part] = np.arange(config.senses) == z.argmax(axis=1)[:, None]
        else:
            shares[part] = reference.assign(z + tables.a[block[part]])
    return shares


# --- the loss of an epoch ------------------------------------------------------------
def probe_loss(
    tables: Tables,
    where: Layout,
    plan: Plan,
    config: SensesConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> float:
    """Return the mean loss of a pair on a fixed slice of text, without Gumbel noise.

    As :func:`tutor.words.word2vec.walk.probe_loss`: the slice, its windows and its
    noise are the same after every epoch and for every backend.
    """
    tokens = 20_000
    start = max(0, (len(plan.tokens) - tokens) // 2)
    inner = np.clip(plan.offsets - start, 0, min(tokens, len(plan.tokens)))
    part = plan._replace(
        tokens=plan.tokens[start : start + tokens], offsets=np.unique(inner)
    )
    centers, contexts, positions = plain.pairs(
        part, config.engine, seed=seed, epoch=config.engine.epochs
    )
    if len(centers) == 0:
        return float("nan")
    first = np.flatnonzero(np.diff(positions, prepend=-1))
    sizes = np.diff(np.append(first, len(centers)))
    c = np.add.reduceat(tables.V[contexts], first, axis=0) / sizes[:, None]
    words = centers[first]
    own = config.assignment == "hard" or epoch >= config.shared_epochs
    h = _centers(tables, where, words, c.astype(tables.V.dtype), own, config)
    h, noise = np.repeat(h, sizes, axis=0), config.engine.negatives
    drawn = sampling.noise(part.deck, positions, noise, seed, config.engine.epochs)
    rows, total = np.column_stack([contexts, drawn]), 0.0
    for i in range(0, len(rows), 4096):
        cut = slice(i, i + 4096)
        mask = distinct(rows[cut])
        total += skipgram_loss(h[cut], tables.V[rows[cut]], mask)
    return total / len(rows)


def _centers(
    tables: Tables,
    where: Layout,
    words: NDArray[np.int32],
    c: Float,
    own: bool,
    config: SensesConfig,
) -> Float:
    """Return the center vector of each window: a row, or a mixture of rows."""
    h = tables.U[where.first[words]]
    several = np.flatnonzero(where.block[words])
    block = where.block[words[several]]
    g = sense_shares(tables, block * own, c[several], config)
    rows = where.first[words[several], None] + np.arange(config.senses)
    h[several] = np.einsum("ns,nsd->nd", g, tables.U[rows])
    return np.asarray(h)
