"""`climb`: every rung on the same text and tests, one `Mark` a rung and seed.

Chapter: ``words/ladder``.
"""

from __future__ import annotations

import numbers
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tutor.evaluate.statistics import Effect, paired_bootstrap
from tutor.words.ladder.basis import (
    Basis,
    bases_apart,
    changed,
    tests_apart,
    text_marks,
    trials_marks,
)
from tutor.words.ladder.config import LadderConfig
from tutor.words.ladder.rows import as_rows
from tutor.words.ladder.rung import Rung
from tutor.words.ladder.score import Sitting, statistic
from tutor.words.ladder.trials import Column, Trials

if TYPE_CHECKING:
    from tutor.datasets import Corpus

Table = NDArray[np.float64]
SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, eq=False)
class Mark:
    """One run of one rung.

    Attributes
    ----------
    values : mapping of column to (items,) array
    bytes : int
        Of the arrays that must be kept, sparse ones as they are stored.
    lacking : int
        Words of the vocabulary without a vector.
    reach : float
        Share of the unknown test words that get a vector.
    seconds : float
        CPU time of making the rows, of this process; kernels compiled before.
    """

    values: Mapping[str, Table] = field(repr=False)
    bytes: int
    lacking: int
    reach: float
    seconds: float


@dataclass(frozen=True, eq=False, repr=False)
class Ladder:
    """What all rungs scored, item by item.

    Attributes
    ----------
    rungs : tuple of Rung
    columns : mapping of name to Column
    marks : mapping of rung name to a tuple of Mark, one a seed
    basis : Basis or None
        What all of them were measured on; None if the ladder was not climbed.
    """

    rungs: tuple[Rung, ...]
    columns: Mapping[str, Column]
    marks: Mapping[str, tuple[Mark, ...]]
    basis: Basis | None = None

    def __repr__(self) -> str:
        seeds = len(next(iter(self.marks.values())))
        return (
            f"Ladder({len(self.rungs)} rungs x {len(self.columns)} columns, "
            f"{seeds} seeds)"
        )

    def __or__(self, other: Ladder) -> Ladder:
        """Return both ladders as one: how a later part adds its rungs.

        Backend and device may differ; whatever else a comparison rests on may not.

        Raises
        ------
        ValueError
            If they share a rung, or were not measured on the same text, items, right
            answers, documents and seeds under one setting; all differences are named.
        """
        if shared := set(self.marks) & set(other.marks):
            raise ValueError(f"both ladders have {sorted(shared)}; a rung stands once")
        if self.basis is None or other.basis is None:
            which = "first" if self.basis is None else "second"
            raise ValueError(
                f"the {which} ladder does not say what it was measured on; need two "
                "ladders that `climb` made"
            )
        topics = any(c.kind == "macro-F1" for c in self.columns.values())
        apart = [
            *bases_apart(self.basis, other.basis, topics=topics),
            *tests_apart(self.columns, other.columns),
        ]
        if apart:
            raise ValueError(
                f"the two ladders cannot be compared, they differ in {'; '.join(apart)}"
                ". Climb both on one corpus with one Trials, one LadderConfig and the "
                "same seeds; a rung that needs another setting changes it itself"
            )
        marks = {**self.marks, **other.marks}
        return replace(self, rungs=self.rungs + other.rungs, marks=marks)

    def column(self, name: str) -> Column:
        """Return a column; an unknown one says which there are."""
        if name not in self.columns:
            raise KeyError(f"no column {name!r}; there are {', '.join(self.columns)}")
        return self.columns[name]

    def values(self, rung: str, column: str) -> Table:
        """Return what a rung said, a seed a row: (seeds, items)."""
        self.column(column)
        if rung not in self.marks:
            raise KeyError(f"no rung {rung!r}; there are {', '.join(self.marks)}")
        return np.array([mark.values[column] for mark in self.marks[rung]])

    def scores(self, rung: str, column: str) -> Table:
        """Return a rung's score for each seed: (seeds,); NaN where undefined."""
        of = self.column(column)
        rows = self.values(rung, column)
        return np.array([statistic(of.kind, row, of.gold)[0] for row in rows])

    def steps(self) -> tuple[Rung, ...]:
        """Return the rungs that have a step, lowest first."""
        stepped = [rung for rung in self.rungs if rung.step is not None]
        return tuple(sorted(stepped, key=lambda rung: rung.step or 0))

    def effect(
        self, one: str, other: str | None, column: str, *, samples: int = 2000
    ) -> Effect:
        """Return one rung's score minus another's, with its interval.

        ``other=None`` gives the score itself.

        Raises
        ------
        ValueError
            If a rung orders no pairs at all: it has no correlation to compare with.
        """
        of = self.column(column)
        for name in filter(None, (one, other)):
            if np.isnan(self.scores(name, column)).any():
                raise ValueError(
                    f"{name!r} says the same of all {len(of)} items of {column!r}: no "
                    "correlation is defined; give other=None and read the score alone"
                )

        def f1(found: Table, gold: Table | None) -> float:
            assert gold is not None
            return float(statistic("macro-F1", found, gold)[0])

        return paired_bootstrap(
            self.values(one, column),
            None if other is None else self.values(other, column),
            gold=of.gold,
            statistic=f1 if of.kind == "macro-F1" else of.kind,
            samples=samples if of.kind != "macro-F1" else samples // 4,
        )


