"""Links from drawings to synsets, words and texts: the rules of `datasets.world`.

In full:

1. The drawing's English name is looked up among WordNet's nouns (link ``name``). If it
   is none, its family is: the name without attributes, as in *red apple* (``family``).
2. Only senses of concrete *kinds* count: WordNet's files ``noun.animal``,
   ``noun.artifact`` and so on, those that suit the drawing's category (``KINDS``). A
   sense spelt with a capital only (*Turkey*) is another word and does not count.
3. Of these the sense of the lowest ``lex_id`` is taken: WordNet's editors number the
   senses of a word within a file from 0, the plain one mostly first. Then the one with
   the most pointers, then the first in the files.
4. A synset is one concept. Of several drawings the one linked by name keeps it, then
   the first in the order of the emoji. A name that repeats stays with its first.
5. The word is the name. It may have several pieces (*fire engine*): then its vector is
   the mean of theirs, and its form is ``composed`` instead of ``single``. Each piece
   must stand ``LEAST`` times in course-en and in GloVe's list.
6. The article is one whose title is the name but for upper case, else a lemma of the
   synset that means nothing else as a noun. Its own lead must write the title in lower
   case somewhere, in singular or plural (*Whales are*): *Turkey* does not. Titles with
   brackets, and their twins without, are left out. An article belongs to one concept;
   names come before lemmas.
7. Without an article the text is a definition of the dictionary, by the rules of
   :mod:`tutor.datasets.world_texts`.
8. The node is the article or the definition in the graph of mentions among all of them
   (:func:`tutor.datasets.world_graph.world_mentions`), if chains of mentions tie it to
   most of the others.

No text is compared with another to choose a link, so that how well texts agree can be
measured afterwards. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.emoji import EmojiSet
from tutor.datasets.sources import files
from tutor.datasets.tokenizer import tokenize
from tutor.datasets.wordnet import Synset, WordNet

VERSION = 2
"""Part of the cache key: raise it whenever a rule above changes."""
LEAST = 5
"""A word that stands fewer times in course-en is not in the course's vocabulary."""

KINDS: Mapping[str, tuple[str, ...]] = {
    "Animals & Nature": ("animal", "plant", "phenomenon", "object"),
    "Food & Drink": ("food", "plant", "animal", "artifact"),
    "Objects": ("artifact", "substance", "food", "object"),
    "Travel & Places": ("artifact", "object", "phenomenon"),
    "Activities": ("artifact",),
    "People & Body": ("person", "body", "artifact"),
    "Smileys & Emotion": ("animal", "artifact"),
}
"""Which of WordNet's kinds suit which category of drawings; *Symbols* suit none."""

LEXICOGRAPHERS = {
    5: "animal",
    6: "artifact",
    8: "body",
    13: "food",
    17: "object",
    18: "person",
    19: "phenomenon",
    20: "plant",
    27: "substance",
}
"""Numbers of WordNet's noun files (lexnames(5WN)) that hold concrete things."""

_EXAMPLES = re.compile(r"; \".*$")


class Noun(NamedTuple):
    """What the files say of a concrete synset beside its words and gloss."""

    kind: str
    pointers: int
    lex_ids: tuple[int, ...]


class Link(NamedTuple):
    """A drawing and its synset."""

    name: str
    drawing: int
    link: str
    kind: str
    synset: Synset
    gloss: str
    senses: int


def noun_files() -> dict[str, Noun]:
    """Return kind, number of pointers and ``lex_id`` of each concrete noun synset."""
    found = {}
    for path in files("wordnet"):
        for line in path.read_bytes().decode("utf-8").splitlines():
            parts = line.partition(" | ")[0].split()
            if line.startswith(" ") or len(parts) < 4 or parts[2] != "n":
                continue
            kind = LEXICOGRAPHERS.get(int(parts[1]))
            if kind is not None:
                at = 4 + 2 * int(parts[3], 16)
                ids = tuple(int(x, 16) for x in parts[5:at:2])
                found[f"n-{parts[0]}"] = Noun(kind, int(parts[at]), ids)
    return found


