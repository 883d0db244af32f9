"""Opposites of WordNet, and the adjectives that its editors put beside each.

An adjective cluster has two heads of opposite meaning, *hot* and *cold*, and around
each its satellites: *torrid*, *scorching* here, *icy*, *frigid* there. The pointers
``!`` (antonym) and ``&`` (similar to) stand in the database files.
Chapter: ``words/numbers``.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache

from tutor.datasets.sources import files


@dataclass(frozen=True)
class Opposites:
    """Two opposite adjectives with the words that stand beside each."""

    low: str
    high: str
    near_low: tuple[str, ...]
    near_high: tuple[str, ...]


@dataclass(frozen=True)
class _Synset:
    lemmas: tuple[str, ...]
    similar: tuple[str, ...]
    opposite: tuple[tuple[int, str, int], ...]  # my word, their synset, their word


@lru_cache(maxsize=1)
def _adjectives() -> dict[str, _Synset]:
    """Read the adjectives' file: synsets by their byte offset."""
    found = {}
    (path,) = (p for p in files("wordnet") if p.name == "data.adj")
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith(" "):
            continue
        part = line.partition(" | ")[0].split()
        n = int(part[3], 16)
        lemmas = tuple(
            w.partition("(")[0].lower().replace("_", " ")
            for w in part[4 : 4 + 2 * n : 2]
        )
        at = 4 + 2 * n
        pointers = part[at + 1 : at + 1 + 4 * int(part[at])]
        fields = list(
            zip(*(pointers[k::4] for k in range(4)), strict=True)
        )  # symbol, offset, part of speech, source and target word
        similar = tuple(o for s, o, kind, _ in fields if s == "&" and kind == "a")
        opposite = tuple(
            (int(w[:2], 16), o, int(w[2:], 16))
            for s, o, kind, w in fields
            if s == "!" and kind == "a" and w != "0000"
        )
        found[part[0]] = _Synset(lemmas, similar, opposite)
    return found


def opposites(vocabulary: Container[str], *, least: int = 0) -> tuple[Opposites, ...]:
    """Return the opposite adjectives of WordNet whose words a vocabulary holds.

    Each pair is listed once, in the order of the file; of several pairs of the same
    two words, the first.

    Parameters
    ----------
    vocabulary : container of str
        Words outside it are left out, heads and satellites.
    least : int
        Satellites needed on each side. A word that would stand on both sides, or is a
        head itself, is no satellite.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.
    """
    synsets = _adjectives()
    found: dict[frozenset[str], Opposites] = {}
    for one in synsets.values():
        for mine, offset, theirs in one.opposite:
            other = synsets.get(offset)
            if other is None:
                continue
            a, b = one.lemmas[mine - 1], other.lemmas[theirs - 1]
            key = frozenset((a, b))
            if (
                len(key) < 2
                or key in found
                or not (a in vocabulary and b in vocabulary)
            ):
                continue
            near_a, near_b = _near(synsets, one), _near(synsets, other)
            both = near_a & near_b | key
            left = tuple(sorted(w for w in near_a - both if w in vocabulary))
            right = tuple(sorted(w for w in near_b - both if w in vocabulary))
            if min(len(left), len(right)) >= least:
                found[key] = Opposites(a, b, left, right)
    return tuple(found.values())


def _near(synsets: dict[str, _Synset], head: _Synset) -> set[str]:
    return {w for offset in head.similar for w in synsets[offset].lemmas}
