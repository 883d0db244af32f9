"""Exercises of chapter ``context/attention``, with the misunderstandings they meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.context.attention import masks
from tutor.context.attention.config import EncoderConfig
from tutor.context.attention.cost import crossover_length as _crossover
from tutor.context.attention.gradients import attention_gradients
from tutor.context.attention.reference import layer_norm, softmax
from tutor.exercises import Case, Exercise, Misconception

Floats = NDArray[np.floating[Any]]
Allowed = NDArray[np.bool_]
Triple = tuple[Floats, Floats, Floats]


# --- 1. a softmax with a mask --------------------------------------------------------
def _unmasked(scores: Floats, allowed: Allowed) -> Floats:
    del allowed
    return softmax(scores)


def _zero_scores(scores: Floats, allowed: Allowed) -> Floats:
    return softmax(np.where(allowed, scores, 0.0))


def _cut_afterwards(scores: Floats, allowed: Allowed) -> Floats:
    return np.asarray(np.where(allowed, softmax(scores), 0.0))


def _over_columns(scores: Floats, allowed: Allowed) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        E = np.where(allowed, np.exp(scores), 0.0)
        return np.asarray(E / E.sum(axis=0))


def _scores(rng: np.random.Generator) -> list[Case]:
    hand = np.array([[0.0, 5.0, 2.0], [1.0, 1.0, 9.0], [0.0, 1.0, 2.0]])
    allowed = rng.random((4, 4)) < 0.6
    np.fill_diagonal(allowed, True)
    return [(hand, masks.causal(3)), (rng.normal(size=(4, 4)), allowed)]


# --- 2. the prefix mask --------------------------------------------------------------
def prefix_mask(n: int, p: int) -> Allowed:
    """Return who may look at whom: a prefix of p seen by all, causal behind it."""
    return masks.prefix(n, p)


def _only_causal(n: int, p: int) -> Allowed:
    del p
    return masks.causal(n)


def _transposed(n: int, p: int) -> Allowed:
    return masks.prefix(n, p).T


def _prefix_apart(n: int, p: int) -> Allowed:
    i, j = np.indices((n, n))
    return np.asarray(((i < p) & (j < p)) | ((j <= i) & (i >= p) & (j >= p)))


def _without_itself(n: int, p: int) -> Allowed:
    i, j = np.indices((n, n))
    return np.asarray((j < i) | (j < p))


def _lengths(rng: np.random.Generator) -> list[Case]:
    return [(4, 2), (5, 0), (3, 3), (6, int(rng.integers(1, 6)))]


# --- 3. gradients of attention -------------------------------------------------------
def head_gradients(Q: Floats, K: Floats, V: Floats, dO: Floats) -> Triple:
    """Return the gradients of one head's output by Q, K and V."""
    return attention_gradients(Q, K, V, dO)


def _parts(Q: Floats, K: Floats, V: Floats, dO: Floats) -> tuple[Floats, Floats]:
    P = softmax(Q @ K.T / np.sqrt(Q.shape[-1]))
    return P, dO @ V.T


def _no_scale(Q: Floats, K: Floats, V: Floats, dO: Floats) -> Triple:
    dQ, dK, dV = attention_gradients(Q, K, V, dO)
    root = np.sqrt(Q.shape[-1])
    return dQ * root, dK * root, dV


def _elementwise_softmax(Q: Floats, K: Floats, V: Floats, dO: Floats) -> Triple:
    P, dP = _parts(Q, K, V, dO)
    dS = P * (1 - P) * dP / np.sqrt(Q.shape[-1])
    return dS @ K, dS.T @ Q, P.T @ dO


def _no_average(Q: Floats, K: Floats, V: Floats, dO: Floats) -> Triple:
    P, dP = _parts(Q, K, V, dO)
    dS = P * dP / np.sqrt(Q.shape[-1])
    return dS @ K, dS.T @ Q, P.T @ dO


def _not_transposed(Q: Floats, K: Floats, V: Floats, dO: Floats) -> Triple:
    dQ, dK, _ = attention_gradients(Q, K, V, dO)
    return dQ, dK, _parts(Q, K, V, dO)[0] @ dO


def _heads(rng: np.random.Generator) -> list[Case]:
    return [tuple(rng.normal(size=(4, n, d))) for n, d in ((3, 4), (5, 2))]


# --- 4. LayerNorm --------------------------------------------------------------------
def normalise(x: Floats, gain: Floats, shift: Floats) -> Floats:
    """Return LayerNorm of tokens (n, dim)."""
    return layer_norm(x, gain, shift)


def _over_tokens(x: Floats, gain: Floats, shift: Floats) -> Floats:
    return np.asarray((x - x.mean(axis=0)) / x.std(axis=0) * gain + shift)


def _sample_deviation(x: Floats, gain: Floats, shift: Floats) -> Floats:
    centred = x - x.mean(axis=1, keepdims=True)
    return np.asarray(centred / x.std(axis=1, ddof=1, keepdims=True) * gain + shift)


