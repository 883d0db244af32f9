r"""Word similarity and analogies, with what was left out always in sight.

Chapter: ``words/evaluation``. Oracle: gensim's ``evaluate_word_pairs`` and
``evaluate_word_analogies``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tutor.evaluate.statistics import spearman
from tutor.geometry import unit_rows

if TYPE_CHECKING:
    from tutor.embedding import Embedding

METHODS = ("3cosadd", "3cosmul")
EPSILON = 0.001  # Levy and Goldberg (2014), section 4
_BLOCK, _PART = 512, 64  # questions sharing one table of cosines; scored at once


class PairSet(Protocol):
    """What `correlate` reads from ``lexicons.similarity(...)``."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def pairs(self) -> Sequence[tuple[str, str, float]]: ...  # noqa: D102


class QuestionSet(Protocol):
    """What `analogies` reads from ``lexicons.analogies(...)``."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def questions(self) -> Sequence[tuple[str, str, str, str, str]]: ...  # noqa: D102


# --- similarity ----------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class SimilarityScore:
    """Rank correlation with people, and the pairs it rests on.

    Attributes
    ----------
    rho : float
        Spearman's; NaN when fewer than two pairs are known.
    n, out_of_vocabulary : int
        Pairs used, and pairs left out because a word is unknown.
    kept : (n,) int array
        Which pairs of the set were used.
    scores, gold : (n,) arrays
        The model's cosines and the people's ratings of those.
    """

    name: str
    rho: float
    n: int
    out_of_vocabulary: int
    kept: NDArray[np.int64] = field(repr=False)
    scores: NDArray[np.float64] = field(repr=False)
    gold: NDArray[np.float64] = field(repr=False)

    def __repr__(self) -> str:
        return (
            f"SimilarityScore({self.name}: rho={self.rho:.3f}, n={self.n}, "
            f"out of vocabulary={self.out_of_vocabulary})"
        )


def correlate(embedding: Embedding, pairs: PairSet) -> SimilarityScore:
    r"""Return how well cosines order word pairs as people do.

    .. math:: \rho\bigl(\cos(w_a, w_b),\; \text{rating}(a, b)\bigr)

    over the pairs whose two words are known (as written, else in lower case). The rest
    is counted, not scored: see `common_pairs` before comparing two embeddings.
    """
    known = [
        (i, rows[0], rows[1], float(score))
        for i, (a, b, score) in enumerate(pairs.pairs)
        if (rows := _rows(embedding, (a, b))) is not None
    ]
    kept = np.array([k[0] for k in known], dtype=np.int64)
    left = embedding.vectors[np.array([k[1] for k in known], dtype=np.int64)]
    right = embedding.vectors[np.array([k[2] for k in known], dtype=np.int64)]
    x, y = unit_rows(left.astype(np.float64)), unit_rows(right.astype(np.float64))
    scores = np.einsum("nd,nd->n", x, y)
    gold = np.array([k[3] for k in known])
    rho = spearman(scores, gold) if _varied(scores, gold) else float("nan")
    return SimilarityScore(
        pairs.name, rho, len(known), len(pairs.pairs) - len(known), kept, scores, gold
    )


def common_pairs(
    embeddings: Sequence[Embedding], pairs: PairSet
) -> tuple[tuple[str, str, float], ...]:
    """Return the pairs all embeddings know: the only ones they can be compared on.

    Use with ``dataclasses.replace(pairs, pairs=common_pairs([...], pairs))``.
    """
    return tuple(
        pair
        for pair in pairs.pairs
        if all(_rows(embedding, pair[:2]) is not None for embedding in embeddings)
    )


def _varied(*lists: NDArray[np.float64]) -> bool:
    return all(len(x) > 1 and (x != x[0]).any() for x in lists)


def _rows(embedding: Embedding, words: Sequence[str]) -> list[int] | None:
    """Return the rows of words, as written or in lower case; None if one is unknown."""
    found = []
    for word in words:
        key = word if word in embedding else word.lower()
        if key not in embedding:
            return None
        found.append(embedding.row(key))
    return found


# --- analogies -----------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class AnalogyScore:
    """Share of questions answered right, and every answer given.

    Attributes
    ----------
    accuracy : float
        Of the n questions used; NaN when there is none.
    n, out_of_vocabulary : int
        Questions used, and left out because one of their words is unknown or beyond
        ``limit``.
    correct : (n,) bool array
    kept, answers : (n,) int arrays
        Which questions of the set were used, and the row of the answer given.
    questions : (n, 4) int array
        The rows of a, b, c, d.
    categories : tuple of str
        Of each question used.
    """

    name: str
    accuracy: float
    n: int
    out_of_vocabulary: int
    correct: NDArray[np.bool_] = field(repr=False)
    kept: NDArray[np.int64] = field(repr=False)
    answers: NDArray[np.int64] = field(repr=False)
    questions: NDArray[np.int64] = field(repr=False)
    categories: tuple[str, ...] = field(repr=False)

    @cached_property
    def by_category(self) -> Mapping[str, tuple[int, int]]:
        """Category → (right answers, questions), in order of appearance."""
        table: dict[str, tuple[int, int]] = {}
        for category, right in zip(self.categories, self.correct, strict=True):
            yes, n = table.get(category, (0, 0))
            table[category] = (yes + int(right), n + 1)
        return table

    @property
    def answered_with_input(self) -> float:
        """Share of answers that are a, b or c themselves (0 when they are excluded)."""
        if not self.n:
            return float("nan")
        same = self.answers[:, None] == self.questions[:, :3]
        return float(same.any(axis=1).mean())

    def __repr__(self) -> str:
        return (
            f"AnalogyScore({self.name}: accuracy={self.accuracy:.3f}, n={self.n}, "
            f"out of vocabulary={self.out_of_vocabulary})"
        )


def analogies(
    embedding: Embedding,
    questions: QuestionSet,
    *,
    method: str = "3cosadd",
    exclude: bool = True,
    limit: int = 30_000,
) -> AnalogyScore:
    r"""Answer "a is to b as c is to ?" for every question and count the right answers.

    .. math::
        \text{3CosAdd:}\quad & \arg\max_d \; \cos(d, b) - \cos(d, a) + \cos(d, c) \\
        \text{3CosMul:}\quad & \arg\max_d \; \frac{s(d, b)\, s(d, c)}{s(d, a) +
        \varepsilon}, \qquad s = \tfrac12 (1 + \cos), \; \varepsilon = 0.001

    Both are sums over three rows of one table (3CosMul in logarithms), which is made
    for the words of a block of questions and then read: 19,544 questions against
    30,000 words take seconds.

    Parameters
    ----------
    embedding : Embedding
        Most frequent keys first.
    questions : set of (a, b, c, d, category)
        Words are looked up as written, else in lower case. Where the set has
        ``answers``, any of ``answers[i]`` is right.
    method : {"3cosadd", "3cosmul"}
    exclude : bool
        Whether a, b and c may not be answered: the field's habit, and a trap (chapter
        ``words/evaluation``).
    limit : int
        Only the first ``limit`` keys are asked about and answered with.

    Source: Mikolov, Yih and Zweig (2013); Levy and Goldberg (2014). Ties go to the
    lower row.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; there are {', '.join(METHODS)}")
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}")
    unit = unit_rows(np.asarray(embedding.vectors[:limit]).astype(np.float32))
    known = _known_questions(embedding, questions, len(unit))
    asked = np.array([k[1] for k in known], dtype=np.int64).reshape(-1, 4)
    answers = np.empty(len(asked), dtype=np.int64)
    for start in range(0, len(asked), _BLOCK):
        block = slice(start, start + _BLOCK)
        answers[block] = _answer(unit, asked[block, :3], method, exclude)
    correct = np.array(
        [
            bool(answer in right)
            for answer, (_, _, right) in zip(answers.tolist(), known, strict=True)
        ],
        dtype=bool,
    )
    return AnalogyScore(
        questions.name,
        float(correct.mean()) if len(asked) else float("nan"),
        len(asked),
        len(questions.questions) - len(asked),
        correct,
        np.array([k[0] for k in known], dtype=np.int64),
        answers,
        asked,
        tuple(questions.questions[k[0]][4] for k in known),
    )


