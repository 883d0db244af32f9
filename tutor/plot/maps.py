"""A map of an embedding in two dimensions, with how much it distorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.geometry import unit_rows
from tutor.plot import style, words
from tutor.plot.style import INK, Figure

if TYPE_CHECKING:
    from tutor.embedding import Embedding


def embedding_map(
    embedding: Embedding,
    groups: Mapping[str, Sequence[str]] | Sequence[str],
    *,
    title: str,
    normalize: bool = True,
) -> Figure:
    """Draw chosen keys on the two main directions between them.

    Two dimensions out of many always distort: the share of the variance they hold, and
    the share of near neighbours they keep, stand under the map.

    Parameters
    ----------
    embedding : Embedding
        Where the vectors come from.
    groups : mapping of name to keys, or keys
        What to draw, 4 to 200 keys; groups differ in colour and marker.
    title : str
        The question the map answers.
    normalize : bool
        Compare directions (cosine) instead of positions; a zero vector stays at 0.
    """
    grouped = groups if isinstance(groups, Mapping) else {"": list(groups)}
    keys = [key for members in grouped.values() for key in members]
    if not 4 <= len(keys) <= 200:
        raise ValueError(f"a map takes 4 to 200 keys, given {len(keys)}")
    vectors = np.stack([np.asarray(embedding[key], dtype=float) for key in keys])
    if normalize:
        vectors = unit_rows(vectors)
    flat, share = main_plane(vectors)
    kept = neighbours_kept(vectors, flat, k=min(5, len(keys) - 2))
    fig, axes = style.canvas(title, height=5.4)
    _draw_groups(axes, flat, grouped)
    if len(grouped) > 1:
        style.legend(axes)
    axes.set_aspect("equal", adjustable="datalim")
    note = f"two directions hold {share:.0%} of the variance and keep {kept:.0%}"
    style.label(axes, f"{note} of the near neighbours", "")
    told = [
        f"{name}: {', '.join(k)}" if name else ", ".join(k)
        for name, k in grouped.items()
    ]
    alt = (
        f"{title} Map of {len(keys)} keys; its {note} of the near neighbours. "
        f"{words.listed(told)}. {_separation(flat, grouped)}"
    )
    return Figure(fig, alt.strip(), title)


def _draw_groups(
    axes: Any, flat: np.ndarray, grouped: Mapping[str, Sequence[str]]
) -> None:
    """Draw each group with its own mark, and every key beside its point."""
    start = 0
    for index, (name, members) in enumerate(grouped.items()):
        part = flat[start : start + len(members)]
        look = style.stroke(index) | {"linestyle": "none"}
        axes.plot(part[:, 0], part[:, 1], ms=7, label=name, **look)
        for key, point in zip(members, part, strict=True):
            axes.annotate(
                key, point, xytext=(7, 5), textcoords="offset points", color=INK,
                fontsize=11,
            )  # fmt: skip
        start += len(members)


def main_plane(vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """Project on the first two principal directions; return the share they hold."""
    centred = vectors - vectors.mean(axis=0)
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    flat = left[:, :2] * scale[:2]
    flat *= np.where(flat[np.abs(flat).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    whole = (scale**2).sum()
    if not whole:
        raise ValueError("all vectors are equal: there is no map of a single point")
    return flat, float((scale[:2] ** 2).sum() / whole)


def neighbours_kept(vectors: np.ndarray, flat: np.ndarray, k: int) -> float:
    """Share of each point's ``k`` nearest neighbours that the map keeps among its k."""
    true, drawn = _nearest(vectors, k), _nearest(flat, k)
    shared = [len(set(a) & set(b)) for a, b in zip(true, drawn, strict=True)]
    return float(np.mean(shared) / k)


def _nearest(points: np.ndarray, k: int) -> np.ndarray:
    square = (points**2).sum(axis=1)
    distance = square[:, None] + square[None, :] - 2 * points @ points.T
    np.fill_diagonal(distance, np.inf)
    return np.argsort(distance, axis=1, kind="stable")[:, :k]


def _separation(flat: np.ndarray, grouped: Mapping[str, Sequence[str]]) -> str:
    """Say how many keys lie nearest to the middle of their own group."""
    if len(grouped) < 2:
        return ""
    owner = np.repeat(np.arange(len(grouped)), [len(m) for m in grouped.values()])
    middles = np.stack([flat[owner == g].mean(axis=0) for g in range(len(grouped))])
    distance = np.linalg.norm(flat[:, None] - middles[None], axis=2)
    own = int((distance.argmin(axis=1) == owner).sum())
    return f"{own} of {len(flat)} keys lie nearest to the middle of their own group."
