"""Studies: the experiments too long for a notebook, run once and kept.

A chapter's studies are pure functions in ``tutor/<part>/studies/<chapter>.py``, listed
there as ``STUDIES = {"name": Study(...)}``. ``python -m tutor claims NAME`` runs one
and writes ``data/results/NAME.json``.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import pkgutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutor.claims.hashing import input_name
from tutor.claims.measured import ClaimError
from tutor.claims.stored import Stored, store

PARTS = (
    "words",
    "documents",
    "context",
    "multimodal",
    "graphs",
    "knowledge",
    "systems",
    "closing",
)
_PRESENTATION = ("claims", "exercises", "explorer", "house", "notebook", "plot")
# Rooms that hold and hand on what others compute.
_CONTAINERS = ("datasets", "embedding", "formats", "training", "checks", "spelling")
_CORPUS = ("corpus", "readers", "texts", "tokenizer", "vocabulary")


@dataclass(frozen=True)
class Study:
    """An experiment and what it depends on.

    Parameters
    ----------
    run : callable
        Takes nothing, returns the payload: plain JSON of floats, lists, strings.
    inputs : sequence of modules, functions or names
        The code whose change makes the result stale; empty means the module of ``run``
        and every ``tutor`` module that it imports itself.
    data : sequence of str
        Names of sources in ``data/sources.toml``.
    """

    run: Callable[[], Any]
    inputs: Sequence[Any] = ()
    data: Sequence[str] = ()

    def dependencies(self) -> list[str]:
        """Name the code this study rests on: itself, its inputs, and what those use."""
        own = input_name(self.run)
        if self.inputs:
            named = {own, *(input_name(item) for item in self.inputs)}
        else:
            module = own.partition(":")[0]
            named = {module, *imported(module)}
        if "course-en" in self.data:
            named |= {f"tutor.datasets.{name}" for name in _CORPUS}
        return sorted(closed(named))


def studies() -> dict[str, Study]:
    """Collect the studies of every part; a name stands once in the whole course."""
    found: dict[str, Study] = {}
    for part in PARTS:
        for name, study in of_part(part).items():
            if name in found:
                raise ClaimError(f"two studies are called {name!r}; rename one")
            found[name] = study
    return found


def of_part(part: str) -> dict[str, Study]:
    """Collect ``STUDIES`` of the modules in ``tutor/<part>/studies``."""
    package = f"tutor.{part}.studies"
    found: dict[str, Study] = {}
    for module in modules_of(package):
        for name, entry in getattr(module, "STUDIES", {}).items():
            if name in found:
                raise ClaimError(f"two studies are called {name!r}; rename one")
            found[name] = entry if isinstance(entry, Study) else Study(entry)
    return found


def modules_of(package: str) -> Iterator[Any]:
    """Import the modules directly inside a package; none if there is no package."""
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        return
    if spec is None or spec.submodule_search_locations is None:
        return
    for info in pkgutil.iter_modules(spec.submodule_search_locations):
        yield importlib.import_module(f"{package}.{info.name}")


def run(name: str, *, root: Path | None = None) -> Stored:
    """Run one study and store what it found.

    Raises
    ------
    ClaimError
        If there is no study of that name; the message lists what there is.
    """
    known = studies()
    if name not in known:
        there = ", ".join(sorted(known)) or "none yet"
        raise ClaimError(f"no study {name!r}; there are: {there}")
    study = known[name]
    wall, processor = time.perf_counter(), time.process_time()
    payload = study.run()
    seconds = {
        "wall": time.perf_counter() - wall,
        "processor": time.process_time() - processor,
    }
    return store(
        name,
        payload,
        inputs=study.dependencies(),
        data=[data_mark(source) for source in study.data],
        seconds=seconds,
        root=root,
    )


def data_mark(name: str) -> str:
    """Name a data set with the hash of its files: ``course-en sha256:1a2b…``.

    Parameters
    ----------
    name : str
        A source of ``data/sources.toml``, or ``course-en`` for the course corpus.
    """
    from tutor.datasets import sources

    files = sorted(
        (file.path, file.sha256)
        for source in expand(name)
        for file in sources.source(source).files
    )
    digest = hashlib.sha256(repr(files).encode()).hexdigest()[:16]
    return f"{name} sha256:{digest}"


def expand(name: str) -> tuple[str, ...]:
    """Return the sources behind a name: several behind some data sets, else itself.

    ``course-en`` is five texts, ``world`` what the shared concepts are made from.
    """
    if name == "course-en":
        from tutor.datasets import readers

        return tuple(readers.COURSE_EN)
    if name == "world":
        from tutor.datasets import world

        return world.SOURCES
    return (name,)


def stale(result: Stored) -> list[str]:
    """Name what a stored result was made from and is different now."""
    changed = result.stale()
    for mark in result.data:
        source = mark.partition(" sha256:")[0]
        if source != mark and data_mark(source) != mark:
            changed.append(f"{source}: data changed")
    return changed


def imported(module: str) -> set[str]:
    """Name the ``tutor`` modules a module imports anywhere in its file.

    What only shows results (figures, claims, the notebook) is left out.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ClaimError(f"no module {module!r}")
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            whole = {name for name in inner if _is_module(name)}
            names.update(whole if len(whole) == len(inner) else {node.module, *whole})
    return {
        name
        for name in names
        if name.startswith("tutor.") and name.split(".")[1] not in _PRESENTATION
    }


def closed(names: Iterable[str]) -> set[str]:
    """Add the modules that these modules compute with, and theirs in turn.

    A function is taken alone. A package is never added on the way, but for
    ``tutor.sampling``: a study names the files of an algorithm that it runs.
    """
    found = set(names)
    waiting = [name for name in found if ":" not in name]
    while waiting:
        for target in imported(waiting.pop()) - found:
            room = target.split(".")[1]
            if room in _CONTAINERS or (_is_package(target) and room != "sampling"):
                continue
            found.add(target)
            waiting.append(target)
    return found


def _is_package(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.submodule_search_locations is not None


def _is_module(name: str) -> bool:
    if not name.startswith("tutor."):
        return False
    try:
        return importlib.util.find_spec(name) is not None
    except (ModuleNotFoundError, ValueError):
        return False
