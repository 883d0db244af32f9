"""Exercises of chapter ``words/ladder``, with the misunderstandings they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception
from tutor.words.ladder import kendall
from tutor.words.ladder.rows import array_bytes

Floats = NDArray[np.float64]


# --- 1. bytes of sparse rows ---------------------------------------------------------
def sparse_bytes(table: Floats) -> int:
    """Return the bytes of a table as compressed sparse rows, 4 a number."""
    from scipy.sparse import csr_matrix

    return array_bytes(csr_matrix(table.astype(np.float32)))


def _with_zeros(table: Floats) -> int:
    return 4 * table.size


def _values_alone(table: Floats) -> int:
    return 4 * int(np.count_nonzero(table))


def _no_pointers(table: Floats) -> int:
    return 8 * int(np.count_nonzero(table))


def _row_for_each(table: Floats) -> int:
    return 12 * int(np.count_nonzero(table))


def _tables(rng: np.random.Generator) -> list[Case]:
    hand = np.array(
        [[0.0, 2.0, 0.0], [0.0, 0.0, 0.0], [1.0, 3.0, 0.0], [1.0, 1.0, 1.0]]
    )
    return [(hand,), (rng.normal(size=(9, 30)) * (rng.random((9, 30)) < 0.3),)]


# --- 2. ranks ------------------------------------------------------------------------
def ranks(scores: Floats) -> NDArray[np.int64]:
    """Return each rung's rank in each resample, 1 the best: (rungs, samples)."""
    order = np.argsort(-scores, axis=0, kind="stable")
    return np.asarray(1 + np.argsort(order, axis=0))


def _order_for_rank(scores: Floats) -> NDArray[np.int64]:
    return np.asarray(1 + np.argsort(-scores, axis=0))


def _worst_first(scores: Floats) -> NDArray[np.int64]:
    return ranks(-scores)


def _across(scores: Floats) -> NDArray[np.int64]:
    return ranks(scores.T).T


def _resamples(rng: np.random.Generator) -> list[Case]:
    hand = np.array(
        [[0.2, 0.5, 0.1], [0.7, 0.6, 0.3], [0.4, 0.9, 0.2], [0.1, 0.7, 0.9]]
    )
    return [(hand,), (rng.normal(size=(6, 9)),)]


# --- 3. agreement --------------------------------------------------------------------
def agreement(x: Floats, y: Floats) -> float:
    """Return Kendall's agreement; pairs equal in one list are left out."""
    return kendall(x, y)


def _share(x: Floats, y: Floats) -> float:
    return (kendall(x, y) + 1) / 2


def _ties_count(x: Floats, y: Floats) -> float:
    i, j = np.triu_indices(len(x), 1)
    return float(np.mean(np.sign(x[i] - x[j]) * np.sign(y[i] - y[j])))


def _values(x: Floats, y: Floats) -> float:
    return float(np.corrcoef(x, y)[0, 1])


def _lists(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([0.0, 1, 2, 3, 3]), np.array([0.1, 0.6, 0.3, 0.7, 0.5]))
    return [
        hand,
        *((rng.normal(size=8), rng.integers(0, 4, 8) * 1.0) for _ in range(3)),
    ]


# --- 4. falls ------------------------------------------------------------------------
def falls(low: Floats, high: Floats, steps: NDArray[np.int64], margin: float) -> int:
    """Count pairs whose later rung is worse by more than the margin, for sure.

    ``low[i, j]`` and ``high[i, j]`` are the ends of the interval of rung j minus i.
    """
    later = steps[None, :] > steps[:, None]
    return int((later & (high < -margin)).sum())


def _wrong_end(
    low: Floats, high: Floats, steps: NDArray[np.int64], margin: float
) -> int:
    later = steps[None, :] > steps[:, None]
    return int((later & (low < -margin)).sum())


def _no_margin(
    low: Floats, high: Floats, steps: NDArray[np.int64], margin: float
) -> int:
    return falls(low, high, steps, 0.0)


def _same_step(
    low: Floats, high: Floats, steps: NDArray[np.int64], margin: float
) -> int:
    later = steps[None, :] >= steps[:, None]
    return int((later & (high < -margin)).sum())


def _rises(low: Floats, high: Floats, steps: NDArray[np.int64], margin: float) -> int:
    return falls(low, high, -steps, margin)


def _intervals(rng: np.random.Generator) -> list[Case]:
    cases: list[Case] = []
    for n in (5, 7, 8):
        score = rng.normal(size=n) * 0.2
        middle = score[None, :] - score[:, None]
        half = rng.uniform(0.02, 0.1, (n, n))
        half = (half + half.T) / 2
        steps = np.array([0, 1, 2, 2, 3, 4, 4, 5][:n])
        cases.append((middle - half, middle + half, steps, 0.05))
    return cases


EXERCISES = (
    Exercise(
        name="sparse_bytes",
        reference=sparse_bytes,
        cases=_tables,
        misconceptions=(
            Misconception(
                "the zeros as well",
                _with_zeros,
                "That is what the full table takes. Which entries does a sparse one "
                "not keep?",
            ),
            Misconception(
                "values without their columns",
                _values_alone,
                "A value alone does not say where it stands.",
            ),
            Misconception(
                "nothing says where a row begins",
                _no_pointers,
                "You know the column of each value. How do you know where the next "
                "row begins?",
            ),
            Misconception(
                "a row number for every value",
                _row_for_each,
                "Values of a row stand together: one number a row is enough, and one "
                "more for the end.",
            ),
        ),
    ),
    Exercise(
        name="ranks",
        reference=ranks,
        cases=_resamples,
        misconceptions=(
            Misconception(
                "who stands there, instead of where it stands",
                _order_for_rank,
                "argsort answers: who is first? You are asked: which place has rung i?",
            ),
            Misconception(
                "the worst first",
                _worst_first,
                "Rank 1 belongs to the highest score.",
            ),
            Misconception(
                "ranks within a rung",
                _across,
                "Rungs compete within one resample, so ranks run down a column.",
            ),
        ),
    ),
    Exercise(
        name="agreement",
        reference=agreement,
        cases=_lists,
        misconceptions=(
            Misconception(
                "share of pairs alike",
                _share,
                "Two orders that have nothing to do with each other should give 0.",
            ),
            Misconception(
                "ties as half agreed",
                _ties_count,
                "Two rungs of one step are no pair of earlier and later. Whose number "
                "must fall when they are left out?",
            ),
            Misconception(
                "values instead of order",
                _values,
                "Square one list, all above 0: the order stays, your number moves.",
            ),
        ),
    ),
    Exercise(
        name="falls",
        reference=falls,
        cases=_intervals,
        misconceptions=(
            Misconception(
                "the hopeful end of the interval",
                _wrong_end,
                "The lower end may lie below while nothing is decided. Which end must "
                "be below for the whole interval to be?",
            ),
            Misconception(
                "the margin forgotten",
                _no_margin,
                "A fall smaller than the margin does not matter.",
            ),
            Misconception(
                "rungs of one step compared",
                _same_step,
                "Of two rungs of one step none is the later.",
            ),
            Misconception(
                "rises counted as falls",
                _rises,
                "Look again at which of the two is the later one.",
            ),
        ),
    ),
)
