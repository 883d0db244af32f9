"""Graphs made from the course's texts: which Wikipedia article mentions which.

The articles are the lead sections of ``wikipedia-leads-en``. An arc leads from an
article to each article whose *title* stands in its lead. Topics play no part in making
the arcs; ``Uncategorized`` is left out of the labels, not of the graph.

How a title is found, in full:

1. Texts and titles are cut into runs of letters and digits, and single other signs.
   A title is a run of such pieces, so it begins and ends at word boundaries; beside a
   hyphen it does not count (*post-romanticism* does not mention *Romanticism*).
2. Case counts, but for the first letter: a title may begin in lower case if its own
   lead writes it so somewhere (*dog*, but not *turkey* for the country).
3. From left to right the longest title wins, and its pieces are used up: *New York
   City* mentions no *New York*.
4. No target is a title that is ambiguous (in brackets, *Java (island)*, or equal to
   such a title without its brackets), shorter than three signs, without any letter, or
   a common word: one piece that stands, in lower case, in more than one lead of a
   hundred (*city*, *family*, *well*). Such an article may still mention others.
5. An article does not mention itself; what it mentions twice counts once.

Chapter: ``graphs/walks``.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.errors import CacheWarning, DamagedFileError, unwritable
from tutor.datasets.integrity import check, landing, sha256_file
from tutor.datasets.locks import locked
from tutor.datasets.paths import cache_root
from tutor.datasets.sources import source
from tutor.datasets.texts import wikipedia_leads

VERSION = 1
"""Part of the cache key: raise it whenever a rule above changes."""

COMMON = 0.01
"""A one-word title found in a larger share of all leads is a common word."""

UNCATEGORIZED = "Uncategorized"
_PIECE = re.compile(r"\w+|[^\w\s]")
_BRACKETS = re.compile(r" \([^()]*\)$")


@dataclass(frozen=True, eq=False, repr=False)
class MentionGraph:
    """Articles, the arcs between them, and what the articles say.

    Attributes
    ----------
    titles : tuple of str
        The articles, in the order of the file.
    topics : tuple of str
        One of 11, or ``Uncategorized``.
    texts : tuple of str
        The lead sections.
    arcs : (m, 2) int64
        Rows of the article that mentions and of the one mentioned, in rising order.
    licence, citation : str
    """

    titles: tuple[str, ...]
    topics: tuple[str, ...]
    texts: tuple[str, ...]
    arcs: NDArray[np.int64]
    licence: str = ""
    citation: str = ""

    def __len__(self) -> int:
        return len(self.titles)

    def __repr__(self) -> str:
        return f"MentionGraph({len(self)} articles, {len(self.arcs)} mentions)"

    @property
    def labels(self) -> NDArray[np.int64]:
        """The number of each article's topic (n,), −1 where it has none."""
        number = {name: i for i, name in enumerate(self.classes)}
        return np.array([number.get(topic, -1) for topic in self.topics])

    @property
    def classes(self) -> tuple[str, ...]:
        """The topics in alphabetical order, without ``Uncategorized``."""
        return tuple(sorted(set(self.topics) - {UNCATEGORIZED}))


def wikipedia_mentions() -> MentionGraph:
    """Return the mention graph of the 10,033 English lead sections.

    Built in the first call (about three seconds), read from the cache in the next.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.

    Licence: CC BY-SA 4.0; credit Wikipedia where a text is shown.
    """
    leads = wikipedia_leads()
    titles = tuple(lead.title for lead in leads)
    texts = tuple(lead.text for lead in leads)
    record = source("wikipedia-leads-en")
    return MentionGraph(
        titles,
        tuple(lead.topic for lead in leads),
        texts,
        _cached(titles, texts, _key(record.files[0].sha256)),
        record.licence,
        record.citation,
    )


