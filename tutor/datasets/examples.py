"""WordNet's example sentences: a word in a sentence, and which sense is meant.

A gloss is a definition and, behind it in quotation marks, examples. An example counts
here when exactly one word of it is a lemma of the synset, as it stands or regularly
inflected. Left out: lemmas of several words, irregular forms (*bore* for *bear*).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from tutor.datasets.wordnet import Synset, wordnet

_QUOTED = re.compile(r'"([^"]+)"')
_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True)
class SenseExample:
    """A sentence, the lemma in it, and the sense it has there.

    ``text[start:end]`` is the word as it stands; ``synset`` is the id of its sense and
    ``pos`` its part of speech (satellite adjectives count as ``a``).
    """

    text: str
    start: int
    end: int
    lemma: str
    pos: str
    synset: str

    @property
    def word(self) -> str:
        """The word as it stands in the sentence."""
        return self.text[self.start : self.end]


def forms(lemma: str, pos: str) -> frozenset[str]:
    """Return a lemma and its regular inflections for its part of speech.

    Parameters
    ----------
    lemma : str
        One word, lower case.
    pos : {"n", "v", "a", "s", "r"}
        Nouns get a plural, verbs their endings, the others stay.
    """
    found = {lemma}
    sibilant = lemma.endswith(("s", "x", "z", "ch", "sh"))
    y = lemma.endswith("y") and lemma[-2:-1] not in "aeiou"
    if pos in "nv":
        found.add(lemma[:-1] + "ies" if y else lemma + ("es" if sibilant else "s"))
    if pos == "v":
        stem = lemma[:-1] if lemma.endswith("e") else lemma
        found |= {stem + "ing", (lemma[:-1] + "i" if y else stem) + "ed"}
        if re.search(r"[^aeiou][aeiou][^aeiouwxy]$", lemma):
            found |= {lemma + lemma[-1] + "ing", lemma + lemma[-1] + "ed"}
    return frozenset(found)


def examples_of(synset: Synset) -> list[SenseExample]:
    """Return the examples of a synset, one for each lemma that stands once in it."""
    found = []
    lemmas = [x.lower() for x in synset.lemmas if re.fullmatch(r"[A-Za-z]{3,}", x)]
    for text in _QUOTED.findall(synset.gloss):
        words = list(_WORD.finditer(text))
        for lemma in dict.fromkeys(lemmas):
            known = forms(lemma, synset.pos)
            places = [w for w in words if w.group().lower() in known]
            if len(places) == 1 and len(words) >= 3:
                pos = "a" if synset.pos == "s" else synset.pos
                span = places[0].span()
                found.append(SenseExample(text, *span, lemma, pos, synset.id))
    return found


@lru_cache(maxsize=1)
def wordnet_examples() -> tuple[SenseExample, ...]:
    """Return every usable example of WordNet 3.0, in the order of its files.

    Licence: WordNet's own, free for any use with its notice.
    Chapter: ``context/attention``.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.
    """
    synsets = wordnet().synsets.values()
    return tuple(example for synset in synsets for example in examples_of(synset))


def definition(synset: Synset) -> str:
    """Return the part of a gloss before its first example."""
    return synset.gloss.partition('"')[0].rstrip(" ;:")
