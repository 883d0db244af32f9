"""Similarity and analogies: against loops, against gensim, and what is left out."""

import math
from dataclasses import dataclass

import numpy as np
import pytest

from tutor.embedding import Embedding
from tutor.evaluate import similarity as s
from tutor.evaluate.statistics import spearman


@dataclass(frozen=True)
class Pairs:
    pairs: tuple
    name: str = "toy"


@dataclass(frozen=True)
class Questions:
    questions: tuple
    answers: tuple = ()
    name: str = "toy"


RNG = np.random.default_rng(0)
WORDS = [f"w{i}" for i in range(300)]
CLOUD = Embedding(WORDS, RNG.normal(size=(300, 10)).astype(np.float32))
ASKED = Questions(
    tuple(
        (*(f"w{j}" for j in row), "even" if i % 2 else "odd")
        for i, row in enumerate(RNG.integers(0, 310, size=(700, 4)))
    )
)


# --- similarity ----------------------------------------------------------------------
def test_correlation_counts_what_it_leaves_out():
    pairs = Pairs((("w0", "w1", 3.0), ("w2", "w3", 1.0), ("w0", "no", 2.0)))
    score = s.correlate(CLOUD, pairs)
    assert (score.n, score.out_of_vocabulary) == (2, 1)
    np.testing.assert_array_equal(score.kept, [0, 1])
    np.testing.assert_allclose(score.scores[0], CLOUD.similarity("w0", "w1"))
    np.testing.assert_allclose(score.rho, spearman(score.scores, score.gold))
    assert repr(score).endswith("n=2, out of vocabulary=1)")


def test_words_are_looked_up_as_written_then_in_lower_case():
    held = Embedding(["US", "us", "fbi"], [[1.0, 0], [0, 1], [1, 1]])
    pairs = Pairs((("US", "FBI", 1.0), ("Us", "FBI", 2.0), ("us", "US", 3.0)))
    score = s.correlate(held, pairs)
    np.testing.assert_allclose(score.scores, [0.5**0.5, 0.5**0.5, 0], atol=1e-12)


@pytest.mark.parametrize("pairs", [(), (("no", "no", 1.0),), (("w0", "w1", 1.0),)])
def test_too_few_pairs_give_nan_and_say_how_many(pairs):
    score = s.correlate(CLOUD, Pairs(pairs))
    assert math.isnan(score.rho)
    assert score.n + score.out_of_vocabulary == len(pairs)


def test_common_pairs_are_those_all_know():
    other = CLOUD.subset(WORDS[:5])
    pairs = Pairs((("w0", "w1", 1.0), ("w0", "w9", 2.0)))
    assert s.common_pairs([CLOUD, other], pairs) == (("w0", "w1", 1.0),)


@pytest.mark.oracle
def test_similarity_equals_gensim(tmp_path):
    pytest.importorskip("gensim", reason="gensim is not installed")
    rows = [
        (f"w{i}", f"w{j}", float(k))
        for k, (i, j) in enumerate(RNG.integers(0, 305, size=(60, 2)))
    ]
    file = tmp_path / "pairs.tsv"
    file.write_text("\n".join(f"{a}\t{b}\t{x}" for a, b, x in rows))
    _, theirs, oov = CLOUD.to_gensim().evaluate_word_pairs(
        str(file), case_insensitive=False
    )
    ours = s.correlate(CLOUD, Pairs(tuple(rows)))
    np.testing.assert_allclose(ours.rho, theirs.statistic, atol=1e-6)
    np.testing.assert_allclose(100 * ours.out_of_vocabulary / 60, oov)


# --- analogies -----------------------------------------------------------------------
def loop_answer(embedding, question, method, exclude):
    """Rung 1: one candidate at a time, the formula as printed."""
    a, b, c = question[:3]
    best, winner = -math.inf, None
    for row, d in enumerate(embedding.keys):
        if exclude and d in (a, b, c):
            continue
        x, y, z = (embedding.similarity(d, w) for w in (b, a, c))
        if method == "3cosadd":
            score = x - y + z
        else:
            score = (1 + x) / 2 * (1 + z) / 2 / ((1 + y) / 2 + 0.001)
        if score > best:
            best, winner = score, row
    return winner


