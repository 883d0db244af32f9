r"""Sense models in Numba: one window a step, the center a mixture of rows.

Semantics, shared with ``walk.window_step``: gradients come from the rows before the
step and are summed. The noise words of a window meet all its contexts with the same
input, so each is scored once and counted as often as it takes part: n + K dot products
a window where a pair at a time asks for n (K + 1). Rows are padded with zeros to a
multiple of 16 floats and stay zero there. Chapter: ``words/senses``.
"""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"
from typing import Any

import numpy as np
from numba import float32, njit
from numpy.typing import NDArray

from tutor import sampling
from tutor.sampling.fast import integer_at_jit, uniform_at_jit
from tutor.words.fast import neighbours_jit, refill_jit, sigmoid_jit
from tutor.words.senses.config import SensesConfig
from tutor.words.senses.walk import (
    DEALT,
    FREE,
    GUMBEL,
    HARD,
    SHARED,
    Layout,
    Tables,
    make_pass,
)
from tutor.words.word2vec.walk import Plan, make_run

ZERO, ONE = float32(0), float32(1)
TINY = np.finfo(np.float32).tiny
FLOOR = float32(-1e30)  # no infinity: fast mathematics leaves them undefined


# --- which sense ---------------------------------------------------------------------
@njit(inline="always", cache=True)
def _mean_jit(V, contexts, n, c):
    """Fill ``c`` with the mean output vector of the contexts."""
    width = V.shape[1]
    c[:] = ZERO
    for i in range(n):
        row = contexts[i]
        for k in range(width):
            c[k] += V[row, k]
    share = ONE / float32(n)
    for k in range(width):
        c[k] *= share


@njit(inline="always", cache=True)
def _softmax_jit(x, out):
    """Fill ``out`` with the softmax of ``x``."""
    peak, total = x.max(), ZERO
    for s in range(len(x)):
        out[s] = np.exp(x[s] - peak)
        total += out[s]
    for s in range(len(x)):
        out[s] /= total


@njit(inline="always", cache=True)
def _noise_jit(key, place, out):
    """Fill ``out`` with the Gumbel noise of the window at ``place``."""
    for s in range(len(out)):
        x = max(uniform_at_jit(key, place * len(out) + s), 2.0**-54)
        out[s] = float32(-np.log(-np.log(x)))


@njit(inline="always", cache=True)
def _choose_jit(A, a, c, kind, temperature, noise, z, p, g):
    """Fill logits ``z``, their softmax ``p`` and the shares ``g``."""
    for s in range(len(z)):
        total = a[s]
        for k in range(len(c)):
            total += A[s, k] * c[k]
        z[s] = total
    _softmax_jit(z, p)
    if kind == SHARED:
        g[:] = p
        return
    for s in range(len(z)):
        z[s] = (z[s] + noise[s]) / temperature
    _softmax_jit(z, g)


@njit(inline="always", cache=True)
def _hard_jit(A, c, kind, noise, g):
    """Fill ``g`` with 1 for the nearest mean, or for the sense that was dealt."""
    best, top = 0, FLOOR
    for s in range(len(g)):
        g[s] = ZERO
        score = noise[s]
        if kind == HARD:
            score = length = ZERO
            for k in range(len(c)):
                score += A[s, k] * c[k]
                length += A[s, k] * A[s, k]
            score /= np.sqrt(length) + TINY
        if score > top:
            best, top = s, score
    g[best] = ONE
    return best


# --- one window ----------------------------------------------------------------------
@njit(inline="always", cache=True)
def _weights_jit(contexts, n, noise, weight):
    """Count the contexts each noise word takes part with; a repeated one with none."""
    for j in range(len(noise)):
        total = ZERO
        for i in range(n):
            total += ZERO if noise[j] == contexts[i] else ONE
        for i in range(j):
            total = ZERO if noise[i] == noise[j] else total
        weight[j] = total


@njit(inline="always", cache=True)
def _outputs_jit(V, contexts, n, noise, weight, h, gh, error, rate):
    """Score the outputs, sum the input's step into ``gh``, then move the outputs."""
    width, most = V.shape[1], n + len(noise)
    gh[:] = ZERO
    for j in range(most):
        row = contexts[j] if j < n else noise[j - n]
        score = ZERO
        for k in range(width):
            score += V[row, k] * h[k]
        e = sigmoid_jit(score)
        e = rate * (e - ONE if j < n else weight[j - n] * e)
        error[j] = e
        for k in range(width):
            gh[k] += e * V[row, k]
    for j in range(most):
        row, e = contexts[j] if j < n else noise[j - n], error[j]
        for k in range(width):
            V[row, k] -= e * h[k]


