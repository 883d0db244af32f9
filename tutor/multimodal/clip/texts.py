"""Texts as bags of units: words, or words with pieces that cross languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
"""Kana, Chinese characters, Hangul syllables: scripts that carry much in one sign."""


def words(text: str) -> list[str]:
    """Return the words of a text, lower case."""
    return re.findall(r"\w+", text.lower())


def pieces(text: str) -> list[str]:
    """Return each word with its trigrams, or its characters and their pairs.

    A trigram crosses languages where words do not: *banana*, *banane*, *banán* share
    ``<ba`` and ``ban``. Word borders are ``<`` and ``>``.
    """
    found = []
    for word in words(text):
        if _DENSE.search(word):
            found += [*word, *(a + b for a, b in pairwise(word))]
        else:
            marked = f"<{word}>"
            found.append(marked)
            if len(marked) > 3:
                found += [marked[i : i + 3] for i in range(len(marked) - 2)]
    return found


UNITS = {"words": words, "pieces": pieces}


@dataclass(frozen=True)
class Vocabulary:
    """The units that training captions hold; others are not known, and left out."""

    units: tuple[str, ...] = field(repr=False)
    kind: str

    @classmethod
    def of(cls, texts: Iterable[str], kind: str) -> Vocabulary:
        """Collect the units of some texts, in alphabetical order."""
        known = {unit for text in texts for unit in UNITS[kind](text)}
        return cls(tuple(sorted(known)), kind)

    def __post_init__(self) -> None:
        table = {unit: i for i, unit in enumerate(self.units)}
        object.__setattr__(self, "_ids", table)

    def __len__(self) -> int:
        return len(self.units)

    def ids(self, text: str) -> list[int]:
        """Return the numbers of a text's known units, in order, with repeats."""
        table: dict[str, int] = self._ids  # type: ignore[attr-defined]
        return [table[unit] for unit in UNITS[self.kind](text) if unit in table]

    def known(self, text: str) -> float:
        """Return the share of a text's units that are known; 0 for a text without."""
        units = UNITS[self.kind](text)
        return len(self.ids(text)) / len(units) if units else 0.0


def flat(bags: Sequence[Sequence[int]]) -> tuple[Ids, Ids]:
    """Return bags as one list of numbers and where each bag starts."""
    lengths = [len(bag) for bag in bags]
    starts = np.concatenate([[0], np.cumsum(lengths)])[:-1].astype(np.int64)
    numbers = [number for bag in bags for number in bag]
    return np.array(numbers, dtype=np.int64), starts
