"""Exercises of chapter ``documents/paragraphs``, with named misunderstandings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.documents.bags import sif_weights
from tutor.documents.paragraphs.reference import bag_gradients
from tutor.exercises import Case, Exercise, Misconception
from tutor.words.word2vec.reference import sigmoid

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


# --- 1. SIF's weights ----------------------------------------------------------------
def _inverse(counts: Integers, a: float) -> Floats:
    return np.asarray(a / (counts / counts.sum()))


def _of_counts(counts: Integers, a: float) -> Floats:
    return np.asarray(a / (a + counts))


def _upside_down(counts: Integers, a: float) -> Floats:
    return np.asarray(1 - sif_weights(counts, a))


def _counts(rng: np.random.Generator) -> list[Case]:
    return [(np.array([900, 90, 10]), 0.1), (rng.integers(1, 9999, 7), 1e-3)]


# --- 2. straight through -------------------------------------------------------------
def code_gradient(z: Floats, v: Floats, p: Floats, q: Floats) -> Floats:
    """Return the straight-through gradient by ``z`` of a bag without biases."""
    b = (z > 0).astype(float)
    rows = np.column_stack([v, np.zeros(len(v))])
    s = sigmoid(z)
    return np.asarray(s * (1 - s) * bag_gradients(b, rows, p, q)[0])


def _true_gradient(z: Floats, v: Floats, p: Floats, q: Floats) -> Floats:
    return np.zeros_like(z)


def _identity(z: Floats, v: Floats, p: Floats, q: Floats) -> Floats:
    s = sigmoid(z)
    return code_gradient(z, v, p, q) / (s * (1 - s))


def _not_rounded(z: Floats, v: Floats, p: Floats, q: Floats) -> Floats:
    s = sigmoid(z)
    rows = np.column_stack([v, np.zeros(len(v))])
    return np.asarray(s * (1 - s) * bag_gradients(s, rows, p, q)[0])


def _slope_at_bit(z: Floats, v: Floats, p: Floats, q: Floats) -> Floats:
    s = sigmoid((z > 0).astype(float))
    return _identity(z, v, p, q) * s * (1 - s)


def _bags(rng: np.random.Generator) -> list[Case]:
    hand = (
        np.array([0.3, -0.2]),
        np.array([[2.0, 5.0], [-1.0, 7.0]]),
        np.array([2.0, 0.0]),
        np.array([0.0, 1.0]),
    )
    p, q = rng.integers(0, 4, (2, 5)).astype(float)
    return [hand, (rng.normal(size=4), rng.normal(size=(5, 4)), p, q)]


# --- 3. expected precision of a group of ties ----------------------------------------
def expected_gain(relevant: Integers, size: Integers, k: int) -> float:
    """Return how many relevant documents stand among the first k, ties by lot.

    ``relevant[d]`` of the ``size[d]`` documents at distance d are relevant.
    """
    before = np.cumsum(size) - size
    inside = np.clip(k - before, 0, size)
    return float((relevant * inside / np.maximum(size, 1)).sum())


def _whole_groups(relevant: Integers, size: Integers, k: int) -> float:
    return float(relevant[np.cumsum(size) - size < k].sum())


def _best_case(relevant: Integers, size: Integers, k: int) -> float:
    before = np.cumsum(size) - size
    return float(np.minimum(relevant, np.clip(k - before, 0, size)).sum())


def _finished_groups(relevant: Integers, size: Integers, k: int) -> float:
    return float(relevant[np.cumsum(size) <= k].sum())


def _overall_share(relevant: Integers, size: Integers, k: int) -> float:
    return float(k * relevant.sum() / size.sum())


def _groups(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([1, 6, 6]), np.array([2, 8, 30]), 7)
    size = rng.integers(2, 9, 6)
    return [hand, (rng.integers(1, size), size, int(size.sum()) // 2 + 1)]


# --- 4. one turn of ITQ --------------------------------------------------------------
def itq_turn(Z: Floats, R: Floats) -> Floats:
    """Return the rotation after one turn: signs first, then Procrustes."""
    B = np.where(Z @ R > 0, 1.0, -1.0)
    U, _, Vt = np.linalg.svd(Z.T @ B)
    return np.asarray(U @ Vt)


def _transposed(Z: Floats, R: Floats) -> Floats:
    return itq_turn(Z, R).T


def _zero_one(Z: Floats, R: Floats) -> Floats:
    U, _, Vt = np.linalg.svd(Z.T @ (Z @ R > 0).astype(float))
    return np.asarray(U @ Vt)


def _of_rotated(Z: Floats, R: Floats) -> Floats:
    U, _, Vt = np.linalg.svd((Z @ R).T @ np.where(Z @ R > 0, 1.0, -1.0))
    return np.asarray(U @ Vt)


def _not_orthogonal(Z: Floats, R: Floats) -> Floats:
    return np.asarray(Z.T @ np.where(Z @ R > 0, 1.0, -1.0))


def _rotations(rng: np.random.Generator) -> list[Case]:
    cases: list[Case] = []
    fixed = np.random.default_rng(5)
    for draw, d in ((fixed, 2), (rng, 4)):
        Z = draw.normal(size=(40, d)) * np.arange(1, d + 1)
        cases.append((Z, np.linalg.qr(draw.normal(size=(d, d)))[0]))
    return cases


EXERCISES = (
    Exercise(
        name="sif_weights",
        reference=sif_weights,
        cases=_counts,
        misconceptions=(
            Misconception(
                "inverse frequency",
                _inverse,
                "A word seen once would outweigh a whole document. What keeps the "
                "weight below 1?",
            ),
            Misconception(
                "counts where shares belong",
                _of_counts,
                "a is compared with a share of all tokens. What is the word's share?",
            ),
            Misconception(
                "the frequent words kept",
                _upside_down,
                "The most frequent word comes out heaviest. Should it?",
            ),
        ),
    ),
    Exercise(
        name="code_gradient",
        reference=code_gradient,
        cases=_bags,
        misconceptions=(
            Misconception(
                "the true gradient",
                _true_gradient,
                "Correct mathematics, and nothing learns. What do we pretend that "
                "rounding is, on the way back?",
            ),
            Misconception(
                "the sigmoid skipped as well",
                _identity,
                "Only the rounding is passed over. The sigmoid before it has a slope.",
            ),
            Misconception(
                "the scores of a soft code",
                _not_rounded,
                "On the way forward the words are predicted from bits, not from "
                "probabilities.",
            ),
            Misconception(
                "the slope at the bit",
                _slope_at_bit,
                "The slope belongs to z, where the sigmoid was taken, not to the bit.",
            ),
        ),
    ),
    Exercise(
        name="expected_gain",
        reference=expected_gain,
        cases=_groups,
        misconceptions=(
            Misconception(
                "the group at the edge counted whole",
                _whole_groups,
                "You found more documents than k allows. Which part of the last group "
                "is inside?",
            ),
            Misconception(
                "relevant documents first",
                _best_case,
                "That is the luckiest order of the ties. What is the average one?",
            ),
            Misconception(
                "the group at the edge left out",
                _finished_groups,
                "Some of the group at the edge stands inside the first k.",
            ),
            Misconception(
                "one share for all distances",
                _overall_share,
                "This is the answer when every document ties. Near ones are relevant "
                "more often.",
            ),
        ),
    ),
    Exercise(
        name="itq_turn",
        reference=itq_turn,
        cases=_rotations,
        misconceptions=(
            Misconception(
                "the rotation backwards",
                _transposed,
                "It must carry Z onto B: check the shapes of Z R against B, with the "
                "factors in the other order.",
            ),
            Misconception(
                "bits of 0 and 1",
                _zero_one,
                "The corners of the cube lie at -1 and 1, around the centred data.",
            ),
            Misconception(
                "a turn of what is turned already",
                _of_rotated,
                "You answer how to turn Z R. The new rotation replaces R, so it acts "
                "on Z.",
            ),
            Misconception(
                "no rotation at all",
                _not_orthogonal,
                "Multiply your result by its transpose: is that the identity?",
            ),
        ),
    ),
)
