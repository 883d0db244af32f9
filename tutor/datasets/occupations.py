"""Occupations with a measured share of women: Canada's census of 1971.

An old table: it is the one that a package carries. The shares say who held a job then
and there, not who can or should. Chapter: ``words/bias``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.errors import DataError
from tutor.datasets.frames import read_frame
from tutor.datasets.sources import file, source

_COLUMNS = ("rownames", "women", "prestige")


@dataclass(frozen=True, eq=False)
class Occupations:
    """Occupations as the table names them, with the share of women (0 to 1) in each.

    ``women`` is the share among those who held the occupation; ``prestige`` the
    Pineo–Porter score of a survey of the 1960s. Arrays are write-protected.
    """

    names: tuple[str, ...] = field(repr=False)
    women: NDArray[np.float64] = field(repr=False)
    prestige: NDArray[np.float64] = field(repr=False)
    licence: str = field(repr=False)
    citation: str = field(repr=False)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"Occupations({len(self)})"

    def words(self) -> tuple[tuple[str, float], ...]:
        """Return (word, share of women) of the names that are one plain plural.

        The rule: one word of letters; its plural ending is taken off (*-ies* becomes
        *-y*, *-s* goes); names with *man*, *men* or *boy* at the end name a sex
        themselves and are left out.
        """
        found = []
        for name, share in zip(self.names, self.women, strict=True):
            if re.fullmatch(r"[a-z]+s", name) and not name.endswith("boys"):
                word = name[:-3] + "y" if name.endswith("ies") else name[:-1]
                found.append((word, float(share)))
        return tuple(found)


def prestige() -> Occupations:
    """Return the 102 occupations of the table *Prestige* of the R package carData.

    Raises
    ------
    MissingCarrierError, DamagedFileError, UnsafeContentError
        With the remedy, the two hashes, or the name that was refused.

    Licence: GPL-2 or later (package). Chapter: ``words/bias``.
    """
    path, record = file("occupations-1971"), source("occupations-1971")
    table = read_frame(path)
    if missing := [name for name in _COLUMNS if name not in table]:
        raise DataError(f"{path} lacks the columns {', '.join(missing)}")
    names, women, scores = (table[name] for name in _COLUMNS)
    if len(names) != record.rows:
        raise DataError(f"expected {record.rows} occupations, read {len(names)}")
    women = np.array(women, dtype=np.float64) / 100
    scores = np.array(scores, dtype=np.float64)
    for column in (women, scores):
        column.setflags(write=False)
    return Occupations(
        tuple(map(str, names)), women, scores, record.licence, record.citation
    )
