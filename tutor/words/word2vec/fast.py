r"""Numba kernels of word2vec: the loops of ``walk.py`` at the speed of the machine.

Semantics, shared with the reference: a window's K+1 output rows are *distinct* (noise
words that repeat or equal the true word take no part), drawn once a window, and the
batch is one (context, center) pair in ``fused``, two in ``paired``, a window in
``cbow``; gradients come from the rows before the step and are summed. Rows are padded
with zeros to a multiple of 16 floats and stay zero there.

What makes them fast: the output rows of a window are staged in a block small enough for
the first-level cache; six dot products share one pass over the input row, ``paired``
takes two inputs a pass; every constant is float32 (one float64 would halve the
processor's vectors); noise is read in sequence from a shuffled deck; the next window's
rows are asked for one at each context, since a core waits for few cache lines at once.

Outputs come in groups of six. K = 5 is one group; more noise, or a Huffman path, takes
several, the last filled up with rows whose step is 0.

Chapter: ``words/word2vec``.
"""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"
import numpy as np
from numba import float32, njit, uint64

from tutor.sampling.fast import integer_at_jit
from tutor.words.fast import (
    ahead_jit,
    early_jit,
    neighbours_jit,
    prefetch_row,
    refill_jit,
    sigmoid_jit,
)

GROUP, ROWS, SECOND, LANES = 6, 8, 8, 16
ZERO, ONE = float32(0), float32(1)
# Kernels are named by a tuple's length, which the compiler knows as it knows the
# length of ``lines``, the cache lines of a row: no branch is left in the loop.
FUSED, PAIRED, CBOW = (), (0,), (0, 0)


# --- one window: staged rows, scores, coefficients, update ---------------------------
@njit(inline="always", cache=True)
def stage_jit(V, outs, count, blocks, width):
    """Copy the window's output rows into the blocks, six rows a block."""
    for j in range(count):
        row, g, k = outs[0, j], j // GROUP, j % GROUP * width
        for d in range(width):
            blocks[g, uint64(k + d)] = V[row, d]


@njit(inline="always", cache=True)
def unstage_jit(V, outs, count, blocks, width):
    """Copy the rows back; the first of equal rows, the trained one, comes last."""
    for j in range(count - 1, -1, -1):
        row, g, k = outs[0, j], j // GROUP, j % GROUP * width
        for d in range(width):
            V[row, d] = blocks[g, uint64(k + d)]


@njit(inline="always", cache=True)
def fused_jit(kind, U, V, contexts, n, outs, count, done, soon, blocks, work, lines):
    """Train one window, one (context, center) pair at a time.

    The odd pair that ``paired`` leaves takes as many lanes, to be rounded as they are.
    """
    w, groups = 16 * len(lines), (count + GROUP - 1) // GROUP
    lanes, (label, step, score) = SECOND * (1 + len(kind)), work
    for c in range(n):
        u = contexts[c]
        early_jit(V, outs, done + c, done + c + 1, soon, lines)
        # --- scores: six dot products in one pass over the input row
        for g in range(groups):
            f0 = f1 = f2 = f3 = f4 = f5 = ZERO
            for d in range(w):
                x = U[u, d]
                f0 += x * blocks[g, d]
                f1 += x * blocks[g, w + d]
                f2 += x * blocks[g, 2 * w + d]
                f3 += x * blocks[g, 3 * w + d]
                f4 += x * blocks[g, 4 * w + d]
                f5 += x * blocks[g, 5 * w + d]
            score[g, 0], score[g, 1], score[g, 2] = f0, f1, f2
            score[g, 3], score[g, 4], score[g, 5] = f3, f4, f5
        # --- coefficients: step (label - sigmoid(score)); a masked row has step 0
        for g in range(groups):
            for j in range(lanes):
                score[g, j] = step[g, j] * (label[g, j] - sigmoid_jit(score[g, j]))
        # --- update: the rows by the old input, the input by the old rows
        for g in range(groups):
            g0, g1, g2 = score[g, 0], score[g, 1], score[g, 2]
            g3, g4, g5 = score[g, 3], score[g, 4], score[g, 5]
            for d in range(w):
                x = U[u, d]
                r0, r1, r2 = blocks[g, d], blocks[g, w + d], blocks[g, 2 * w + d]
                r3, r4 = blocks[g, 3 * w + d], blocks[g, 4 * w + d]
                r5 = blocks[g, 5 * w + d]
                sum_a = g0 * r0 + g1 * r1 + g2 * r2 + g3 * r3 + g4 * r4 + g5 * r5
                blocks[g, 6 * w + d] = sum_a
                blocks[g, d] = r0 + g0 * x
                blocks[g, w + d] = r1 + g1 * x
                blocks[g, 2 * w + d] = r2 + g2 * x
                blocks[g, 3 * w + d] = r3 + g3 * x
                blocks[g, 4 * w + d] = r4 + g4 * x
                blocks[g, 5 * w + d] = r5 + g5 * x
        for g in range(groups):
            for d in range(w):
                U[u, d] += blocks[g, 6 * w + d]


