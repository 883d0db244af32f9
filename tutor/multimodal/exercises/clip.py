"""Exercises of chapter ``multimodal/clip``, with the misunderstandings they meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.evaluate.ranking import realistic_ranks
from tutor.exercises import Case, Exercise, Misconception
from tutor.multimodal.clip.reference import log_softmax

Floats = NDArray[np.float64]


# --- 1. the loss both ways -----------------------------------------------------------
def both_ways(S: Floats) -> float:
    """Return InfoNCE of scores, images down and texts across."""
    return float(-(np.diag(log_softmax(S)) + np.diag(log_softmax(S.T))).mean() / 2)


def _one_way(S: Floats) -> float:
    return float(-np.diag(log_softmax(S)).mean())


def _summed(S: Floats) -> float:
    return both_ways(S) * len(S)


def _twice(S: Floats) -> float:
    return 2 * both_ways(S)


def _all_entries(S: Floats) -> float:
    return float(-(log_softmax(S).mean() + log_softmax(S.T).mean()) / 2)


def _squares(rng: np.random.Generator) -> list[Case]:
    hand = np.array([[3.0, 0.0, 1.0], [0.0, 2.0, 2.0], [1.0, -1.0, 0.0]])
    return [(hand,), (rng.normal(size=(5, 5)),)]


# --- 2. its gradient by the scores ---------------------------------------------------
def score_gradient(S: Floats) -> Floats:
    """Return the gradient of InfoNCE by the scores."""
    P, Q = np.exp(log_softmax(S)), np.exp(log_softmax(S.T)).T
    return np.asarray((P + Q - 2 * np.eye(len(S))) / (2 * len(S)))


def _gradient_one_way(S: Floats) -> Floats:
    return np.asarray((np.exp(log_softmax(S)) - np.eye(len(S))) / len(S))


def _gradient_summed(S: Floats) -> Floats:
    return score_gradient(S) * len(S)


def _gradient_upwards(S: Floats) -> Floats:
    return -score_gradient(S)


def _columns_not_turned(S: Floats) -> Floats:
    P, Q = np.exp(log_softmax(S)), np.exp(log_softmax(S.T))
    return np.asarray((P + Q - 2 * np.eye(len(S))) / (2 * len(S)))


# --- 3. SigLIP -----------------------------------------------------------------------
def yes_or_no(S: Floats, b: float) -> float:
    """Return SigLIP's loss of scores and bias."""
    z = 2 * np.eye(len(S)) - 1
    return float(np.logaddexp(0, -z * (S + b)).sum() / len(S))


def _pairs_only(S: Floats, b: float) -> float:
    return float(np.logaddexp(0, -np.diag(S + b)).sum() / len(S))


def _mean_of_all(S: Floats, b: float) -> float:
    return yes_or_no(S, b) / len(S)


def _bias_inside_sign(S: Floats, b: float) -> float:
    z = 2 * np.eye(len(S)) - 1
    return float(np.logaddexp(0, -(z * S + b)).sum() / len(S))


def _scores_and_bias(rng: np.random.Generator) -> list[Case]:
    hand = np.array([[3.0, -1.0], [0.5, 2.0]])
    return [(hand, -1.0), (rng.normal(size=(4, 4)), float(rng.normal()))]


# --- 4. ranks with ties --------------------------------------------------------------
def fair_ranks(S: Floats) -> Floats:
    """Return the rank of each row's own column; ties share the middle."""
    return realistic_ranks(S, np.arange(len(S)))


def _ties_won(S: Floats) -> Floats:
    own = np.diag(S)[:, None]
    return np.asarray(1.0 + (own < S).sum(axis=1))


def _ties_lost(S: Floats) -> Floats:
    own = np.diag(S)[:, None]
    return np.asarray((own <= S).sum(axis=1), dtype=float)


def _from_zero(S: Floats) -> Floats:
    return fair_ranks(S) - 1


def _own_counted(S: Floats) -> Floats:
    own = np.diag(S)[:, None]
    return np.asarray(1.0 + (own < S).sum(axis=1) + 0.5 * (own == S).sum(axis=1))


def _tied_scores(rng: np.random.Generator) -> list[Case]:
    return [(np.zeros((4, 4)),), (rng.integers(0, 4, size=(6, 6)).astype(float),)]


