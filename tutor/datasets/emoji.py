"""Emoji as a small world of pictures with words: drawings, names, keywords, families.

Each *concept* is one emoji: a drawing of the OpenMoji font, its name in 14 languages,
English keywords, category and subcategory. Concepts that differ in one attribute (man
or woman, left or right, red or blue) form a *family*: splits are by family, because a
sibling in the training set gives the answer away. Chapter: ``multimodal/clip``.

Left out: flags, skin tones, and other styles than OpenMoji's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.datasets import drawing
from tutor.datasets.families import Split, family_of, split_rows
from tutor.datasets.integrity import sha256_file
from tutor.datasets.sources import files, source

Images = NDArray[np.uint8]
Rows = NDArray[np.int64]

CREDIT = "Drawings: OpenMoji, CC BY-SA 4.0."
LANGUAGES = (
    *("en", "ar", "de", "es", "fa", "fr", "id"),
    *("it", "ja", "ko", "pt", "ru", "tr", "zh"),
)
LEFT_OUT = ("Flags", "Component")
NEUTRAL = "\ufe0f"
"""The variation selector that some lists write and others do not."""


@dataclass(frozen=True, eq=False)
class EmojiSet:
    """Drawings with their words; everything is in one order, write-protected.

    Attributes
    ----------
    images : (n, size, size, 3) uint8 array
        On white, red first.
    emoji : tuple of str
        The characters themselves.
    names : mapping of language to n names
        Lower case, words separated by spaces; English is ``en``.
    keywords : tuple of tuples of str
        English, possibly empty.
    category, subcategory, family : tuples of str
    """

    images: Images = field(repr=False)
    emoji: tuple[str, ...] = field(repr=False)
    names: Mapping[str, tuple[str, ...]] = field(repr=False)
    keywords: tuple[tuple[str, ...], ...] = field(repr=False)
    category: tuple[str, ...] = field(repr=False)
    subcategory: tuple[str, ...] = field(repr=False)
    family: tuple[str, ...] = field(repr=False)
    licence: str = ""
    citation: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        columns = ("keywords", "category", "subcategory", "family", *self.names)
        for name in ("images", *columns):
            part = self.names[name] if name in self.names else getattr(self, name)
            if len(part) != len(self.emoji):
                raise ValueError(
                    f"{name} has {len(part)} entries for {len(self.emoji)} emoji: "
                    "every column must name every concept"
                )
        images = np.array(self.images)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
            raise ValueError(
                "images must be (n, size, size, 3) of uint8, got "
                f"{images.shape} of {images.dtype}"
            )
        images.setflags(write=False)
        object.__setattr__(self, "images", images)

    def __len__(self) -> int:
        return len(self.emoji)

    def __repr__(self) -> str:
        return (
            f"EmojiSet({len(self)} concepts in {len(set(self.family))} families, "
            f"{self.size} x {self.size} pixels, {len(self.names)} languages)"
        )

    @property
    def size(self) -> int:
        """Pixels a side."""
        return int(self.images.shape[1])

    def row(self, name: str) -> int:
        """Return the row of an English name; an unknown one says what is close."""
        from tutor.spelling import closest_spellings

        names = self.names["en"]
        if name not in names:
            near = ", ".join(map(repr, closest_spellings(name, names)))
            raise KeyError(f"no concept is called {name!r}; closest: {near or 'none'}")
        return names.index(name)

    def caption(self, row: int, language: str = "en") -> str:
        """Return name and keywords in English, the name alone in other languages."""
        if language not in self.names:
            raise ValueError(
                f"no names in {language!r}; there are {', '.join(self.names)}"
            )
        name = self.names[language][row]
        return " ".join((name, *self.keywords[row])) if language == "en" else name

    def subset(self, rows: Sequence[int] | Rows) -> EmojiSet:
        """Return these concepts, in this order."""
        kept = [int(row) for row in rows]
        return EmojiSet(
            images=self.images[kept],
            emoji=tuple(self.emoji[i] for i in kept),
            names={k: tuple(v[i] for i in kept) for k, v in self.names.items()},
            keywords=tuple(self.keywords[i] for i in kept),
            category=tuple(self.category[i] for i in kept),
            subcategory=tuple(self.subcategory[i] for i in kept),
            family=tuple(self.family[i] for i in kept),
            licence=self.licence,
            citation=self.citation,
        )

    def split(
        self, *, test: int = 300, valid: int = 150, by: str = "family", seed: int = 0
    ) -> Split:
        """Cut the concepts in three parts; see :func:`split_rows`."""
        groups = self.family if by == "family" else self.emoji
        if by not in ("family", "concept"):
            raise ValueError(f"by must be 'family' or 'concept', got {by!r}")
        return split_rows(groups, test=test, valid=valid, seed=seed)


# --- reading the packages ------------------------------------------------------------
def load(size: int = 32) -> EmojiSet:
    """Return the 1,629 concepts, drawn at ``size`` pixels a side.

    Drawings are made once and kept in the cache under a key of font, size and library
    versions; where the cache cannot be written they are drawn again, with a warning.
    Chapter: ``multimodal/clip``.

    Raises
    ------
    ValueError
        For a size below 8 or above 96, the size they are drawn at.
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.
    DataError
        When the font lacks a drawing, or Pillow the part that joins characters.
    """
    (font,) = files("openmoji-font")
    (categories,) = files("emoji-categories")
    rows = [r for r in _json(categories) if r["category"] not in LEFT_OUT]
    rows.sort(key=lambda r: r["unified"])
    emoji = tuple(
        "".join(chr(int(part, 16)) for part in r["unified"].split("-")) for r in rows
    )
    names = _names(emoji)
    category = tuple(r["category"] for r in rows)
    subcategory = tuple(r["subcategory"] for r in rows)
    key = hashlib.sha256("".join(emoji).encode() + sha256_file(font).encode())
    record = source("openmoji-font")
    return EmojiSet(
        images=drawing.drawn(emoji, font, size, key=key.hexdigest()),
        emoji=emoji,
        names=names,
        keywords=_keywords(emoji, names["en"]),
        category=category,
        subcategory=subcategory,
        family=tuple(map(family_of, names["en"], category, subcategory)),
        licence=record.licence,
        citation=record.citation,
    )


def _names(emoji: Sequence[str]) -> dict[str, tuple[str, ...]]:
    tables = {path.stem: _bare(_json(path)) for path in files("emoji-names")}
    english = {k: v["en"] for k, v in tables.pop("emoji").items()}
    by_language = {"en": english} | {k[-2:]: v for k, v in tables.items()}
    return {
        language: tuple(_plain(by_language[language][_key(e)]) for e in emoji)
        for language in LANGUAGES
    }


def _keywords(
    emoji: Sequence[str], names: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    """Return keywords without the name itself and without smileys made of signs."""
    (path,) = files("emoji-keywords")
    table = _bare(_json(path))
    found = []
    for character, name in zip(emoji, names, strict=True):
        words = (_plain(word) for word in table.get(_key(character), ()))
        kept = dict.fromkeys(w for w in words if w != name and re.search(r"\w\w", w))
        found.append(tuple(kept))
    return tuple(found)


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _bare(table: Mapping) -> dict:
    return {_key(name): value for name, value in table.items()}


def _key(character: str) -> str:
    return character.replace(NEUTRAL, "")


def _plain(name: str) -> str:
    return name.strip(":").replace("_", " ").lower().strip()
