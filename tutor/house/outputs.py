"""Execute chapters: ``book/source/P/N.md`` in, ``book/P/N.ipynb`` with outputs out.

One direction only, from the text an author edits to the notebook a reader opens; the
notebook is written when every cell has run, and never half. It is stored so that a
second run on the same machine changes no byte: no run times, ids made from the cells.
"""

from __future__ import annotations

import hashlib
import re
import sys
import time
from pathlib import Path
from typing import Any

from tutor.house.setup import ROOT, HouseError

TIMEOUT = 300
CELL_BUDGET, CHAPTER_BUDGET = 30.0, 90.0  # seconds on one core of a quiet machine
KEPT_CELL = ("tags", "mystnb")
KEPT_NOTEBOOK = ("kernelspec", "jupytext")


def sources(root: Path = ROOT) -> dict[str, Path]:
    """Return the chapters that have a source: ``words/word2vec`` to its path."""
    folder = root / "book" / "source"
    paths = sorted(folder.glob("*/*.md"))
    return {p.relative_to(folder).with_suffix("").as_posix(): p for p in paths}


def notebook_path(chapter: str, root: Path = ROOT) -> Path:
    """Return where the executed notebook of a chapter lies."""
    return root / "book" / f"{chapter}.ipynb"


def read_source(path: Path) -> Any:
    """Read a source as a notebook without outputs, with ids made from its cells."""
    import jupytext

    notebook = jupytext.read(path)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()
        number = seen[digest] = seen.get(digest, 0) + 1
        cell["id"] = f"{digest[:12]}-{number}"
    return notebook


def execute(notebook: Any, folder: Path) -> list[float]:
    """Run all cells in a fresh kernel; return the seconds of each code cell."""
    from nbclient import NotebookClient

    seconds: list[float] = []

    def start(**_: Any) -> None:
        seconds.append(-time.perf_counter())

    def stop(**_: Any) -> None:
        seconds[-1] += time.perf_counter()

    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        startup_timeout=180,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # how often a cell's text is flushed varies
        extra_arguments=["--IPKernelApp.log_level=40"],
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=start,
        on_cell_executed=stop,
    )
    client.execute()
    return seconds


def over_budget(seconds: list[float]) -> list[str]:
    """Say which cells, and whether the chapter, took longer than a reader waits."""
    slow = [
        f"code cell {number} took {took:.0f} s, at most {CELL_BUDGET:.0f} s wanted"
        for number, took in enumerate(seconds, 1)
        if took > CELL_BUDGET
    ]
    if (total := sum(seconds)) > CHAPTER_BUDGET:
        slow.append(
            f"all cells took {total:.0f} s, at most {CHAPTER_BUDGET:.0f} wanted"
        )
    return slow


def tidy(notebook: Any) -> None:
    """Keep the metadata that means something; give each picture its alt text."""
    for key in [k for k in notebook.metadata if k not in KEPT_NOTEBOOK]:
        del notebook.metadata[key]
    notebook.metadata.get("jupytext", {}).get("text_representation", {}).pop(
        "jupytext_version", None
    )
    for cell in notebook.cells:
        for key in [k for k in cell.metadata if k not in KEPT_CELL]:
            del cell.metadata[key]
        alts = alt_texts(cell)
        if len(alts) > 1:
            raise HouseError(
                f"a cell shows {len(alts)} figures ({'; '.join(alts)}); one cell can"
                " carry one alt text: give each figure a cell of its own"
            )
        if alts:
            settings = cell.metadata.setdefault("mystnb", {})
            settings.setdefault("image", {})["alt"] = alts[0]


def alt_texts(cell: Any) -> list[str]:
    """Return the different alt texts that a cell's figures carry."""
    found = []
    for output in cell.get("outputs", []):
        alt = output.get("metadata", {}).get("image/png", {}).get("alt")
        if alt and alt not in found:
            found.append(alt)
    return found


def regenerate(chapter: str, root: Path = ROOT) -> float:
    """Execute one chapter and write its notebook; return the seconds it took.

    Raises
    ------
    HouseError
        When the chapter has no source, or a cell raises: then nothing is written.
    """
    import nbformat
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    known = sources(root)
    if chapter not in known:
        names = ", ".join(known) or "none yet"
        raise HouseError(f"no chapter {chapter!r} in book/source; there are: {names}")
    notebook = read_source(known[chapter])
    target = notebook_path(chapter, root)
    target.parent.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    try:
        seconds = execute(notebook, target.parent)
    except CellExecutionError as error:
        raise HouseError(f"{chapter}: a cell raised\n{_plain(str(error))}") from error
    except CellTimeoutError as error:
        raise HouseError(f"{chapter}: a cell ran over {TIMEOUT} s") from error
    for problem in over_budget(seconds):
        print(f"{chapter}: {problem} (on a quiet machine)", file=sys.stderr)
    tidy(notebook)
    waiting = target.with_suffix(".ipynb.part")
    nbformat.write(notebook, waiting)  # type: ignore[no-untyped-call]
    waiting.replace(target)
    return time.perf_counter() - began


def _plain(text: str) -> str:
    """Return a traceback without the colours of a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def main(*chapters: str) -> int:
    """Execute the named chapters, or all, and report how long each took."""
    failed = 0
    for chapter in chapters or tuple(sources()):
        name = re.sub(r"^(book/)?(source/)?|\.(md|ipynb)$", "", chapter)
        try:
            seconds = regenerate(name)
        except HouseError as error:
            print(f"tutor outputs: {error}", file=sys.stderr)
            failed += 1
        else:
            print(f"{name}: {seconds:.0f} s", flush=True)
    return 1 if failed else 0
