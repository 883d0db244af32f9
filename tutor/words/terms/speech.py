"""Parts of speech without a tagger: what a word mostly is, whatever it is here.

A tagger reads the sentence; this looks each word up by itself. The rules, in order:

1. A stop word, a single letter, or a word that begins with a digit breaks a term.
2. A word in WordNet is what most of its senses are. WordNet's data files hold no
   frequencies, so the number of senses stands in for the most frequent one. Of equal
   numbers noun comes first, then adjective, verb, adverb.
3. An inflected form is what its base is: *cysts* as *cyst*, *caused* as *cause*.
4. A word unknown to WordNet is an adverb if it ends in *-ly*, an adjective if it has
   an ending of adjectives, otherwise a noun.

Verbs and adverbs break a term. So do nouns with more senses as verbs (*heart block*),
and participles that WordNet does not list as adjectives (*displaced fracture*): the
chapter measures how many names of ontologies are lost that way. Chapter:
``words/terms``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tutor.datasets.wordnet import WordNet

BREAK, ADJECTIVE, NOUN = 0, 1, 2

_STOP_TEXT = """
    a about above according across after again against all almost along already also
    although always am among an and another any are around as at away back be became
    because become becomes been before being below between both but by called can cannot
    certain come could did different do does done down due during each either else
    especially etc even ever every few first for former found from further get give
    given go had has have he hence her here hers him himself his how however i if in
    including into is it its itself just kind known last latter least less like likely
    made main mainly make many may me might more most mostly much must my near nearly
    neither never next no non nor not now of off often on once one only onto or other
    others otherwise our out over own part per perhaps rather same second see seem seems
    several shall she should show since so some sometimes somewhat still such take than
    that the their them then there thereby therefore these they third this those though
    three through throughout thus to together too toward towards two type under unless
    until up upon us use used usual usually various very via was way we well were what
    when where whether which while who whole whom whose why will with within without
    would yet you your"""
STOP_WORDS = frozenset(_STOP_TEXT.split())
"""Function words, and words of texts about things rather than of the things."""

_ENDINGS = (
    "al",
    "ic",
    "ous",
    "ar",
    "ary",
    "ive",
    "oid",
    "able",
    "ible",
    "less",
    "ical",
)
_DETACH = (
    *(("n", old, new) for old, new in (("ies", "y"), ("men", "man"))),
    *(("n", f"{x}es", x) for x in ("s", "x", "z", "ch", "sh")),
    ("n", "s", ""),
    *(("v", old, new) for old, new in (("ies", "y"), ("es", "e"), ("es", ""))),
    *(("v", old, new) for old, new in (("ed", "e"), ("ed", ""), ("ing", "e"))),
    *(("v", "ing", ""), ("a", "er", ""), ("a", "est", ""), ("a", "er", "e")),
    ("a", "est", "e"),
)
_ORDER = ("n", "a", "v", "r")
_KIND = {"n": NOUN, "a": ADJECTIVE, "v": BREAK, "r": BREAK}


def parts_of_speech(words: Iterable[str], wordnet: WordNet) -> NDArray[np.uint8]:
    """Return what each word is: 0 breaks a term, 1 is an adjective, 2 a noun.

    Shapes: n words → (n,).

    Parameters
    ----------
    words : iterable of str
        In lower case.
    wordnet : WordNet
        As :func:`tutor.datasets.wordnet.wordnet` reads it.
    """

    def senses(word: str) -> dict[str, int]:
        found = dict.fromkeys(_ORDER, 0)
        for synset in wordnet.lookup(word):
            found["a" if synset.pos == "s" else synset.pos] += 1
        return found

    kinds = [_kind(word, senses) for word in words]
    return np.array(kinds, dtype=np.uint8)


def _kind(word: str, senses: Callable[[str], dict[str, int]]) -> int:
    if word in STOP_WORDS or len(word) < 2 or word[0].isdigit():
        return BREAK
    found = senses(word)
    if any(found.values()):
        return _KIND[max(_ORDER, key=lambda part: found[part])]
    for part, old, new in _DETACH:
        base = word.removesuffix(old) + new
        if not word.endswith(old) or len(base) < 2:
            continue
        found = senses(base)
        if found[part]:
            most = max(_ORDER, key=lambda p: found[p])
            return _KIND[most if part == "n" else part]
    if word.endswith("ly"):
        return BREAK
    return ADJECTIVE if word.endswith(_ENDINGS) else NOUN
