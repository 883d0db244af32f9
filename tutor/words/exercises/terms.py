"""Exercises of chapter ``words/terms``, with the misunderstandings they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tutor.exercises import Case, Exercise, Misconception
from tutor.words.terms.reference import c_value, npmi

Floats = NDArray[np.float64]


# --- 1. what is left of a candidate --------------------------------------------------
def candidate_value(words: int, count: int, longer: Floats) -> float:
    """Return the C-value of one candidate from the counts of the longer ones."""
    n = len(longer)
    pairs = [(0, i + 1) for i in range(n)]
    return float(c_value([words] + [9] * n, [count, *longer], pairs)[0])


def _nothing_subtracted(words: int, count: int, longer: Floats) -> float:
    del longer
    return float(np.log2(words) * count)


def _sum_subtracted(words: int, count: int, longer: Floats) -> float:
    return float(np.log2(words) * (count - np.sum(longer)))


def _natural_logarithm(words: int, count: int, longer: Floats) -> float:
    return candidate_value(words, count, longer) * float(np.log(2))


def _largest_subtracted(words: int, count: int, longer: Floats) -> float:
    return float(np.log2(words) * (count - max(longer, default=0)))


def _candidates(rng: np.random.Generator) -> list[Case]:
    drawn = rng.integers(2, 9, 4).astype(float)
    return [
        (2, 10, np.array([5.0, 3.0])),
        (3, 5, np.array([])),
        (2, 40, drawn),
    ]


# --- 2. how firmly words hold together -----------------------------------------------
def firmness(joint: int, parts: list[int], tokens: int) -> float:
    """Return the NPMI of one candidate."""
    return float(npmi([joint], [parts], tokens)[0])


def _pmi(joint: int, parts: list[int], tokens: int) -> float:
    alone = np.log(np.array(parts) / tokens).sum()
    return float(np.log(joint / tokens) - alone)


def _one_seam(joint: int, parts: list[int], tokens: int) -> float:
    return _pmi(joint, parts, tokens) / float(-np.log(joint / tokens))


def _every_word_a_seam(joint: int, parts: list[int], tokens: int) -> float:
    return _one_seam(joint, parts, tokens) / len(parts)


def _counts(rng: np.random.Generator) -> list[Case]:
    joint = int(rng.integers(3, 9))
    parts = [joint + int(n) for n in rng.integers(1, 40, 4)]
    return [(2, [16, 8, 4], 64), (2, [16, 8], 64), (joint, parts, 1000)]


# --- 3. the longest match ------------------------------------------------------------
def join_terms(words: list[str], terms: list[list[str]]) -> list[str]:
    """Return the words with each term as one unit, the longest first, from the left."""
    return _join(words, sorted(terms, key=len, reverse=True))


def _join(words: list[str], terms: list[list[str]]) -> list[str]:
    out, i = [], 0
    while i < len(words):
        unit = next((t for t in terms if words[i : i + len(t)] == t), [words[i]])
        out.append("_".join(unit))
        i += len(unit)
    return out


def _first_listed(words: list[str], terms: list[list[str]]) -> list[str]:
    return _join(words, terms)


def _shortest(words: list[str], terms: list[list[str]]) -> list[str]:
    return _join(words, sorted(terms, key=len))


def _words_used_twice(words: list[str], terms: list[list[str]]) -> list[str]:
    ordered, out, covered = sorted(terms, key=len, reverse=True), [], 0
    for i, word in enumerate(words):
        unit = next((t for t in ordered if words[i : i + len(t)] == t), None)
        if unit:
            out.append("_".join(unit))
            covered = max(covered, i + len(unit))
        elif i >= covered:
            out.append(word)
    return out


def _texts(rng: np.random.Generator) -> list[Case]:
    terms = [["basal", "cell", "cancer"], ["basal", "cell"], ["red", "cell"]]
    terms += [["cell", "type"], ["basal", "cell", "cancer", "type"]]
    words = ["a", "basal", "cell", "cancer", "type", "or", "red", "cell", "type"]
    drawn = rng.choice(["red", "cell", "type", "basal", "cancer"], 40).tolist()
    crossed = ["a", "b", "c", "d"], [["a", "b"], ["b", "c", "d"]]
    return [(words, terms), (drawn, terms), (["cell"], terms), crossed]


# --- 4. where two branches meet ------------------------------------------------------
def meeting_likeness(up_a: Floats, up_b: Floats, depth: Floats) -> float:
    """Return Wu and Palmer's likeness from steps up to each node; inf is not above."""
    shared = np.isfinite(up_a) & np.isfinite(up_b)
    twice = 2 * depth[shared]
    ways = up_a[shared] + up_b[shared]
    return float((twice / (twice + ways)).max(initial=0.0))


