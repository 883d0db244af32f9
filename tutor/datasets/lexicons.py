"""Human judgements and word lists: similarity, analogies, WordNet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tutor.datasets.errors import DataError
from tutor.datasets.sources import file, files, source
from tutor.datasets.wordnet import WordNet, wordnet

__all__ = [
    "AnalogySet",
    "SimilaritySet",
    "WordNet",
    "analogies",
    "similarity",
    "wordnet",
]

Pair = tuple[str, str, float]
Question = tuple[str, str, str, str, str]


@dataclass(frozen=True)
class SimilaritySet:
    """Word pairs and the mean judgement of people on how alike they are.

    ``pairs`` holds (first word, second word, score) as published; words are not
    lower-cased here. ``scale`` is the range of the scores.
    """

    name: str
    pairs: tuple[Pair, ...] = field(repr=False)
    scale: tuple[float, float]
    licence: str = field(repr=False)
    citation: str = field(repr=False)

    def __len__(self) -> int:
        return len(self.pairs)


@dataclass(frozen=True)
class AnalogySet:
    """Questions *a is to b as c is to d*, each with its category.

    ``questions`` holds (a, b, c, d, category). Where the authors admit several
    answers, ``answers[i]`` lists all of them for question i, ``d`` the first.
    """

    name: str
    questions: tuple[Question, ...] = field(repr=False)
    answers: tuple[tuple[str, ...], ...] = field(repr=False)
    licence: str = field(repr=False)
    citation: str = field(repr=False)

    def __len__(self) -> int:
        return len(self.questions)

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories, in the order of the file."""
        return tuple(dict.fromkeys(q[4] for q in self.questions))


# --- similarity ----------------------------------------------------------------------
def _rows(path: Path, delimiter: str, *, skip: int = 0) -> list[list[str]]:
    """Read a small table; invalid UTF-8 is an error naming file and place."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 at byte {error.start}: it is not the listed file"
        ) from error
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return [r for r in list(reader)[skip:] if r and not r[0].startswith("#")]


def _plain(path: Path, delimiter: str, *, skip: int = 0, column: int = 2) -> list[Pair]:
    rows = _rows(path, delimiter, skip=skip)
    return [(r[0], r[1], float(r[column])) for r in rows]


def _men(path: Path) -> list[Pair]:
    """MEN marks the part of speech, ``berry-n``; the words alone are kept."""
    return [
        (r[0].rpartition("-")[0], r[1].rpartition("-")[0], float(r[2]))
        for r in _rows(path, " ")
    ]


_SIMILARITY: dict[str, tuple[tuple[float, float], Callable[[Path], list[Pair]]]] = {
    "wordsim353": ((0, 10), lambda p: _plain(p, "\t")),
    "simlex999": ((0, 10), lambda p: _plain(p, "\t")),
    "men": ((0, 50), _men),
    "rareword": ((0, 10), lambda p: _plain(p, "\t")),
    "mturk771": ((1, 5), lambda p: _plain(p, ",")),
    "rg65": ((0, 4), lambda p: _plain(p, "\t")),
}


def similarity(name: str) -> SimilaritySet:
    """Return a set of human similarity judgements.

    Parameters
    ----------
    name
        ``wordsim353`` (353 pairs, relatedness), ``simlex999`` (999, similarity
        proper), ``men`` (3,000), ``rareword`` (2,034), ``mturk771`` (771) or
        ``rg65`` (65).

    Raises
    ------
    ValueError
        For another name.
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.

    Chapter: ``words/evaluation``.
    """
    if name not in _SIMILARITY:
        raise ValueError(
            f"no similarity set {name!r}; there are {', '.join(_SIMILARITY)}"
        )
    scale, read = _SIMILARITY[name]
    record = source(name)
    pairs = tuple(read(file(name)))
    return SimilaritySet(name, pairs, scale, record.licence, record.citation)


# --- analogies -----------------------------------------------------------------------
def analogies(name: str) -> AnalogySet:
    """Return a set of analogy questions.

    Parameters
    ----------
    name
        ``google`` (19,544 questions of Mikolov et al. 2013, 14 categories) or
        ``bats`` (98,000 of Gladkova et al. 2016, 40 categories of 50 pairs, each
        pair with each other).

    BATS admits several answers to many questions: they all stand in ``answers``, the
    first in ``questions``. Multi-word answers are kept with their underscores. An
    answer that repeats is listed once.

    Raises
    ------
    ValueError
        For another name.

    Chapter: ``words/evaluation``.
    """
    if name not in ("google", "bats"):
        raise ValueError(f"no analogy set {name!r}; there are google, bats")
    record = source(f"{name}-analogies")
    read = _google() if name == "google" else _bats()
    questions, answers = zip(*read, strict=True)
    return AnalogySet(name, questions, answers, record.licence, record.citation)


def _google() -> list[tuple[Question, tuple[str, ...]]]:
    found: list[tuple[Question, tuple[str, ...]]] = []
    category = ""
    for row in _rows(file("google-analogies"), " "):
        if row[0] == ":":
            category = row[1]
        else:
            a, b, c, d = row
            found.append(((a, b, c, d, category), (d,)))
    return found


def _bats() -> list[tuple[Question, tuple[str, ...]]]:
    found: list[tuple[Question, tuple[str, ...]]] = []
    for path in files("bats-analogies"):
        pairs = []
        for first, second in _rows(path, "\t"):
            options = [x.strip() for x in second.split("/")]
            pairs.append((first.strip(), tuple(dict.fromkeys(filter(None, options)))))
        for i, (a, b) in enumerate(pairs):
            for j, (c, d) in enumerate(pairs):
                if i != j:
                    found.append(((a, b[0], c, d[0], path.stem), d))
    return found