@njit(inline="always", cache=True)
def _senses_back_jit(U, first, A, a, c, gh, p, g, q, how):
    """Move the senses and their disambiguator by the gradients before the step."""
    temperature, entropy, rate = how
    mean, H = ZERO, ZERO
    for s in range(len(g)):
        total = ZERO
        for k in range(len(c)):
            total += U[first + s, k] * gh[k]
            U[first + s, k] -= g[s] * gh[k]
        q[s] = total
        mean += g[s] * total
        H -= p[s] * np.log(max(p[s], TINY))
    for s in range(len(g)):
        # gh holds the learning rate already; the entropy's part gets it here
        step = g[s] * (q[s] - mean) / temperature[0]
        step += rate * entropy * p[s] * (np.log(max(p[s], TINY)) + H)
        step *= temperature[1]
        a[s] -= step
        for k in range(len(c)):
            A[s, k] -= step * c[k]


# --- the walk ------------------------------------------------------------------------
@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def epoch_jit(tables, where, plan, run, how):
    """Train on all tokens in order."""
    U, V, A, a = tables
    first, block = where
    tokens, offsets, keep, deck = plan
    window, dynamic, negatives, coin, reach_key, card, rate0, slope = run
    kind, gumbel_key, heat, scale, entropy = how
    width, senses = V.shape[1], A.shape[1]
    words, places = (
        np.empty(1024 + 2 * window, np.int32),
        np.empty(1024 + 2 * window, np.int64),
    )
    contexts, noise = np.empty(2 * window, np.int32), np.empty(negatives, np.int32)
    weight, error = (
        np.empty(negatives, np.float32),
        np.empty(2 * window + negatives, np.float32),
    )
    h, gh, c = np.empty((3, width), np.float32)
    drawn, z, p, g, q = np.zeros((5, senses), np.float32)
    for document in range(len(offsets) - 1):
        i, end = offsets[document], offsets[document + 1]
        n = t = 0
        while True:
            i, n, t = refill_jit(
                tokens, i, end, keep, coin, words, places, n, t, window
            )
            if t >= n:
                break
            word, place = words[t], places[t]
            reach = window
            if dynamic:
                reach = 1 + integer_at_jit(reach_key, place, window)
            m = neighbours_jit(words, n, t, reach, contexts)
            t += 1
            if m == 0:
                continue
            rate = float32(rate0 + slope * (place / len(tokens)))
            for j in range(negatives):
                noise[j] = deck[(card + place * negatives + j) % len(deck)]
            _weights_jit(contexts, m, noise, weight)
            row, own = first[word], block[word]
            if own == 0:  # one vector: plain skip-gram
                h[:] = U[row]
                _outputs_jit(V, contexts, m, noise, weight, h, gh, error, rate)
                for k in range(width):
                    U[row, k] -= gh[k]
                continue
            _mean_jit(V, contexts, m, c)
            if kind in (FREE, DEALT):
                _noise_jit(gumbel_key, place, drawn)
            if kind in (HARD, DEALT):
                best = _hard_jit(A[own], c, kind, drawn, g)
                h[:] = U[row + best]
                _outputs_jit(V, contexts, m, noise, weight, h, gh, error, rate)
                a[own, best] += ONE
                for k in range(width):
                    U[row + best, k] -= gh[k]
                    A[own, best, k] += c[k]
                continue
            own = own if kind == FREE else 0
            _choose_jit(A[own], a[own], c, kind, heat, drawn, z, p, g)
            h[:] = ZERO
            for s in range(senses):
                for k in range(width):
                    h[k] += g[s] * U[row + s, k]
            _outputs_jit(V, contexts, m, noise, weight, h, gh, error, rate)
            _senses_back_jit(
                U, row, A[own], a[own], c, gh, p, g, q, ((heat, scale), entropy, rate)
            )


# --- tables and one epoch ------------------------------------------------------------
def padded(tables: Tables) -> Tables:
    """Return copies whose vectors are filled with zeros to a multiple of 16."""
    more = -tables.U.shape[1] % 16

    def fill(table: NDArray[Any]) -> NDArray[np.float32]:
        widths = [(0, 0)] * (table.ndim - 1) + [(0, more)]
        return np.ascontiguousarray(np.pad(table, widths), dtype=np.float32)

    return Tables(fill(tables.U), fill(tables.V), fill(tables.A), tables.a.copy())


def unpadded(tables: Tables, dim: int) -> Tables:
    """Return views without the filling."""
    return Tables(*(t[..., :dim] for t in tables[:3]), tables.a)


def train_epoch(
    tables: Tables,
    where: Layout,
    plan: Plan,
    config: SensesConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train the padded tables in place for one epoch; see ``walk.train_epoch``."""
    engine = make_run(plan, config.engine, seed=seed, epoch=epoch)
    pass_ = make_pass(config, seed=seed, epoch=epoch)
    run = engine[:3] + engine[4:]  # all but what only CBOW reads
    how = (
        pass_.kind,
        sampling.stream_key(seed, epoch, GUMBEL),
        np.float32(pass_.temperature),
        np.float32(config.disambiguator_rate),
        np.float32(pass_.entropy),
    )
    epoch_jit(tuple(tables), tuple(where), plan[:4], run, how)
