"""Exercises of chapter ``graphs/walks``, with the misunderstandings they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


# --- 1. a second-order step ----------------------------------------------------------
def step_shares(
    candidates: Ints, before: int, near: Ints, p: float, q: float
) -> Floats:
    """Return the probabilities of the candidates of one step of node2vec."""
    weight = np.where(np.isin(candidates, near), 1.0, 1.0 / q)
    weight = np.where(candidates == before, 1.0 / p, weight)
    return np.asarray(weight / weight.sum())


def _p_q_exchanged(c: Ints, before: int, near: Ints, p: float, q: float) -> Floats:
    return step_shares(c, before, near, q, p)


def _times(c: Ints, before: int, near: Ints, p: float, q: float) -> Floats:
    return step_shares(c, before, near, 1.0 / p, 1.0 / q)


def _not_shared(c: Ints, before: int, near: Ints, p: float, q: float) -> Floats:
    weight = np.where(np.isin(c, near), 1.0, 1.0 / q)
    return np.asarray(np.where(c == before, 1.0 / p, weight))


def _back_is_far(c: Ints, before: int, near: Ints, p: float, q: float) -> Floats:
    weight = np.where(np.isin(c, near), 1.0, 1.0 / q)
    return np.asarray(weight / weight.sum())


def _steps(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([0, 2, 3]), 0, np.array([1, 2]), 0.5, 4.0)
    many = np.arange(9)
    return [hand, (many, 4, rng.choice(many[many != 4], 3, replace=False), 3.0, 0.2)]


# --- 2. the pairs of one walk --------------------------------------------------------
def pair_counts(walk: Ints, n: int, window: int) -> Floats:
    """Return how often each pair stands within the window of one walk."""
    table = np.zeros((n, n))
    for r in range(1, window + 1):
        np.add.at(table, (walk[:-r], walk[r:]), 1.0)
    return np.asarray(table + table.T)


def _one_sided(walk: Ints, n: int, window: int) -> Floats:
    table = np.zeros((n, n))
    for r in range(1, window + 1):
        np.add.at(table, (walk[:-r], walk[r:]), 1.0)
    return table


def _with_itself(walk: Ints, n: int, window: int) -> Floats:
    table = pair_counts(walk, n, window)
    np.add.at(table, (walk, walk), 1.0)
    return table


def _repeats_lost(walk: Ints, n: int, window: int) -> Floats:
    table = np.zeros((n, n))
    for r in range(1, window + 1):
        table[walk[:-r], walk[r:]] += 1.0
        table[walk[r:], walk[:-r]] += 1.0
    return table


def _only_the_last(walk: Ints, n: int, window: int) -> Floats:
    table = np.zeros((n, n))
    np.add.at(table, (walk[:-window], walk[window:]), 1.0)
    return np.asarray(table + table.T)


def _lines(rng: np.random.Generator) -> list[Case]:
    return [(np.array([0, 1, 0, 1, 2]), 3, 2), (rng.integers(0, 5, 30), 5, 3)]


# --- 3. the matrix behind DeepWalk ---------------------------------------------------
def netmf(A: Floats, window: int, negatives: float) -> Floats:
    """Return what the dot products of DeepWalk are driven to."""
    degree = A.sum(axis=1)
    P = A / degree[:, None]
    powers = sum(np.linalg.matrix_power(P, r) for r in range(1, window + 1))
    return np.asarray(np.log(A.sum() / (negatives * window) * powers / degree))


def _unnormalised(A: Floats, window: int, negatives: float) -> Floats:
    return np.asarray(netmf(A, window, negatives) + np.log(window))


def _unshifted(A: Floats, window: int, negatives: float) -> Floats:
    return np.asarray(netmf(A, window, negatives) + np.log(negatives))


def _last_power(A: Floats, window: int, negatives: float) -> Floats:
    degree = A.sum(axis=1)
    power = np.linalg.matrix_power(A / degree[:, None], window)
    return np.asarray(np.log(A.sum() / negatives * power / degree))


def _no_last_degree(A: Floats, window: int, negatives: float) -> Floats:
    return np.asarray(netmf(A, window, negatives) + np.log(A.sum(axis=1)))


def _powers_of_counts(A: Floats, window: int, negatives: float) -> Floats:
    powers = sum(np.linalg.matrix_power(A, r) for r in range(1, window + 1))
    degree = A.sum(axis=1)
    scale = A.sum() / (negatives * window) / degree[:, None]
    return np.asarray(np.log(scale * powers / degree))


def _graphs(rng: np.random.Generator) -> list[Case]:
    triangle = np.array([[0.0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 0]])
    drawn = np.triu(rng.integers(1, 9, (5, 5)), 1).astype(float)
    return [(triangle, 3, 5.0), (drawn + drawn.T, 2, 2.0)]


# --- 4. how often a hidden edge wins -------------------------------------------------
def auc(positive: Floats, negative: Floats) -> float:
    """Return the share of pairs (hidden edge, non-edge) in the right order."""
    gap = positive[:, None] - negative[None, :]
    return float((gap > 0).mean() + 0.5 * (gap == 0).mean())


def _ties_win(positive: Floats, negative: Floats) -> float:
    return float((positive[:, None] >= negative[None, :]).mean())


def _ties_lose(positive: Floats, negative: Floats) -> float:
    return float((positive[:, None] > negative[None, :]).mean())


def _turned(positive: Floats, negative: Floats) -> float:
    return auc(negative, positive)


def _gap(positive: Floats, negative: Floats) -> float:
    return float(positive.mean() - negative.mean())


def _scores(rng: np.random.Generator) -> list[Case]:
    hand = (np.array([3.0, 2.0]), np.array([2.0, 1.0]))
    drawn = rng.integers(0, 6, 12).astype(float), rng.integers(0, 5, 7).astype(float)
    return [hand, drawn]


EXERCISES = (
    Exercise(
        name="step_shares",
        reference=step_shares,
        cases=_steps,
        misconceptions=(
            Misconception(
                "p and q exchanged",
                _p_q_exchanged,
                "p is for the step back, q for the step away. Which got which?",
            ),
            Misconception(
                "a factor where a divisor belongs",
                _times,
                "A large p should make a return rare. Does it in your answer?",
            ),
            Misconception(
                "weights instead of probabilities",
                _not_shared,
                "What do your numbers add up to? One step is taken, so: to 1.",
            ),
            Misconception(
                "the step back treated as a step away",
                _back_is_far,
                "A node is no neighbour of itself, so your test calls it far. The "
                "step back has a weight of its own.",
            ),
        ),
    ),
    Exercise(
        name="pair_counts",
        reference=pair_counts,
        cases=_lines,
        misconceptions=(
            Misconception(
                "a window that looks one way",
                _one_sided,
                "Both nodes of a pair take both roles. Is your table symmetric?",
            ),
            Misconception(
                "a node as its own neighbour",
                _with_itself,
                "Distance 0 is the node itself. At which distance does a window begin?",
            ),
            Misconception(
                "repeated pairs counted once",
                _repeats_lost,
                "With +=, an index that occurs twice is written once. np.add.at adds.",
            ),
            Misconception(
                "only the edge of the window",
                _only_the_last,
                "A window of 2 holds distances 1 and 2, not 2 alone.",
            ),
        ),
    ),
    Exercise(
        name="netmf",
        reference=netmf,
        cases=_graphs,
        misconceptions=(
            Misconception(
                "a sum where the mean belongs",
                _unnormalised,
                "Each pair stands at one of T distances. Where does 1/T go?",
            ),
            Misconception(
                "no shift",
                _unshifted,
                "That is PMI, right for one noise node. Where does b enter?",
            ),
            Misconception(
                "the last power alone",
                _last_power,
                "A window of T steps holds all shorter ones too.",
            ),
            Misconception(
                "one degree left out",
                _no_last_degree,
                "PMI divides by both margins, and the context's is its degree. Is "
                "your matrix symmetric?",
            ),
            Misconception(
                "powers of A instead of step probabilities",
                _powers_of_counts,
                "Powers of A count paths. A walk takes each with a probability.",
            ),
        ),
    ),
    Exercise(
        name="auc",
        reference=auc,
        cases=_scores,
        misconceptions=(
            Misconception(
                "ties count as won",
                _ties_win,
                "A method that gives everything one score would reach 1.",
            ),
            Misconception(
                "ties count as lost",
                _ties_lose,
                "A method that gives everything one score knows nothing: it should "
                "get one half, not 0.",
            ),
            Misconception(
                "the wrong way round",
                _turned,
                "Hidden edges should score higher. Whose victories do you count?",
            ),
            Misconception(
                "a gap between means",
                _gap,
                "Only the order is asked for: scores have no common scale.",
            ),
        ),
    ),
)
