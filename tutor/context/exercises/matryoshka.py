"""Exercises of chapter ``context/matryoshka``, with the misunderstandings they meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.context.matryoshka import contrastive, reference
from tutor.exercises import Case, Exercise, Misconception

Floats = NDArray[np.floating[Any]]


# --- 1. InfoNCE ----------------------------------------------------------------------
def info_nce(U: Floats, V: Floats, temperature: float) -> float:
    """Return InfoNCE of anchors and positives at length 1."""
    return contrastive.info_nce_loss(np.stack([U, V]), temperature=temperature)


def _no_temperature(U: Floats, V: Floats, temperature: float) -> float:
    del temperature
    return info_nce(U, V, 1.0)


def _times_temperature(U: Floats, V: Floats, temperature: float) -> float:
    return info_nce(U, V, 1 / temperature)


def _over_anchors(U: Floats, V: Floats, temperature: float) -> float:
    return info_nce(V, U, temperature)


def _only_pull(U: Floats, V: Floats, temperature: float) -> float:
    return float(-(U * V).sum(axis=1).mean() / temperature)


def _unit_pairs(rng: np.random.Generator) -> list[Case]:
    drawn = contrastive.unit(rng.normal(size=(2, 5, 4)))
    hand = contrastive.unit(np.array([[[3.0, 4], [-4, 3]], [[3, 4], [0, 1]]]))
    return [(*hand, 0.5), (*drawn, 0.2)]


# --- 2. cut short --------------------------------------------------------------------
def cut_short(X: Floats, d: int) -> Floats:
    """Return the first d coordinates at length 1."""
    return reference.truncate(X, d)


def _never_normalised(X: Floats, d: int) -> Floats:
    return np.asarray(X[:, :d])


def _normalised_before(X: Floats, d: int) -> Floats:
    return np.asarray(contrastive.unit(X)[:, :d])


def _last_ones(X: Floats, d: int) -> Floats:
    return contrastive.unit(X[:, -d:])


def _vectors(rng: np.random.Generator) -> list[Case]:
    return [(np.array([[3.0, 4, 12], [0, 2, 5]]), 2), (rng.normal(size=(4, 6)), 3)]


# --- 3. the gradient of a sum over prefixes ------------------------------------------
def prefix_gradients(
    pairs: Floats, dims: tuple[int, ...], temperature: float
) -> Floats:
    """Return the gradient of the Matryoshka loss."""
    return reference.matryoshka_gradients(pairs, dims, temperature=temperature)


def _overwritten(pairs: Floats, dims: tuple[int, ...], temperature: float) -> Floats:
    dX = np.zeros_like(pairs)
    for d in dims:
        dX[..., :d] = contrastive.info_nce_gradients(
            pairs[..., :d], temperature=temperature
        )
    return dX


def _full_only(pairs: Floats, dims: tuple[int, ...], temperature: float) -> Floats:
    del dims
    return contrastive.info_nce_gradients(pairs, temperature=temperature)


def _cut_gradient(pairs: Floats, dims: tuple[int, ...], temperature: float) -> Floats:
    whole = contrastive.info_nce_gradients(pairs, temperature=temperature)
    dX = np.zeros_like(pairs)
    for d in dims:
        dX[..., :d] += whole[..., :d]
    return dX


def _batches(rng: np.random.Generator) -> list[Case]:
    return [
        (rng.normal(size=(2, 4, 6)), (2, 4), 0.3),
        (rng.normal(size=(2, 3, 5)), (2, 3), 0.5),
    ]


# --- 4. the divergence over coordinates ----------------------------------------------
def divergence(x: Floats, y: Floats, T: float) -> float:
    """Return KL(softmax(x/T) || softmax(y/T)), the mean over rows."""
    return reference.coordinate_divergence(x, y, T)


def _other_way(x: Floats, y: Floats, T: float) -> float:
    return divergence(y, x, T)


def _over_the_batch(x: Floats, y: Floats, T: float) -> float:
    return divergence(x.T, y.T, T)


def _mean_of_entries(x: Floats, y: Floats, T: float) -> float:
    return divergence(x, y, T) / len(x.T)


def _unit_first(x: Floats, y: Floats, T: float) -> float:
    return divergence(contrastive.unit(x), contrastive.unit(y), T)


def _layers(rng: np.random.Generator) -> list[Case]:
    hand = np.array([[np.log(3), 0.0], [0.0, 1.0]]), np.array([[0.0, 1], [2, 0]])
    return [(*hand, 1.0), (*rng.normal(size=(2, 3, 5)), 0.5)]


# --- 5. choose an exit ---------------------------------------------------------------
def cheapest_exit(quality: Floats, dims: tuple[int, ...], share: float) -> tuple:
    """Return (layer, dim) of the first good enough cell: layer first, then dim."""
    good = quality >= share * quality.max()
    row = int(good.any(axis=1).argmax())
    return row + 1, dims[int(good[row].argmax())]


def _from_zero(quality: Floats, dims: tuple[int, ...], share: float) -> tuple:
    layer, dim = cheapest_exit(quality, dims, share)
    return layer - 1, dim


def _short_first(quality: Floats, dims: tuple[int, ...], share: float) -> tuple:
    good = quality >= share * quality.max()
    column = int(good.any(axis=0).argmax())
    return int(good[:, column].argmax()) + 1, dims[column]


def _absolute(quality: Floats, dims: tuple[int, ...], share: float) -> tuple:
    good = quality >= share
    row = int(good.any(axis=1).argmax())
    return row + 1, dims[int(good[row].argmax())]


def _grids(rng: np.random.Generator) -> list[Case]:
    hand = np.array([[0.1, 0.2, 0.3], [0.2, 0.3, 0.46], [0.46, 0.48, 0.5]])
    drawn = np.sort(np.sort(rng.random((4, 3)), axis=0), axis=1) / 2
    return [(hand, (8, 16, 32), 0.9), (drawn, (4, 8, 16), 0.8)]


EXERCISES = (
    Exercise(
        name="info_nce",
        reference=info_nce,
        cases=_unit_pairs,
        misconceptions=(
            Misconception(
                "the temperature is not used",
                _no_temperature,
                "At temperature 1 cosines differ too little. What divides the scores?",
            ),
            Misconception(
                "multiplied by the temperature",
                _times_temperature,
                "A small temperature must make the softmax sharper. Does yours?",
            ),
            Misconception(
                "shares over the anchors",
                _over_anchors,
                "Each anchor looks for its positive among all positives: along which "
                "axis must the shares add up to 1?",
            ),
            Misconception(
                "only the pairs themselves",
                _only_pull,
                "All texts on one point would be perfect for you. What pushes apart?",
            ),
        ),
    ),
    Exercise(
        name="cut_short",
        reference=cut_short,
        cases=_vectors,
        misconceptions=(
            Misconception(
                "not brought back to length 1",
                _never_normalised,
                "A dot product of these is no cosine any more.",
            ),
            Misconception(
                "normalised before the cut",
                _normalised_before,
                "The whole has length 1. Does its beginning?",
            ),
            Misconception(
                "the last coordinates",
                _last_ones,
                "Training made the first coordinates count in every prefix.",
            ),
        ),
    ),
    Exercise(
        name="prefix_gradients",
        reference=prefix_gradients,
        cases=_batches,
        misconceptions=(
            Misconception(
                "a later prefix overwrites an earlier one",
                _overwritten,
                "The first coordinates stand in several terms of the sum. What does "
                "that do to their gradient?",
            ),
            Misconception(
                "only the full length",
                _full_only,
                "That is ordinary training: where do the short prefixes come in?",
            ),
            Misconception(
                "the full gradient, cut",
                _cut_gradient,
                "A prefix has cosines of its own, so a gradient of its own: cut the "
                "vectors, not the gradient.",
            ),
        ),
    ),
    Exercise(
        name="divergence",
        reference=divergence,
        cases=_layers,
        misconceptions=(
            Misconception(
                "the other direction",
                _other_way,
                "The last layer is the teacher: its shares weigh the logarithms.",
            ),
            Misconception(
                "over the batch",
                _over_the_batch,
                "The softmax runs over the coordinates of one text.",
            ),
            Misconception(
                "divided by the number of coordinates too",
                _mean_of_entries,
                "Sum over the coordinates, mean over the texts only.",
            ),
            Misconception(
                "normalised first",
                _unit_first,
                "That would be sensible, and is not what the loss does: it takes the "
                "vectors as they are.",
            ),
        ),
    ),
    Exercise(
        name="cheapest_exit",
        reference=cheapest_exit,
        cases=_grids,
        misconceptions=(
            Misconception(
                "layers from 0",
                _from_zero,
                "Row 0 of the table is layer 1.",
            ),
            Misconception(
                "short vectors first",
                _short_first,
                "Here operations are dear: the earliest layer comes first.",
            ),
            Misconception(
                "the share taken as a score",
                _absolute,
                "Good enough means a share of the best cell, not of 1.",
            ),
        ),
    ),
)