# --- the rules -----------------------------------------------------------------------
def mentions(titles: Sequence[str], texts: Sequence[str]) -> NDArray[np.int64]:
    """Return the arcs (m, 2) from each text to the titles found in it.

    The rules stand at the top of this module.

    Raises
    ------
    ValueError
        When there is not one text a title, or a title stands twice.
    """
    if len(titles) != len(texts) or len(set(titles)) != len(titles):
        raise ValueError(
            f"{len(titles)} titles ({len(set(titles))} different) and {len(texts)} "
            "texts: give one text for each title, each title once"
        )
    pieces = [_PIECE.findall(text) for text in texts]
    forms = title_forms(titles, pieces)
    longest: dict[str, int] = {}
    for form in forms:
        longest[form[0]] = max(longest.get(form[0], 0), len(form))
    arcs = [
        (row, target)
        for row, text in enumerate(pieces)
        for target in sorted(_found(text, forms, longest) - {row})
    ]
    return np.array(arcs, np.int64).reshape(-1, 2)


def title_forms(
    titles: Sequence[str], pieces: Sequence[Sequence[str]]
) -> dict[tuple[str, ...], int]:
    """Return what counts as a mention of which title: rules 2 and 4."""
    bare = Counter(_BRACKETS.sub("", title) for title in titles)
    seen_in = Counter(piece for text in pieces for piece in set(text))
    forms: dict[tuple[str, ...], int] = {}
    for row, title in enumerate(titles):
        if bare[title] != 1 or len(title) < 3 or not any(map(str.isalpha, title)):
            continue  # bare[title] is 0 for a title in brackets
        lower = title[0].lower() + title[1:]
        form, low = tuple(_PIECE.findall(title)), tuple(_PIECE.findall(lower))
        if len(form) == 1 and seen_in[low[0]] > COMMON * len(titles):
            continue
        forms[form] = row
        if low != form and _holds(pieces[row], low):
            forms[low] = row
    return forms


def _holds(text: Sequence[str], form: tuple[str, ...]) -> bool:
    n = len(form)
    return any(tuple(text[i : i + n]) == form for i in range(len(text) - n + 1))


def _found(
    text: Sequence[str], forms: dict[tuple[str, ...], int], longest: dict[str, int]
) -> set[int]:
    """Return the titles in one text: rules 1 and 3."""
    found, at = set(), 0
    while at < len(text):
        step = 1
        for n in range(min(longest.get(text[at], 0), len(text) - at), 0, -1):
            row = forms.get(tuple(text[at : at + n]))
            if row is None or "-" in (*text[at - 1 : at], *text[at + n : at + n + 1]):
                continue
            found.add(row)
            step = n
            break
        at += step
    return found


# --- the cache -----------------------------------------------------------------------
def _key(data: str) -> str:
    return hashlib.sha256(repr((VERSION, COMMON, data)).encode()).hexdigest()[:16]


def _cached(titles: Sequence[str], texts: Sequence[str], key: str) -> NDArray[np.int64]:
    """Return the arcs from the cache, made again where it lacks or damaged them."""
    folder = cache_root() / "graphs" / f"wikipedia-mentions-{key}"
    try:
        with locked(folder.with_name(folder.name + ".lock")):
            arcs = _read(folder)
            if arcs is None:
                arcs = mentions(titles, texts)
                with landing(folder) as work:
                    np.save(work / "arcs.npy", arcs, allow_pickle=False)
                    mark = sha256_file(work / "arcs.npy")
                    (work / "arcs.sha256").write_text(mark, encoding="ascii")
            return arcs
    except OSError as error:
        if not unwritable(error):
            raise
        warnings.warn(
            f"the cache folder {cache_root()} cannot be written ({error.strerror}); "
            "the mention graph is made again in every run. Remedy: set TUTOR_CACHE to "
            "a folder of yours, or free the disk",
            CacheWarning,
            stacklevel=4,
        )
        return mentions(titles, texts)


def _read(folder: Path) -> NDArray[np.int64] | None:
    try:
        mark = (folder / "arcs.sha256").read_text(encoding="ascii")
        path = check(folder / "arcs.npy", mark)
    except (OSError, ValueError, DamagedFileError):
        return None
    arcs: NDArray[np.int64] = np.load(path, allow_pickle=False)
    return arcs