def linked(
    data: EmojiSet, nouns: WordNet, known: Mapping[str, Noun]
) -> tuple[Link, ...]:
    """Return drawings with their synset, each synset and each name once: rules 1 to 4.

    In the order of the drawings. ``known`` is what :func:`noun_files` returns.
    """
    best: dict[str, tuple[tuple[bool, int], Link]] = {}
    for row, name in enumerate(data.names["en"]):
        allowed = KINDS.get(data.category[row], ())
        for link, word in (("name", name), ("family", data.family[row])):
            sense = best_sense(word, nouns, known, allowed)
            if sense is None:
                continue
            gloss = _EXAMPLES.sub("", sense.gloss).strip()
            count = len(nouns.lookup(word, "n"))
            one = Link(word, row, link, known[sense.id].kind, sense, gloss, count)
            key = (link != "name", row)
            if sense.id not in best or key < best[sense.id][0]:
                best[sense.id] = (key, one)
            break
    names: dict[str, Link] = {}
    for _, one in sorted(best.values(), key=lambda entry: entry[0]):
        names.setdefault(one.name, one)
    return tuple(sorted(names.values(), key=lambda one: one.drawing))


def best_sense(
    word: str, nouns: WordNet, known: Mapping[str, Noun], allowed: Sequence[str]
) -> Synset | None:
    """Return the sense of a word by rules 2 and 3, None where there is none."""
    senses = [
        s
        for s in nouns.lookup(word, "n")
        if s.id in known and known[s.id].kind in allowed and word in s.lemmas
    ]

    def place(sense: Synset) -> tuple[int, int]:
        noun = known[sense.id]
        return noun.lex_ids[sense.lemmas.index(word)], -noun.pointers

    return min(senses, key=place) if senses else None


def articles(links: Sequence[Link], rows: Mapping[str, int], nouns: WordNet) -> list:
    """Return the row of each concept's article, −1 where it has none: rule 6.

    ``rows`` is what :func:`lower_titles` returns.
    """
    found = [rows.get(one.name, -1) for one in links]
    taken = set(found)
    for i, one in enumerate(links):
        if found[i] >= 0:
            continue
        for lemma in map(str.lower, one.synset.lemmas):
            row = rows.get(lemma, -1)
            if row not in taken and len(nouns.lookup(lemma, "n")) == 1:
                found[i] = row
                taken.add(row)
                break
    return found


def lower_titles(
    titles: Sequence[str], leads: Sequence[str], *, plural: bool = True
) -> dict[str, int]:
    """Return the row of each title that its own lead writes in lower case: rule 6.

    Without ``plural`` only the singular counts.
    """
    bare = Counter(re.sub(r" \([^()]*\)$", "", t).lower() for t in titles)
    found = {}
    for row, (title, text) in enumerate(zip(titles, leads, strict=True)):
        low = title.lower()
        forms = rf"{re.escape(low)}{'(?:e?s)?' if plural else ''}"
        if plural and low.endswith("y"):
            forms = rf"{re.escape(low[:-1])}(?:ys?|ies)"
        if bare[low] == 1 and re.search(rf"(?<!\w){forms}(?!\w)", text):
            found[low] = row
    return found


def tied(n: int, arcs: NDArray[np.int64]) -> set[int]:
    """Return the rows of the largest connected part of a graph: rule 8."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    table = coo_matrix((np.ones(len(arcs)), (arcs[:, 0], arcs[:, 1])), shape=(n, n))
    number = connected_components(table, directed=False)[1]
    return set(np.flatnonzero(number == np.bincount(number).argmax()).tolist())


def words_of(links: Sequence[Link], vocabulary: Iterable[str]) -> list[str]:
    """Return the word of each concept, empty where it has none: rule 5.

    Pieces stand beside one another, with one space between them.
    """
    known = set(vocabulary)
    pieces = [tokenize(one.name) for one in links]
    return [" ".join(p) if p and known.issuperset(p) else "" for p in pieces]