@njit(inline="always", cache=True)
def paired_jit(U, V, contexts, n, outs, count, soon, blocks, work, lines):
    """Train one window, two (context, center) pairs a step; an odd one is left."""
    w, groups = 16 * len(lines), (count + GROUP - 1) // GROUP
    label, step, score = work
    for c in range(0, n - 1, 2):
        a, b = contexts[c], contexts[c + 1]
        early_jit(V, outs, c, c + 2, soon, lines)
        # --- scores: twelve dot products in one pass over the two input rows
        for g in range(groups):
            f0 = f1 = f2 = f3 = f4 = f5 = h0 = h1 = h2 = h3 = h4 = h5 = ZERO
            for d in range(w):
                x, y = U[a, d], U[b, d]
                r0, r1, r2 = blocks[g, d], blocks[g, w + d], blocks[g, 2 * w + d]
                r3, r4 = blocks[g, 3 * w + d], blocks[g, 4 * w + d]
                r5 = blocks[g, 5 * w + d]
                f0, f1, f2 = f0 + x * r0, f1 + x * r1, f2 + x * r2
                f3, f4, f5 = f3 + x * r3, f4 + x * r4, f5 + x * r5
                h0, h1, h2 = h0 + y * r0, h1 + y * r1, h2 + y * r2
                h3, h4, h5 = h3 + y * r3, h4 + y * r4, h5 + y * r5
            score[g, 0], score[g, 1], score[g, 2] = f0, f1, f2
            score[g, 3], score[g, 4], score[g, 5] = f3, f4, f5
            score[g, 8], score[g, 9], score[g, 10] = h0, h1, h2
            score[g, 11], score[g, 12], score[g, 13] = h3, h4, h5
        # --- coefficients: step (label - sigmoid(score)); a masked row has step 0
        for g in range(groups):
            for j in range(LANES):
                score[g, j] = step[g, j] * (label[g, j] - sigmoid_jit(score[g, j]))
        # --- update: the rows by the old inputs, the inputs by the old rows
        for g in range(groups):
            f0, f1, f2 = score[g, 0], score[g, 1], score[g, 2]
            f3, f4, f5 = score[g, 3], score[g, 4], score[g, 5]
            h0, h1, h2 = score[g, 8], score[g, 9], score[g, 10]
            h3, h4, h5 = score[g, 11], score[g, 12], score[g, 13]
            for d in range(w):
                x, y = U[a, d], U[b, d]
                r0, r1, r2 = blocks[g, d], blocks[g, w + d], blocks[g, 2 * w + d]
                r3, r4 = blocks[g, 3 * w + d], blocks[g, 4 * w + d]
                r5 = blocks[g, 5 * w + d]
                sum_a = f0 * r0 + f1 * r1 + f2 * r2 + f3 * r3 + f4 * r4 + f5 * r5
                sum_b = h0 * r0 + h1 * r1 + h2 * r2 + h3 * r3 + h4 * r4 + h5 * r5
                blocks[g, 6 * w + d], blocks[g, 7 * w + d] = sum_a, sum_b
                blocks[g, d] = r0 + f0 * x + h0 * y
                blocks[g, w + d] = r1 + f1 * x + h1 * y
                blocks[g, 2 * w + d] = r2 + f2 * x + h2 * y
                blocks[g, 3 * w + d] = r3 + f3 * x + h3 * y
                blocks[g, 4 * w + d] = r4 + f4 * x + h4 * y
                blocks[g, 5 * w + d] = r5 + f5 * x + h5 * y
        for g in range(groups):
            for d in range(w):
                U[a, d] += blocks[g, 6 * w + d]
                U[b, d] += blocks[g, 7 * w + d]


@njit(inline="always", cache=True)
def pairs_jit(kind, U, V, inputs, n, outs, count, soon, blocks, work, lines):
    """Train one window by the kernel that ``kind`` names; an odd pair is ``fused``."""
    width, m = 16 * len(lines), n
    stage_jit(V, outs, count, blocks, width)
    if len(kind) == 1:
        paired_jit(U, V, inputs, n, outs, count, soon, blocks, work, lines)
        inputs[0], m = inputs[n - 1], n % 2
    fused_jit(kind, U, V, inputs, m, outs, count, n - m, soon, blocks, work, lines)
    unstage_jit(V, outs, count, blocks, width)
    early_jit(V, outs, n, soon, soon, lines)


