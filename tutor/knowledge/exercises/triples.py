"""Exercises of chapter ``knowledge/triples``, with the misunderstandings they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception
from tutor.knowledge.triples.losses import softmax_gradients
from tutor.knowledge.triples.ranking import rank_scores
from tutor.knowledge.triples.reference import complex_score, rotate_query

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


# --- 1. ComplEx in real numbers ------------------------------------------------------
def _without_conjugate(h: Floats, r: Floats, t: Floats) -> float:
    k = len(t) // 2
    return float(complex_score(h, r, np.append(t[:k], -t[k:])))


def _real_product(h: Floats, r: Floats, t: Floats) -> float:
    return float((h * r * t).sum())


def _imaginary(h: Floats, r: Floats, t: Floats) -> float:
    k = len(t) // 2
    return float(complex_score(h, r, np.append(-t[k:], t[:k])))


def complex_of_one(h: Floats, r: Floats, t: Floats) -> float:
    """Return ComplEx's score of one triple."""
    return float(complex_score(h, r, t))


def _triples(rng: np.random.Generator) -> list[Case]:
    h, r, t = rng.normal(size=(3, 6))
    hand = (np.array([1.0, 2.0]), np.array([1.0, -1.0]), np.array([2.0, 0.5]))
    return [hand, (h, r, t)]


# --- 2. the turn of RotatE -----------------------------------------------------------
def turn(h: Floats, phases: Floats) -> Floats:
    """Return the head turned by the phases, real parts first."""
    return np.asarray(rotate_query(h[None], phases[None])[0])


def _backwards(h: Floats, phases: Floats) -> Floats:
    return turn(h, -phases)


def _phases_as_numbers(h: Floats, phases: Floats) -> Floats:
    return np.asarray(h * np.concatenate([phases, phases]))


def _not_mixed(h: Floats, phases: Floats) -> Floats:
    return np.asarray(h * np.concatenate([np.cos(phases), np.sin(phases)]))


def _turns(rng: np.random.Generator) -> list[Case]:
    quarter = (np.array([1.0, 2.0]), np.array([np.pi / 2]))
    return [quarter, (rng.normal(size=6), rng.uniform(-3, 3, 3))]


# --- 3. realistic, filtered ----------------------------------------------------------
def filtered_rank(scores: Floats, target: int, known: Flags) -> float:
    """Return the realistic filtered rank of one question's answer."""
    ranks = rank_scores(scores[None], [target], known=known[None])
    return float(ranks.realistic[0])


def _optimistic(scores: Floats, target: int, known: Flags) -> float:
    ranks = rank_scores(scores[None], [target], known=known[None])
    return float(ranks.optimistic[0])


def _pessimistic(scores: Floats, target: int, known: Flags) -> float:
    ranks = rank_scores(scores[None], [target], known=known[None])
    return float(ranks.pessimistic[0])


def _unfiltered(scores: Floats, target: int, known: Flags) -> float:
    del known
    return float(rank_scores(scores[None], [target]).realistic[0])


def _ties_with_itself(scores: Floats, target: int, known: Flags) -> float:
    return filtered_rank(scores, target, known) + 0.5


def _questions(rng: np.random.Generator) -> list[Case]:
    known = np.array([True, False, False, True, False])
    hand = (np.array([3.0, 2.0, 2.0, 2.0, 1.0]), 2, known)
    drawn = rng.integers(0, 3, 12).astype(float)
    return [hand, (drawn, 5, rng.random(12) < 0.3), (np.zeros(6), 1, np.arange(6) > 3)]


# --- 4. the gradient of the full softmax ---------------------------------------------
def slope(scores: Floats, answers: Floats) -> Floats:
    """Return the gradient of the mean loss over a question's answers by its scores."""
    return np.asarray(softmax_gradients(scores[None], answers[None])[0])


def _ascent(scores: Floats, answers: Floats) -> Floats:
    return -slope(scores, answers)


def _sum_over_answers(scores: Floats, answers: Floats) -> Floats:
    return np.asarray(slope(scores, answers) * answers.sum())


def _first_answer(scores: Floats, answers: Floats) -> Floats:
    only = np.zeros_like(answers)
    only[int(answers.argmax())] = 1.0
    return slope(scores, only)


def _sigmoids(scores: Floats, answers: Floats) -> Floats:
    return np.asarray((1 / (1 + np.exp(-scores)) - answers) / answers.sum())


def _rows(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([0.0, 0.0, 0.0, 0.0]), np.array([1.0, 0.0, 1.0, 0.0]))
    answers = np.zeros(7)
    answers[[1, 2, 5]] = 1.0
    return [hand, (rng.normal(size=7), answers)]


EXERCISES = (
    Exercise(
        name="complex_in_real_numbers",
        reference=complex_of_one,
        cases=_triples,
        misconceptions=(
            Misconception(
                "the tail is not conjugated",
                _without_conjugate,
                "Without the bar over t the score would be symmetric in h and t. Which "
                "two of your four terms change their sign?",
            ),
            Misconception(
                "real and imaginary parts never meet",
                _real_product,
                "That is DistMult on twice the numbers. A product of complex numbers "
                "mixes the halves.",
            ),
            Misconception(
                "the imaginary part",
                _imaginary,
                "Right product, wrong part: the score is the real part of it.",
            ),
        ),
    ),
    Exercise(
        name="turn",
        reference=turn,
        cases=_turns,
        misconceptions=(
            Misconception(
                "turned the other way",
                _backwards,
                "That is the question from the tail: the inverse turn. Check the sign "
                "of the sine in both halves.",
            ),
            Misconception(
                "phases used as numbers",
                _phases_as_numbers,
                "A phase is an angle. What is the complex number of length 1 with it?",
            ),
            Misconception(
                "halves multiplied one by one",
                _not_mixed,
                "A turn by a quarter moves the real part into the imaginary one. In "
                "yours they never meet.",
            ),
        ),
    ),
    Exercise(
        name="filtered_rank",
        reference=filtered_rank,
        cases=_questions,
        misconceptions=(
            Misconception(
                "ties in favour of the answer",
                _optimistic,
                "A model that scores everything alike gets rank 1 from you, always.",
            ),
            Misconception(
                "ties against the answer",
                _pessimistic,
                "You put every tied candidate in front. The expected rank is between.",
            ),
            Misconception(
                "known answers still compete",
                _unfiltered,
                "Some candidates are right as well. Should the model pay for them?",
            ),
            Misconception(
                "the answer ties with itself",
                _ties_with_itself,
                "With no rival at all the rank should be 1. Is the answer among its "
                "own ties?",
            ),
        ),
    ),
    Exercise(
        name="slope",
        reference=slope,
        cases=_rows,
        misconceptions=(
            Misconception(
                "uphill",
                _ascent,
                "You return the step that lowers the loss. The gradient points the "
                "other way.",
            ),
            Misconception(
                "summed, not averaged",
                _sum_over_answers,
                "The loss is a mean over the answers. What do you divide by?",
            ),
            Misconception(
                "only one answer counts",
                _first_answer,
                "This question has several right answers; each of them is a triple.",
            ),
            Misconception(
                "sigmoids where a softmax belongs",
                _sigmoids,
                "Your candidates do not compete: the probabilities of a softmax sum to "
                "1. This is the gradient of another loss.",
            ),
        ),
    ),
)
