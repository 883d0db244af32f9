"""What a chapter's cells call: set-up, source code, sentences and tables of results."""

from __future__ import annotations

import numbers
import random
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from string import Formatter
from typing import Any

from tutor.claims import ClaimError, Measured
from tutor.notebook import colab
from tutor.notebook.colab import NEEDS, carriers_of, setup_cell
from tutor.notebook.source import shorten_docstrings, source_of

__all__ = [
    "NEEDS",
    "carriers_of",
    "glue",
    "setup",
    "setup_cell",
    "shorten_docstrings",
    "show",
    "source_of",
    "table",
]


def setup(chapter: str, *, seed: int = 0) -> None:
    """Prepare a chapter: print options and seeds; in Colab also what it needs.

    Silent outside Colab. Nothing is restarted and nothing already installed is
    replaced.

    Parameters
    ----------
    chapter : str
        ``part/name``, for example ``words/word2vec``.
    seed : int
        Seed of Python's and NumPy's global generators, for code that still uses them.

    Raises
    ------
    ValueError
        If the name is not of the form ``part/name``.
    """
    if not re.fullmatch(r"[a-z0-9]+/[a-z0-9_]+", chapter):
        raise ValueError(
            f"{chapter!r} is no chapter; write part/name, for example 'words/word2vec'"
        )
    import numpy as np

    np.set_printoptions(precision=3, suppress=True, threshold=50, linewidth=88)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - for code that still draws from the global one
    if torch := sys.modules.get("torch"):
        torch.manual_seed(seed)
    if "google.colab" in sys.modules:
        colab.prepare(chapter)


def show(*things: Any, docstrings: bool = False) -> None:
    """Show the source of functions, classes or modules as a code block.

    What stands on the page is what runs: the text is read from the package at run time.

    Parameters
    ----------
    *things : functions, classes or modules
        Compiled functions are shown as they were written.
    docstrings : bool
        Show them whole; otherwise their first line, since the chapter says the rest.
    """
    code = "\n\n\n".join(source_of(thing, docstrings=docstrings) for thing in things)
    _display({"text/plain": code, "text/markdown": f"```python\n{code}\n```"})


def glue(sentence: str, **values: Measured | int | str) -> None:
    """Show a sentence with measured values in it, as Markdown.

    Parameters
    ----------
    sentence : str
        Markdown with one ``{name}`` for each value.
    **values : Measured, int or str
        Floats are refused: a float that moves in its last digit would break the page on
        another machine. Wrap it in :class:`tutor.Measured` with its band, or, where it
        cannot move, write it as text: ``f"{x:.3f}"``.

    Raises
    ------
    ClaimError
        If a value is a bare float, is missing, or is not used.

    Examples
    --------
    >>> from tutor import Measured
    >>> rho = Measured(0.6134, band=(0.5, 0.7), reason="five seeds, doubled")
    >>> glue("The correlation is {rho} on {n} pairs.", rho=rho, n=353)
    The correlation is ⟦0.61⟧ on 353 pairs.
    """
    fields = [name for _, name, _, _ in Formatter().parse(sentence) if name]
    if set(fields) != set(values):
        raise ClaimError(
            f"the sentence names {sorted(set(fields))}, given are {sorted(values)}"
        )
    plain = {name: _plain(value, name) for name, value in values.items()}
    page = {name: _page(value) for name, value in values.items()}
    marked = [values[name] for name in fields]
    _display(
        {
            "text/plain": sentence.format(**plain),
            "text/markdown": sentence.format(**page),
        },
        [value for value in marked if isinstance(value, Measured)],
    )


def table(
    header: Sequence[str], rows: Iterable[Sequence[Measured | int | str]]
) -> None:
    """Show a table of results; the first column names its row.

    Parameters
    ----------
    header : sequence of str
        One name a column.
    rows : iterable of sequences
        Measured numbers, integers or text; floats are refused as in :func:`glue`.

    Raises
    ------
    ClaimError
        If a row has another length than the header, or holds a bare float.
    """
    cells = [list(row) for row in rows]
    for row in cells:
        if len(row) != len(header):
            raise ClaimError(f"{len(header)} columns, but a row has {len(row)}: {row}")
    head = "".join(f'<th scope="col">{_escape(name)}</th>' for name in header)
    body = ""
    for row in cells:
        first, *rest = (_cell(value) for value in row)
        body += f'<tr><th scope="row">{first}</th>'
        body += "".join(f"<td>{value}</td>" for value in rest) + "</tr>"
    lines = [" | ".join(header)]
    lines += [" | ".join(_plain(value, "cell") for value in row) for row in cells]
    _display(
        {
            "text/plain": "\n".join(lines),
            "text/html": f'<table class="tutor-output"><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>",
        },
        [value for row in cells for value in row if isinstance(value, Measured)],
    )


def _cell(value: Any) -> str:
    return value.html if isinstance(value, Measured) else _escape(str(value))


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(value: Any, name: str) -> str:
    if isinstance(value, Measured | str | numbers.Integral):
        return str(value)
    raise ClaimError(
        f"{name} is a bare {type(value).__name__} ({value!r}); wrap it in "
        "tutor.Measured with its band, or, where it cannot move, write it as text: "
        'f"{x:.3f}"'
    )


def _page(value: Any) -> str:
    return value.html if isinstance(value, Measured) else str(value)


def _display(data: dict[str, str], measured: Sequence[Measured] = ()) -> None:
    """Publish an output with its record; outside a notebook print the plain text."""
    record = {"kind": "glue", "measured": [value.record() for value in measured]}
    shell = sys.modules.get("IPython")
    if shell is None or shell.get_ipython() is None:
        sys.stdout.write(data["text/plain"] + "\n")
        return
    from IPython.display import publish_display_data

    metadata = {"tutor": record} if measured else {}
    publish: Callable[..., None] = publish_display_data
    publish(data, metadata=metadata)
