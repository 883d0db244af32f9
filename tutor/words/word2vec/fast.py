r"""Numba kernels of word2vec: the loops of ``walk.py`` at the speed of the machine.

Semantics, shared with the reference: a window's K+1 output rows are *distinct* (noise
words that repeat or equal the true word take no part), drawn once a window, and the
batch is one (context, center) pair in ``fused``, two in ``paired``, a window in
``cbow``; gradients come from the rows before the step and are summed. Rows are padded
with zeros to a multiple of 16 floats and stay zero there.

What makes them fast, in order of worth: the output rows of a window are staged in one
small block (they stay in the first-level cache for all contexts of the window); six dot
products share one pass over the input row; every constant is float32 (one float64
would halve the vectors of the processor); noise is read in sequence from a shuffled
deck; ``paired`` loads and stores the block once for two contexts and prefetches the
rows of the next windows.

Outputs come in groups of six. K = 5 is one group; more noise, or a Huffman path, takes
several, the last filled up with rows whose step is 0.

Chapter: ``words/word2vec``.
"""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from llvmlite import ir
from numba import float32, njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from tutor.sampling.fast import integer_at_jit, uniform_at_jit
from tutor.words.word2vec.config import Word2VecConfig
from tutor.words.word2vec.walk import Plan, make_run

GROUP, SECOND, LANES = 6, 8, 16
ZERO, HALF, ONE = float32(0), float32(0.5), float32(1)
ROW_ZERO = np.zeros(1, np.int32)
_CUT = float32(4.97)
_N0, _N1, _N2 = float32(135135), float32(17325), float32(378)
_D1, _D2, _D3 = float32(62370), float32(3150), float32(28)


@njit(inline="always", error_model="numpy", cache=True)
def sigmoid_jit(x):
    r"""Return the logistic function by Lambert's continued fraction for tanh.

    .. math:: \sigma(x) = \tfrac12 + \tfrac12 \tanh\tfrac x2, \qquad
       \tanh y \approx \frac{y\,(135135 + 17325 y^2 + 378 y^4 + y^6)}
                            {135135 + 62370 y^2 + 3150 y^4 + 28 y^6}

    Error below 6e-7 for ``|x| <= 6`` and below 5e-5 everywhere; no table, no branch,
    so the compiler computes a whole group at once.
    """
    y = min(max(x * HALF, -_CUT), _CUT)
    q = y * y
    top = y * (_N0 + q * (_N1 + q * (_N2 + q)))
    return HALF + HALF * (top / (_N0 + q * (_D1 + q * (_D2 + q * _D3))))


@intrinsic
def prefetch_row(context, array, row):
    """Ask for the cache lines of ``array[row]`` (row length a multiple of 16)."""

    def generate(ctx, builder, signature, arguments):
        struct = ctx.make_array(signature.args[0])(ctx, builder, arguments[0])
        stride = cgutils.unpack_tuple(builder, struct.strides)[0]
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(64)
        index = ctx.cast(builder, arguments[1], signature.args[1], types.intp)
        base = builder.bitcast(struct.data, byte)
        first = builder.gep(base, [builder.mul(index, stride)])
        kind = ir.FunctionType(ir.VoidType(), [byte] + [ir.IntType(32)] * 3)
        name = "llvm.prefetch.p0"
        call = cgutils.get_or_insert_function(builder.module, kind, name)
        flags = [ir.IntType(32)(1), ir.IntType(32)(3), ir.IntType(32)(1)]
        with cgutils.for_range_slice(
            builder, ir.Constant(word, 0), stride, ir.Constant(word, 64), word
        ) as (offset, _):
            builder.call(call, [builder.gep(first, [offset]), *flags])
        return ctx.get_dummy_value()

    return types.void(array, row), generate


# --- one window: staged rows, scores, coefficients, update ---------------------------
@njit(inline="always", error_model="numpy", cache=True)
def stage_jit(V, outs, count, rows, width):
    """Copy the window's output rows into the small block."""
    for j in range(count):
        row, copy = V[outs[j]], rows[j * width : (j + 1) * width]
        for d in range(width):
            copy[d] = row[d]


@njit(inline="always", error_model="numpy", cache=True)
def unstage_jit(V, outs, count, rows, width):
    """Copy the block back; the first of equal rows, the trained one, comes last."""
    for j in range(count - 1, -1, -1):
        row, copy = V[outs[j]], rows[j * width : (j + 1) * width]
        for d in range(width):
            row[d] = copy[d]


