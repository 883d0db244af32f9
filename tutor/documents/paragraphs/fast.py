r"""Paragraph vectors in Numba: one document a step (PV-DBOW), or one window (PV-DM).

Semantics, shared with the reference: the rows of a bag are different, so each can be
scored, added to the input's gradient and moved in one pass, and gradients still come
from the parameters before the step. A row and its AdaGrad sums lie side by side,
padded with zeros to a multiple of 16 floats; the bias stands behind the row and meets
a constant 1 behind the input. Rows needed soon are asked for early; ``lines`` holds an
entry a cache line of a row, so the compiler knows how many there are.

Chapter: ``documents/paragraphs``.
"""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"
from typing import Any, NamedTuple

import numpy as np
from numba import float32, njit
from numpy.typing import NDArray

from tutor import sampling
from tutor.documents.paragraphs.config import ParagraphConfig
from tutor.documents.paragraphs.reference import EPSILON, Parameters
from tutor.documents.paragraphs.walk import Plan, rate_at
from tutor.sampling.fast import uniform_at_jit
from tutor.words.fast import prefetch_row, sigmoid_jit

REAL, BINARY, MIXED = range(3)
AHEAD = 2  # rows of a bag
KINDS = {"real": REAL, "binary": BINARY, "real-binary": MIXED}
ZERO, ONE, TINY = float32(0), float32(1), float32(EPSILON)


class Tables(NamedTuple):
    """The parameters as the kernels hold them: (rows, 2, width), values and squares."""

    D: NDArray[np.float32]
    V: NDArray[np.float32]
    W: NDArray[np.float32]
    U: NDArray[np.float32]


# --- a bag of yes/no decisions on one input ------------------------------------------
@njit(inline="always", cache=True)
def _move_jit(row, k, gradient, rate):
    """Take one AdaGrad step in column k of a row (2, width)."""
    total = row[1, k] + gradient * gradient
    row[1, k] = total
    row[0, k] -= rate * gradient / (np.sqrt(total) + TINY)


@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def _bag_step_jit(h, gh, V, bag, count, rate, frozen, lines):
    """Score the rows of a bag, sum the input's gradient, and move the rows."""
    rows, p, q = bag
    width = V.shape[2]
    gh[:] = ZERO
    for j in range(count):
        prefetch_row(V, rows[min(j + AHEAD, count - 1)], lines)
        v = V[rows[j]]
        # s = v . h + c
        s = ZERO
        for k in range(width):
            s += v[0, k] * h[k]
        # g = (p + q) sigmoid(s) - p
        g = (p[j] + q[j]) * sigmoid_jit(s) - p[j]
        for k in range(width):
            gh[k] += g * v[0, k]
        if not frozen:
            for k in range(width):
                _move_jit(v, k, g * h[k], rate)


# --- codes ---------------------------------------------------------------------------
@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def _hidden_jit(d, W, kind, z, h, width):
    """Fill ``z``, what is rounded, and ``h``, what predicts the words."""
    for k in range(width):
        s = ZERO
        if kind == MIXED:
            for m in range(W.shape[2]):
                s += W[k, 0, m] * d[m]
        else:
            s = d[k]
        z[k] = s
        h[k] = s if kind == REAL else (ONE if s > ZERO else ZERO)
    h[width] = ONE


@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def _back_jit(row, W, kind, z, gh, gd, width, rate, frozen):
    """Carry the gradient through the code, and move the document and ``W``."""
    if kind != REAL:
        for k in range(width):
            s = sigmoid_jit(z[k])
            gh[k] *= s * (ONE - s)
    dim = W.shape[2]
    if kind != MIXED:
        for k in range(width):
            _move_jit(row, k, gh[k], rate)
        return
    gd[:] = ZERO
    for k in range(width):
        for m in range(dim):
            gd[m] += gh[k] * W[k, 0, m]
        if not frozen:
            for m in range(dim):
                _move_jit(W[k], m, gh[k] * row[0, m], rate)
    for m in range(dim):
        _move_jit(row, m, gd[m], rate)


# --- the walk ------------------------------------------------------------------------
@njit(inline="always", cache=True)
def _put_jit(slot, bag, count, row, own):
    """Count one word or noise word of a bag; return how many rows it has."""
    rows, p, q = bag
    j = slot[row]
    if j < 0:
        j = count
        slot[row] = j
        rows[j], p[j], q[j] = row, ZERO, ZERO
        count += 1
    if own:
        p[j] += ONE
    else:
        q[j] += ONE
    return count


@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def dbow_epoch_jit(tables, plan, run, longest, frozen, lines):
    """Train on each document in order, a document a step."""
    D, V, W, _ = tables
    tokens, offsets, keep, deck = plan
    kind, width, _, negatives, coin, card, rate = run
    rate = float32(rate)
    slot = np.full(len(keep), -1, np.int32)
    room = longest * (negatives + 1)
    bag = (
        np.empty(room, np.int32),
        np.empty(room, np.float32),
        np.empty(room, np.float32),
    )
    h, gh = np.zeros(V.shape[2], np.float32), np.zeros(V.shape[2], np.float32)
    z, gd = np.zeros(V.shape[2], np.float32), np.zeros(D.shape[2], np.float32)
    for i in range(len(offsets) - 1):
        count = 0
        for t in range(offsets[i], offsets[i + 1]):
            if uniform_at_jit(coin, t) >= keep[tokens[t]]:
                continue
            count = _put_jit(slot, bag, count, tokens[t], True)
            for j in range(negatives):
                noise = deck[(card + t * negatives + j) % len(deck)]
                count = _put_jit(slot, bag, count, noise, False)
        for j in range(count):
            slot[bag[0][j]] = -1
        _hidden_jit(D[i, 0], W, kind, z, h, width)
        _bag_step_jit(h, gh, V, bag, count, rate, frozen, lines)
        _back_jit(D[i], W, kind, z, gh, gd, width, rate, frozen)


