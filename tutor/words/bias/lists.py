"""Word lists of the chapter, each by a stated rule; none is a list of stereotypes.

The ten definitional pairs are the paper's, given as facts; its other lists are read by
``tutor.datasets.debiasing``. The rest here is read from packages: pairs from the family
questions of the Google analogies, words for people from WordNet 3.0. WordNet was
written by people of its time: its glosses call some occupations a woman's or a man's,
and some of its words for people are slurs. Lists are therefore counted, not shown.
Chapter: ``words/bias``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from tutor.datasets import lexicons

Pair = tuple[str, str]

DEFINITIONAL_PAIRS: tuple[Pair, ...] = (
    ("she", "he"),
    ("her", "his"),
    ("woman", "man"),
    ("mary", "john"),
    ("herself", "himself"),
    ("daughter", "son"),
    ("mother", "father"),
    ("gal", "guy"),
    ("girl", "boy"),
    ("female", "male"),
)
"""The pairs of Bolukbasi et al. (2016), in lower case."""

MARKED_ENDING = re.compile(
    r"(man|men|woman|women|ess|boy|girl|lady|maid|master|mistress|wife|widow|nun)$"
)
_SEXES = ("male person", "female person")
_GLOSS = re.compile(
    r"(?:(?:an?|the|any) )?(?:[a-z]+ )?(?:woman|man|girl|boy|female|male|lady)\b"
)
_OCCUPATIONS = ("n-09632518", "n-10480253")  # worker; professional
_ALSO = ("scientist", "artist", "performer", "musician", "writer")
_PERSON = "n-00007846"


class _People(NamedTuple):
    """Synset ids of people, of sex-marked people and of occupations; their words."""

    people: frozenset[str]
    marked: frozenset[str]
    occupations: frozenset[str]
    marked_words: frozenset[str]


@lru_cache(maxsize=1)
def _people() -> _People:
    wordnet = lexicons.wordnet()
    below: dict[str, list[str]] = {}
    for synset in wordnet.synsets.values():
        for above in synset.hypernyms:
            below.setdefault(above, []).append(synset.id)

    def tree(roots: Iterable[str]) -> frozenset[str]:
        found, front = set(roots), list(roots)
        while front:
            front = [k for one in front for k in below.get(one, ()) if k not in found]
            found.update(front)
        return frozenset(found)

    def first_person(word: str) -> str:
        return next(s.id for s in wordnet.lookup(word, "n") if s.id in people)

    people = tree([_PERSON])
    by_gloss = [i for i in people if _GLOSS.match(wordnet[i].gloss)]
    marked = tree([*map(first_person, _SEXES), *by_gloss])
    occupations = tree([*_OCCUPATIONS, *map(first_person, _ALSO)])
    words = {lemma.lower() for i in marked for lemma in wordnet[i].lemmas}
    return _People(people, marked, occupations, frozenset(words))


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """Return words of letters that WordNet writes in lower case alone."""
    lemmas = {x for s in lexicons.wordnet().synsets.values() for x in s.lemmas}
    names = {x.lower() for x in lemmas if x != x.lower()}
    return frozenset(x for x in lemmas - names if re.fullmatch("[a-z]{3,}", x))


def family_pairs() -> tuple[Pair, ...]:
    """Return the pairs (woman's word, man's word) of Google's family questions: 23."""
    questions = lexicons.analogies("google").questions
    pairs = {(b, a): None for a, b, *_, category in questions if category == "family"}
    return tuple(pairs)


def held_out_pairs() -> tuple[Pair, ...]:
    """Return the family pairs that share no word with the ten definitional ones."""
    used = {word for pair in DEFINITIONAL_PAIRS for word in pair}
    return tuple(pair for pair in family_pairs() if not used & set(pair))


@lru_cache(maxsize=1)
def specific_words() -> frozenset[str]:
    """Return words that name a sex by definition, for all this course can tell.

    Those of both lists of pairs, and each word with a WordNet sense below *male person*
    or *female person*, or below a person whose gloss begins with *woman*, *man* or
    the like. Any such sense counts: the list errs towards leaving words alone.
    """
    listed = {w for p in (*DEFINITIONAL_PAIRS, *family_pairs()) for w in p}
    return frozenset(listed | _people().marked_words)


def marked_people(keys: Sequence[str]) -> tuple[list[str], list[bool]]:
    """Return words that WordNet knows for people only, and whether they name a sex.

    True where every sense is sex-marked, False where none is and the ending is plain;
    words in between are left out. In the order of ``keys``.
    """
    wordnet, people, common = lexicons.wordnet(), _people(), _common()
    words, labels = [], []
    for key in keys:
        if key not in common:
            continue
        senses = {s.id for s in wordnet.lookup(key, "n")}
        if not senses or not senses <= people.people:
            continue
        inside = senses & people.marked
        plain = not inside and not MARKED_ENDING.search(key)
        if plain or inside == senses:
            words.append(key)
            labels.append(not plain)
    return words, labels


def occupations(keys: Sequence[str]) -> list[str]:
    """Return words for occupations that name no sex, in the order of ``keys``.

    The rule: a noun and nothing else for WordNet; every sense lies below *worker*,
    *professional*, *scientist*, *artist*, *performer*, *musician* or *writer*; no sense
    is sex-marked; no ending such as *-man* or *-ess*.
    """
    wordnet, people, common = lexicons.wordnet(), _people(), _common()
    found = []
    for key in keys:
        if key not in common or MARKED_ENDING.search(key):
            continue
        senses = wordnet.lookup(key)
        if all(s.id in people.occupations - people.marked for s in senses):
            found.append(key)
    return found


def neutral_words(keys: Sequence[str]) -> list[str]:
    """Return common words (no names) that are not specific and have a plain ending."""
    common, specific = _common(), specific_words()
    return [
        key
        for key in keys
        if key in common and key not in specific and not MARKED_ENDING.search(key)
    ]