@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def fused_jit(U, contexts, n, rows, groups, label, step, score, old, lines):
    """Train one window, one (context, center) pair at a time."""
    width = 16 * len(lines)
    for c in range(n):
        u = U[contexts[c]]
        # --- scores: six dot products in one pass over u
        for g in range(groups):
            r = rows[g * GROUP * width : (g + 1) * GROUP * width]
            f0 = f1 = f2 = f3 = f4 = f5 = ZERO
            for d in range(width):
                x = u[d]
                f0 += x * r[d]
                f1 += x * r[width + d]
                f2 += x * r[2 * width + d]
                f3 += x * r[3 * width + d]
                f4 += x * r[4 * width + d]
                f5 += x * r[5 * width + d]
            score[g, 0], score[g, 1], score[g, 2] = f0, f1, f2
            score[g, 3], score[g, 4], score[g, 5] = f3, f4, f5
        # --- coefficients: step (label - sigmoid(score)); a masked row has step 0
        for g in range(groups):
            z, y, rate = score[g], label[g], step[g]
            for j in range(LANES):
                z[j] = rate[j] * (y[j] - sigmoid_jit(z[j]))
        # --- update: u by the old rows, the rows by the old u
        for d in range(width):
            old[d] = u[d]
        for g in range(groups):
            r = rows[g * GROUP * width : (g + 1) * GROUP * width]
            g0, g1, g2 = score[g, 0], score[g, 1], score[g, 2]
            g3, g4, g5 = score[g, 3], score[g, 4], score[g, 5]
            for d in range(width):
                x = old[d]
                r0, r1 = r[d], r[width + d]
                r2, r3 = r[2 * width + d], r[3 * width + d]
                r4, r5 = r[4 * width + d], r[5 * width + d]
                u[d] += g0 * r0 + g1 * r1 + g2 * r2 + g3 * r3 + g4 * r4 + g5 * r5
                r[d] = r0 + g0 * x
                r[width + d] = r1 + g1 * x
                r[2 * width + d] = r2 + g2 * x
                r[3 * width + d] = r3 + g3 * x
                r[4 * width + d] = r4 + g4 * x
                r[5 * width + d] = r5 + g5 * x


@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def paired_jit(U, contexts, n, rows, groups, label, step, score, old, lines):
    """Train one window, two (context, center) pairs a step; a last one alone."""
    width = 16 * len(lines)
    for c in range(0, n - 1, 2):
        a, b = U[contexts[c]], U[contexts[c + 1]]
        # --- scores: twelve dot products in one pass over a and b
        for g in range(groups):
            r = rows[g * GROUP * width : (g + 1) * GROUP * width]
            f0 = f1 = f2 = f3 = f4 = f5 = h0 = h1 = h2 = h3 = h4 = h5 = ZERO
            for d in range(width):
                x, y = a[d], b[d]
                r0, r1, r2 = r[d], r[width + d], r[2 * width + d]
                r3, r4, r5 = r[3 * width + d], r[4 * width + d], r[5 * width + d]
                f0, f1, f2 = f0 + x * r0, f1 + x * r1, f2 + x * r2
                f3, f4, f5 = f3 + x * r3, f4 + x * r4, f5 + x * r5
                h0, h1, h2 = h0 + y * r0, h1 + y * r1, h2 + y * r2
                h3, h4, h5 = h3 + y * r3, h4 + y * r4, h5 + y * r5
            z = score[g]
            z[0], z[1], z[2], z[3], z[4], z[5] = f0, f1, f2, f3, f4, f5
            z[8], z[9], z[10], z[11], z[12], z[13] = h0, h1, h2, h3, h4, h5
        # --- coefficients: step (label - sigmoid(score)); a masked row has step 0
        for g in range(groups):
            z, y, rate = score[g], label[g], step[g]
            for j in range(LANES):
                z[j] = rate[j] * (y[j] - sigmoid_jit(z[j]))
        # --- update: a and b by the old rows, the rows by the old a and b
        for d in range(width):
            old[d], old[width + d] = a[d], b[d]
        for g in range(groups):
            r, z = rows[g * GROUP * width : (g + 1) * GROUP * width], score[g]
            f0, f1, f2, f3, f4, f5 = z[0], z[1], z[2], z[3], z[4], z[5]
            h0, h1, h2, h3, h4, h5 = z[8], z[9], z[10], z[11], z[12], z[13]
            for d in range(width):
                x, y = old[d], old[width + d]
                r0, r1, r2 = r[d], r[width + d], r[2 * width + d]
                r3, r4, r5 = r[3 * width + d], r[4 * width + d], r[5 * width + d]
                a[d] += f0 * r0 + f1 * r1 + f2 * r2 + f3 * r3 + f4 * r4 + f5 * r5
                b[d] += h0 * r0 + h1 * r1 + h2 * r2 + h3 * r3 + h4 * r4 + h5 * r5
                r[d] = r0 + f0 * x + h0 * y
                r[width + d] = r1 + f1 * x + h1 * y
                r[2 * width + d] = r2 + f2 * x + h2 * y
                r[3 * width + d] = r3 + f3 * x + h3 * y
                r[4 * width + d] = r4 + f4 * x + h4 * y
                r[5 * width + d] = r5 + f5 * x + h5 * y
    if n % 2:
        last = contexts[n - 1 : n]
        fused_jit(U, last, 1, rows, groups, label, step, score, old, lines)


