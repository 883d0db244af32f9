"""Pieces of the Numba kernels of part words: logistic function, prefetch, windows.

They are inlined into the kernels that use them. Numba's cache does not see a change in
another file: after an edit here, remove ``__pycache__`` of those kernels.
"""

from __future__ import annotations

# mypy: disable-error-code="no-untyped-def, no-untyped-call, call-arg"
from llvmlite import ir
from numba import float32, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from tutor.sampling.fast import uniform_at_jit

_HALF, _CUT = float32(0.5), float32(4.97)
_N0, _N1, _N2 = float32(135135), float32(17325), float32(378)
_D1, _D2, _D3 = float32(62370), float32(3150), float32(28)


@njit(inline="always", cache=True)
def sigmoid_jit(x):
    r"""Return the logistic function by Lambert's continued fraction for tanh.

    .. math:: \sigma(x) = \tfrac12 + \tfrac12 \tanh\tfrac x2, \qquad
       \tanh y \approx \frac{y\,(135135 + 17325 y^2 + 378 y^4 + y^6)}
                            {135135 + 62370 y^2 + 3150 y^4 + 28 y^6}

    Error below 6e-7 for ``|x| <= 6`` and below 5e-5 everywhere; no table, no branch,
    so the compiler computes a whole group at once.
    """
    y = min(max(x * _HALF, -_CUT), _CUT)
    q = y * y
    top = y * (_N0 + q * (_N1 + q * (_N2 + q)))
    return _HALF + _HALF * (top / (_N0 + q * (_D1 + q * (_D2 + q * _D3))))


@intrinsic
def prefetch_row(context, array, row, lines):
    """Ask for the ``len(lines)`` cache lines of ``array[row]``."""

    def generate(ctx, builder, signature, arguments):
        struct = ctx.make_array(signature.args[0])(ctx, builder, arguments[0])
        stride = cgutils.unpack_tuple(builder, struct.strides)[0]
        byte, long, short = ir.IntType(8).as_pointer(), ir.IntType(64), ir.IntType(32)
        index = ctx.cast(builder, arguments[1], signature.args[1], types.intp)
        first = builder.bitcast(struct.data, byte)
        first = builder.gep(first, [builder.mul(index, stride)])
        kind = ir.FunctionType(ir.VoidType(), [byte, short, short, short])
        name = "llvm.prefetch.p0"
        call = cgutils.get_or_insert_function(builder.module, kind, name)
        for line in range(signature.args[2].count):
            place = builder.gep(first, [long(64 * line)])
            builder.call(call, [place, short(1), short(3), short(1)])
        return ctx.get_dummy_value()

    return types.void(array, row, lines), generate


# --- the rows of the next window -----------------------------------------------------
@njit(inline="always", cache=True)
def ahead_jit(word, deck, negatives, card, nodes, count, outs):
    """List in ``outs[1]`` the ``count`` output rows that a window of ``word`` reads."""
    outs[1, 0] = word
    for j in range(negatives):
        outs[1, j + 1] = deck[min(card + j, len(deck) - 1)]
    for j in range(0 if negatives else count):
        outs[1, j] = nodes[word, j]


@njit(inline="always", cache=True)
def early_jit(V, outs, first, last, soon, lines):
    """Ask for the rows ``first`` to ``last`` of the ``soon`` that come next."""
    for j in range(first, min(last, soon)):
        prefetch_row(V, outs[1, j], lines)


# --- windows over kept tokens --------------------------------------------------------
@njit(inline="always", cache=True)
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


@njit(inline="always", cache=True)
def neighbours_jit(words, n, t, reach, contexts):
    """Fill ``contexts`` with the words within ``reach`` of ``t``; return how many."""
    c = 0
    for s in range(max(0, t - reach), min(n, t + reach + 1)):
        if s != t:
            contexts[c] = words[s]
            c += 1
    return c