# --- 5. what a split gives away ------------------------------------------------------
def leaked_share(family: Any, train: Any, test: Any) -> float:
    """Return the share of test rows with a sibling in the training rows."""
    groups = np.asarray(family)
    return float(np.isin(groups[np.asarray(test)], groups[np.asarray(train)]).mean())


def _families_counted(family: Any, train: Any, test: Any) -> float:
    groups = np.asarray(family)
    asked, known = np.unique(groups[np.asarray(test)]), groups[np.asarray(train)]
    return float(np.isin(asked, known).mean())


def _rows_compared(family: Any, train: Any, test: Any) -> float:
    del family
    return float(np.isin(test, train).mean())


def _share_of_training(family: Any, train: Any, test: Any) -> float:
    return leaked_share(family, test, train)


def _splits(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([0, 0, 0, 1, 1, 2]), np.array([0, 3]), np.array([1, 2, 4, 5]))
    order = rng.permutation(20)
    drawn = (rng.integers(0, 9, size=20), order[:12], order[12:])
    return [hand, (np.arange(6) // 2, np.array([0, 2, 4]), np.array([1, 3])), drawn]


EXERCISES = (
    Exercise(
        name="both_ways",
        reference=both_ways,
        cases=_squares,
        misconceptions=(
            Misconception(
                "one way only",
                _one_way,
                "You find the text of each image. Who finds the image of each text? "
                "The columns are asked too.",
            ),
            Misconception(
                "a sum over the batch",
                _summed,
                "This grows with the batch. The loss is a mean over pairs.",
            ),
            Misconception(
                "both directions added",
                _twice,
                "Twice too much: the two directions are averaged, not added.",
            ),
            Misconception(
                "all entries count",
                _all_entries,
                "You average over every entry. Only the right answer of each row, the "
                "diagonal, is asked for.",
            ),
        ),
    ),
    Exercise(
        name="score_gradient",
        reference=score_gradient,
        cases=_squares,
        misconceptions=(
            Misconception(
                "one way only",
                _gradient_one_way,
                "This is the gradient of the rows' half alone. A score also stands in "
                "a column.",
            ),
            Misconception(
                "not divided by the batch",
                _gradient_summed,
                "Too large by the number of pairs: the loss is a mean.",
            ),
            Misconception(
                "uphill",
                _gradient_upwards,
                "The sign is turned. Raising the score of a right pair must lower the "
                "loss: the diagonal is negative.",
            ),
            Misconception(
                "columns not turned back",
                _columns_not_turned,
                "The softmax of the transposed scores must be transposed again before "
                "it is added: its row i belongs to column i.",
            ),
        ),
    ),
    Exercise(
        name="yes_or_no",
        reference=yes_or_no,
        cases=_scores_and_bias,
        misconceptions=(
            Misconception(
                "pairs only",
                _pairs_only,
                "You ask only about true pairs. All others are to be denied too.",
            ),
            Misconception(
                "mean of all combinations",
                _mean_of_all,
                "The sum over all combinations is divided by the number of pairs, not "
                "of combinations.",
            ),
            Misconception(
                "bias outside the sign",
                _bias_inside_sign,
                "The sign multiplies score and bias together: the bias makes no the "
                "usual answer.",
            ),
        ),
    ),
    Exercise(
        name="fair_ranks",
        reference=fair_ranks,
        cases=_tied_scores,
        misconceptions=(
            Misconception(
                "ties are won",
                _ties_won,
                "A model that scores everything alike would be perfect. Where do equal "
                "scores go?",
            ),
            Misconception(
                "ties are lost",
                _ties_lost,
                "Now every tie counts against the model. On average half of them do.",
            ),
            Misconception(
                "counting from zero",
                _from_zero,
                "Ranks begin at 1: the best place is the first, not the zeroth.",
            ),
            Misconception(
                "tied with itself",
                _own_counted,
                "The right answer equals itself. It is no rival.",
            ),
        ),
    ),
    Exercise(
        name="leaked_share",
        reference=leaked_share,
        cases=_splits,
        misconceptions=(
            Misconception(
                "families counted",
                _families_counted,
                "You count each family once. A share of test rows is asked for.",
            ),
            Misconception(
                "rows compared",
                _rows_compared,
                "You look for the same rows on both sides; there are none. Look for "
                "the same family.",
            ),
            Misconception(
                "the wrong side",
                _share_of_training,
                "This is the share of training rows with a sibling in the test.",
            ),
        ),
    ),
)