@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def cbow_jit(U, contexts, n, rows, groups, label, step, score, old, mean, exact, lines):
    """Train one window of CBOW: a skip-gram pair whose input is the mean row."""
    width = 16 * len(lines)
    share = ONE / float32(n)
    # --- the mean, as row 0 of a table of its own
    h = mean[0]
    h[:] = ZERO
    for c in range(n):
        u = U[contexts[c]]
        for d in range(width):
            h[d] += u[d]
    before = old[width : 2 * width]
    for d in range(width):
        h[d] *= share
        before[d] = h[d]
    # --- scores, coefficients, update of the rows and of the mean
    fused_jit(mean, ROW_ZERO, 1, rows, groups, label, step, score, old, lines)
    # --- every context moves as the mean did, or by its share
    scale = share if exact else ONE
    for d in range(width):
        h[d] = scale * (h[d] - before[d])
    for c in range(n):
        u = U[contexts[c]]
        for d in range(width):
            u[d] += h[d]


# --- the walk: subsampling, windows, outputs -----------------------------------------
@njit(inline="always", error_model="numpy", cache=True)
def refill_jit(tokens, i, end, keep, key, words, places, n, t, window):
    """Keep the window behind ``t``, read kept tokens on; return (i, n, t)."""
    if t + window < n or i >= end:
        return i, n, t
    shift = max(0, t - window)
    for s in range(shift, n):
        words[s - shift] = words[s]
        places[s - shift] = places[s]
    n -= shift
    while i < end and n < len(words):
        if uniform_at_jit(key, i) < keep[tokens[i]]:
            words[n] = tokens[i]
            places[n] = i
            n += 1
        i += 1
    return i, n, t - shift


@njit(inline="always", error_model="numpy", cache=True)
def neighbours_jit(words, n, t, reach, contexts):
    """Fill ``contexts`` with the words within ``reach`` of ``t``; return how many."""
    c = 0
    for s in range(max(0, t - reach), min(n, t + reach + 1)):
        if s != t:
            contexts[c] = words[s]
            c += 1
    return c


@njit(inline="always", error_model="numpy", cache=True)
def outputs_jit(word, place, deck, tree, negatives, card, outs, label, step, rate):
    """Fill the output rows of one window, their labels and steps; return how many."""
    step[:] = ZERO
    if negatives == 0:
        nodes, codes, lengths = tree
        count = lengths[word]
        for j in range(count):
            outs[j] = nodes[word, j]
            g, k = j // GROUP, j % GROUP
            label[g, k] = label[g, SECOND + k] = ONE - float32(codes[word, j])
            step[g, k] = step[g, SECOND + k] = rate
        return count
    outs[0] = word
    step[0, 0] = step[0, SECOND] = rate
    card = (card + place * negatives) % len(deck)
    for j in range(1, negatives + 1):
        outs[j] = deck[card]
        card += 1
        if card == len(deck):
            card = 0
        fresh = rate
        for k in range(j):
            if outs[k] == outs[j]:
                fresh = ZERO
        g, k = j // GROUP, j % GROUP
        step[g, k] = step[g, SECOND + k] = fresh
    return negatives + 1


@njit(inline="always", error_model="numpy", cache=True)
def prefetch_jit(U, V, words, places, n, t, deck, negatives, card, window):
    """Ask for the rows that the window after ``t`` will need."""
    if t + 1 + window < n:
        prefetch_row(U, words[t + 1 + window])
    if t + 1 < n and negatives > 0:
        prefetch_row(V, words[t + 1])
        card = (card + places[t + 1] * negatives) % len(deck)
        for j in range(card, min(card + negatives, len(deck))):
            prefetch_row(V, deck[j])