@pytest.mark.parametrize("method", s.METHODS)
@pytest.mark.parametrize("exclude", [True, False])
def test_analogies_equal_the_loop(method, exclude):
    some = Questions(ASKED.questions[:40])
    score = s.analogies(CLOUD, some, method=method, exclude=exclude)
    expected = [
        loop_answer(CLOUD, some.questions[i], method, exclude) for i in score.kept
    ]
    np.testing.assert_array_equal(score.answers, expected)
    np.testing.assert_array_equal(score.correct, score.answers == score.questions[:, 3])


def test_analogies_count_what_they_leave_out():
    score = s.analogies(CLOUD, ASKED)
    lost = sum(any(w not in CLOUD for w in q[:4]) for q in ASKED.questions)
    assert lost > 0
    assert score.out_of_vocabulary == lost
    assert score.n == 700 - lost
    assert f"n={score.n}, out of vocabulary={lost}" in repr(score)
    right = [yes for yes, _ in score.by_category.values()]
    asked = [n for _, n in score.by_category.values()]
    assert sum(asked) == score.n
    assert sum(right) == score.correct.sum()
    assert set(score.by_category) == {"even", "odd"}


def test_limit_cuts_questions_and_answers_alike():
    whole = s.analogies(CLOUD, ASKED, limit=100)
    cut = s.analogies(CLOUD.subset(WORDS[:100]), ASKED)
    np.testing.assert_array_equal(whole.answers, cut.answers)
    assert whole.n == cut.n < s.analogies(CLOUD, ASKED).n
    assert whole.answers.max() < 100


def test_blocks_do_not_change_answers(monkeypatch):
    whole = s.analogies(CLOUD, ASKED, method="3cosmul")
    monkeypatch.setattr(s, "_BLOCK", 7)
    monkeypatch.setattr(s, "_PART", 3)
    cut = s.analogies(CLOUD, ASKED, method="3cosmul")
    np.testing.assert_array_equal(whole.answers, cut.answers)


def test_without_exclusion_the_inputs_are_answered():
    """Near-copies: b - a + c lies closest to c itself."""
    held = Embedding(["a", "b", "c", "d"], [[1, 0.1], [1, 0.2], [0.3, 1], [0.2, 1.0]])
    asked = Questions((("a", "b", "c", "d", "x"),))
    assert s.analogies(held, asked, exclude=False).answered_with_input == 1.0
    assert s.analogies(held, asked).answered_with_input == 0.0
    assert s.analogies(held, asked).accuracy == 1.0


def test_several_right_answers_and_upper_case():
    held = Embedding(["a", "b", "c", "d", "e"], np.eye(5))
    asked = Questions((("A", "B", "c", "x", "k"),), answers=(("x", "d"),))
    score = s.analogies(held, asked)
    assert (score.n, score.accuracy) == (1, 1.0)


def test_no_usable_question_gives_nan_and_zero():
    score = s.analogies(CLOUD, Questions((("no", "w1", "w2", "w3", "k"),)))
    assert math.isnan(score.accuracy)
    assert math.isnan(score.answered_with_input)
    assert (score.n, score.out_of_vocabulary) == (0, 1)
    assert not score.by_category


@pytest.mark.oracle
def test_analogies_equal_gensim(tmp_path):
    pytest.importorskip("gensim", reason="gensim is not installed")
    file = tmp_path / "questions.txt"
    file.write_text(": all\n" + "\n".join(" ".join(q[:4]) for q in ASKED.questions))
    # questions with a repeated word are answered the same way by both
    accuracy, sections = CLOUD.to_gensim().evaluate_word_analogies(
        str(file), restrict_vocab=300, case_insensitive=False
    )
    ours = s.analogies(CLOUD, ASKED)
    total = sections[-1]
    assert ours.n == len(total["correct"]) + len(total["incorrect"])
    assert int(ours.correct.sum()) == len(total["correct"])
    np.testing.assert_allclose(ours.accuracy, accuracy)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"method": "3cosdiv"}, "there are 3cosadd, 3cosmul"), ({"limit": 0}, "got 0")],
)
def test_analogies_refuse(options, message):
    with pytest.raises(ValueError, match=message):
        s.analogies(CLOUD, ASKED, **options)
