"""A graph of WordNet's nouns: the meanings of given words, what they are, parts of.

How it is made, in full:

1. A word means one noun synset: of those whose *first* lemma it is (upper and lower
   case count as one), the one with the most pointers of any kind, and the first in the
   files of two with as many. The files carry no frequencies; a well-connected sense
   stands in for a common one.
2. Nodes are these synsets and everything above them: hypernyms and classes of
   instances, up to *entity*.
3. Edges are pointers between two nodes: hypernym ``@``, class of an instance ``@i``,
   and the holonyms ``#m``, ``#s`` and ``#p`` (member, substance and part of). All other
   pointers are left out; of two pointers between the same two nodes the first stays.
4. Nodes stand in the order of the files; their ids are ``n-`` and the byte offset, as
   in :mod:`tutor.datasets.wordnet`.

Chapter: ``graphs/reconstruction``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.sources import files, source

RELATIONS = {
    "@": "is a",
    "@i": "is an instance of",
    "#m": "is a member of",
    "#s": "is a substance of",
    "#p": "is a part of",
}
"""The pointers that become edges, in WordNet's own signs."""

_UP = ("@", "@i")


class _Noun(NamedTuple):
    name: str
    pointers: int
    targets: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False, repr=False)
class NounGraph:
    """Noun synsets with the pointers between them.

    Attributes
    ----------
    ids : tuple of str
    names : tuple of str
        The first lemma of each synset; several synsets may share one.
    edges : (m, 2) int64
        Rows of the lower and the upper synset.
    relations : tuple of str
        A sign of ``RELATIONS`` for each edge.
    meanings : mapping
        The row of each given word that has one.
    licence, citation : str
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    edges: NDArray[np.int64]
    relations: tuple[str, ...]
    meanings: Mapping[str, int]
    licence: str = ""
    citation: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"NounGraph({len(self)} synsets, {len(self.edges)} pointers)"


def noun_graph(words: Iterable[str]) -> NounGraph:
    """Return the graph of these words; the rules stand at the top of this module.

    The files are read once in a process.

    Raises
    ------
    ValueError
        If no word is the first lemma of a noun synset.
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.

    Licence: WordNet's own, free for any use with its notice.
    """
    nouns = _nouns()
    wanted = dict.fromkeys(word.lower().replace("_", " ") for word in words)
    found: dict[str, str] = {}
    for key, noun in nouns.items():
        name = noun.name.lower()
        if name not in wanted:
            continue
        if name not in found or noun.pointers > nouns[found[name]].pointers:
            found[name] = key
    if not found:
        raise ValueError(
            f"none of {len(wanted)} words is the first lemma of a noun synset: give "
            "English nouns in the singular"
        )
    kept = _with_ancestors(nouns, found.values())
    ids = tuple(key for key in nouns if key in kept)
    row = {key: number for number, key in enumerate(ids)}
    edges: dict[tuple[int, int], str] = {}
    for key in ids:
        for sign, target in nouns[key].targets:
            if target in row and (row[target], row[key]) not in edges:
                edges.setdefault((row[key], row[target]), sign)
    record = source("wordnet")
    return NounGraph(
        ids,
        tuple(nouns[key].name for key in ids),
        np.array(list(edges), np.int64).reshape(-1, 2),
        tuple(edges.values()),
        {word: row[key] for word, key in found.items()},
        record.licence,
        record.citation,
    )


def _with_ancestors(nouns: Mapping[str, _Noun], keys: Iterable[str]) -> set[str]:
    kept: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key not in kept:
            kept.add(key)
            waiting += [target for sign, target in nouns[key].targets if sign in _UP]
    return kept


@lru_cache(maxsize=1)
def _nouns() -> dict[str, _Noun]:
    """Return every noun synset, in the order of the files."""
    found: dict[str, _Noun] = {}
    for path in files("wordnet"):
        if "noun" not in path.name:
            continue
        for line in path.read_bytes().decode("utf-8").splitlines():
            if line and not line.startswith(" "):
                key, noun = _parse(line)
                found[key] = noun
    return found


def _parse(line: str) -> tuple[str, _Noun]:
    """Read one line of a data file (wndb(5WN) describes the format)."""
    fields = line.partition(" | ")[0].split()
    at = 4 + 2 * int(fields[3], 16)
    pointers = fields[at + 1 : at + 1 + 4 * int(fields[at])]
    triples = zip(pointers[::4], pointers[1::4], pointers[2::4], strict=True)
    kept = tuple(
        (sign, f"n-{target}")
        for sign, target, kind in triples
        if sign in RELATIONS and kind == "n"
    )
    noun = _Noun(fields[4].replace("_", " "), len(pointers) // 4, kept)
    return f"n-{fields[0]}", noun
