r"""Numba kernels: skip-gram with edges between its windows, and retrofitting's sweeps.

Semantics, shared with ``joint.train_epoch``: before the window at a token the visits
due are made one by one, then the window is trained by the engine's own pieces. Rows are
padded with zeros to a multiple of 16 floats and stay zero there: the difference of two
zeros is zero. Chapter: ``words/knowledge``.
"""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"
from typing import Any

import numpy as np
from numba import float32, njit
from numpy.typing import NDArray

from tutor.sampling.fast import integer_at_jit
from tutor.words.fast import ahead_jit, neighbours_jit, prefetch_row, refill_jit
from tutor.words.knowledge.config import JointConfig
from tutor.words.knowledge.edges import EdgeRows
from tutor.words.knowledge.joint import visits_of
from tutor.words.word2vec import walk
from tutor.words.word2vec.epoch import aligned, kernel_of
from tutor.words.word2vec.fast import (
    GROUP,
    LANES,
    ONE,
    ROWS,
    SECOND,
    noise_jit,
    pairs_jit,
)
from tutor.words.word2vec.walk import Plan

TWO = float32(2)


# --- the joint objective -------------------------------------------------------------
@njit(inline="always", cache=True)
def _visit_jit(U, visits, done, due, step, lines):
    """Make the visits up to ``due``: both ends move by the old difference."""
    left, right = visits
    for k in range(done, due):
        i, j = left[k], right[k]
        ahead = min(k + 2, len(left) - 1)
        prefetch_row(U, left[ahead], lines)
        prefetch_row(U, right[ahead], lines)
        for d in range(16 * len(lines)):
            move = step * (U[i, d] - U[j, d])
            U[i, d] -= move
            U[j, d] += move


@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def joint_jit(U, V, plan, run, kind, visits, share, blocks, lines):
    """Train on all tokens in order, the visits spread between the windows."""
    tokens, offsets, keep, deck, (nodes, _, _) = plan
    window, dynamic, negatives, _, coin, reach_key, card, rate0, slope = run
    total, done = len(tokens), 0
    room = 1024 + 2 * window
    words, places = np.empty(room, np.int32), np.empty(room, np.int64)
    inputs = np.empty(2 * window, np.int32)
    outs = np.zeros((2, GROUP * len(blocks)), np.int32)
    label = np.zeros((len(blocks), LANES), np.float32)
    label[0, 0] = label[0, SECOND] = ONE
    step, score = np.zeros_like(label), np.zeros_like(label)
    count, work = negatives + 1, (label, step, score)
    for document in range(len(offsets) - 1):
        i, end = offsets[document], offsets[document + 1]
        n = t = 0
        base, since = card, 0
        while True:
            i, n, t = refill_jit(
                tokens, i, end, keep, coin, words, places, n, t, window
            )
            if t >= n:
                break
            word, place = words[t], places[t]
            reach = 1 + integer_at_jit(reach_key, place, window) if dynamic else window
            c = neighbours_jit(words, n, t, reach, inputs)
            base += (place - since) * negatives
            since = place
            if base >= len(deck):
                base %= len(deck)
            t += 1
            if c == 0:
                continue
            rate = float32(rate0 + slope * (place / total))
            due = place * len(visits[0]) // total
            _visit_jit(U, visits, done, due, TWO * rate * share, lines)
            done = due
            noise_jit(word, deck, negatives, base, outs, step, rate)
            prefetch_row(U, words[min(t + window, n - 1)], lines)
            after = min(t, n - 1)
            soon_card = base + (places[after] - place) * negatives
            ahead_jit(words[after], deck, negatives, soon_card, nodes, count, outs)
            pairs_jit(kind, U, V, inputs, c, outs, count, count, blocks, work, lines)
    last = TWO * float32(rate0 + slope) * share
    _visit_jit(U, visits, done, len(visits[0]), last, lines)


def train_epoch(
    U: NDArray[np.float32],
    V: NDArray[np.float32],
    plan: Plan,
    edges: EdgeRows,
    config: JointConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train the padded tables in place for one epoch; see ``joint.train_epoch``."""
    engine = config.engine
    run = walk.make_run(plan, engine, seed=seed, epoch=epoch)
    visits = tuple(visits_of(edges, config, seed=seed, epoch=epoch))
    width = U.shape[1]
    blocks = aligned(-(-(run.negatives + 1) // GROUP), ROWS * width)
    share = np.float32(config.weight / config.visits)
    lines = (0,) * (width // 16)
    joint_jit(U, V, plan, run, kernel_of(engine), visits, share, blocks, lines)


# --- retrofitting --------------------------------------------------------------------
@njit(cache=True)
def sweep_jit(Q, original, linked, starts, others, anchor, sweeps):
    """Set every linked row ``sweeps`` times, in order, each from the newest others."""
    total = np.empty(Q.shape[1], Q.dtype)
    for _ in range(sweeps):
        for i in linked:
            total[:] = 0
            for k in range(starts[i], starts[i + 1]):
                for d in range(len(total)):
                    total[d] += Q[others[k], d]
            share = 1 / (starts[i + 1] - starts[i])
            for d in range(len(total)):
                Q[i, d] = (anchor * original[i, d] + share * total[d]) / (anchor + 1)


def sweep(
    Q: NDArray[np.float64],
    original: NDArray[Any],
    edges: EdgeRows,
    anchor: float,
    sweeps: int,
) -> None:
    """Retrofit ``Q`` in place: the loops of ``retrofit_sweep``."""
    starts, others = edges.neighbours
    sweep_jit(Q, original, edges.linked, starts, others, float(anchor), sweeps)
