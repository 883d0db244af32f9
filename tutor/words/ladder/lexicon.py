r"""A lexicon beside the text: WordNet's edges, those that a test asks about left out.

The relations are WordNet's of chapter ``words/knowledge``, and so is the setting. An
edge that joins the two words of a rated pair, or of one side of an analogy, would hand
the answer over: it is dropped, see that chapter's trap. Chapter: ``words/ladder``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from tutor.words.ladder.trials import SIMILARITY

if TYPE_CHECKING:
    from tutor.datasets.relations import Pair
    from tutor.embedding import Embedding

RELATIONS = ("synonym", "pertainym", "part", "hypernym")


@lru_cache(maxsize=1)
def asked() -> frozenset[Pair]:
    """Return the pairs of words that a test asks about, in alphabetical order.

    Both words of every rated pair; *slow, slowly* and *rare, rarely* of an analogy.
    """
    from tutor.datasets import lexicons

    found = {
        (a.lower(), b.lower())
        for name in (*SIMILARITY, "rareword")
        for a, b, _ in lexicons.similarity(name).pairs
    }
    for a, b, c, d, _ in lexicons.analogies("google").questions:
        found |= {(a.lower(), b.lower()), (c.lower(), d.lower())}
    return frozenset((min(pair), max(pair)) for pair in found)


def edges(words: Sequence[str]) -> tuple[Pair, ...]:
    """Return WordNet's pairs of known words, each once, without those asked about."""
    from tutor.datasets.relations import relations

    return tuple(p for p in relations(set(words), RELATIONS) if p not in asked())


def towards_wordnet(embedding: Embedding) -> Embedding:
    """Return the vectors retrofitted to these edges; without any, as they are."""
    from tutor.words import knowledge

    pairs = edges(embedding.keys)
    if not pairs:
        return embedding
    return knowledge.retrofit(embedding, knowledge.edge_rows(embedding.keys, pairs))
