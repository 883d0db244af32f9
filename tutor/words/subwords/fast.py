r"""Numba kernels of fastText: n-gram rows of a word gathered once a window.

The published program gathers the rows of a word, averages them, and adds the gradient
back to each of them *for every pair*. Between two pairs of a window nothing changes
these rows but that gradient, the same for all. So the mean after a pair is known
without reading them again:

.. math:: h \leftarrow h - \gamma\,\eta\, g_h

with :math:`\gamma` = 1 where no n-gram repeats. The kernel keeps h and the sum of the
moves in the first-level cache, and touches the rows twice a window. That is the same
algorithm, not an approximation: the tests hold it against one NumPy step a pair.

Rows are padded with zeros to a multiple of 16 floats and stay zero there.

Chapter: ``words/subwords``.
"""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"
import numpy as np
from numba import float32, njit, uint32, uint64

from tutor.sampling.fast import integer_at_jit
from tutor.words.fast import neighbours_jit, prefetch_row, refill_jit, sigmoid_jit

ZERO, ONE = float32(0), float32(1)
GROUP = 6
_OFFSET, _PRIME, _SIGN = uint32(2166136261), uint32(16777619), uint32(0xFFFFFF00)


# --- hashing -------------------------------------------------------------------------
@njit(nogil=True, cache=True)
def ngram_rows_jit(data, cuts, words, sizes, buckets, first, own, counts, out):
    """Write the rows of words whose pieces begin at ``cuts``, or count them.

    ``data`` holds the words with their marks, one behind the other; word i has the
    pieces ``words[i]`` to ``words[i + 1]``, piece p the bytes ``cuts[p]`` to
    ``cuts[p + 1]``. With an empty ``out`` only ``counts`` is filled.
    """
    low, high = sizes
    k = 0
    for w in range(len(words) - 1):
        begin, end = words[w], words[w + 1]
        before = k
        if own:
            if len(out):
                out[k] = w
            k += 1
        for i in range(begin, end):
            h = _OFFSET
            for n in range(1, min(high, end - i) + 1):
                # FNV-1a goes on where the shorter n-gram ended
                for b in range(cuts[i + n - 1], cuts[i + n]):
                    byte = uint32(data[b])
                    if byte > uint32(127):
                        byte |= _SIGN
                    h = uint32((h ^ byte) * _PRIME)
                alone = n == 1 and (i == begin or i == end - 1)
                if n >= low and not alone:
                    if len(out):
                        out[k] = first + h % uint32(buckets)
                    k += 1
        counts[w] = k - before


@njit(nogil=True, fastmath=True, cache=True)
def mean_rows_jit(Z, starts, rows, out):
    """Write the mean of each word's rows; a word of no rows gets zeros."""
    width = out.shape[1]
    for w in range(len(starts) - 1):
        n = starts[w + 1] - starts[w]
        for d in range(width):
            out[w, d] = ZERO
        for k in range(starts[w], starts[w + 1]):
            z = rows[k]
            for d in range(width):
                out[w, d] += Z[z, d]
        if n:
            share = ONE / float32(n)
            for d in range(width):
                out[w, d] *= share


