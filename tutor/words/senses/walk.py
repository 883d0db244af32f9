"""Walking a corpus with senses: tables, windows, and the readable NumPy loop.

Everything random is a pure function of (seed, epoch, position), so the Numba kernel and
torch meet the same windows, noise words and Gumbel noise. Chapter: ``words/senses``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.words.senses import reference
from tutor.words.senses.config import SensesConfig
from tutor.words.senses.reference import Choice, Float
from tutor.words.word2vec import walk as plain
from tutor.words.word2vec.reference import skipgram_gradients
from tutor.words.word2vec.walk import Plan

GUMBEL, DISAMBIGUATOR = 41, 42
"""Streams of the draws that only sense models make."""
FREE, SHARED, HARD, DEALT = range(4)
"""Kinds of a pass: own disambiguator, shared one, nearest mean, dealt at random."""


class Layout(NamedTuple):
    """Where the vectors of each word stand.

    Attributes
    ----------
    first : (vocab,) int64
        Row of ``U`` of the word's first sense; the others follow.
    block : (vocab,) int64
        Row of ``A`` and ``a`` of a target's own disambiguator, from 1 on; 0 for a word
        with one vector. Row 0 is the shared disambiguator.
    """

    first: NDArray[np.int64]
    block: NDArray[np.int64]


class Tables(NamedTuple):
    """All that is learned.

    Attributes
    ----------
    U : (rows, dim)
        Sense vectors, see :class:`Layout`.
    V : (vocab, dim)
        Output vectors.
    A : (targets + 1, senses, dim)
        Disambiguators; with ``hard`` the sums of each sense's contexts.
    a : (targets + 1, senses)
        Their biases; with ``hard`` how many contexts were summed.
    """

    U: Float
    V: Float
    A: Float
    a: Float


class Window(NamedTuple):
    """One window: the word, its place, its contexts, its noise, the learning rate."""

    word: int
    position: int
    contexts: NDArray[np.int32]
    noise: NDArray[np.int32]
    rate: float


class Pass(NamedTuple):
    """What is fixed during one pass over the text."""

    kind: int
    temperature: float
    entropy: float
    seed: int
    epoch: int


# --- before the walk -----------------------------------------------------------------
def layout(vocab: int, targets: ArrayLike, senses: int) -> Layout:
    """Return where vectors stand when the words ``targets`` have ``senses`` each."""
    rows = np.asarray(targets, np.int64)
    block = np.zeros(vocab, np.int64)
    block[rows] = np.arange(1, len(rows) + 1)
    sizes = np.where(block > 0, senses, 1)
    return Layout(np.cumsum(sizes) - sizes, block)


def initial_tables(
    where: Layout, targets: int, config: SensesConfig, *, seed: int
) -> Tables:
    """Return the tables before training.

    ``V`` begins at 0 as in word2vec. Every disambiguator begins as the same random one:
    senses that start alike would stay alike.
    """
    S, dim = config.senses, config.engine.dim
    rows = len(where.first) + targets * (S - 1)
    U = sampling.initial_vectors(rows, dim, seed)
    V = np.zeros((len(where.first), dim), np.float32)
    start = sampling.initial_vectors(S, dim, seed, stream=DISAMBIGUATOR) * dim
    if config.assignment == "hard":
        start = start * 0
    A = np.repeat(start[None], targets + 1, axis=0).astype(np.float32)
    return Tables(U, V, A, np.zeros((targets + 1, S), np.float32))


def make_pass(config: SensesConfig, *, seed: int, epoch: int) -> Pass:
    """Return what is fixed during a pass: phase, temperature, entropy reward."""
    first = epoch < config.shared_epochs
    if config.assignment == "hard":
        kind = DEALT if first else HARD
    else:
        kind = SHARED if first else FREE
    reward = config.entropy if kind == SHARED else 0.0
    return Pass(kind, config.temperature_at(epoch), reward, seed, epoch)


def hand_over(tables: Tables, config: SensesConfig, epoch: int) -> None:
    """Begin phase 2 in place: each word's disambiguator starts as the shared one.

    ``hard`` keeps the direction of each mean and forgets how many windows made it, so
    that it can still move.
    """
    if epoch != config.shared_epochs:
        return
    if config.assignment == "hard":
        some = tables.a > 0
        tables.A[some] /= tables.a[some][..., None]
        tables.a[some] = 1
    else:
        tables.A[1:], tables.a[1:] = tables.A[0], tables.a[0]


# --- windows -------------------------------------------------------------------------
def windows(
    plan: Plan, config: SensesConfig, *, seed: int = 0, epoch: int = 0
) -> Iterator[Window]:
    """Yield the windows of one epoch in corpus order; those without context are left.

    They are word2vec's: the same text kept, the same reach, the same noise.
    """
    centers, contexts, positions = plain.pairs(
        plan, config.engine, seed=seed, epoch=epoch
    )
    first = np.flatnonzero(np.diff(positions, prepend=-1))
    places = positions[first]
    noise = sampling.noise(plan.deck, places, config.engine.negatives, seed, epoch)
    edges = np.append(first, len(centers))
    for i, place in enumerate(places.tolist()):
        inputs = contexts[edges[i] : edges[i + 1]]
        rate = plain.rate_at(config.engine, epoch, place / len(plan.tokens))
        yield Window(int(centers[first[i]]), place, inputs, noise[i], rate)


def gumbel_at(
    positions: Any, senses: int, *, seed: int, epoch: int
) -> NDArray[np.float64]:
    """Return the Gumbel noise of windows at these positions: (..., senses)."""
    places = np.asarray(positions)[..., None] * senses + np.arange(senses)
    flat = sampling.uniform(seed, epoch, GUMBEL, places.ravel())
    return reference.gumbel(flat).reshape(places.shape)


# --- one step and one epoch ----------------------------------------------------------
def window_step(
    tables: Tables, where: Layout, window: Window, pass_: Pass, scale: float = 1.0
) -> None:
    """Update the tables in place by one step on one window.

    ``scale`` times the learning rate is the step of the disambiguator.
    """
    U, V, A, a = tables
    dtype = U.dtype
    outputs, mask = reference.window_outputs(window.contexts, window.noise)
    rate = dtype.type(window.rate)
    block, senses = int(where.block[window.word]), A.shape[1]
    first = where.first[window.word]
    rows = slice(first, first + (senses if block else 1))
    c = V[window.contexts].mean(axis=0, dtype=dtype)
    if block == 0:  # one vector: word2vec, the window as one batch
        zero = np.zeros(1, dtype)
        choice = Choice(zero)
        by = reference.senses_gradients(
            U[rows], zero[:, None] * c, zero, c, V[outputs], mask, choice
        )
    elif pass_.kind in (HARD, DEALT):
        s = _hard_sense(tables, block, c, window, pass_)
        one = (np.arange(senses) == s).astype(dtype)
        by_h, by_v = skipgram_gradients(
            np.tile(U[first + s], (len(outputs), 1)), V[outputs], mask
        )
        A[block, s] += c
        a[block, s] += 1
        by = reference.Gradients(np.outer(one, by_h.sum(axis=0)), A[0], a[0], by_v)
    else:
        own = block if pass_.kind == FREE else 0
        choice = _choice(window, senses, pass_, dtype)
        by = reference.senses_gradients(
            U[rows], A[own], a[own], c, V[outputs], mask, choice
        )
        A[own] -= rate * dtype.type(scale) * by.A
        a[own] -= rate * dtype.type(scale) * by.a
    U[rows] -= rate * by.u
    np.add.at(V, outputs, -rate * by.v)


def _hard_sense(
    tables: Tables, block: int, c: Float, window: Window, pass_: Pass
) -> int:
    """Return the nearest sense, or the one this window is dealt."""
    if pass_.kind == HARD:
        return reference.nearest_sense(tables.A[block], c)
    drawn = gumbel_at(
        window.position, tables.A.shape[1], seed=pass_.seed, epoch=pass_.epoch
    )
    return int(np.argmax(drawn))


def _choice(window: Window, senses: int, pass_: Pass, dtype: Any) -> Choice:
    """Return how a learned disambiguator chooses in this window."""
    noise = np.zeros(senses)
    if pass_.kind == FREE:
        noise = gumbel_at(window.position, senses, seed=pass_.seed, epoch=pass_.epoch)
    return Choice(noise.astype(dtype), pass_.temperature, pass_.entropy)


def train_epoch(
    tables: Tables,
    where: Layout,
    plan: Plan,
    config: SensesConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train the tables in place for one epoch: the kernel's readable original."""
    pass_ = make_pass(config, seed=seed, epoch=epoch)
    for window in windows(plan, config, seed=seed, epoch=epoch):
        window_step(tables, where, window, pass_, config.disambiguator_rate)