@njit(inline="always", cache=True)
def cbow_jit(U, V, inputs, n, outs, count, label, step, score, mean, exact, lines):
    """Train one window by the mean of its inputs; one input row needs no staging."""
    w, groups = 16 * len(lines), (count + GROUP - 1) // GROUP
    # --- the mean of the contexts, and the sum of its moves
    for d in range(w):
        mean[0, d] = mean[1, d] = ZERO
    for c in range(n):
        u = inputs[c]
        for d in range(w):
            mean[0, d] += U[u, d]
    share = ONE / float32(n)
    for d in range(w):
        mean[0, d] *= share
    # --- scores: six dot products in one pass over the mean
    for g in range(groups):
        k = GROUP * g
        o0, o1, o2 = outs[0, k], outs[0, k + 1], outs[0, k + 2]
        o3, o4, o5 = outs[0, k + 3], outs[0, k + 4], outs[0, k + 5]
        f0 = f1 = f2 = f3 = f4 = f5 = ZERO
        for d in range(w):
            x = mean[0, d]
            f0, f1, f2 = f0 + x * V[o0, d], f1 + x * V[o1, d], f2 + x * V[o2, d]
            f3, f4, f5 = f3 + x * V[o3, d], f4 + x * V[o4, d], f5 + x * V[o5, d]
        score[g, 0], score[g, 1], score[g, 2] = f0, f1, f2
        score[g, 3], score[g, 4], score[g, 5] = f3, f4, f5
    # --- coefficients: step (label - sigmoid(score)); a masked row has step 0
    for g in range(groups):
        for j in range(SECOND):
            score[g, j] = step[g, j] * (label[g, j] - sigmoid_jit(score[g, j]))
    # --- update: the mean by the old rows, the rows by the mean, each context as it
    for j in range(count):
        o, f = outs[0, j], score[j // GROUP, j % GROUP]
        if step[j // GROUP, j % GROUP] != ZERO:
            for d in range(w):
                r = V[o, d]
                mean[1, d] += f * r
                V[o, d] = r + f * mean[0, d]
        prefetch_row(V, outs[1, j], lines)
    for c in range(n):
        u = inputs[c]
        for d in range(w):
            U[u, d] += (share if exact else ONE) * mean[1, d]


# --- the walk: subsampling, windows, outputs -----------------------------------------
@njit(inline="always", cache=True)
def noise_jit(word, deck, negatives, card, outs, step, rate):
    """Fill a window's outputs: the word, then its noise; repeated ones get step 0."""
    outs[0, 0] = word
    for j in range(negatives):
        card_j = card + j - (len(deck) if card + j >= len(deck) else 0)
        outs[0, j + 1] = deck[card_j]
    for j in range(negatives + 1):
        fresh = rate
        for k in range(j):
            fresh = ZERO if outs[0, k] == outs[0, j] else fresh
        step[j // GROUP, j % GROUP] = step[j // GROUP, SECOND + j % GROUP] = fresh


@njit(inline="always", cache=True)
def path_jit(word, nodes, codes, count, outs, label, step, rate):
    """Fill a window's outputs: the inner nodes on the word's Huffman path."""
    step[:] = ZERO
    for j in range(count):
        g, k = j // GROUP, j % GROUP
        outs[0, j] = nodes[word, j]
        label[g, k] = label[g, SECOND + k] = ONE - float32(codes[word, j])
        step[g, k] = step[g, SECOND + k] = rate


@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def walk_jit(U, V, plan, run, kind, first, last, blocks, mean, lines):
    """Train on the tokens ``first`` to ``last`` in order; ``kind`` names the kernel."""
    tokens, offsets, keep, deck, (nodes, codes, lengths) = plan
    window, dynamic, negatives, exact, coin, reach_key, card, rate0, slope = run
    room = 1024 + 2 * window
    words, places = np.empty(room, np.int32), np.empty(room, np.int64)
    inputs = np.empty(2 * window, np.int32)
    outs = np.zeros((2, GROUP * len(blocks)), np.int32)
    label = np.zeros((len(blocks), LANES), np.float32)
    label[0, 0] = label[0, SECOND] = ONE
    step, score = np.zeros_like(label), np.zeros_like(label)
    work = (label, step, score)
    for document in range(len(offsets) - 1):
        i, end = max(offsets[document], first), min(offsets[document + 1], last)
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
            rate = float32(rate0 + slope * ((place - first) / (last - first)))
            count = negatives + 1 if negatives else lengths[word]
            if negatives:
                noise_jit(word, deck, negatives, base, outs, step, rate)
            else:
                path_jit(word, nodes, codes, count, outs, label, step, rate)
            prefetch_row(U, words[min(t + window, n - 1)], lines)
            after = min(t, n - 1)
            soon_card = base + (places[after] - place) * negatives
            soon = negatives + 1 if negatives else lengths[words[after]]
            ahead_jit(words[after], deck, negatives, soon_card, nodes, soon, outs)
            if len(kind) == 2:
                cbow_jit(
                    U, V, inputs, c, outs, count, label, step, score, mean, exact, lines
                )
            else:
                pairs_jit(kind, U, V, inputs, c, outs, count, soon, blocks, work, lines)
