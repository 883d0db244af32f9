"""The word lists published with hard debiasing: pairs, seeds, words, professions.

They are a choice made in 2016 for vectors of English news, not a fact about anybody.
Some of the words are coarse; the lists are therefore counted in the book and not shown.
Chapter: ``words/bias``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tutor.datasets.errors import DataError
from tutor.datasets.sources import file, source

Pair = tuple[str, str]
_KEYS = {
    "definitional_pairs": 10,
    "equalize_pairs": 52,
    "specific_seed": 218,
    "specific_full": 1441,
    "professions": 320,
}


@dataclass(frozen=True, eq=False)
class DebiasingLists:
    """The five lists, in lower case and in the file's order, each entry once.

    Attributes
    ----------
    definitional : tuple of pairs
        The ten that define the direction.
    equal : tuple of pairs
        To be equalised: 52 in the file, fewer once upper case is gone.
    seeds : tuple of str
        Specific words that people wrote down; a machine was trained on them.
    specific : tuple of str
        Seeds and what that machine added: words that keep their part.
    professions : dict
        Name to (definitional score, stereotype score), both in -1 to 1; a positive one
        points to *he*. They are opinions about words, not shares of people.
    licence, citation : str
    """

    definitional: tuple[Pair, ...] = field(repr=False)
    equal: tuple[Pair, ...] = field(repr=False)
    seeds: tuple[str, ...] = field(repr=False)
    specific: tuple[str, ...] = field(repr=False)
    professions: dict[str, tuple[float, float]] = field(repr=False)
    licence: str = field(repr=False)
    citation: str = field(repr=False)

    def __repr__(self) -> str:
        return (
            f"DebiasingLists({len(self.definitional)} definitional pairs, "
            f"{len(self.equal)} to equalise, {len(self.seeds)} seeds, "
            f"{len(self.specific)} specific words, {len(self.professions)} professions)"
        )


def published() -> DebiasingLists:
    """Return the lists published with Bolukbasi et al. (2016).

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.
    DataError
        If a list is missing or has another length than the published one.

    Licence: MIT (lists and package). Chapter: ``words/bias``.
    """
    path, record = file("debiasing-lists"), source("debiasing-lists")
    lists = _checked(json.loads(path.read_text(encoding="utf-8")), str(path))
    return DebiasingLists(
        definitional=_pairs(lists["definitional_pairs"]),
        equal=_pairs(lists["equalize_pairs"]),
        seeds=_words(lists["specific_seed"]),
        specific=_words(lists["specific_full"]),
        professions={
            name.lower(): (float(by_definition), float(by_stereotype))
            for name, by_definition, by_stereotype in lists["professions"]
        },
        licence=record.licence,
        citation=record.citation,
    )


def _checked(data: Any, path: str) -> dict[str, list[Any]]:
    lists: dict[str, list[Any]] = data.get("gender", {})
    found = {key: len(lists.get(key, ())) for key in _KEYS}
    if found != _KEYS:
        raise DataError(f"{path}: expected lists of {_KEYS}, read {found}")
    return lists


def _words(given: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.lower() for word in given))


def _pairs(given: list[list[str]]) -> tuple[Pair, ...]:
    """Return pairs in lower case; one that comes twice, in any case, is kept once."""
    return tuple(dict.fromkeys((a.lower(), b.lower()) for a, b in given))
