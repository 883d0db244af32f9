"""Definitions as a corpus: glosses of WordNet and definitions of HPO.

A small text of many subjects with a large medical part. Glosses are taken without the
words they define and without their examples. Chapter: ``words/knowledge``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from tutor.datasets import cache, tokenizer
from tutor.datasets.collections import phenotypes
from tutor.datasets.corpus import Corpus
from tutor.datasets.examples import definition
from tutor.datasets.sources import source
from tutor.datasets.tokenizer import tokenize
from tutor.datasets.wordnet import wordnet

SOURCES = ("wordnet", "hpo")


def definitions(*, min_count: int = 2) -> Corpus:
    """Return 134,000 definitions in one fixed random order, one a document.

    Parameters
    ----------
    min_count : int
        Words that occur fewer times are left out, ≥ 1.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.

    Licences: WordNet's own, any use with its notice; HPO free with citation, unaltered.
    """
    records = [source(name) for name in SOURCES]
    hashes = [f.sha256 for record in records for f in record.files]
    key = repr((tokenizer.VERSION, hashes, "glosses, then phenotypes"))
    recipe = cache.Recipe(
        name="definitions",
        key=hashlib.sha256(key.encode()).hexdigest(),
        documents=_documents,
        licence="; ".join(record.licence for record in records),
        citation="; ".join(record.citation for record in records),
        shuffle=True,
    )
    return cache.load(recipe, min_count=min_count)


def _documents() -> Iterator[list[str]]:
    glosses = (definition(synset) for synset in wordnet().synsets.values())
    terms = (term.definition for term in phenotypes().values() if term.definition)
    for texts in (glosses, terms):
        yield from (words for text in texts if (words := tokenize(text)))
