"""The course's texts: one call each, offline, the licence on the result.

``course_en`` is what the word chapters train on. The others are smaller, larger or
of another domain, to compare with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tutor.datasets import cache, readers, tokenizer
from tutor.datasets.corpus import Corpus
from tutor.datasets.sources import catalogue, file, source
from tutor.datasets.text8 import own_words, text8
from tutor.datasets.tokenizer import tokenize

__all__ = [
    "WikipediaLead",
    "course_en",
    "course_part",
    "hpo_definitions",
    "own_words",
    "text8",
    "wikipedia_leads",
]

SHORTEST = 3
"""A document of fewer words is left out of a corpus: it has no context to teach."""


@dataclass(frozen=True)
class WikipediaLead:
    """One lead section: the article's title, its text, and one of 11 topics.

    ``topic`` is ``Uncategorized`` for about a thousand: leave those out of a
    classification. ``description`` is Wikidata's short gloss, possibly empty.
    """

    title: str
    text: str
    topic: str
    description: str = ""


def _key(names: tuple[str, ...], *rules: object) -> str:
    """Everything a corpus depends on, as one hash."""
    hashes = [f.sha256 for name in names for f in source(name).files]
    text = repr((tokenizer.VERSION, readers.VERSION, SHORTEST, hashes, rules))
    return hashlib.sha256(text.encode()).hexdigest()


def _documents(names: tuple[str, ...]) -> Iterator[list[str]]:
    for name in names:
        for text in readers.COURSE_EN[name]():
            words = tokenize(text)
            if len(words) >= SHORTEST:
                yield words


def course_en(*, min_count: int = 5) -> Corpus:
    """Return the English corpus of the course, about five million words.

    Lead sections of Wikipedia, the Wikipedia articles gensim carries, the dictionary
    GCIDE, descriptions of scientific databases, and recipes; whole documents in one
    fixed random order, so that any part of the corpus holds all five kinds. Tokenised
    in the first call, read from the cache in the next.

    Parameters
    ----------
    min_count
        Words that occur fewer times are left out, ≥ 1.

    Raises
    ------
    MissingCarrierError
        When the carriers are not unpacked: run ``python -m tutor data``.
    DamagedFileError
        When a carrier's file is not the one listed.

    Licence: the parts keep theirs (CC BY-SA and GPL among them); see the attribution
    page. Chapter: ``words/counts``.
    """
    names = tuple(readers.COURSE_EN)
    recipe = cache.Recipe(
        name="course-en",
        key=_key(names, "shuffled"),
        documents=lambda: _documents(names),
        licence="; ".join(dict.fromkeys(source(n).licence for n in names)),
        citation="; ".join(source(n).citation for n in names),
        shuffle=True,
    )
    return cache.load(recipe, min_count=min_count)


def course_part(name: str, *, min_count: int = 5) -> Corpus:
    """Return one of the five sources of :func:`course_en` as a corpus of its own.

    Parameters
    ----------
    name
        ``wikipedia-leads-en``, ``wikipedia-pages-en``, ``gcide``, ``bioregistry`` or
        ``recipes-en``.
    min_count
        Words that occur fewer times in that source are left out, ≥ 1.
    """
    if name not in readers.COURSE_EN:
        raise ValueError(
            f"no part {name!r}; the parts are {', '.join(readers.COURSE_EN)}"
        )
    record = source(name)
    recipe = cache.Recipe(
        name=name,
        key=_key((name,)),
        documents=lambda: _documents((name,)),
        licence=record.licence,
        citation=record.citation,
    )
    return cache.load(recipe, min_count=min_count)


def wikipedia_leads(language: str = "en") -> tuple[WikipediaLead, ...]:
    """Return the lead sections of Wikipedia's vital articles, with their topics.

    Parameters
    ----------
    language
        ``en`` (10,033 articles), ``fr`` (9,955) or ``es`` (6,239).

    Licence: CC BY-SA 4.0; credit Wikipedia where a text is shown.
    """
    known = [s[-2:] for s in catalogue().sources if s.startswith("wikipedia-leads-")]
    if language not in known:
        raise ValueError(f"no language {language!r}; there are {', '.join(known)}")
    return tuple(
        WikipediaLead(r["title"], r["extract"], r["topic"], r["description"] or "")
        for r in readers.wikipedia_records(language)
    )


def hpo_definitions(*, min_count: int = 5) -> Corpus:
    """Return the definitions of the Human Phenotype Ontology as a corpus.

    Biomedical English, 16,454 definitions, one a document: the small corpus of one
    domain that ``words/evaluation`` sets against the large mixed one.

    Parameters
    ----------
    min_count
        Words that occur fewer times are left out, ≥ 1.

    Licence: the ontology's own (free with citation, version shown, unaltered).
    """
    record = source("hpo")
    recipe = cache.Recipe(
        name="hpo-definitions",
        key=_key(("hpo",)),
        documents=lambda: map(tokenize, _definitions()),
        licence=record.licence,
        citation=record.citation,
    )
    return cache.load(recipe, min_count=min_count)


def _definitions() -> Iterator[str]:
    text = file("hpo").read_text(encoding="utf-8")
    for block in text.split("\n[Term]\n")[1:]:
        match = re.search(r'^def: "((?:[^"\\]|\\.)*)"', block, re.M)
        if match:
            yield re.sub(r"\\(.)", r"\1", match[1])
