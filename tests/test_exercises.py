"""Exercises: each kind of answer gets its own friendly sentence, never a traceback."""

import numpy as np
import pytest
import scipy.sparse

from tutor import exercises
from tutor.exercises import Exercise, Misconception, evaluate
from tutor.exercises.compare import same


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


EXERCISE = Exercise(
    name="softmax",
    reference=softmax,
    cases=lambda rng: [(np.array([0.0, 1.0, 2.0]),), (rng.normal(size=5),)],
    misconceptions=(
        Misconception("no normalisation", lambda x: np.exp(x), "Rows sum to one."),
        Misconception("mean instead of sum", lambda x: x / x.sum(), "Exponentiate."),
    ),
)


def blank(x):
    raise NotImplementedError


def ellipsis(x): ...


def changes_input(x):
    x -= x.max()
    return np.exp(x) / np.exp(x).sum()


def half_blank(x):
    if len(x) == 3:
        return softmax(x)
    raise NotImplementedError


def broken(x):
    return x[99]


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        (softmax, "right", "agrees with the reference in all 2 cases"),
        (blank, "blank", "Not filled in yet"),
        (ellipsis, "blank", "Not filled in yet"),
        (lambda x: ..., "blank", "Not filled in yet"),
        (half_blank, "error", "Case 2 of 2"),
        (lambda x: np.exp(x), "misconception", "no normalisation. Rows sum to one."),
        (lambda x: x / x.sum(), "misconception", "mean instead of sum"),
        (broken, "error", "stopped with IndexError"),
        (lambda: 1, "error", "TypeError"),
        (changes_input, "wrong", "changed its input"),
        (lambda x: softmax(x)[:2], "wrong", "expected shape (3,), got shape (2,)"),
        (lambda x: "a", "wrong", "expected numbers, got 'a'"),
        (lambda x: softmax(x) + 1e-3, "wrong", "3 of 3 entries differ, the first at 0"),
        (lambda x: softmax(x) * np.nan, "wrong", "nan"),
        (lambda x: list(softmax(x)), "right", "Right"),
        (lambda x: None if len(x) == 5 else softmax(x), "wrong", "`return` missing"),
    ],
)
def test_each_answer_gets_its_message(answer, outcome, words):
    feedback = evaluate(EXERCISE, answer)
    assert feedback.outcome == outcome
    assert words in feedback.message
    assert feedback.passed == (outcome == "right")
    assert "Traceback" not in feedback.message


def test_wrong_number_shows_both():
    exercise = Exercise("double", lambda x: 2 * x, lambda rng: [(3.0,)])
    feedback = evaluate(exercise, lambda x: x)
    assert "called with (3): expected 6, got 3" in feedback.message


def test_not_a_function():
    message = exercises.evaluate(EXERCISE, softmax).message
    assert message.startswith("Right")
    with pytest.raises(KeyError, match="part/chapter/exercise"):
        exercises.check("softmax", softmax)
    with pytest.raises(KeyError, match="no exercises for chapter"):
        exercises.check("words/no_such_chapter/softmax", softmax)


def test_feedback_is_stable_and_escaped():
    feedback = evaluate(EXERCISE, lambda x: "<b>")
    data, metadata = feedback._repr_mimebundle_()
    assert data["text/plain"] == evaluate(EXERCISE, lambda x: "<b>").message
    assert "&lt;b&gt;" in data["text/html"]
    assert metadata["tutor"]["outcome"] == "wrong"
    assert repr(feedback) == str(feedback) == feedback.message


def test_a_function_that_rightly_returns_none_is_not_blank():
    exercise = Exercise("quiet", lambda x: None, lambda rng: [(1,)])
    assert evaluate(exercise, lambda x: None).passed


@pytest.mark.parametrize(
    ("want", "got", "equal"),
    [
        (1.0, 1, True),
        (1.0, 1.1, False),
        (np.nan, np.nan, True),
        ("a", "a", True),
        ("a", "b", False),
        (True, 1, False),
        ([1, 2], (1, 2), True),
        (("a", 1.0), ("a", 1.0 + 1e-9), True),
        (("a", 1.0), ("a", 1.1), False),
        (("a", "b"), ("a",), False),
        ({"x": 1.0}, {"x": 1.0}, True),
        ({"x": 1.0}, {"y": 1.0}, False),
        ({"x": 1.0}, {"x": 2.0}, False),
        (scipy.sparse.eye(2, format="csr"), np.eye(2), True),
        (np.eye(2), scipy.sparse.csr_matrix([[1.0, 0], [1, 1]]), False),
        (np.zeros((0, 2)), np.zeros((0, 2)), True),
        (np.array(["a", "b"]), np.array(["a", "b"]), True),
        (np.array(["a", "b"]), np.array(["a", "c"]), False),
        (np.array(["a", "b"]), ["a", "b"], False),
        (softmax, softmax, True),
        (softmax, blank, False),
    ],
)
def test_same(want, got, equal):
    assert same(want, got) == equal


def test_functions_and_generators_may_be_arguments():
    """They cannot be compared after the call, so they never count as changed input."""
    exercise = Exercise(
        "draw",
        lambda step, rng: step(rng.random(3)),
        lambda rng: [(np.sort, np.random.default_rng(1))],
    )
    assert evaluate(exercise, lambda step, rng: step(rng.random(3))).passed
    assert not evaluate(exercise, lambda step, rng: rng.random(3)).passed


def test_a_tensor_with_a_gradient_is_a_wrong_answer_not_a_traceback():
    torch = pytest.importorskip("torch")
    exercise = Exercise("two", lambda: np.zeros(2), lambda rng: [()])
    feedback = evaluate(exercise, lambda: torch.zeros(2, requires_grad=True))
    assert feedback.outcome == "wrong"
    assert "expected numbers" in feedback.message


def test_two_ways_to_lose_every_cell_meet_the_same_message():
    """What learners write: row sums only, or counts over a product of sums."""
    from tutor.words.exercises.counts import EXERCISES

    exercise = next(e for e in EXERCISES if e.name == "dense_ppmi")

    def rows_only(table):
        joint = table / table.sum()
        return np.maximum(np.log(joint / joint.sum(axis=1, keepdims=True)), 0)

    def without_total(table):
        chance = np.outer(table.sum(axis=1), table.sum(axis=0))
        return np.maximum(np.log(table / chance), 0)

    for wrong in (rows_only, without_total):
        feedback = evaluate(exercise, wrong)
        assert feedback.misconception == "nothing left after the cut"
        assert "which other sum" in feedback.message
        assert "miss the total" in feedback.message
