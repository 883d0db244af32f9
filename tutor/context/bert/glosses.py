"""WordNet's definitions as texts to train on, and others that are never shown.

Definitions only: the example sentences of :mod:`tutor.datasets.examples` stay unseen,
so that other tasks can use them. Chapter: ``context/bert``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tutor import sampling
from tutor.datasets import lexicons
from tutor.datasets.examples import definition

PILOT, HELD = 3000, 9000
SHORTEST, LONGEST = 3, 64  # words of a definition, pieces with both ends


class Glosses(NamedTuple):
    """Definitions in three parts that share no text.

    Attributes
    ----------
    train : tuple of str
    pilot : tuple of str
        For looking at settings.
    held : tuple of str
        For measuring.
    synsets : mapping of a definition to the id of (the first of) its synsets
    """

    train: tuple[str, ...]
    pilot: tuple[str, ...]
    held: tuple[str, ...]
    synsets: dict[str, str]


@lru_cache(maxsize=1)
def glosses() -> Glosses:
    """Return all different definitions of three words or more, split by a fixed draw.

    Licence: WordNet's own, free for any use with its notice.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.
    """
    synsets: dict[str, str] = {}
    for synset in lexicons.wordnet().synsets.values():
        text = definition(synset)
        if len(text.split()) >= SHORTEST:
            synsets.setdefault(text, synset.id)
    texts = list(synsets)
    order = [texts[i] for i in sampling.permutation(len(texts), seed=11)]
    return Glosses(
        tuple(order[PILOT + HELD :]),
        tuple(order[:PILOT]),
        tuple(order[PILOT : PILOT + HELD]),
        synsets,
    )
