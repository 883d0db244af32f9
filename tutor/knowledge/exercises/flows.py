"""Exercises of chapter ``knowledge/flows``, with the misunderstandings they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception
from tutor.knowledge.flows import matches, reference
from tutor.knowledge.flows.group import Affine

Floats = NDArray[np.float64]


# --- 1. the score of NFE-1 -----------------------------------------------------------
def nfe1(h: Floats, r: Floats, t: Floats) -> float:
    """Return the score of one triple."""
    return float(reference.nfe1_score(h, r, t))


def _signed_scales(h: Floats, r: Floats, t: Floats) -> float:
    m, s = np.split(r, 2)
    move = np.concatenate([s, s]) * h + np.concatenate([m, np.zeros_like(m)])
    return -float(((move - t) ** 2).sum())


def _shifted_scales(h: Floats, r: Floats, t: Floats) -> float:
    (hm, hs), (m, s), (tm, ts) = (np.split(x, 2) for x in (h, r, t))
    scales = np.abs(s * hs + m) - np.abs(ts)
    return -float(((s * hm + m - tm) ** 2).sum() + (scales**2).sum())


def _not_squared(h: Floats, r: Floats, t: Floats) -> float:
    return -float(np.sqrt(-nfe1(h, r, t)))


def _triples(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([2.0, 1.0]), np.array([1.0, -1.0]), np.array([0.0, 3.0]))
    h, r, t = rng.normal(size=(3, 6))
    return [hand, (h, r, t)]


# --- 2. two relations after one another ----------------------------------------------
def then(first: Floats, second: Floats) -> Floats:
    """Return shift and scale (2, dim) of the first map followed by the second."""
    return np.stack(Affine(*first).then(Affine(*second)))


def _other_order(first: Floats, second: Floats) -> Floats:
    return then(second, first)


def _shifts_added(first: Floats, second: Floats) -> Floats:
    return np.stack([first[0] + second[0], first[1] * second[1]])


def _scales_added(first: Floats, second: Floats) -> Floats:
    return np.stack([then(first, second)[0], first[1] + second[1]])


def _maps(rng: np.random.Generator) -> list[Case]:
    mirror, step = np.array([[4.0], [-1.0]]), np.array([[1.0], [1.0]])
    a, b = rng.normal(size=(2, 2, 3))
    return [(mirror, step), (step, mirror), (a, b)]


# --- 3. the divergence of NFE-3 ------------------------------------------------------
def divergence(mean: Floats, scale: Floats, mean2: Floats, scale2: Floats) -> float:
    """Return the Kullback-Leibler divergence of N(mean, scale²) from the second."""
    ratio = (scale**2 + (mean - mean2) ** 2) / (2 * scale2**2)
    return float((ratio - np.log(scale / scale2) - 0.5).sum())


def _backwards(mean: Floats, scale: Floats, mean2: Floats, scale2: Floats) -> float:
    return divergence(mean2, scale2, mean, scale)


def _without_logs(mean: Floats, scale: Floats, mean2: Floats, scale2: Floats) -> float:
    return divergence(mean, scale, mean2, scale2) + float(np.log(scale / scale2).sum())


def _without_half(mean: Floats, scale: Floats, mean2: Floats, scale2: Floats) -> float:
    return divergence(mean, scale, mean2, scale2) + 0.5 * len(mean)


def _normals(rng: np.random.Generator) -> list[Case]:
    one = (np.array([0.0]), np.array([1.0]), np.array([1.0]), np.array([2.0]))
    means, scales = rng.normal(size=(2, 4)), rng.uniform(0.5, 2, size=(2, 4))
    return [one, (means[0], scales[0], means[1], scales[1])]


# --- 4. all tails at once ------------------------------------------------------------
def all_tails(q: Floats, E: Floats) -> Floats:
    """Return minus squared distances (questions, entities)."""
    return np.asarray(matches.square_match(q, E))


def _positive(q: Floats, E: Floats) -> Floats:
    return -all_tails(q, E)


def _root(q: Floats, E: Floats) -> Floats:
    return np.asarray(-np.sqrt(np.maximum(-all_tails(q, E), 0)))


def _one_product(q: Floats, E: Floats) -> Floats:
    return np.asarray(all_tails(q, E) - q @ E.T)


def _transposed(q: Floats, E: Floats) -> Floats:
    return np.asarray(all_tails(q, E).T)


def _tables(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([[0.0, 3.0]]), np.array([[4.0, 0.0], [0.0, 3.0]]))
    return [hand, (rng.normal(size=(3, 4)), rng.normal(size=(5, 4)))]


EXERCISES = (
    Exercise(
        name="nfe1",
        reference=nfe1,
        cases=_triples,
        misconceptions=(
            Misconception(
                "scales with their signs",
                _signed_scales,
                "A variable scaled by -1 has the same spread. What makes a scale "
                "comparable whatever its sign?",
            ),
            Misconception(
                "the shift moves the scale",
                _shifted_scales,
                "Adding a number to a variable moves it and leaves its spread alone.",
            ),
            Misconception(
                "the distance, not its square",
                _not_squared,
                "The score is minus the squared distance: no root at the end.",
            ),
        ),
    ),
    Exercise(
        name="then",
        reference=then,
        cases=_maps,
        misconceptions=(
            Misconception(
                "the other order",
                _other_order,
                "You apply the second map first. Put a number in and follow it.",
            ),
            Misconception(
                "shifts only added",
                _shifts_added,
                "That is how TransE composes. Here the second scale also stretches "
                "the first shift.",
            ),
            Misconception(
                "scales added",
                _scales_added,
                "Stretch by 2, then by 3: by how much in all?",
            ),
        ),
    ),
    Exercise(
        name="divergence",
        reference=divergence,
        cases=_normals,
        misconceptions=(
            Misconception(
                "the other direction",
                _backwards,
                "The divergence is not symmetric. Whose spread stands below the "
                "fraction line?",
            ),
            Misconception(
                "the logarithms are missing",
                _without_logs,
                "Without them a wide tail is free: the loss would widen every entity.",
            ),
            Misconception(
                "the half is missing",
                _without_half,
                "Two equal distributions must be at divergence 0. Are yours?",
            ),
        ),
    ),
    Exercise(
        name="all_tails",
        reference=all_tails,
        cases=_tables,
        misconceptions=(
            Misconception(
                "a distance where a score belongs",
                _positive,
                "Higher must be better: the nearest entity should score highest.",
            ),
            Misconception(
                "a root too many",
                _root,
                "These scores are squared distances. The root changes the gradient.",
            ),
            Misconception(
                "one product instead of two",
                _one_product,
                "Expand (a - b)²: how often does the product appear?",
            ),
            Misconception(
                "entities by questions",
                _transposed,
                "Right numbers, turned around: one row a question, one column an "
                "entity.",
            ),
        ),
    ),
)
