"""Exercises of chapter ``context/bert``, with the misunderstandings they meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor import geometry
from tutor.context.bert.reference import cross_entropy_gradients
from tutor.context.bert.wordpiece import longest_match as _longest_match
from tutor.exercises import Case, Exercise, Misconception

Floats = NDArray[np.floating[Any]]
Ids = NDArray[np.int64]


# --- 1. cut a word -------------------------------------------------------------------
def cut(word: str, known: dict[str, int]) -> list[str]:
    """Return the pieces of a word, the longest first."""
    return _longest_match(word, known)


def _shortest(word: str, known: dict[str, int]) -> list[str]:
    found, start = [], 0
    while start < len(word):
        front = "##" if start else ""
        for stop in range(start + 1, len(word) + 1):
            if front + word[start:stop] in known:
                break
        else:
            return ["[UNK]"]
        found.append(front + word[start:stop])
        start = stop
    return found


def _no_front(word: str, known: dict[str, int]) -> list[str]:
    found, start = [], 0
    while start < len(word):
        for stop in range(len(word), start, -1):
            if word[start:stop] in known:
                break
        else:
            return ["[UNK]"]
        found.append(word[start:stop])
        start = stop
    return found


def _unknown_part(word: str, known: dict[str, int]) -> list[str]:
    found, start = [], 0
    while start < len(word):
        front = "##" if start else ""
        for stop in range(len(word), start, -1):
            if front + word[start:stop] in known:
                found.append(front + word[start:stop])
                start = stop
                break
        else:
            return [*found, "[UNK]"]
    return found


def _words(rng: np.random.Generator) -> list[Case]:
    pieces = ["un", "##aff", "##able", "##a", "a", "##b", "b", "##ab", "ab", "aff"]
    known = {piece: row for row, piece in enumerate(pieces)}
    drawn = "".join(rng.choice(["a", "b"], size=7))
    return [("unaffable", known), ("abx", known), ("ab", known), (drawn, known)]


# --- 2. show something else ----------------------------------------------------------
def shown(ids: Ids, chosen: Ids, kind: Floats, drawn: Ids) -> Ids:
    """Return what the model sees: [MASK] (4), a drawn piece, or the piece itself."""
    new = np.where(kind < 0.8, 4, np.where(kind < 0.9, drawn, ids))
    return np.where(chosen, new, ids)


def _always_mask(ids: Ids, chosen: Ids, kind: Floats, drawn: Ids) -> Ids:
    del kind, drawn
    return np.where(chosen, 4, ids)


def _random_first(ids: Ids, chosen: Ids, kind: Floats, drawn: Ids) -> Ids:
    new = np.where(kind < 0.8, 4, np.where(kind < 0.1, drawn, ids))
    return np.where(chosen, new, ids)


def _no_rest(ids: Ids, chosen: Ids, kind: Floats, drawn: Ids) -> Ids:
    return np.where(chosen, np.where(kind < 0.8, 4, drawn), ids)


def _places(rng: np.random.Generator) -> list[Case]:
    hand = (
        np.array([2, 7, 8, 9, 3]),
        np.array([False, True, True, True, False]),
        np.array([0.5, 0.1, 0.85, 0.95, 0.2]),
        np.array([6, 6, 6, 6, 6]),
    )
    n = 40
    ids, drawn = rng.integers(5, 50, (2, n))
    return [hand, (ids, rng.random(n) < 0.5, rng.random(n), drawn)]


# --- 3. the gradient of the scores ---------------------------------------------------
def score_gradients(Z: Floats, y: Ids) -> Floats:
    """Return the gradient of the mean cross-entropy by the scores."""
    return cross_entropy_gradients(Z, y)


def _not_the_mean(Z: Floats, y: Ids) -> Floats:
    return np.asarray(cross_entropy_gradients(Z, y) * len(y))


def _wrong_sign(Z: Floats, y: Ids) -> Floats:
    return np.asarray(-cross_entropy_gradients(Z, y))


def _target_only(Z: Floats, y: Ids) -> Floats:
    dZ = cross_entropy_gradients(Z, y)
    found = np.zeros_like(dZ)
    found[np.arange(len(y)), y] = dZ[np.arange(len(y)), y]
    return found


def _scores(rng: np.random.Generator) -> list[Case]:
    hand = np.log(np.array([[2.0, 1.0, 1.0], [2.0, 1.0, 1.0]]))
    return [
        (hand, np.array([0, 2])),
        (rng.normal(size=(4, 5)), rng.integers(0, 5, 4)),
    ]


# --- 4. the tied table ---------------------------------------------------------------
def tied_gradient(dZ: Floats, N: Floats, ids: Ids, dX: Floats) -> Floats:
    """Return the gradient of a table used as first layer and as last."""
    dE = dZ.T @ N
    np.add.at(dE, ids, dX)
    return np.asarray(dE)


def _output_only(dZ: Floats, N: Floats, ids: Ids, dX: Floats) -> Floats:
    del ids, dX
    return np.asarray(dZ.T @ N)


def _last_one_wins(dZ: Floats, N: Floats, ids: Ids, dX: Floats) -> Floats:
    dE = dZ.T @ N
    dE[ids] += dX
    return np.asarray(dE)


def _tables(rng: np.random.Generator) -> list[Case]:
    dZ, N, dX = (
        rng.normal(size=(3, 6)),
        rng.normal(size=(3, 2)),
        rng.normal(size=(5, 2)),
    )
    return [
        (np.ones((1, 3)), np.ones((1, 2)), np.array([0, 0]), np.ones((2, 2))),
        (dZ, N, np.array([1, 4, 1, 0, 1]), dX),
    ]


# --- 5. all but the top --------------------------------------------------------------
def all_but_the_top(X: Floats, k: int) -> Floats:
    """Return rows without their mean and without the k directions of most variance."""
    top = geometry.principal_directions(X, k)
    return geometry.remove_directions(geometry.mean_center(X), top)


def _mean_stays(X: Floats, k: int) -> Floats:
    return geometry.remove_directions(X, geometry.principal_directions(X, k))


def _mean_only(X: Floats, k: int) -> Floats:
    del k
    return geometry.mean_center(X)


def _clouds(rng: np.random.Generator) -> list[Case]:
    return [
        (3 + rng.normal(size=(12, 4)) * [4.0, 2.0, 1.0, 0.5], 1),
        (rng.normal(size=(20, 5)) * [5.0, 4.0, 1.0, 1.0, 0.5] - 2, 2),
    ]


EXERCISES = (
    Exercise(
        name="cut",
        reference=cut,
        cases=_words,
        misconceptions=(
            Misconception(
                "the shortest piece first",
                _shortest,
                "Which piece do you try first: the whole rest of the word, or one "
                "letter? The rule is greedy.",
            ),
            Misconception(
                "no mark inside the word",
                _no_front,
                "A piece inside a word has a name of its own, with ## in front.",
            ),
            Misconception(
                "only the rest is unknown",
                _unknown_part,
                "When one part of a word is unknown, the whole word is [UNK].",
            ),
        ),
    ),
    Exercise(
        name="shown",
        reference=shown,
        cases=_places,
        misconceptions=(
            Misconception(
                "always the mask",
                _always_mask,
                "Eight of ten chosen places show [MASK]. What do the others show?",
            ),
            Misconception(
                "a share taken for a threshold",
                _random_first,
                "The random pieces take the next tenth: from 0.8 up to where?",
            ),
            Misconception(
                "nothing stays visible",
                _no_rest,
                "The last tenth of the chosen places is shown as it stands.",
            ),
        ),
    ),
    Exercise(
        name="score_gradients",
        reference=score_gradients,
        cases=_scores,
        misconceptions=(
            Misconception(
                "a sum where the loss is a mean",
                _not_the_mean,
                "The loss is a mean over the places. What does that do to a gradient?",
            ),
            Misconception(
                "uphill",
                _wrong_sign,
                "Raising the right score lowers the loss: which sign must its "
                "gradient have?",
            ),
            Misconception(
                "the target's score alone",
                _target_only,
                "Every score stands in the denominator. What do the rows add up to?",
            ),
        ),
    ),
    Exercise(
        name="tied_gradient",
        reference=tied_gradient,
        cases=_tables,
        misconceptions=(
            Misconception(
                "the last layer alone",
                _output_only,
                "The same table also turned the pieces into states.",
            ),
            Misconception(
                "a piece that stands twice counts once",
                _last_one_wins,
                "E[ids] += dX writes each row once. Which function adds them all?",
            ),
        ),
    ),
    Exercise(
        name="all_but_the_top",
        reference=all_but_the_top,
        cases=_clouds,
        misconceptions=(
            Misconception(
                "the mean stays in",
                _mean_stays,
                "What do all vectors share? That goes first.",
            ),
            Misconception(
                "the mean alone",
                _mean_only,
                "That is the first half. Some directions still hold most variance.",
            ),
        ),
    ),
)