@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def dm_epoch_jit(tables, plan, run, longest, frozen, lines, short):
    """Train on each window in order, a window a step; ``short``: lines without bias."""
    D, V, _, U = tables
    tokens, offsets, keep, deck = plan
    _, width, window, negatives, coin, card, rate = run
    rate = float32(rate)
    slot = np.full(len(keep), -1, np.int32)
    room = negatives + 1
    bag = (
        np.empty(room, np.int32),
        np.empty(room, np.float32),
        np.empty(room, np.float32),
    )
    h, gh = np.zeros(V.shape[2], np.float32), np.zeros(V.shape[2], np.float32)
    h[width] = ONE
    words, places = np.empty(longest, np.int32), np.empty(longest, np.int64)
    for i in range(len(offsets) - 1):
        n = 0
        for t in range(offsets[i], offsets[i + 1]):
            if uniform_at_jit(coin, t) < keep[tokens[t]]:
                words[n], places[n] = tokens[t], t
                n += 1
        for t in range(n):
            first, last = max(0, t - window), min(n, t + window + 1)
            share = ONE / float32(last - first)  # the words around, and the document
            _mean_jit(D, i, U, words, t, first, last, share, h, short)
            h[width] = ONE
            count = _put_jit(slot, bag, 0, words[t], True)
            for j in range(negatives):
                noise = deck[(card + places[t] * negatives + j) % len(deck)]
                count = _put_jit(slot, bag, count, noise, False)
            for j in range(count):
                slot[bag[0][j]] = -1
            _bag_step_jit(h, gh, V, bag, count, rate, frozen, lines)
            prefetch_row(U, words[min(t + 1 + window, n - 1)], lines)
            prefetch_row(V, words[min(t + 1, n - 1)], lines)
            ahead = places[min(t + 1, n - 1)] * negatives
            for j in range(negatives):
                prefetch_row(V, deck[(card + ahead + j) % len(deck)], lines)
            gh[width] = ZERO  # the bias has moved with its row
            for k in range(width):
                gh[k] *= share
            _move_row_jit(D, i, gh, rate, short)
            if not frozen:
                _move_contexts_jit(U, words, t, first, last, gh, rate, short)


@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def _move_row_jit(table, i, gradient, rate, lines):
    """Take one AdaGrad step in a whole row; ``lines`` tells the compiler its length."""
    for k in range(8 * len(lines)):
        g = gradient[k]
        total = table[i, 1, k] + g * g
        table[i, 1, k] = total
        table[i, 0, k] -= rate * g / (np.sqrt(total) + TINY)


@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def _mean_jit(D, i, U, words, t, first, last, share, h, lines):
    """Fill ``h`` with the mean of the document's vector and its words' around."""
    for k in range(8 * len(lines)):
        h[k] = D[i, 0, k]
    for c in range(first, last):
        if c != t:
            for k in range(8 * len(lines)):
                h[k] += U[words[c], 0, k]
    for k in range(8 * len(lines)):
        h[k] *= share


@njit(inline="always", cache=True)
def _move_contexts_jit(U, words, t, first, last, gradient, rate, lines):
    """Move the words around once each, a repeated one by the sum of its gradients."""
    for c in range(first, last):
        times = ZERO
        for b in range(first, last):
            if b != t and words[b] == words[c]:
                times = ZERO if b < c else times + ONE
                if b < c:
                    break
        if c == t or times == ZERO:
            continue
        if times == ONE:
            _move_row_jit(U, words[c], gradient, rate, lines)
        else:
            _move_row_jit(U, words[c], times * gradient, rate, lines)


# --- the tables and one epoch --------------------------------------------------------
def pack(parameters: Parameters, squares: Parameters) -> Tables:
    """Return copies side by side, rows filled with zeros to a multiple of 16."""
    packed = []
    for values, sums in zip(parameters, squares, strict=True):
        rows, width = values.shape
        table = np.zeros((rows, 2, -(-width // 16) * 16), np.float32)
        table[:, 0, :width], table[:, 1, :width] = values, sums
        packed.append(table)
    return Tables(*packed)


def unpack(tables: Tables, like: Parameters) -> Parameters:
    """Return views of the values, in the shapes of ``like``."""
    return Parameters(
        *(t[:, 0, : x.shape[1]] for t, x in zip(tables, like, strict=True))
    )


def train_epoch(
    tables: Tables,
    plan: Plan,
    config: ParagraphConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
    frozen: bool = False,
) -> None:
    """Train the packed tables in place for one epoch; see ``walk.train_epoch``."""
    width = config.bits if config.code == "real-binary" else config.dim
    run: tuple[Any, ...] = (
        KINDS[config.code],
        width,
        config.window,
        config.negatives,
        sampling.stream_key(seed, epoch, sampling.SUBSAMPLE),
        sampling.noise_start(len(plan.deck), seed, epoch),
        rate_at(config, epoch),
    )
    longest = int(np.diff(plan.offsets).max(initial=1))
    lines, short = ((0,) * (table.shape[2] // 8) for table in (tables.V, tables.U))
    if config.architecture == "dbow":
        dbow_epoch_jit(tables, tuple(plan), run, longest, frozen, lines)
    else:
        dm_epoch_jit(tables, tuple(plan), run, longest, frozen, lines, short)
