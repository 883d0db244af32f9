"""Exercises of chapter ``closing/one_world``, with their misunderstandings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tutor.closing.one_world import reference as rsa
from tutor.evaluate.statistics import spearman
from tutor.exercises import Case, Exercise, Misconception
from tutor.geometry import procrustes, unit_rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


# --- 1. agreement --------------------------------------------------------------------
def agree(A: Floats, B: Floats) -> float:
    """Return Spearman's correlation over the pairs of two similarity tables."""
    return rsa.agreement(A, B)


def _with_itself(A: Floats, B: Floats) -> float:
    upper = np.triu_indices(len(A))
    return spearman(A[upper], B[upper])


def _no_ranks(A: Floats, B: Floats) -> float:
    upper = np.triu_indices(len(A), 1)
    return float(np.corrcoef(A[upper], B[upper])[0, 1])


# --- 2. neighbours -------------------------------------------------------------------
def overlap(A: Floats, B: Floats, k: int) -> Floats:
    """Return the share of each concept's k neighbours that both tables name."""
    return rsa.neighbour_overlap(A, B, k)


def _itself_counts(A: Floats, B: Floats, k: int) -> Floats:
    near = [np.argsort(-S, axis=1, kind="stable")[:, :k] for S in (A, B)]
    return np.array([len(set(a) & set(b)) / k for a, b in zip(*near, strict=True)])


def _jaccard(A: Floats, B: Floats, k: int) -> Floats:
    shared = overlap(A, B, k) * k
    return np.asarray(shared / (2 * k - shared))


# --- 3. held out ---------------------------------------------------------------------
def found(X: Floats, Y: Floats, train: Ints, test: Ints) -> float:
    """Return the share of test rows whose own Y is nearest after the rotation."""
    return _found(X, Y, procrustes(X[train], Y[train]), test)


def _found(X: Floats, Y: Floats, Q: Floats, test: Ints) -> float:
    scores = unit_rows(X[test] @ Q) @ unit_rows(Y[test]).T
    return float((scores.argmax(axis=1) == np.arange(len(test))).mean())


def _taught_by_test(X: Floats, Y: Floats, train: Ints, test: Ints) -> float:
    return _found(X, Y, procrustes(X[test], Y[test]), test)


def _turned_back(X: Floats, Y: Floats, train: Ints, test: Ints) -> float:
    return _found(X, Y, procrustes(X[train], Y[train]).T, test)


def _cuts(rng: np.random.Generator) -> list[Case]:
    cases = []
    for _ in range(4):
        X = rng.normal(size=(60, 6))
        turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
        Y = X @ turn + 0.9 * rng.normal(size=(60, 6))
        order = rng.permutation(60)
        cases.append((X, Y, order[:40], order[40:]))
    return cases


# --- 4. the ceiling ------------------------------------------------------------------
def of_the_ceiling(cross: float, one: float, other: float) -> float:
    """Return an agreement as a share of what two noisy families can reach."""
    return rsa.disattenuated(cross, one, other)


def _no_root(cross: float, one: float, other: float) -> float:
    return cross / (one * other)


def _mean_ceiling(cross: float, one: float, other: float) -> float:
    return cross / ((one + other) / 2)