def _known_questions(
    embedding: Embedding, questions: QuestionSet, limit: int
) -> list[tuple[int, list[int], set[int]]]:
    """Return index, rows of a, b, c, d and all right rows of each usable question."""
    several = getattr(questions, "answers", None)
    known = []
    for i, (a, b, c, d, _) in enumerate(questions.questions):
        given = _rows(embedding, (a, b, c))
        if given is None or max(given) >= limit:
            continue
        right = [
            rows[0]
            for word in (several[i] if several else (d,))
            if (rows := _rows(embedding, (word,))) is not None and rows[0] < limit
        ]
        if right:
            known.append((i, [*given, right[0]], set(right)))
    return known


def _answer(
    unit: NDArray[np.floating[Any]],
    asked: NDArray[np.int64],
    method: str,
    exclude: bool,
) -> NDArray[np.int64]:
    """Return the row that answers each question (a, b, c): (n, 3) → (n,)."""
    words, place = np.unique(asked, return_inverse=True)
    a, b, c = place.reshape(asked.shape).T
    plus = unit[words] @ unit.T
    minus = plus
    if method == "3cosmul":
        s = np.maximum((1 + plus) / 2, np.float32(1e-12))
        plus, minus = np.log(s), np.log(s + np.float32(EPSILON))
    answers = np.empty(len(asked), dtype=np.int64)
    for start in range(0, len(asked), _PART):
        part = slice(start, start + _PART)
        scores = plus[b[part]]
        scores -= minus[a[part]]
        scores += plus[c[part]]
        if exclude:
            scores[np.arange(len(scores))[:, None], asked[part]] = -np.inf
        answers[part] = scores.argmax(axis=1)
    return answers