def climb(
    rungs: Sequence[Rung],
    corpus: Corpus,
    trials: Trials,
    config: LadderConfig | None = None,
    *,
    seeds: Sequence[int] = SEEDS,
) -> Ladder:
    """Make every rung's rows of ``corpus`` and take all tests.

    Parameters
    ----------
    rungs : sequence of Rung
        Names stand once.
    corpus : Corpus
        The text, thinned before: see :func:`tutor.words.ladder.thinned`.
    trials : Trials
        Made for the vocabulary of this corpus.
    config : LadderConfig, optional
    seeds : sequence of int
        Each stands once. A rung that has no randomness is made once; the topic probe
        draws its labels anew for each seed all the same.

    Raises
    ------
    ValueError
        For no rungs or seeds, a name or seed that repeats, trials of another
        vocabulary, a rung whose rows do not fit, or one that changes the text (tokens,
        offsets or vocabulary) or the tests; the rung is named.
    """
    config = config or LadderConfig()
    names = [rung.name for rung in rungs]
    if not names or not len(seeds):
        raise ValueError(f"need rungs and seeds, got {len(names)} and {len(seeds)}")
    if repeated := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"rungs repeat: {sorted(repeated)}; each name stands once")
    if len(set(seeds)) < len(seeds) or not all(map(_is_whole, seeds)):
        raise ValueError(
            f"need different whole numbers as seeds, got {list(seeds)}: a run counted "
            "twice is no second run"
        )
    if trials.words != corpus.vocabulary.words:
        raise ValueError(
            f"the trials were made for {len(trials.words)} words, the corpus has "
            f"{len(corpus.vocabulary)} others: make them for this corpus"
        )
    basis, asked = Basis.of(corpus, trials, config, seeds), trials_marks(trials)
    marks = {}
    for rung in rungs:
        marks[rung.name] = _measure(rung, corpus, trials, basis)
        if parts := changed(asked, trials_marks(trials)):
            raise ValueError(
                f"rung {rung.name!r} changed the tests ({', '.join(parts)}): work on a "
                "copy, and make the trials anew"
            )
    return Ladder(tuple(rungs), trials.columns, marks, basis)


def _is_whole(seed: object) -> bool:
    return isinstance(seed, numbers.Integral) and not isinstance(seed, bool)


def _measure(
    rung: Rung, corpus: Corpus, trials: Trials, basis: Basis
) -> tuple[Mark, ...]:
    """Return a rung's marks, one a seed."""
    unknown = _unknown_words(trials)
    marks, seconds = [], 0.0
    sitting: Sitting | None = None
    fixed: dict[str, Table] = {}
    for seed in basis.seeds:
        if sitting is None or rung.seeded:
            start = time.process_time()
            made = rung.make(corpus, basis.config, seed)
            seconds = time.process_time() - start
            if parts := changed(basis.text, text_marks(corpus)):
                raise ValueError(
                    f"rung {rung.name!r} changed the text ({', '.join(parts)}): work "
                    "on a copy, and make the corpus anew"
                )
            try:
                rows = as_rows(made, corpus.vocabulary.words)
            except (TypeError, ValueError) as error:
                raise type(error)(f"rung {rung.name!r}: {error}") from error
            sitting, fixed = Sitting(rows, trials), {}
        found = {}
        for name, column in trials.columns.items():
            if name not in fixed or column.kind == "macro-F1":
                fixed[name] = sitting.values(column, seed=seed)
            found[name] = fixed[name]
        rows = sitting.rows
        reach = float(rows.reaches(unknown).mean()) if unknown else 0.0
        marks.append(Mark(found, rows.nbytes, rows.lacking, reach, seconds))
    return tuple(marks)


def _unknown_words(trials: Trials) -> list[str]:
    """Return the different test words that the vocabulary lacks."""
    asked = {
        word
        for column in trials.columns.values()
        for part in column.items
        if isinstance(part, list)
        for word in part
    }
    return sorted(asked - set(trials.words))