def _no_centre(x: Floats, gain: Floats, shift: Floats) -> Floats:
    return np.asarray(x / np.sqrt((x**2).mean(axis=1, keepdims=True)) * gain + shift)


def _variance(x: Floats, gain: Floats, shift: Floats) -> Floats:
    centred = x - x.mean(axis=1, keepdims=True)
    return np.asarray(centred / x.var(axis=1, keepdims=True) * gain + shift)


def _tokens(rng: np.random.Generator) -> list[Case]:
    hand = np.array([[1.0, 3.0], [10.0, 30.0]])
    return [
        (hand, np.ones(2), np.zeros(2)),
        (2 + rng.normal(size=(3, 5)), rng.normal(size=5), rng.normal(size=5)),
    ]


# --- 5. where the square takes over --------------------------------------------------
def crossover_length(dim: int, hidden: int) -> int:
    """Return the length at which pairs cost as much as all the rest of a block."""
    return _crossover(EncoderConfig(dim=dim, heads=1, hidden=hidden))


def _projections_only(dim: int, hidden: int) -> int:
    del hidden
    return 2 * dim


def _one_of_two_products(dim: int, hidden: int) -> int:
    return 4 * dim + 2 * hidden


def _sizes(rng: np.random.Generator) -> list[Case]:
    return [(384, 1536), (8, 5), (int(rng.integers(2, 99)), int(rng.integers(2, 99)))]


EXERCISES = (
    Exercise(
        name="masked_softmax",
        reference=softmax,
        cases=_scores,
        misconceptions=(
            Misconception(
                "the mask is not used",
                _unmasked,
                "A forbidden place still gets a share. What must its exponent be?",
            ),
            Misconception(
                "a score of zero instead of minus infinity",
                _zero_scores,
                "e to the power 0 is 1, which is not nothing. Which score has share 0?",
            ),
            Misconception(
                "cut after the softmax",
                _cut_afterwards,
                "What do your rows add up to? The forbidden places took their share "
                "before you removed them.",
            ),
            Misconception(
                "shares over the queries",
                _over_columns,
                "Each row is one token that looks. Along which axis must it sum to 1?",
            ),
        ),
    ),
    Exercise(
        name="prefix_mask",
        reference=prefix_mask,
        cases=_lengths,
        misconceptions=(
            Misconception(
                "plain causal",
                _only_causal,
                "Inside the prefix, may the first token look at the second?",
            ),
            Misconception(
                "rows and columns exchanged",
                _transposed,
                "Row i is the token that looks. Does your last token see the first?",
            ),
            Misconception(
                "prefix and rest do not meet",
                _prefix_apart,
                "The rest is there to use the prefix: it may look at all of it.",
            ),
            Misconception(
                "nobody sees itself",
                _without_itself,
                "With an empty prefix, where does the first token look?",
            ),
        ),
    ),
    Exercise(
        name="head_gradients",
        reference=head_gradients,
        cases=_heads,
        misconceptions=(
            Misconception(
                "the scale forgotten on the way back",
                _no_scale,
                "The scores were divided by a root. So are their gradients.",
            ),
            Misconception(
                "the softmax differentiated entry by entry",
                _elementwise_softmax,
                "That is the sigmoid's slope. In a softmax every score moves every "
                "share of its row.",
            ),
            Misconception(
                "the row's average left out",
                _no_average,
                "Add 1 to all scores of a row: nothing changes. So what must the "
                "gradients of a row add up to?",
            ),
            Misconception(
                "the values' gradient by the wrong side",
                _not_transposed,
                "Row j of V goes to every query that looks at j: that is column j of "
                "the weights.",
            ),
        ),
    ),
    Exercise(
        name="normalise",
        reference=normalise,
        cases=_tokens,
        misconceptions=(
            Misconception(
                "over the tokens",
                _over_tokens,
                "Then a token's state depends on its neighbours, and on the batch. "
                "LayerNorm looks at one token alone.",
            ),
            Misconception(
                "divided by n - 1",
                _sample_deviation,
                "This is no estimate from a sample: divide by the number of "
                "coordinates.",
            ),
            Misconception(
                "not centred",
                _no_centre,
                "That is RMSNorm, a good thing of its own. LayerNorm subtracts the "
                "mean first.",
            ),
            Misconception(
                "variance where its root belongs",
                _variance,
                "Multiply a token by 10: LayerNorm should not notice. Does yours?",
            ),
        ),
    ),
    Exercise(
        name="crossover_length",
        reference=crossover_length,
        cases=_sizes,
        misconceptions=(
            Misconception(
                "the feed-forward layer left out",
                _projections_only,
                "That is where pairs meet the projections. A block has a third part.",
            ),
            Misconception(
                "one product of the pairs",
                _one_of_two_products,
                "All pairs are visited twice: for the scores, and to mix the values.",
            ),
        ),
    ),
)
