"""Small pictures side by side, each with its words under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tutor.plot import style, words
from tutor.plot.style import INK, Figure


def gallery(
    images: Any,
    labels: Sequence[str],
    *,
    title: str,
    credit: str,
    columns: int = 6,
    marked: Sequence[bool] | None = None,
) -> Figure:
    """Draw pictures in rows, a label under each, and whose they are below.

    Parameters
    ----------
    images : (n, side, side, 3) uint8
    labels : sequence of str
        One a picture; long ones are cut for the figure, not in the alt text.
    title : str
        The question the figure answers.
    credit : str
        Author and licence of the pictures.
    columns : int
        Pictures in a row.
    marked : sequence of bool, optional
        Pictures to frame, for example those that are right.
    """
    pictures = np.asarray(images)
    if pictures.ndim != 4 or pictures.shape[3] != 3 or len(pictures) != len(labels):
        raise ValueError(
            f"needed pictures (n, side, side, 3) and n labels, got {pictures.shape} "
            f"and {len(labels)} labels"
        )
    if not credit.strip():
        raise ValueError("pictures of others need a credit: author and licence")
    frames = list(marked) if marked is not None else [False] * len(labels)
    rows = -(-len(labels) // columns)
    fig, axes = style.canvas(title, height=1.0 + 1.35 * rows)
    for index, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        x, y = index % columns, -(index // columns)
        extent = (x + 0.12, x + 0.88, y + 0.18, y + 0.94)
        axes.imshow(picture, extent=extent, interpolation="nearest", zorder=2)
        if frames[index]:
            _frame(axes, extent)
        _write(axes, (x + 0.5, y + 0.12), _short(label), ha="center", va="top")
    axes.set_xlim(0, columns)
    axes.set_ylim(1 - rows - 0.25, 1)
    axes.set_aspect("equal")
    axes.axis("off")
    _write(axes, (0, 1 - rows - 0.25), credit, va="bottom")
    named = [
        f"{label} (framed)" if frame else label
        for label, frame in zip(labels, frames, strict=True)
    ]
    alt = f"{title} {len(labels)} pictures: {words.listed(named, limit=30)}. {credit}"
    return Figure(fig, alt, title)


def _write(axes: Any, place: tuple[float, float], text: str, **look: Any) -> None:
    axes.text(*place, text, color=INK, fontsize=9, **look)


def _frame(axes: Any, extent: tuple[float, float, float, float]) -> None:
    left, right, low, high = extent
    axes.plot(
        [left, right, right, left, left], [low, low, high, high, low],
        color=style.PALETTE[1], lw=3, zorder=3,
    )  # fmt: skip


def _short(label: str, most: int = 17) -> str:
    return label if len(label) <= most else label[: most - 1].rstrip() + "…"