FUSED, PAIRED, CBOW = 0, 1, 2


@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def walk_jit(U, V, plan, run, kind, first, last, rows, old, mean, lines):
    """Train on the tokens ``first`` to ``last`` in order; ``kind`` names the kernel."""
    tokens, offsets, keep, deck, tree = plan
    window, dynamic, negatives, exact, coin, reach_key, card, rate0, slope = run
    width = 16 * len(lines)
    words, places = np.empty(1024, np.int32), np.empty(1024, np.int64)
    contexts = np.empty(2 * window, np.int32)
    most = len(rows) // width
    outs = np.empty(most, np.int32)
    label = np.zeros((most // GROUP, LANES), np.float32)
    label[0, 0] = label[0, SECOND] = ONE
    step, score = np.zeros_like(label), np.zeros_like(label)
    for document in range(len(offsets) - 1):
        i, end = max(offsets[document], first), min(offsets[document + 1], last)
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
            c = neighbours_jit(words, n, t, reach, contexts)
            if kind != FUSED:
                prefetch_jit(U, V, words, places, n, t, deck, negatives, card, window)
            t += 1
            if c == 0:
                continue
            rate = float32(rate0 + slope * ((place - first) / (last - first)))
            count = outputs_jit(
                word, place, deck, tree, negatives, card, outs, label, step, rate
            )
            groups = (count + GROUP - 1) // GROUP
            stage_jit(V, outs, count, rows, width)
            if kind == FUSED:
                fused_jit(U, contexts, c, rows, groups, label, step, score, old, lines)
            elif kind == PAIRED:
                paired_jit(
                    U, contexts, c, rows, groups, label, step, score, old, lines
                )
            else:
                cbow_jit(
                    U, contexts, c, rows, groups, label, step, score, old, mean,
                    exact, lines,
                )
            unstage_jit(V, outs, count, rows, width)


# --- one epoch -----------------------------------------------------------------------
def aligned(rows: int, width: int) -> NDArray[np.float32]:
    """Return zeros (rows, width) float32 that begin on a cache line (64 bytes)."""
    raw = np.zeros(rows * width * 4 + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + rows * width * 4].view(np.float32).reshape(rows, width)


def padded(table: NDArray[Any]) -> NDArray[np.float32]:
    """Return an aligned copy whose rows are filled with zeros to 16 floats' multiple."""
    rows, dim = table.shape
    copy = aligned(rows, -(-dim // 16) * 16)
    copy[:, :dim] = table
    return copy


def kernel_of(config: Word2VecConfig) -> int:
    """Return which kernel trains this configuration.

    Raises
    ------
    ValueError
        If ``batch_pairs`` is neither 1 nor 2.
    """
    if config.batch_pairs not in (None, 1, 2):
        raise ValueError(
            f"batch_pairs={config.batch_pairs}: the Numba kernels take 1 or 2 pairs a "
            "step; give one of these, or backend='numpy' or 'torch'"
        )
    if config.architecture == "cbow":
        return CBOW
    return FUSED if config.batch_pairs == 1 else PAIRED


def train_epoch(
    U: NDArray[np.float32],
    V: NDArray[np.float32],
    plan: Plan,
    config: Word2VecConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train the padded tables in place for one epoch.

    With several threads each takes an equal share of the tokens in order, and its
    learning rate falls over its own share; windows do not reach across the cuts.
    """
    run, kind = make_run(plan, config, seed=seed, epoch=epoch), kernel_of(config)
    most = max(run.negatives + 1, plan.tree.nodes.shape[1])
    width = U.shape[1]
    lines = (0,) * (width // 16)

    def work(first: int, last: int) -> None:
        rows = aligned(-(-most // GROUP) * GROUP, width).ravel()
        old, mean = aligned(2, width).ravel(), aligned(1, width)
        walk_jit(U, V, plan, run, kind, first, last, rows, old, mean, lines)

    cuts = np.linspace(0, len(plan.tokens), config.threads + 1).astype(int).tolist()
    if config.threads == 1:
        work(*cuts)
        return
    with ThreadPoolExecutor(config.threads) as pool:
        list(pool.map(work, cuts[:-1], cuts[1:]))