# --- one pair: the mean of the pieces against K + 1 output rows ----------------------
@njit(inline="always", cache=True)
def pair_jit(V, outs, rates, count, score, h, total, gain, w):
    """Take one step: the output rows by the old mean, the mean by the old rows."""
    # --- scores: six dot products in one pass over the mean
    for g in range((count + GROUP - 1) // GROUP):
        o = GROUP * g
        o0, o1, o2 = outs[o], outs[o + 1], outs[o + 2]
        o3, o4, o5 = outs[o + 3], outs[o + 4], outs[o + 5]
        f0 = f1 = f2 = f3 = f4 = f5 = ZERO
        for d in range(w):
            x = h[d]
            f0, f1, f2 = f0 + x * V[o0, d], f1 + x * V[o1, d], f2 + x * V[o2, d]
            f3, f4, f5 = f3 + x * V[o3, d], f4 + x * V[o4, d], f5 + x * V[o5, d]
        score[o], score[o + 1], score[o + 2] = f0, f1, f2
        score[o + 3], score[o + 4], score[o + 5] = f3, f4, f5
    # --- coefficients: rate (label - sigmoid(score)); a masked row has rate 0
    for j in range(len(score)):
        label = ONE if j == 0 else ZERO
        score[j] = rates[j] * (label - sigmoid_jit(score[j]))
    # --- update: the rows of a pair are different, so one after the other
    move = total[1]
    for d in range(w):
        move[d] = ZERO
    for j in range(count):
        if rates[j] != ZERO:
            o, f = outs[j], score[j]
            for d in range(w):
                r = V[o, d]
                move[d] += f * r
                V[o, d] = r + f * h[d]
    for d in range(w):
        total[0, d] += move[d]
        h[d] += gain * move[d]


@njit(inline="always", cache=True)
def noise_row_jit(word, deck, card, count, outs, rates, rate):
    """Fill the outputs of a pair: the neighbour, then noise; repeats get rate 0."""
    outs[0] = word
    for j in range(1, count):
        outs[j] = deck[(card + j - 1) % len(deck)]
    for j in range(count):
        fresh = rate
        for k in range(j):
            fresh = ZERO if outs[k] == outs[j] else fresh
        rates[j] = fresh


@njit(inline="always", cache=True)
def ahead_jit(Z, V, rows, starts, words, places, n, t, deck, first, stride, lines):
    """Ask for the rows that the next window will need first."""
    if t + 1 < n:
        soon = words[t + 1]
        for k in range(starts[soon], starts[soon + 1]):
            prefetch_row(Z, rows[k], lines)
        card = (first + places[t + 1] * stride) % len(deck)
        for j in range(card, min(card + stride, len(deck))):
            prefetch_row(V, deck[j], lines)


# --- the walk ------------------------------------------------------------------------
@njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def walk_jit(Z, V, plan, run, first, last, lines):
    """Train on the tokens ``first`` to ``last`` in order, a pair a step."""
    tokens, offsets, keep, deck, starts, rows, gains = plan
    window, dynamic, count, full, coin, reach_key, card0, rate0, slope = run
    width = 16 * len(lines)
    room = 1024 + 2 * window
    words, places = np.empty(room, np.int32), np.empty(room, np.int64)
    contexts = np.empty(2 * window, np.int32)
    slots = GROUP * ((count + GROUP - 1) // GROUP)
    outs, score = np.zeros(slots, np.int32), np.zeros(slots, np.float32)
    rates, h = np.zeros(slots, np.float32), np.zeros(width, np.float32)
    total = np.zeros((2, width), np.float32)
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
            stride = 2 * window * (count - 1)
            ahead_jit(
                Z, V, rows, starts, words, places, n, t, deck, card0, stride, lines
            )
            t += 1
            if c == 0:
                continue
            rate = float32(rate0 + slope * ((place - first) / (last - first)))
            # --- gather: the mean of the word's rows, once a window
            begin, stop = starts[word], starts[word + 1]
            share = ONE / float32(stop - begin)
            for d in range(width):
                h[d] = total[0, d] = ZERO
            for k in range(begin, stop):
                z = rows[k]
                for d in range(width):
                    h[d] += Z[z, d]
            for d in range(width):
                h[d] *= share
            # --- pairs
            gain = float32(gains[word])
            for s in range(c):
                card = card0 + (place * 2 * window + s) * (count - 1)
                noise_row_jit(contexts[s], deck, card, count, outs, rates, rate)
                pair_jit(V, outs, rates, count, score, h, total, gain, width)
            # --- scatter: every row gets the sum of the moves, once a window
            share = ONE if full else share
            for k in range(begin, stop):
                z = rows[k]
                for d in range(width):
                    Z[z, uint64(d)] += share * total[0, d]
