"""Exercises of chapter ``multimodal/text_only``, with the known wrong answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception
from tutor.geometry import unit_rows

Floats = NDArray[np.float64]


def _cloud(rng: np.random.Generator, n: int, d: int) -> Floats:
    return np.asarray(unit_rows(rng.normal(size=(n, d)) + 0.5), dtype=np.float64)


# --- 1. noise on the sphere ----------------------------------------------------------
def add_noise(texts: Floats, noise: Floats, sigma: float) -> Floats:
    """Return CLOSE's rows for given standard normal noise."""
    moved = texts + sigma * noise
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True))


def _not_normalised(texts: Floats, noise: Floats, sigma: float) -> Floats:
    return texts + sigma * noise


def _variance(texts: Floats, noise: Floats, sigma: float) -> Floats:
    return add_noise(texts, noise, sigma**2)


def _one_length(texts: Floats, noise: Floats, sigma: float) -> Floats:
    moved = texts + sigma * noise
    return np.asarray(moved / np.linalg.norm(moved))


def _noisy_texts(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 2.0], [3.0, 0.0]]), 0.5)
    return [hand, (_cloud(rng, 5, 4), rng.normal(size=(5, 4)), 0.3)]


# --- 2. one length, another width ----------------------------------------------------
def same_length_sigma(sigma: float, dim: int, new_dim: int) -> float:
    """Return the noise of equal length in another width."""
    return float(sigma * np.sqrt(dim / new_dim))


def _unchanged(sigma: float, dim: int, new_dim: int) -> float:
    del dim, new_dim
    return sigma


def _no_root(sigma: float, dim: int, new_dim: int) -> float:
    return sigma * dim / new_dim


def _upside_down(sigma: float, dim: int, new_dim: int) -> float:
    return float(sigma * np.sqrt(new_dim / dim))


def _widths(rng: np.random.Generator) -> list[Case]:
    return [(0.08, 768, 64), (0.04, 768, 512), (0.2, int(rng.integers(8, 99)), 300)]


# --- 3. both sides centred -----------------------------------------------------------
def centre_both(
    images: Floats, texts: Floats, train: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return both sides without their own training mean, at length 1 again."""
    sides = (side - side[train].mean(axis=0) for side in (images, texts))
    X, T = (s / np.linalg.norm(s, axis=1, keepdims=True) for s in sides)
    return X, T


def _all_rows(
    images: Floats, texts: Floats, train: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    del train
    return centre_both(images, texts, np.arange(len(images)))


def _shared_mean(
    images: Floats, texts: Floats, train: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    mean = (images[train].mean(axis=0) + texts[train].mean(axis=0)) / 2
    X, T = (
        (s - mean) / np.linalg.norm(s - mean, axis=1, keepdims=True)
        for s in (images, texts)
    )
    return X, T


def _left_short(
    images: Floats, texts: Floats, train: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    return images - images[train].mean(axis=0), texts - texts[train].mean(axis=0)


def _two_clouds(rng: np.random.Generator) -> list[Case]:
    def case(n: int, d: int) -> Case:
        return _cloud(rng, n, d), -_cloud(rng, n, d), np.arange(n // 2)

    return [case(6, 3), case(9, 5)]


# --- 4. what noise adds to a squared loss --------------------------------------------
def expected_loss(X: Floats, Y: Floats, W: Floats, sigma: float) -> float:
    """Return the mean squared error a row, expected over noise on the inputs."""
    return float(((X @ W - Y) ** 2).sum() / len(X) + sigma**2 * (W**2).sum())


def _without_noise(X: Floats, Y: Floats, W: Floats, sigma: float) -> float:
    return expected_loss(X, Y, W, 0 * sigma)


def _deviation(X: Floats, Y: Floats, W: Floats, sigma: float) -> float:
    return expected_loss(X, Y, W, float(np.sqrt(sigma)))


def _shared_out(X: Floats, Y: Floats, W: Floats, sigma: float) -> float:
    return expected_loss(X, Y, W, sigma / len(X) ** 0.5)


def _regressions(rng: np.random.Generator) -> list[Case]:
    hand = (np.eye(2), np.eye(2), np.array([[1.0, 0.0], [0.0, 2.0]]), 0.5)
    shapes = ((6, 3), (6, 2), (3, 2))
    return [hand, (*(rng.normal(size=shape) for shape in shapes), 0.3)]


EXERCISES = (
    Exercise(
        name="add_noise",
        reference=add_noise,
        cases=_noisy_texts,
        misconceptions=(
            Misconception(
                "the sphere forgotten",
                _not_normalised,
                "Pictures will come with length 1. Which length do your rows have?",
            ),
            Misconception(
                "variance for deviation",
                _variance,
                "Sigma is a standard deviation: it multiplies standard normal noise.",
            ),
            Misconception(
                "one length for all",
                _one_length,
                "You divide by the length of the whole matrix; each row has its own.",
            ),
        ),
    ),
    Exercise(
        name="same_length_sigma",
        reference=same_length_sigma,
        cases=_widths,
        misconceptions=(
            Misconception(
                "sigma carried over",
                _unchanged,
                "How long is noise of this sigma in each of the two spaces?",
            ),
            Misconception(
                "no square root",
                _no_root,
                "Squared lengths add up over coordinates; lengths do not.",
            ),
            Misconception(
                "upside down",
                _upside_down,
                "A wider space needs less noise a coordinate, not more.",
            ),
        ),
    ),
    Exercise(
        name="centre_both",
        reference=centre_both,
        cases=_two_clouds,
        misconceptions=(
            Misconception(
                "means of all rows",
                _all_rows,
                "These means saw the test rows. Which rows are you given for them?",
            ),
            Misconception(
                "one mean for both",
                _shared_mean,
                "Taking the same vector from both sides leaves the gap as it is.",
            ),
            Misconception(
                "the sphere forgotten",
                _left_short,
                "The head expects rows of length 1.",
            ),
        ),
    ),
    Exercise(
        name="expected_loss",
        reference=expected_loss,
        cases=_regressions,
        misconceptions=(
            Misconception(
                "noise averages out",
                _without_noise,
                "Its mean does, its square does not: expand the square.",
            ),
            Misconception(
                "deviation for variance",
                _deviation,
                "The expected square of noise is its variance. Which power of sigma?",
            ),
            Misconception(
                "penalty shared by the rows",
                _shared_out,
                "Every row brings its own noise: the mean over rows keeps all of it.",
            ),
        ),
    ),
)