# --- 5. what a resample counts -------------------------------------------------------
def counted(drawn: Ints) -> int:
    """Return how many pairs of two different concepts a resample holds."""
    times = np.bincount(drawn)
    return int((times.sum() ** 2 - (times**2).sum()) // 2)


def _copies_count(drawn: Ints) -> int:
    return len(drawn) * (len(drawn) - 1) // 2


def _each_once(drawn: Ints) -> int:
    n = len(np.unique(drawn))
    return n * (n - 1) // 2


# --- 6. things, not kinds ------------------------------------------------------------
def beyond_kinds(X: Floats, Y: Floats, kinds: Sequence[str]) -> float:
    """Return the agreement of two spaces once the mean of each kind is taken off."""
    own, other = (rsa.similarities(rsa.without_groups(V, kinds)) for V in (X, Y))
    return rsa.agreement(own, other)


def _one_mean(X: Floats, Y: Floats, kinds: Sequence[str]) -> float:
    return rsa.agreement(rsa.similarities(X), rsa.similarities(Y))


def _one_side(X: Floats, Y: Floats, kinds: Sequence[str]) -> float:
    own = rsa.similarities(rsa.without_groups(X, kinds))
    return rsa.agreement(own, rsa.similarities(Y))


def _pairs_of_two_kinds(X: Floats, Y: Floats, kinds: Sequence[str]) -> float:
    between = rsa.all_pairs(len(X)) & ~rsa.pairs_within(kinds)
    return rsa.agreement(rsa.similarities(X), rsa.similarities(Y), between)


def _kinds(rng: np.random.Generator) -> list[Case]:
    """Return two noisy copies of the same things around the centres of their kinds."""
    kinds = ("animal",) * 8 + ("food",) * 5 + ("artifact",) * 7
    found = []
    for _ in range(2):
        centres = dict(zip(sorted(set(kinds)), rng.normal(size=(3, 5)), strict=True))
        middle = 2 * np.array([centres[kind] for kind in kinds])
        things = rng.normal(size=middle.shape)
        noise = 0.8 * rng.normal(size=(2, *middle.shape))
        found.append((middle + things + noise[0], middle + things + noise[1], kinds))
    return found


def _two_tables(rng: np.random.Generator) -> list[tuple[Floats, Floats]]:
    found = []
    for n in (6, 12):
        X = rng.normal(size=(n, 4))
        noisy = X + rng.normal(size=(n, 4))
        found.append((rsa.similarities(X), rsa.similarities(noisy)))
    return found


EXERCISES = (
    Exercise(
        name="agree",
        reference=agree,
        cases=_two_tables,
        misconceptions=(
            Misconception(
                "a concept is its own pair",
                _with_itself,
                "The diagonal is in your sum. It is 1 in every space: two spaces that "
                "have nothing in common would still agree there.",
            ),
            Misconception(
                "values instead of ranks",
                _no_ranks,
                "That is Pearson's correlation of the cosines. Two spaces may order "
                "the pairs alike and bend their cosines differently.",
            ),
        ),
    ),
    Exercise(
        name="overlap",
        reference=overlap,
        cases=lambda rng: [(*pair, 3) for pair in _two_tables(rng)],
        misconceptions=(
            Misconception(
                "its own neighbour",
                _itself_counts,
                "Each concept is among its own neighbours, in both tables: one of the "
                "k is shared for nothing.",
            ),
            Misconception(
                "Jaccard",
                _jaccard,
                "You divide by the union of both lists. Asked is the share of k.",
            ),
        ),
    ),
    Exercise(
        name="found",
        reference=found,
        cases=_cuts,
        misconceptions=(
            Misconception(
                "taught by the test",
                _taught_by_test,
                "Your rotation has seen the pairs that it is tested on.",
            ),
            Misconception(
                "turned back",
                _turned_back,
                "The rotation carries Y to X. What does its transpose do?",
            ),
        ),
    ),
    Exercise(
        name="of_the_ceiling",
        reference=of_the_ceiling,
        cases=lambda rng: [(0.4, 0.9, 0.4), (0.3, *rng.uniform(0.3, 0.9, 2))],
        misconceptions=(
            Misconception(
                "no root",
                _no_root,
                "Noise of one family shrinks the agreement by the root of its ceiling: "
                "two runs of it meet the noise twice.",
            ),
            Misconception(
                "mean of the ceilings",
                _mean_ceiling,
                "A very noisy family and a clean one are not two middling ones.",
            ),
        ),
    ),
    Exercise(
        name="counted",
        reference=counted,
        cases=lambda rng: [(np.array([0, 0, 1, 2]),), (rng.integers(0, 9, 12),)],
        misconceptions=(
            Misconception(
                "copies are pairs",
                _copies_count,
                "A concept drawn twice makes a pair with its own copy here. Its cosine "
                "is 1 in both spaces.",
            ),
            Misconception(
                "drawn once",
                _each_once,
                "What is drawn twice counts twice, in every pair with the others.",
            ),
        ),
    ),
    Exercise(
        name="beyond_kinds",
        reference=beyond_kinds,
        cases=_kinds,
        misconceptions=(
            Misconception(
                "one mean for all",
                _one_mean,
                "You take off the mean of everything. An animal still points away from "
                "all foods, in both spaces: the kinds are all there.",
            ),
            Misconception(
                "one side only",
                _one_side,
                "Kinds are left in one space. Take them out of both, or you compare "
                "things with things and kinds.",
            ),
            Misconception(
                "pairs of two kinds",
                _pairs_of_two_kinds,
                "You kept the pairs of things of different kinds: nearly all that they "
                "can tell is which kinds are close.",
            ),
        ),
    ),
)
