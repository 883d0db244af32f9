"""Exercises of chapter ``words/senses``, with the misunderstandings they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception
from tutor.words.senses.reference import assign, assign_gradient

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


# --- 1. a relaxed choice -------------------------------------------------------------
def relaxed_choice(z: Floats, noise: Floats, temperature: float) -> Floats:
    """Return the shares of the senses in one window."""
    return np.asarray(assign(z, noise, temperature))


def _noise_outside(z: Floats, noise: Floats, temperature: float) -> Floats:
    return np.asarray(assign(z / temperature, noise))


def _times(z: Floats, noise: Floats, temperature: float) -> Floats:
    return np.asarray(assign(z, noise, 1 / temperature))


def _no_noise(z: Floats, noise: Floats, temperature: float) -> Floats:
    del noise
    return np.asarray(assign(z, 0.0, temperature))


def _logits(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([np.log(3), 0.0]), np.array([0.0, 0.5]), 0.5)
    return [hand, (rng.normal(size=4), rng.gumbel(size=4), 0.7)]


# --- 2. from the center back to the senses -------------------------------------------
def back_to_senses(
    u: Floats, g: Floats, by_h: Floats, temperature: float
) -> tuple[Floats, Floats]:
    """Return the gradients by the sense vectors and by the logits."""
    by_z = np.asarray(assign_gradient(g, u @ by_h, temperature), np.float64)
    return np.outer(g, by_h), by_z


def _no_mean(
    u: Floats, g: Floats, by_h: Floats, temperature: float
) -> tuple[Floats, Floats]:
    return np.outer(g, by_h), g * (u @ by_h) / temperature


def _no_temperature(
    u: Floats, g: Floats, by_h: Floats, temperature: float
) -> tuple[Floats, Floats]:
    del temperature
    return back_to_senses(u, g, by_h, 1.0)


def _whole_to_each(
    u: Floats, g: Floats, by_h: Floats, temperature: float
) -> tuple[Floats, Floats]:
    by_z = back_to_senses(u, g, by_h, temperature)[1]
    return np.tile(by_h, (len(u), 1)), by_z


def _centers(rng: np.random.Generator) -> list[Case]:
    hand = (np.eye(2), np.array([0.75, 0.25]), np.array([-1.0, 2.0]), 0.5)
    drawn = rng.normal(size=(3, 4)), assign(rng.normal(size=3)), rng.normal(size=4), 0.8
    return [hand, drawn]


# --- 3. pruned senses ----------------------------------------------------------------
def pruned_sense(shares: Floats, prune: float) -> Ints:
    """Return the sense of each occurrence, of those whose prior is large enough."""
    kept = shares.mean(axis=0) >= prune
    return np.asarray(np.where(kept, shares, -1.0).argmax(axis=1))


def _not_pruned(shares: Floats, prune: float) -> Ints:
    del prune
    return np.asarray(shares.argmax(axis=1))


def _pruned_by_occurrence(shares: Floats, prune: float) -> Ints:
    kept = shares.min(axis=0) >= prune
    kept = kept if kept.any() else np.ones(len(kept), bool)
    return np.asarray(np.where(kept, shares, -1.0).argmax(axis=1))


def _renumbered(shares: Floats, prune: float) -> Ints:
    kept = shares.mean(axis=0) >= prune
    return np.asarray(shares[:, kept].argmax(axis=1))


def _shares(rng: np.random.Generator) -> list[Case]:
    hand = np.array(
        [[0.5, 0.1, 0.4], [0.2, 0.5, 0.3], [0.6, 0.0, 0.4], [0.02, 0.08, 0.9]]
    )
    return [(hand, 0.2), (rng.dirichlet([3.0, 0.4, 2.0], size=30), 0.15)]


# --- 4. agreement, corrected for chance ----------------------------------------------
def adjusted_index(table: Ints) -> float:
    """Return the adjusted Rand index of a table of labels by clusters."""
    T, L, R, n = _sums(table)
    expected = L * R / n
    return float((T - expected) / ((L + R) / 2 - expected))


def _sums(table: Ints) -> tuple[float, float, float, float]:
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    parts = (table, rows, columns, table.sum())
    T, L, R, n = (float((x * (x - 1) / 2).sum()) for x in parts)
    return T, L, R, n


def _not_adjusted(table: Ints) -> float:
    T, L, R, n = _sums(table)
    return (n + 2 * T - L - R) / n


def _no_chance(table: Ints) -> float:
    T, L, R, _ = _sums(table)
    return T / ((L + R) / 2)


def _purity(table: Ints) -> float:
    return float(table.max(axis=0).sum() / table.sum())


def _items(table: Ints) -> float:
    rows, columns, n = table.sum(axis=1), table.sum(axis=0), table.sum()
    T, L, R = (float((x * x).sum()) for x in (table, rows, columns))
    expected = L * R / float(n * n)
    return float((T - expected) / ((L + R) / 2 - expected))


def _tables(rng: np.random.Generator) -> list[Case]:
    return [(np.array([[2, 1], [0, 3]]),), (rng.integers(1, 20, (2, 3)),)]


EXERCISES = (
    Exercise(
        name="relaxed_choice",
        reference=relaxed_choice,
        cases=_logits,
        misconceptions=(
            Misconception(
                "the temperature divides the logits only",
                _noise_outside,
                "At a low temperature your choice is no longer drawn: the largest "
                "logit always wins. What must be divided together?",
            ),
            Misconception(
                "multiplied by the temperature",
                _times,
                "Try a very low temperature. Should the shares become more alike?",
            ),
            Misconception(
                "the noise left out",
                _no_noise,
                "This always leans to the same sense. Where does the noise enter?",
            ),
        ),
    ),
    Exercise(
        name="back_to_senses",
        reference=back_to_senses,
        cases=_centers,
        misconceptions=(
            Misconception(
                "the mean not subtracted",
                _no_mean,
                "Add the same number to all logits: the shares stay. So what must the "
                "gradient by the logits sum to?",
            ),
            Misconception(
                "the temperature left out",
                _no_temperature,
                "The logits are divided by the temperature before the softmax. What "
                "does the chain rule say to that?",
            ),
            Misconception(
                "the whole gradient to each sense",
                _whole_to_each,
                "A sense that had no share in the center did not cause its error.",
            ),
        ),
    ),
    Exercise(
        name="pruned_sense",
        reference=pruned_sense,
        cases=_shares,
        misconceptions=(
            Misconception(
                "nothing pruned",
                _not_pruned,
                "A sense with a small prior is still chosen. Which may be?",
            ),
            Misconception(
                "pruned by one occurrence",
                _pruned_by_occurrence,
                "A prior is a mean over all occurrences. One window may well give a "
                "good sense nothing.",
            ),
            Misconception(
                "numbered anew",
                _renumbered,
                "The senses kept their numbers; what does yours count?",
            ),
        ),
    ),
    Exercise(
        name="adjusted_index",
        reference=adjusted_index,
        cases=_tables,
        misconceptions=(
            Misconception(
                "not corrected for chance",
                _not_adjusted,
                "This is the plain Rand index. What does it give to a random grouping?",
            ),
            Misconception(
                "chance only divided away",
                _no_chance,
                "A random grouping should get 0. What does it get from you?",
            ),
            Misconception(
                "purity",
                _purity,
                "This counts items in the majority. The index counts pairs of items.",
            ),
            Misconception(
                "squares instead of pairs",
                _items,
                "n items make n (n - 1) / 2 pairs: an item makes no pair with itself.",
            ),
        ),
    ),
)
