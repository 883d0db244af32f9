r"""Pairs of single words that a lexicon says belong together: WordNet and HPO.

``synonym``: words of one synset. ``antonym``: the pointer ``!``. ``pertainym``: an
adjective and the noun it pertains to (``\``), *renal* and *kidney*. ``hypernym`` and
``part``: the first single words of a noun synset and of what it is a kind of (``@``) or
a part of (``#p``), for the noun files asked for. ``hpo``: two names of one phenotype
that differ in one word, *renal cyst* and *kidney cyst*.

Each pair stands once, its words in alphabetical order. Chapter: ``words/knowledge``.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from tutor.datasets.sources import file, files
from tutor.datasets.tokenizer import tokenize

Pair = tuple[str, str]
RELATIONS = ("synonym", "antonym", "pertainym", "hypernym", "part", "hpo")
BODY, STATE = 8, 26
"""WordNet's files of nouns for parts of the body, and for states with diseases."""
_WORD = re.compile(r"[a-z]{2,}")


@dataclass(frozen=True)
class _Synset:
    """One line of a data file: file number, words, and pointers with word numbers."""

    file: int
    words: tuple[str, ...]
    pointers: tuple[tuple[str, str, int, int], ...]


@lru_cache(maxsize=1)
def _synsets() -> dict[str, _Synset]:
    """Return all synsets by part of speech and offset (wndb(5WN) has the format)."""
    found = {}
    for path in files("wordnet"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line or line.startswith(" "):
                continue
            part = line.partition(" | ")[0].split()
            n = int(part[3], 16)
            words = tuple(w.partition("(")[0].lower() for w in part[4 : 4 + 2 * n : 2])
            at = 4 + 2 * n
            p = part[at + 1 : at + 1 + 4 * int(part[at])]
            pointers = tuple(
                (s, f"{kind}-{offset}", int(w[:2], 16), int(w[2:], 16))
                for s, offset, kind, w in zip(*(p[k::4] for k in range(4)), strict=True)
            )
            kind = "a" if part[2] == "s" else part[2]
            found[f"{kind}-{part[0]}"] = _Synset(int(part[1]), words, pointers)
    return found


def relations(
    vocabulary: Container[str],
    names: Iterable[str],
    *,
    noun_files: Iterable[int] = (BODY, STATE),
) -> tuple[Pair, ...]:
    """Return the pairs of these relations whose two words a vocabulary holds.

    Parameters
    ----------
    vocabulary : container of str
    names : iterable of str
        Some of ``RELATIONS``; a pair that several give is listed once.
    noun_files : iterable of int
        Files whose synsets give ``hypernym`` and ``part``.

    Raises
    ------
    ValueError
        For another name.
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.

    Licences: WordNet's own, any use with its notice; HPO free with citation, unaltered.
    """
    if isinstance(names, str):
        names = (names,)
    found: dict[Pair, None] = {}
    kept = frozenset(noun_files)
    for name in names:
        if name not in RELATIONS:
            raise ValueError(f"no relation {name!r}; there are {', '.join(RELATIONS)}")
        pairs = _hpo() if name == "hpo" else _wordnet(name, vocabulary, kept)
        for a, b in pairs:
            if a != b and a in vocabulary and b in vocabulary:
                found[min(a, b), max(a, b)] = None
    return tuple(found)


def _wordnet(
    name: str, vocabulary: Container[str], noun_files: frozenset[int]
) -> Iterator[Pair]:
    synsets = _synsets()
    for key, one in synsets.items():
        if name == "synonym":
            known = [w for w in one.words if w in vocabulary]
            yield from ((a, b) for i, a in enumerate(known) for b in known[i + 1 :])
            continue
        if name in ("hypernym", "part") and (
            not key.startswith("n") or one.file not in noun_files
        ):
            continue
        wanted = {"antonym": "!", "pertainym": "\\", "hypernym": "@", "part": "#p"}
        for symbol, target, mine, theirs in one.pointers:
            if symbol != wanted[name] or target not in synsets:
                continue
            if name == "pertainym" and not (
                key.startswith("a") and target.startswith("n")
            ):
                continue
            other = synsets[target]
            if mine and theirs:
                yield one.words[mine - 1], other.words[theirs - 1]
            else:
                yield _first(one, vocabulary), _first(other, vocabulary)


def _first(synset: _Synset, vocabulary: Container[str]) -> str:
    """Return the first word of a synset that the vocabulary holds, or its first."""
    known = (w for w in synset.words if w in vocabulary)
    return next(known, synset.words[0])


@lru_cache(maxsize=1)
def _hpo() -> tuple[Pair, ...]:
    """Return the two words in which two names of a phenotype differ."""
    text = file("hpo").read_text(encoding="utf-8")
    found: dict[Pair, None] = {}
    for block in text.split("\n[Term]\n")[1:]:
        block = block.partition("\n[")[0]
        names = re.findall(r"^name: (.*)$", block, re.MULTILINE)
        names += re.findall(r'^synonym: "([^"]*)" EXACT', block, re.MULTILINE)
        texts = list(dict.fromkeys(tuple(tokenize(n)) for n in names))
        for i, a in enumerate(texts):
            for b in texts[i + 1 :]:
                if len(a) != len(b) or len(a) < 2:
                    continue
                apart = [p for p in zip(a, b, strict=True) if p[0] != p[1]]
                if len(apart) == 1 and all(map(_WORD.fullmatch, apart[0])):
                    found[apart[0]] = None
    return tuple(found)
