"""Exercises of chapter ``words/word2vec``, with the misunderstandings they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception
from tutor.sampling import keep_probability
from tutor.words.word2vec.reference import decisions_gradients, sigmoid

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


# --- 1. keep probability -------------------------------------------------------------
def _share_kept_by_text(counts: Counts, sample: float) -> Floats:
    return np.asarray(np.minimum(1.0, np.sqrt(sample * counts.sum() / counts)))


def _discarded(counts: Counts, sample: float) -> Floats:
    return np.asarray(1.0 - keep_probability(counts, sample))


def _of_counts(counts: Counts, sample: float) -> Floats:
    return np.asarray(np.minimum(1.0, np.sqrt(sample / counts) + sample / counts))


def _vocabularies(rng: np.random.Generator) -> list[Case]:
    return [
        (np.array([900, 90, 10]), 0.05),
        (np.array([50, 50]), 0.001),
        (rng.integers(1, 10_000, 8), 0.01),
    ]


# --- 2. noise ------------------------------------------------------------------------
def noise_shares(counts: Counts, power: float) -> Floats:
    """Return the noise distribution of word counts."""
    raised = counts.astype(np.float64) ** power
    return np.asarray(raised / raised.sum())


def _not_normalised(counts: Counts, power: float) -> Floats:
    return np.asarray((counts / counts.sum()) ** power)


def _unigram(counts: Counts, power: float) -> Floats:
    del power
    return np.asarray(counts / counts.sum())


def _scaled(counts: Counts, power: float) -> Floats:
    return np.asarray(power * counts / counts.sum())


def _counts(rng: np.random.Generator) -> list[Case]:
    return [(np.array([81, 16, 1]), 0.75), (rng.integers(1, 900, 6), 0.5)]


# --- 3. gradients of one pair --------------------------------------------------------
def pair_gradients(u: Floats, v: Floats) -> tuple[Floats, Floats]:
    """Return the gradients of one pair's loss by ``u`` and by the K + 1 rows ``v``."""
    labels = np.arange(len(v)) == 0
    gu, gv = decisions_gradients(u[None], v[None], labels[None], np.ones((1, len(v))))
    return gu[0], gv[0]


def _descent(u: Floats, v: Floats) -> tuple[Floats, Floats]:
    gu, gv = pair_gradients(u, v)
    return -gu, -gv


def _all_real(u: Floats, v: Floats) -> tuple[Floats, Floats]:
    g = sigmoid(v @ u) - 1.0
    return g @ v, np.outer(g, u)


def _all_noise(u: Floats, v: Floats) -> tuple[Floats, Floats]:
    g = sigmoid(v @ u)
    return g @ v, np.outer(g, u)


def _score_not_chance(u: Floats, v: Floats) -> tuple[Floats, Floats]:
    g = v @ u - (np.arange(len(v)) == 0)
    return g @ v, np.outer(g, u)


def _pairs(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([1.0, 2.0]), np.array([[1.0, 0.0], [-1.0, 0.0]]))
    return [hand, (rng.normal(size=4), rng.normal(size=(6, 4)))]


# --- 4. what the dot product becomes -------------------------------------------------
def shifted_pmi(table: Floats, k: float) -> Floats:
    """Return PMI of a table of pair counts, minus log k."""
    margins = np.outer(table.sum(axis=1), table.sum(axis=0))
    return np.asarray(np.log(table * table.sum() / margins) - np.log(k))


def _clipped(table: Floats, k: float) -> Floats:
    return np.asarray(np.maximum(shifted_pmi(table, k), 0.0))


def _added(table: Floats, k: float) -> Floats:
    return np.asarray(shifted_pmi(table, k) + 2 * np.log(k))


def _unshifted(table: Floats, k: float) -> Floats:
    return np.asarray(shifted_pmi(table, k) + np.log(k))


def _bits(table: Floats, k: float) -> Floats:
    return np.asarray(shifted_pmi(table, k) / np.log(2))


def _tables(rng: np.random.Generator) -> list[Case]:
    hand = np.array([[40.0, 9.0, 1.0], [40.0, 1.0, 9.0]])
    return [(hand, 5.0), (rng.integers(1, 30, (4, 5)).astype(float), 2.0)]


EXERCISES = (
    Exercise(
        name="keep_probability",
        reference=keep_probability,
        cases=_vocabularies,
        misconceptions=(
            Misconception(
                "the chance to drop instead of the chance to keep",
                _discarded,
                "The most frequent word comes out highest. Should it?",
            ),
            Misconception(
                "the formula of the paper's text",
                _share_kept_by_text,
                "A fair answer to another question: the text of the paper has one "
                "term, the program that made the vectors has two. Look at the equation "
                "of this chapter again.",
            ),
            Misconception(
                "counts where shares belong",
                _of_counts,
                "The threshold is a share of all tokens. What is the word's share?",
            ),
        ),
    ),
    Exercise(
        name="noise_shares",
        reference=noise_shares,
        cases=_counts,
        misconceptions=(
            Misconception(
                "not a distribution",
                _not_normalised,
                "What do your shares add up to? Raise first, then divide by the sum "
                "of what you raised.",
            ),
            Misconception(
                "the power left out",
                _unigram,
                "These are the plain word shares. Where does the power act?",
            ),
            Misconception(
                "a factor instead of a power",
                _scaled,
                "A factor changes every word alike, so it cannot flatten anything.",
            ),
        ),
    ),
    Exercise(
        name="pair_gradients",
        reference=pair_gradients,
        cases=_pairs,
        misconceptions=(
            Misconception(
                "the step instead of the gradient",
                _descent,
                "You return where to go. The gradient points uphill; the minus sign "
                "belongs to the update.",
            ),
            Misconception(
                "every row counts as real",
                _all_real,
                "Only row 0 is the true word. What is the label of a noise word?",
            ),
            Misconception(
                "every row counts as noise",
                _all_noise,
                "Row 0 is the true word: there the error is the probability minus 1.",
            ),
            Misconception(
                "scores where probabilities belong",
                _score_not_chance,
                "The error compares the label with a probability. What turns a dot "
                "product into one?",
            ),
        ),
    ),
    Exercise(
        name="shifted_pmi",
        reference=shifted_pmi,
        cases=_tables,
        misconceptions=(
            Misconception(
                "positive PMI",
                _clipped,
                "A dot product may be negative, so nothing is cut at zero here.",
            ),
            Misconception(
                "the shift in the wrong direction",
                _added,
                "More noise makes every pair look less real: the shift lowers.",
            ),
            Misconception(
                "no shift",
                _unshifted,
                "That is PMI, the optimum for one noise word. Where does k enter?",
            ),
            Misconception(
                "logarithms of base two",
                _bits,
                "The sigmoid is built on e, so the logarithm is natural.",
            ),
        ),
    ),
)
