"""Exercises: a learner's function is compared with the reference, case by case.

A wrong answer gets a sentence that helps, never a traceback: what was given, what came
back, what was expected; and where the answer is a known misunderstanding, its name. The
exercises of a chapter stand in ``tutor/<part>/exercises/<chapter>.py`` as a tuple
``EXERCISES``.
"""

from __future__ import annotations

import copy
import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import numpy as np

from tutor.exercises.compare import arguments, difference, is_data, same

RIGHT, WRONG, KNOWN, ERROR, BLANK = "right", "wrong", "misconception", "error", "blank"
Case = tuple[Any, ...]


@dataclass(frozen=True)
class Misconception:
    """A wrong answer that many people give, and what to say to it.

    Parameters
    ----------
    name : str
        What the misunderstanding is called, for example ``one loss for all pairs``.
    wrong : callable
        The wrong function itself: it is recognised by its results.
    message : str
        What to think about next; it does not give the answer away.
    """

    name: str
    wrong: Callable[..., Any]
    message: str


@dataclass(frozen=True)
class Exercise:
    """One exercise: the right function, the cases to try, the known wrong ways.

    Parameters
    ----------
    name : str
        Unique in the chapter, for example ``keep_probability``.
    reference : callable
        The right answer, best a function of the package itself.
    cases : callable
        ``cases(rng)`` returns the argument tuples to try: a few by hand and at least
        one drawn from the generator.
    misconceptions : sequence of Misconception
        Each must differ from the reference, and from the others, on some case.
    tolerance : float
        Largest error accepted, relative and absolute.
    """

    name: str
    reference: Callable[..., Any]
    cases: Callable[[np.random.Generator], Iterable[Case]]
    misconceptions: Sequence[Misconception] = ()
    tolerance: float = 1e-6


@dataclass(frozen=True)
class Feedback:
    """What :func:`check` answers; the last line of a cell shows it."""

    exercise: str
    outcome: str
    message: str
    misconception: str = ""

    @property
    def passed(self) -> bool:
        """Whether the answer is right."""
        return self.outcome == RIGHT

    def __str__(self) -> str:
        return self.message

    __repr__ = __str__

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        page = (
            '<p class="tutor-output" role="status" style="border-left:.25em solid '
            f'currentColor;padding-left:1em">{html.escape(self.message)}</p>'
        )
        record = {
            "kind": "exercise",
            "exercise": self.exercise,
            "outcome": self.outcome,
            "misconception": self.misconception,
        }
        return {"text/plain": self.message, "text/html": page}, {"tutor": record}


@dataclass(frozen=True)
class _Trial:
    """What a function gave on one case."""

    value: Any = None
    error: Exception | None = None
    changed_input: bool = False


def check(name: str, candidate: Callable[..., Any]) -> Feedback:
    """Compare a learner's function with the reference of an exercise.

    Parameters
    ----------
    name : str
        ``part/chapter/exercise``, for example ``words/word2vec/keep_probability``.
    candidate : callable
        The learner's function.

    Raises
    ------
    KeyError
        If there is no such exercise; the message offers what there is.
    """
    exercise = find(name)
    if not callable(candidate):
        text = f"{candidate!r} is not a function. Hand over the function, without ()."
        return Feedback(name, ERROR, text)
    return evaluate(exercise, candidate, name=name)


def evaluate(
    exercise: Exercise, candidate: Callable[..., Any], *, name: str = ""
) -> Feedback:
    """Compare a function with an exercise that is already at hand."""
    name = name or exercise.name
    cases = list(exercise.cases(np.random.default_rng(0)))
    wanted = [_try(exercise.reference, case).value for case in cases]
    trials = [_try(candidate, case) for case in cases]
    if _blank(trials) and any(value is not None for value in wanted):
        return Feedback(
            name, BLANK, "Not filled in yet. Write your answer and run the cell again."
        )
    for number, (case, want, trial) in enumerate(
        zip(cases, wanted, trials, strict=True), 1
    ):
        problem = _problem(want, trial, exercise.tolerance)
        if not problem:
            continue
        known = None if trial.error else _recognise(exercise, cases, trials)
        if known is not None:
            text = f"Not yet. This looks like: {known.name}. {known.message}"
            return Feedback(name, KNOWN, text, known.name)
        where = f"Case {number} of {len(cases)}, called with {arguments(case)}"
        outcome = ERROR if trial.error else WRONG
        return Feedback(name, outcome, f"Not yet. {where}: {problem}")
    return Feedback(
        name, RIGHT, f"Right. It agrees with the reference in all {len(cases)} cases."
    )


def find(name: str) -> Exercise:
    """Look an exercise up by ``part/chapter/exercise``."""
    parts = name.split("/")
    if len(parts) != 3:
        raise KeyError(
            f"{name!r} is no exercise; its name is part/chapter/exercise, for example "
            "'words/word2vec/keep_probability'"
        )
    offered = {e.name: e for e in catalogue(f"{parts[0]}/{parts[1]}")}
    if parts[2] not in offered:
        near = get_close_matches(parts[2], offered, n=3, cutoff=0) or ["none yet"]
        raise KeyError(f"no exercise {name!r}; nearest: {', '.join(near)}")
    return offered[parts[2]]


def catalogue(chapter: str) -> tuple[Exercise, ...]:
    """Return the exercises of a chapter, ``words/word2vec``."""
    part, _, room = chapter.partition("/")
    module = f"tutor.{part}.exercises.{room}"
    try:
        found = import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise KeyError(f"no exercises for chapter {chapter!r} ({module})") from None
    return tuple(found.EXERCISES)


def _try(function: Callable[..., Any], case: Case) -> _Trial:
    given = copy.deepcopy(case)
    try:
        with np.errstate(all="ignore"):
            value = function(*given)
    except Exception as error:
        return _Trial(error=error)
    pairs = [(c, g) for c, g in zip(case, given, strict=True) if is_data(c)]
    changed = any(not same(before, after, 0.0) for before, after in pairs)
    return _Trial(value=value, changed_input=changed)


def _blank(trials: Sequence[_Trial]) -> bool:
    """All cases say that nothing has been written yet."""
    return all(
        isinstance(t.error, NotImplementedError)
        or (t.error is None and (t.value is None or t.value is Ellipsis))
        for t in trials
    )


def _problem(want: Any, trial: _Trial, tolerance: float) -> str:
    if isinstance(trial.error, NotImplementedError):
        return "this case is not filled in yet."
    if trial.error is not None:
        kind = type(trial.error).__name__
        return f"your function stopped with {kind}: {trial.error}."
    found = difference(want, trial.value, tolerance)
    if not found and trial.changed_input:
        return (
            "the result is right, but your function changed its input; copy it first."
        )
    return found


def _recognise(
    exercise: Exercise, cases: Sequence[Case], trials: Sequence[_Trial]
) -> Misconception | None:
    """Return the first catalogued wrong answer that gives the same on every case."""
    for known in exercise.misconceptions:
        wrongs = [_try(known.wrong, case) for case in cases]
        if all(
            (w.error is None)
            and (t.error is None)
            and w.changed_input == t.changed_input
            and same(w.value, t.value, exercise.tolerance)
            for w, t in zip(wrongs, trials, strict=True)
        ):
            return known
    return None
