"""The five sources of the course corpus: from a package's file to plain documents.

Each reader yields one text a document, in the order of the file, and leaves words to
:func:`tutor.datasets.tokenizer.tokenize`. Files are compared with their SHA-256 first.
"""

from __future__ import annotations

import bz2
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tutor.datasets.errors import DataError
from tutor.datasets.sources import file, files
from tutor.datasets.wikitext import pages, plain

VERSION = 1
"""Part of the corpus cache key: raise it whenever a reader yields other text."""

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|<[^<>]*>|<<<.*?>>>")
_FUNCTION_WORDS = {"the", "of", "and", "to", "is", "for", "a", "by", "with", "from"}
_FUNCTION_WORDS |= {"on", "that", "are", "an", "as", "this"}


def read_json(path: Path) -> Any:
    """Read a JSON file; what is not UTF-8 or not JSON is an error naming the file."""
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(
            f"{path} is not UTF-8 JSON ({error}); its hash was right, so "
            "data/sources.toml lists a wrong file"
        ) from error


def wikipedia_records(language: str = "en") -> Iterator[dict[str, str]]:
    """Yield title, extract, description and topic of each lead section."""
    yield from read_json(file(f"wikipedia-leads-{language}")).values()


def wikipedia_leads() -> Iterator[str]:
    """Yield 10,033 lead sections of English Wikipedia articles."""
    for record in wikipedia_records():
        yield record["extract"]


def wikipedia_pages() -> Iterator[str]:
    """Yield the full articles that gensim carries as test data, mark-up removed."""
    with bz2.open(file("wikipedia-pages-en"), "rb") as handle:
        for wikitext in pages(handle):
            yield plain(wikitext)


def gcide() -> Iterator[str]:
    """Yield dictionary entries: headword, then definitions with their examples."""
    for path in files("gcide"):
        for record in read_json(path).values():
            parts = [record["entry"]]
            for use in record["pos"]:
                for definition in use["definitions"]:
                    parts.append(definition["text"])
                    parts.extend(definition["examples"])
            yield "\n".join(parts)


def bioregistry() -> Iterator[str]:
    """Yield descriptions of scientific databases and vocabularies, each once.

    Addresses and tags are removed, and so is a description in which fewer than one
    word in twenty is a common English function word: it is in another language.
    """
    seen: set[str] = set()
    for path in files("bioregistry"):
        for record in read_json(path).values():
            text = html.unescape(record.get("description") or "")
            text = " ".join(_ADDRESS.sub(" ", text).split())
            if text and text not in seen and _is_english(text):
                seen.add(text)
                yield text


def _is_english(text: str) -> bool:
    words = text.lower().split()
    return 20 * sum(w in _FUNCTION_WORDS for w in words) >= len(words)


def recipes() -> Iterator[str]:
    """Yield 3,129 recipes: title, ingredients, steps."""
    for record in read_json(file("recipes-en")).values():
        parts = [record["title"], *record["ingredients"], *record["steps"]]
        yield "\n".join(parts)


COURSE_EN = {
    "wikipedia-leads-en": wikipedia_leads,
    "wikipedia-pages-en": wikipedia_pages,
    "gcide": gcide,
    "bioregistry": bioregistry,
    "recipes-en": recipes,
}
"""What the course corpus is made of, in reading order."""
