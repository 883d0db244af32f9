"""The HTML of an explorer: one self-contained element, the same for the same data."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tutor.explorer import pack
from tutor.explorer.trained import Shown, as_html

if TYPE_CHECKING:
    from tutor.explorer.view import Explorer

STATIC_ROWS, STATIC_LISTED = 25, 20


class Words(NamedTuple):
    """What the page says of the keys listed with each key."""

    near: str = "Nearest to"
    column: str = "Nearest"
    caption: str = "the nearest other names with their cosine"
    note: str = "Neighbours are by cosine in all dimensions, among the shown keys."


NEAREST = Words()


@cache
def asset(name: str) -> str:
    """Return the text of one of this folder's files."""
    return files("tutor.explorer").joinpath(name).read_text(encoding="utf-8")


def html(
    explorer: Explorer,
    *,
    bar: str = "",
    more: str = "",
    script: str = "",
    words: Words = NEAREST,
) -> str:
    """Return the explorer as HTML that needs nothing else.

    ``bar`` stands before the search, ``more`` after the table, ``script`` runs last,
    ``words`` say what is listed with a key; see :mod:`tutor.explorer.spaces` and
    :mod:`tutor.explorer.network`.
    """
    names = [pack.visible(key) for key in explorer.keys]
    grid = pack.to_grid(explorer.coordinates)
    static = min(STATIC_ROWS, len(names))
    return Template(asset("explorer.html")).substitute(
        style=asset("explorer.css"),
        script=asset("map.js") + asset("explorer.js") + script,
        bar=bar,
        more=more,
        title=escape(pack.visible(explorer.title)),
        count=f"{len(names):,}",
        note=f"{_note(explorer)} {words.note}",
        near=words.near,
        column=words.column,
        caption=words.caption,
        legend=_legend(explorer),
        analogy=_analogy(explorer),
        group_head='<th scope="col">Group</th>' if explorer.groups else "",
        part=f"{static} of {len(names):,} rows shown.",
        rows="".join(_row(explorer, names, grid, i) for i in range(static)),
        mark=" data-measured" if explorer.trained else "",
        data=pack.script_json(_data(explorer, names, grid)),
    )


def kept(explorer: Explorer, write: Callable[[Shown], str]) -> str:
    """Return in words what the map keeps, each number written by ``write``."""
    numbers = explorer.numbers
    parts = []
    if "variance" in numbers:
        parts.append(f"{write(numbers['variance'])} % of the variance")
    if "trustworthiness" in numbers:
        k = explorer.distortion.neighbours
        parts.append(
            f"trustworthiness {write(numbers['trustworthiness'])} ({k} neighbour"
            f"{'s' * (k > 1)}; 1 is perfect, about 0.5 is chance)"
        )
    return ", ".join(parts) or "too few points to say"


def _note(explorer: Explorer) -> str:
    """Return the caption: what is shown, how it was made, what it cost."""
    total, dim = explorer.embedding.vectors.shape
    given = explorer.distortion.variance is None
    method = "given coordinates" if given else "principal components"
    return (
        f"{len(explorer.keys):,} of {total:,} keys, {dim} dimensions, drawn in 2 by "
        f"{method}. The map keeps: {kept(explorer, as_html)}."
    )


def _groups(explorer: Explorer) -> list[str]:
    """Return the different group names, sorted."""
    return sorted(set(explorer.groups or ()))


def _legend(explorer: Explorer) -> str:
    """Return the legend of the groups, or nothing."""
    items = "".join(
        f'<li><i style="background:var(--ex-g{i})"></i>'
        f"<bdi>{escape(pack.visible(name))}</bdi></li>"
        for i, name in enumerate(_groups(explorer))
    )
    return f'<ul class="ex-legend">{items}</ul>\n' if items else ""


def _analogy(explorer: Explorer) -> str:
    """Return the analogy box with what it leaves out, or nothing."""
    m, dim = explorer.analogy_vectors.shape
    if m == 0:
        return ""
    note = f"Knows {m} keys, as {dim} numbers of 8 bits each"
    if "agreement" in explorer.numbers:
        share = as_html(explorer.numbers["agreement"])
        note += f"; on {share} % of 500 random questions its first answer is that of "
        note += "the full vectors"
    words = [escape(pack.visible(key)) for key in explorer.example] or [""] * 3
    fields = dict(zip("abc", words, strict=True))
    return Template(asset("analogy.html")).substitute(fields, note=note + ".")


def _row(explorer: Explorer, names: list[str], grid: Any, i: int) -> str:
    """Return one row of the table that also stands without JavaScript."""
    listed = explorer.listed(i)
    near = " · ".join(
        f"<bdi>{escape(names[j])}</bdi> {hundredths(s) / 100:.2f}"
        for j, s in listed[:STATIC_LISTED]
    )
    if more := len(listed[STATIC_LISTED:]):
        near += f" · {more:,} more"
    name = pack.visible(explorer.groups[i]) if explorer.groups else None
    group = "" if name is None else f"<td>{escape(name)}</td>"
    across, up = (int(v / 99.99 + 0.5) for v in grid[i])
    return (
        f'<tr><th scope="row"><bdi>{escape(names[i])}</bdi></th>{group}'
        f"<td>{across}</td><td>{up}</td><td>{near}</td></tr>\n"
    )


def hundredths(cosine: Any) -> Any:
    """Return a cosine, or an array of them, as whole hundredths (never -0)."""
    return np.rint(100 * np.asarray(cosine)).astype(np.int8)


def _data(explorer: Explorer, names: list[str], grid: Any) -> dict[str, Any]:
    """Return what the script reads; see explorer.js for the decoding."""
    order, scores = explorer.nearest
    groups = _groups(explorer)
    data: dict[str, Any] = {
        "names": names,
        "xy": pack.to_base64(grid),
        "k": explorer.neighbours,
        "near": pack.to_base64(pack.to_12_bits(order)),
        "cosine": pack.to_base64(hundredths(scores)),
        "groups": [pack.visible(name) for name in groups] or None,
    }
    if explorer.groups:
        places = {name: i for i, name in enumerate(groups)}
        ids = np.array([places[name] for name in explorer.groups], dtype=np.uint8)
        data["group"] = pack.to_base64(ids)
    if len(explorer.analogy_rows):
        data["analogy"] = {
            "rows": explorer.analogy_rows.tolist(),
            "dim": int(explorer.analogy_vectors.shape[1]),
            "vectors": pack.to_base64(explorer.analogy_vectors),
        }
    return data