def _at_the_root(up_a: Floats, up_b: Floats, depth: Floats) -> float:
    shared = np.isfinite(up_a) & np.isfinite(up_b)
    if not shared.any():
        return 0.0
    c = np.flatnonzero(shared)[depth[shared].argmin()]
    return float(2 * depth[c] / (2 * depth[c] + up_a[c] + up_b[c]))


def _steps_only(up_a: Floats, up_b: Floats, depth: Floats) -> float:
    del depth
    return float(1 / (1 + (up_a + up_b).min()))


def _not_twice(up_a: Floats, up_b: Floats, depth: Floats) -> float:
    shared = np.isfinite(up_a) & np.isfinite(up_b)
    ways = up_a[shared] + up_b[shared]
    return float((depth[shared] / (depth[shared] + ways)).max(initial=0.0))


def _branches(rng: np.random.Generator) -> list[Case]:
    inf = np.inf
    hand = (
        np.array([2.0, 1, 0, inf]),
        np.array([2.0, 1, inf, 0]),
        np.array([1, 2, 3, 3]),
    )
    apart = np.array([1.0, inf]), np.array([inf, 1.0]), np.array([1, 1])
    up = rng.integers(1, 6, (2, 5)).astype(float)
    ways = np.array([1.0, 2.0])
    far = ways, ways, np.array([1, 5])  # the nearest meeting point is not the best
    return [hand, apart, far, (up[0], up[1], rng.integers(1, 7, 5))]


EXERCISES = (
    Exercise(
        name="candidate_value",
        reference=candidate_value,
        cases=_candidates,
        misconceptions=(
            Misconception(
                "nested occurrences counted twice",
                _nothing_subtracted,
                "Occurrences inside longer candidates count here, and in the longer "
                "ones again. Which part of the equation takes them back?",
            ),
            Misconception(
                "the sum subtracted, not the mean",
                _sum_subtracted,
                "With many longer candidates this falls below zero. What does 1/|T| "
                "stand for?",
            ),
            Misconception(
                "the natural logarithm",
                _natural_logarithm,
                "A term of two words should weigh 1. Which base does that?",
            ),
            Misconception(
                "the largest subtracted",
                _largest_subtracted,
                "All longer candidates matter, not the most frequent one alone.",
            ),
        ),
    ),
    Exercise(
        name="firmness",
        reference=firmness,
        cases=_counts,
        misconceptions=(
            Misconception(
                "not normalised",
                _pmi,
                "This is PMI. It has no top: rare words score highest. What is it "
                "divided by?",
            ),
            Misconception(
                "one seam whatever the length",
                _one_seam,
                "Three words that never stand apart score 2 with you. How many seams "
                "have three words?",
            ),
            Misconception(
                "as many seams as words",
                _every_word_a_seam,
                "Two words that never stand apart should score 1. How many seams are "
                "between two words?",
            ),
        ),
    ),
    Exercise(
        name="join_terms",
        reference=join_terms,
        cases=_texts,
        misconceptions=(
            Misconception(
                "the first in the list",
                _first_listed,
                "A short term that stands earlier in the list wins over a longer one.",
            ),
            Misconception(
                "the shortest",
                _shortest,
                "A term inside a longer one takes its words away. Which should win?",
            ),
            Misconception(
                "words used twice",
                _words_used_twice,
                "Your text has grown: some words are in two units. Where do you go on "
                "after a match?",
            ),
        ),
    ),
    Exercise(
        name="meeting_likeness",
        reference=meeting_likeness,
        cases=_branches,
        misconceptions=(
            Misconception(
                "the highest meeting point",
                _at_the_root,
                "Everything meets at the root. Which meeting point says most?",
            ),
            Misconception(
                "steps only",
                _steps_only,
                "Two siblings near the root and two deep below score alike with you. "
                "What does the depth add?",
            ),
            Misconception(
                "the depth counted once",
                _not_twice,
                "Both branches run down from the root to the meeting point. How often "
                "does that stretch count?",
            ),
        ),
    ),
)
