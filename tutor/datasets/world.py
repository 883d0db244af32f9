"""One world: concrete things that the course meets in every form.

A *concept* begins as a drawing and is looked up in everything else: a noun synset with
its gloss (and so an entity of WordNet's relations), a word of the course's text and of
GloVe, a text (a lead section of Wikipedia, else a definition of GCIDE), a node of the
graph of mentions. How each link is made stands in :mod:`tutor.datasets.world_links`;
nobody looked at the result to decide.
Chapter: ``closing/one_world``.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.datasets import emoji, graphs, models, texts, world_links, world_texts
from tutor.datasets.errors import CacheWarning, unwritable
from tutor.datasets.integrity import landing
from tutor.datasets.locks import locked
from tutor.datasets.paths import cache_root
from tutor.datasets.sources import source
from tutor.datasets.wordnet import wordnet
from tutor.datasets.world_graph import world_mentions

VIEWS = ("drawing", "synset", "word", "text", "node")
SOURCES = (
    *("openmoji-font", "emoji-names", "emoji-keywords", "emoji-categories"),
    *("wordnet", "glove-6b-50d", "wikipedia-leads-en", "gcide"),
)
DERIVED = ("form", "source")
"""Columns that follow from others."""


@dataclass(frozen=True)
class Concept:
    """One thing and where it stands in each form; empty or −1 where it is missing.

    ``drawing`` is the row of :func:`tutor.datasets.emoji.load`, ``link`` how the synset
    was found (``name`` or ``family``), ``kind`` WordNet's file of nouns, ``gloss`` the
    definition without examples, ``senses`` how many noun synsets the name has. ``word``
    holds one or more pieces with a space between them. ``article`` is the row in
    :func:`tutor.datasets.graphs.wikipedia_mentions`; without one, ``definition`` is the
    dictionary's text. ``node`` is the row in :meth:`World.mentions`. ``strict`` says
    whether narrower rules hold: a word of one piece, and an article whose lead writes
    its title in the singular and which mentions among leads alone tie to most others.
    """

    name: str
    drawing: int
    link: str
    kind: str
    synset: str
    gloss: str
    senses: int
    word: str = ""
    article: int = -1
    definition: str = ""
    node: int = -1
    strict: bool = False

    @property
    def form(self) -> str:
        """``single`` or ``composed``: how many pieces the word has; empty without."""
        pieces = len(self.word.split())
        return ("", "single")[pieces] if pieces < 2 else "composed"

    @property
    def source(self) -> str:
        """``lead`` or ``definition``: where the text is from; empty without."""
        if self.article >= 0:
            return "lead"
        return "definition" if self.definition else ""

    def has(self, view: str) -> bool:
        """Say whether the concept exists in one of ``VIEWS``."""
        if view not in VIEWS:
            raise ValueError(f"no view {view!r}; there are {', '.join(VIEWS)}")
        if view == "word":
            return bool(self.word)
        if view == "text":
            return bool(self.source)
        if view == "node":
            return self.node >= 0
        return True  # without a drawing and a synset there is no concept


@dataclass(frozen=True, eq=False, repr=False)
class World:
    """The concepts in the order of their drawings."""

    concepts: tuple[Concept, ...]
    licence: str = field(default="")
    citation: str = field(default="")

    def __post_init__(self) -> None:
        names = Counter(c.name for c in self.concepts)
        if repeated := [name for name, count in names.items() if count > 1]:
            raise ValueError(f"concepts repeat: {repeated[:3]}; a name stands once")

    def __len__(self) -> int:
        return len(self.concepts)

    def __repr__(self) -> str:
        return f"World({len(self)} concepts, {len(self.core())} in every view)"

    def core(self) -> World:
        """Return the concepts that exist in every view."""
        kept = tuple(c for c in self.concepts if all(map(c.has, VIEWS)))
        return World(kept, self.licence, self.citation)

    def coverage(self) -> dict[str, int]:
        """Count the concepts of each view, and of all views together."""
        found = {v: sum(c.has(v) for c in self.concepts) for v in VIEWS}
        return found | {"every view": len(self.core().concepts)}

    def column(self, name: str) -> tuple[Any, ...]:
        """Return one attribute of every concept, in order."""
        known = [f.name for f in fields(Concept)] + list(DERIVED)
        if name not in known:
            raise ValueError(f"no column {name!r}; there are {', '.join(known)}")
        return tuple(getattr(c, name) for c in self.concepts)

    def row(self, name: str) -> int:
        """Return the row of a concept; an unknown one says what is close."""
        from tutor.spelling import closest_spellings

        names = self.column("name")
        if name not in names:
            near = ", ".join(map(repr, closest_spellings(name, names)))
            raise KeyError(f"no concept is called {name!r}; closest: {near or 'none'}")
        return names.index(name)

    def drawings(self, size: int = 32) -> NDArray[np.uint8]:
        """Return the drawings (n, size, size, 3), on white."""
        rows = list(self.column("drawing"))
        drawn: NDArray[np.uint8] = emoji.load(size).images[rows]
        return drawn

    def texts(self) -> tuple[str, ...]:
        """Return lead or definition of each concept, empty where it has neither."""
        leads = texts.wikipedia_leads()
        return tuple(
            leads[c.article].text if c.article >= 0 else c.definition
            for c in self.concepts
        )

    def mentions(self) -> graphs.MentionGraph:
        """Return the graph of mentions with the definitions of these concepts.

        ``node`` is a row of it, if this is the whole of :func:`world`.
        """
        return world_mentions(_definitions(self.concepts))


def world() -> World:
    """Return every concept that has a drawing and a synset.

    Built in the first call (some seconds), read from the cache in the next.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.

    Licence: of each view its own; drawings, lead sections and definitions need credit.
    """
    records = [source(name) for name in SOURCES]
    return World(
        tuple(Concept(**row) for row in _cached()),
        "; ".join(dict.fromkeys(r.licence for r in records)),
        "; ".join(r.citation for r in records),
    )


def build() -> tuple[Concept, ...]:
    """Make all links anew; the rules stand in :mod:`tutor.datasets.world_links`."""
    nouns = wordnet()
    links = world_links.linked(emoji.load(32), nouns, world_links.noun_files())
    course = texts.course_en(min_count=world_links.LEAST).vocabulary.words
    words = world_links.words_of(links, set(course) & set(models.glove().keys))
    leads = graphs.wikipedia_mentions()
    articles, narrow = (
        world_links.articles(
            links,
            world_links.lower_titles(leads.titles, leads.texts, plural=plural),
            nouns,
        )
        for plural in (True, False)
    )
    tied = world_links.tied(len(leads), leads.arcs)
    dictionary = world_texts.noun_definitions()
    found = [
        Concept(
            name=one.name,
            drawing=one.drawing,
            link=one.link,
            kind=one.kind,
            synset=one.synset.id,
            gloss=one.gloss,
            senses=one.senses,
            word=word,
            article=article,
            definition=""
            if article >= 0
            else world_texts.definition(one.name, one.synset, nouns, dictionary),
            strict=len(word.split()) == 1 and row in tied,
        )
        for one, word, article, row in zip(links, words, articles, narrow, strict=True)
    ]
    return _placed(found)


def _placed(concepts: Sequence[Concept]) -> tuple[Concept, ...]:
    """Return the concepts with their nodes: rule 8."""
    definitions = _definitions(concepts)
    graph = world_mentions(definitions)
    first = len(graph) - len(definitions)
    rows = {name: first + i for i, name in enumerate(definitions)}
    tied = world_links.tied(len(graph), graph.arcs)
    nodes = [c.article if c.article >= 0 else rows.get(c.name, -1) for c in concepts]
    return tuple(
        replace(c, node=node if node in tied else -1)
        for c, node in zip(concepts, nodes, strict=True)
    )


def _definitions(concepts: Iterable[Concept]) -> dict[str, str]:
    return {c.name: c.definition for c in concepts if c.source == "definition"}


# --- the cache -----------------------------------------------------------------------
def _key() -> str:
    from tutor.datasets import readers, tokenizer

    names = (*SOURCES, *readers.COURSE_EN)
    marks = [f.sha256 for name in names for f in source(name).files]
    versions = (world_links.VERSION, graphs.VERSION, readers.VERSION, tokenizer.VERSION)
    kinds = sorted(world_links.KINDS.items())
    numbers = (world_links.LEAST, world_texts.LEAST_WORDS, world_texts.COPY)
    text = repr((versions, numbers, kinds, marks))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _cached() -> Iterable[dict[str, Any]]:
    """Return the rows of the table from the cache, made again where it lacks them."""
    folder = cache_root() / "worlds" / f"one-world-{_key()}"
    try:
        with locked(folder.with_name(folder.name + ".lock")):
            if (kept := _read(folder)) is not None:
                return kept
            rows = [asdict(c) for c in build()]
            with landing(folder) as work:
                text = json.dumps(rows, ensure_ascii=False)
                (work / "world.json").write_text(text, encoding="utf-8")
                mark = hashlib.sha256(text.encode()).hexdigest()
                (work / "sha256").write_text(mark, encoding="ascii")
            return rows
    except OSError as error:
        if not unwritable(error):
            raise
        warnings.warn(
            f"the cache folder {cache_root()} cannot be written ({error.strerror}); "
            "the world is made again in every run. Remedy: set TUTOR_CACHE to a folder "
            "of yours, or free the disk",
            CacheWarning,
            stacklevel=3,
        )
        return [asdict(c) for c in build()]


def _read(folder: Path) -> list[dict[str, Any]] | None:
    """Return the rows of a finished, undamaged entry."""
    try:
        text = (folder / "world.json").read_text(encoding="utf-8")
        mark = (folder / "sha256").read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
    if hashlib.sha256(text.encode()).hexdigest() != mark:
        return None
    rows: list[dict[str, Any]] = json.loads(text)
    return rows
