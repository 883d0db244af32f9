"""Several spaces of the same keys: one map at a time, and a way from each to the next.

A box above the map names the spaces. Choosing another keeps the chosen key and shows
its neighbours there. Without JavaScript a table lists, for some keys, the nearest
others in every space. It is an :class:`~tutor.explorer.view.Explorer` with more data:
style, keyboard and safety are the same.

Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from tutor.embedding import Embedding
from tutor.explorer import pack, page
from tutor.explorer.trained import Trained
from tutor.explorer.view import Explorer

TOLD, NEAREST = 12, 3
"""Keys of the table that stands without JavaScript, and neighbours told of each."""


class Spaces:
    """Show the same keys in several embeddings.

    Parameters
    ----------
    spaces : mapping of name to Embedding
        Two or more, all with the same keys in the same order.
    title : str
    groups : sequence of str, optional
        As in :class:`~tutor.explorer.view.Explorer`.
    neighbours : int
        Neighbours listed for a chosen key.
    told : sequence of str, optional
        Keys of the table without JavaScript; the first twelve unless given.
    trained : tutor.explorer.Trained or None
        Bands of the numbers under each map, where vectors differ between machines.

    Raises
    ------
    ValueError
        With fewer than two spaces, or keys that differ.
    KeyError
        If ``told`` names an unknown key.
    """

    def __init__(
        self,
        spaces: Mapping[str, Embedding],
        *,
        title: str = "The same things in several spaces",
        groups: Sequence[str] | None = None,
        neighbours: int = 8,
        told: Sequence[str] | None = None,
        trained: Trained | None = None,
    ) -> None:
        if len(spaces) < 2:
            raise ValueError(
                f"{len(spaces)} spaces: give two or more, or use Explorer for one"
            )
        keys = next(iter(spaces.values())).keys
        for name, embedding in spaces.items():
            if embedding.keys != keys:
                raise ValueError(
                    f"{name!r} has other keys than the first space, or another order: "
                    "give embedding.subset(keys) of the same keys for each"
                )
        self.explorers = {
            name: Explorer(
                embedding,
                title=title,
                groups=groups,
                neighbours=neighbours,
                limit=len(keys),
                analogy=0,
                trained=trained,
            )
            for name, embedding in spaces.items()
        }
        rows = {key: row for row, key in enumerate(keys)}
        chosen = list(keys[:TOLD] if told is None else told)
        if unknown := [key for key in chosen if key not in rows]:
            raise KeyError(f"told names {unknown[0]!r}, which is none of the keys")
        self.told = [rows[key] for key in chosen]

    # --- display ---------------------------------------------------------------------
    def _repr_html_(self) -> str:
        """Return the first space as an explorer, with all others beside it."""
        options = "".join(
            f"<option>{escape(pack.visible(name))}</option>" for name in self.explorers
        )
        first = next(iter(self.explorers.values()))
        mark = " data-measured" if first.trained else ""
        data = pack.script_json(
            [self._space(name, first=not i) for i, name in enumerate(self.explorers)]
        )
        return page.html(
            first,
            bar=f'<label>Space <select class="ex-space">{options}</select></label>\n',
            more=self._table(mark)
            + f'<script type="application/json" class="ex-several"{mark}>{data}'
            + "</script>\n",
            script=page.asset("spaces.js"),
        )

    def _space(self, name: str, *, first: bool) -> dict[str, Any]:
        """Return what the script reads of one space; of the first, what is not there.

        To save room a row has as many bits as it needs, and a place ten: a thousandth
        of the map's width.
        """
        explorer = self.explorers[name]
        order, scores = explorer.nearest
        total, dim = explorer.embedding.vectors.shape
        kept = page.kept(explorer, lambda shown: getattr(shown, "text", str(shown)))
        told: dict[str, Any] = {
            "name": pack.visible(name),
            "note": (
                f"{pack.visible(name)}: {total:,} keys, {dim} dimensions, drawn in 2 "
                f"by principal components. The map keeps: {kept}. Neighbours are by "
                "cosine in all dimensions."
            ),
        }
        if first:
            return told
        places = np.rint(pack.to_grid(explorer.coordinates) * (1023 / pack.GRID))
        bits = max(1, (total - 1).bit_length())
        return told | {
            "bits": bits,
            "xy": pack.to_base64(pack.to_bits(places, 10)),
            "near": pack.to_base64(pack.to_bits(order, bits)),
            "cosine": pack.to_base64(page.hundredths(scores)),
        }

    def _table(self, mark: str) -> str:
        """Return the table that also stands without JavaScript."""
        heads = "".join(
            f'<th scope="col">{escape(pack.visible(name))}</th>'
            for name in self.explorers
        )
        rows = "".join(self._row(row) for row in self.told)
        return (
            '<details class="ex-spaces-table"><summary>Nearest in every space'
            '</summary>\n<div class="ex-scroll" tabindex="0" role="region" '
            'aria-label="Nearest in every space"><table><thead><tr>'
            f'<th scope="col">Name</th>{heads}</tr></thead>\n'
            f'<tbody class="ex-told"{mark}>\n'
            f"{rows}</tbody></table></div></details>\n"
        )

    def _row(self, row: int) -> str:
        names = next(iter(self.explorers.values())).keys
        cells = ""
        for explorer in self.explorers.values():
            near = explorer.nearest[0][row][:NEAREST]
            told = ", ".join(
                f"<bdi>{escape(pack.visible(names[i]))}</bdi>" for i in near
            )
            cells += f"<td>{told}</td>"
        head = escape(pack.visible(names[row]))
        return f'<tr><th scope="row"><bdi>{head}</bdi></th>{cells}</tr>\n'

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """Return text and HTML, and the records of the first map's numbers."""
        first = next(iter(self.explorers.values()))
        metadata = first._repr_mimebundle_()[1]
        data = {"text/plain": repr(self), "text/html": self._repr_html_()}
        return data, metadata

    def __repr__(self) -> str:
        names = ", ".join(self.explorers)
        first = next(iter(self.explorers.values()))
        return f"Spaces({len(self.explorers)}: {names}; first: {first!r})"
