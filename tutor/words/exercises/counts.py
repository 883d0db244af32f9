"""Exercises of chapter ``words/counts``, with the misunderstandings they meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception
from tutor.words.counts.reference import context_shares, window_weights

Floats = NDArray[np.float64]


# --- 1. the weight of a distance -----------------------------------------------------
def dynamic_weights(window: int) -> Floats:
    """Return the weights of the distances 1..window under word2vec's window."""
    weights, unit = window_weights(window, "dynamic")
    return np.asarray(weights[1:] / unit)


def _windows(rng: np.random.Generator) -> list[Case]:
    return [(1,), (4,), (int(rng.integers(5, 12)),)]


# --- 2. PPMI of a small table --------------------------------------------------------
def dense_pmi(table: Floats) -> Floats:
    """Return PMI of a table of counts, without the cut at zero."""
    joint = table / table.sum()
    expected = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    return np.asarray(np.log(joint / expected))


def dense_ppmi(table: Floats) -> Floats:
    """Return PPMI of a table of counts."""
    return np.asarray(np.maximum(dense_pmi(table), 0.0))


def _rows_only(table: Floats) -> Floats:
    """Divide by the row sums alone: shares are at most 1, so the cut takes them all."""
    rows = table / table.sum(axis=1, keepdims=True)
    return np.asarray(np.maximum(np.log(rows), 0.0))


def _ratio(table: Floats) -> Floats:
    return np.asarray(np.maximum(np.exp(dense_pmi(table)) - 1, 0.0))


def _tables(rng: np.random.Generator) -> list[Case]:
    hand = np.array([[40.0, 9.0, 1.0], [40.0, 1.0, 9.0]])
    return [(hand,), (rng.integers(1, 30, (4, 5)).astype(float),)]


# --- 3. smoothed shares --------------------------------------------------------------
def smoothed_shares(sums: Floats, alpha: float) -> Floats:
    """Return the smoothed share of each context."""
    return context_shares(sums, alpha)


def _power_of_share(sums: Floats, alpha: float) -> Floats:
    return np.asarray((sums / sums.sum()) ** alpha)


def _scaled_share(sums: Floats, alpha: float) -> Floats:
    return np.asarray(alpha * sums / sums.sum())


def _sums(rng: np.random.Generator) -> list[Case]:
    return [
        (np.array([81.0, 16.0, 1.0]), 0.75),
        (rng.integers(1, 900, 6).astype(float), 0.5),
    ]


# --- 4. cosines after a weighted SVD -------------------------------------------------
def svd_cosines(matrix: Floats, dim: int, power: float) -> Floats:
    """Return the cosines between the rows' vectors of ``dim`` directions."""
    left, values, _ = np.linalg.svd(matrix)
    return _cosines(left[:, :dim] * values[:dim] ** power)


def _cosines(vectors: Floats) -> Floats:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(unit @ unit.T)


def _unweighted(matrix: Floats, dim: int, power: float) -> Floats:
    return svd_cosines(matrix, dim, 0.0)


def _columns(matrix: Floats, dim: int, power: float) -> Floats:
    _, values, right = np.linalg.svd(matrix)
    return _cosines(right[:dim].T * values[:dim] ** power)


def _rows_of_right(matrix: Floats, dim: int, power: float) -> Floats:
    _, values, right = np.linalg.svd(matrix)
    return _cosines(right[:, :dim] * values[:dim] ** power)


def _not_normalised(matrix: Floats, dim: int, power: float) -> Floats:
    left, values, _ = np.linalg.svd(matrix)
    vectors = left[:, :dim] * values[:dim] ** power
    return np.asarray(vectors @ vectors.T)


def _matrices(rng: np.random.Generator) -> list[Case]:
    first: Any = rng.random((5, 5))
    return [(first, 2, 0.5), (rng.random((6, 6)), 3, 1.0)]


EXERCISES = (
    Exercise(
        name="dynamic_weights",
        reference=dynamic_weights,
        cases=_windows,
        misconceptions=(
            Misconception(
                "one over the distance",
                lambda window: 1 / np.arange(1, window + 1),
                "That is the harmonic window of GloVe. Here ask: in what share of the "
                "draws 1..L does the window reach distance d?",
            ),
            Misconception(
                "off by one",
                lambda window: (window - np.arange(1, window + 1)) / window,
                "Your farthest context has weight 0, so it is never seen. How often "
                "does a draw from 1..L reach its own maximum?",
            ),
        ),
    ),
    Exercise(
        name="dense_ppmi",
        reference=dense_ppmi,
        cases=_tables,
        misconceptions=(
            Misconception(
                "no cut at zero",
                dense_pmi,
                "This is PMI. What does the first P of PPMI ask for?",
            ),
            Misconception(
                "ratio without logarithm",
                _ratio,
                "You compare joint and expected share, but by how many times. PMI "
                "asks for the logarithm of that ratio.",
            ),
            Misconception(
                "nothing left after the cut",
                _rows_only,
                "All your cells are 0: each ratio was at most 1 before the logarithm. "
                "Two usual ways lead there. Counts divided by their row sums only are "
                "shares of a row: which other sum does chance need? Counts divided by "
                "a product of two sums miss the total.",
            ),
        ),
    ),
    Exercise(
        name="smoothed_shares",
        reference=smoothed_shares,
        cases=_sums,
        misconceptions=(
            Misconception(
                "shares that do not sum to one",
                _power_of_share,
                "You raised the shares to a power and stopped. Add them up: what must "
                "shares sum to?",
            ),
            Misconception(
                "multiply instead of raise",
                _scaled_share,
                "Alpha is an exponent. A factor shrinks all shares alike and changes "
                "no ranking.",
            ),
        ),
    ),
    Exercise(
        name="svd_cosines",
        reference=svd_cosines,
        cases=_matrices,
        misconceptions=(
            Misconception(
                "the power is ignored",
                _unweighted,
                "Your vectors are the bare singular vectors, p = 0 whatever was asked.",
            ),
            Misconception(
                "contexts instead of words",
                _columns,
                "These are cosines between contexts. Which of the two matrices has a "
                "row for each row of the table?",
            ),
            Misconception(
                "rows of the transposed matrix",
                _rows_of_right,
                "NumPy returns the right vectors transposed, and the words are on the "
                "other side: look at the shapes of U and Vt.",
            ),
            Misconception(
                "dot products instead of cosines",
                _not_normalised,
                "The diagonal is not 1: scale each vector to length 1 first.",
            ),
        ),
    ),
)
