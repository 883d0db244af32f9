"""Definitions of a dictionary for the one world: rule 7 of `datasets.world_links`.

In full:

1. The headword is the concept's name, else a lemma of its synset that means nothing
   else as a noun in WordNet; the same order as for articles.
2. Of GCIDE's entry only what it says of the *noun* counts, in the order of the page.
   The first definition is taken, whichever sense it is: no text is compared with
   another to choose one.
3. Passed over are definitions of fewer than ``LEAST_WORDS`` words, those that only send
   the reader elsewhere (*See Roc.*), and those that share half their words or more with
   a noun gloss of WordNet's for the name or headword: GCIDE holds some of WordNet's own
   definitions, and the same text in two views would agree with itself. This comparison
   only takes texts away.
4. The text is the headword and the definition, as an entry is read.

Chapter: ``closing/one_world``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tutor.datasets.readers import read_json
from tutor.datasets.sources import files
from tutor.datasets.tokenizer import tokenize
from tutor.datasets.wordnet import Synset, WordNet

LEAST_WORDS = 4
"""A shorter definition is a synonym (*A bier.*)."""
COPY = 0.5
"""Shared words, as a share of all words of both, from which a text counts as copied."""

_ELSEWHERE = re.compile(r"(?:See|Same as)\b")
_NOUN = re.compile(r"(?:\w+\. )?n\.")


def noun_definitions() -> dict[str, tuple[str, ...]]:
    """Return the noun definitions of each headword of GCIDE, in the entry's order.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.

    Licence: GPL-3.0-or-later.
    """
    found = {}
    for path in files("gcide"):
        for record in read_json(path).values():
            texts = tuple(
                " ".join(definition["text"].split())
                for use in record["pos"]
                if _NOUN.match(use["part_of_speech"])
                for definition in use["definitions"]
            )
            if texts:
                found[record["entry"]] = texts
    return found


def definition(
    name: str,
    synset: Synset,
    nouns: WordNet,
    dictionary: Mapping[str, Sequence[str]],
) -> str:
    """Return the text of a concept, empty where the dictionary has none.

    ``dictionary`` is what :func:`noun_definitions` returns. The rules stand at the top
    of this module.
    """
    lemmas = [low for low in map(str.lower, synset.lemmas) if low != name]
    alone = [lemma for lemma in lemmas if len(nouns.lookup(lemma, "n")) == 1]
    for headword in (name, *alone):
        senses = {s.id: s for n in (name, headword) for s in nouns.lookup(n, "n")}
        glosses = [sense.gloss.split('; "')[0] for sense in senses.values()]
        if found := first_own(dictionary.get(headword, ()), glosses):
            return f"{headword}: {found}"
    return ""


def first_own(definitions: Iterable[str], glosses: Sequence[str]) -> str:
    """Return the first definition that is none of rule 3, empty if there is none."""
    for text in definitions:
        words = tokenize(text)
        if len(words) < LEAST_WORDS or _ELSEWHERE.match(text):
            continue
        if all(shared_words(text, gloss) < COPY for gloss in glosses):
            return text
    return ""


def shared_words(one: str, other: str) -> float:
    r"""Return the words of both texts as a share of the words of either (Jaccard).

    .. math:: |A \cap B| / |A \cup B|
    """
    A, B = set(tokenize(one)), set(tokenize(other))
    return len(A & B) / len(A | B) if A | B else 0.0
