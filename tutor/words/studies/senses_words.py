"""Which pseudo-words chapter ``words/senses`` makes: a rule fixed before any training.

A part is a word that WordNet gives one meaning only, a noun; so a pseudo-word of two
parts has two meanings. Both parts are about equally frequent and far apart in WordNet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor import sampling
from tutor.datasets.wordnet import wordnet

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.words.senses.pseudo import Pair

LEAST, MOST = 150, 2000
"""How often a part occurs in the whole course corpus."""
SHARED_ANCESTORS = 2
"""At most so many common ancestors: *entity* and one step below it."""
VALIDATION = 20
"""Pairs for choosing settings; all others are for the test."""


def parts(corpus: Corpus) -> list[str]:
    """Return words with one WordNet meaning, a noun, most frequent first.

    Four letters or more; not in ``-s`` or ``-ing``, which WordNet lists as nouns where
    they are mostly plurals and verbs.
    """
    net, found = wordnet(), []
    for word, count in zip(
        corpus.vocabulary.words, corpus.vocabulary.counts, strict=True
    ):
        shape = len(word) > 3 and word.isalpha() and not word.endswith(("s", "ing"))
        if shape and LEAST <= count <= MOST:
            meanings = net.lookup(word)
            if len(meanings) == 1 and meanings[0].pos == "n":
                found.append(word)
    return found


def unrelated(left: str, right: str) -> bool:
    """Return whether the two meanings have hardly an ancestor in common."""
    net = wordnet()
    one, two = (net.lookup(word)[0].id for word in (left, right))
    above = {one, *net.ancestors(one)} & {two, *net.ancestors(two)}
    return len(above) <= SHARED_ANCESTORS


def pairs(corpus: Corpus) -> list[Pair]:
    """Return the pairs: each word with the next one in frequency that is unrelated."""
    waiting, found = parts(corpus), []
    while waiting:
        word = waiting.pop(0)
        partner = next((other for other in waiting if unrelated(word, other)), None)
        if partner is not None:
            waiting.remove(partner)
            found.append((word, partner))
    return found


def split(found: list[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Return validation pairs and test pairs, dealt by a fixed permutation."""
    order = sampling.permutation(len(found), seed=0).tolist()
    chosen = sorted(order[:VALIDATION]), sorted(order[VALIDATION:])
    return [found[i] for i in chosen[0]], [found[i] for i in chosen[1]]
