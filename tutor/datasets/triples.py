"""Small knowledge graphs: facts (head, relation, tail) with their published splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.errors import DataError
from tutor.datasets.sources import files, source

Rows = NDArray[np.int64]
NAMES = ("nations", "kinships", "umls")
SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, eq=False)
class TripleSet:
    """Facts about entities, in three splits.

    Attributes
    ----------
    entities, relations : tuple of str
        Names; their positions are the numbers in the triples.
    train, valid, test : (n, 3) int64 arrays
        Head, relation, tail; write-protected.

    Raises
    ------
    ValueError
        For names that repeat, arrays of another shape, numbers without a name, or a
        fact that stands twice, in one split or in two.
    """

    name: str
    entities: tuple[str, ...] = field(repr=False)
    relations: tuple[str, ...] = field(repr=False)
    train: Rows = field(repr=False)
    valid: Rows = field(repr=False)
    test: Rows = field(repr=False)
    licence: str = field(default="", repr=False)
    citation: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for what in ("entities", "relations"):
            names = tuple(getattr(self, what))
            if len(set(names)) != len(names):
                raise ValueError(f"{what} of {self.name!r} repeat: names must differ")
            object.__setattr__(self, what, names)
        limits = (len(self.entities), len(self.relations), len(self.entities))
        for split in SPLITS:
            rows = np.array(getattr(self, split), dtype=np.int64)
            rows = rows.reshape(0, 3) if rows.size == 0 else rows
            if rows.shape[1:] != (3,):
                raise ValueError(f"{split} must be (n, 3), got {rows.shape}")
            if len(rows) and ((rows < 0).any() or (rows >= limits).any()):
                raise ValueError(
                    f"{split} of {self.name!r} names entities or relations beyond "
                    f"{limits[0]} and {limits[1]}"
                )
            rows.setflags(write=False)
            object.__setattr__(self, split, rows)
        repeated = len(self.facts) - len(np.unique(self.facts, axis=0))
        if repeated:
            raise ValueError(
                f"{repeated} facts of {self.name!r} stand twice: a test fact that is "
                "also trained on measures memory"
            )

    def __len__(self) -> int:
        return len(self.train) + len(self.valid) + len(self.test)

    def __repr__(self) -> str:
        return (
            f"TripleSet({self.name}: {len(self.entities)} entities, "
            f"{len(self.relations)} relations, {len(self.train):,} + "
            f"{len(self.valid):,} + {len(self.test):,} facts)"
        )

    @property
    def facts(self) -> Rows:
        """All facts of the three splits."""
        return np.concatenate([self.train, self.valid, self.test])

    def split(self, name: str) -> Rows:
        """Return one split by name."""
        if name not in SPLITS:
            raise ValueError(f"unknown split {name!r}; there are {SPLITS}")
        rows: Rows = getattr(self, name)
        return rows

    def names(self, triple: Sequence[int]) -> tuple[str, str, str]:
        """Return a fact in words."""
        h, r, t = triple
        return self.entities[h], self.relations[r], self.entities[t]


def triples(name: str) -> TripleSet:
    """Return a knowledge graph.

    Parameters
    ----------
    name
        ``nations`` (14 countries, 55 relations, 1,992 facts), ``kinships`` (104 people,
        25 kinship terms, 10,686) or ``umls`` (135 medical concepts, 46 relations,
        6,529).

    Raises
    ------
    ValueError
        For another name.
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.
    DataError
        When a line is not three fields.

    Entities and relations are numbered in alphabetical order of all splits, as PyKEEN
    does. Chapter: ``knowledge/triples``.
    """
    if name not in NAMES:
        raise ValueError(f"no knowledge graph {name!r}; there are {', '.join(NAMES)}")
    record = source(name)
    named = {path.stem: _read(path) for path in files(name)}
    rows = [row for split in SPLITS for row in named[split]]
    entities = sorted({row[0] for row in rows} | {row[2] for row in rows})
    relations = sorted({row[1] for row in rows})
    e = {key: i for i, key in enumerate(entities)}
    r = {key: i for i, key in enumerate(relations)}
    numbered = {split: _numbers(named[split], e, r) for split in SPLITS}
    return TripleSet(
        name=name,
        entities=tuple(entities),
        relations=tuple(relations),
        **numbered,
        licence=record.licence,
        citation=record.citation,
    )


def _read(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    for number, row in enumerate(rows, 1):
        if len(row) != 3 or not all(row):
            raise DataError(
                f"{path.name}, line {number}: expected head, relation, tail between "
                f"tabs, got {len(row)} fields"
            )
    return rows


def _numbers(rows: list[list[str]], e: Mapping[str, int], r: Mapping[str, int]) -> Rows:
    return np.array([(e[h], r[k], e[t]) for h, k, t in rows], dtype=np.int64)
