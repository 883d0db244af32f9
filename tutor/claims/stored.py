"""Artefacts in ``data/results``: what a study found, and what it was made from.

A study too long for a notebook runs once by ``python -m tutor claims NAME`` and leaves
a JSON file: its payload, the date, the command, the machine, the versions, and a hash
of every piece of code and data it came from. The hash is taken over the syntax tree
without docstrings and comments, so that better words do not make a result stale and a
changed formula does.
"""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from tutor.claims.hashing import fingerprint, input_name
from tutor.claims.measured import ClaimError

_WITNESSES = ("numpy", "scipy", "numba", "torch", "gensim", "scikit-learn")


@dataclass(frozen=True)
class Stored:
    """One artefact of ``data/results``, read-only."""

    name: str
    payload: Any
    date: str
    command: str
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    inputs: Mapping[str, str]
    data: tuple[str, ...]

    def __getitem__(self, key: str) -> Any:
        try:
            return self.payload[key]
        except (KeyError, TypeError, IndexError):
            offered = list(self.payload) if isinstance(self.payload, Mapping) else "?"
            raise KeyError(
                f"{key!r} is not in data/results/{self.name}.json; it offers {offered}"
            ) from None

    def summary(self) -> dict[str, str]:
        """Name, date and command: what a claim's record keeps."""
        return {"name": self.name, "date": self.date, "command": self.command}

    def stale(self) -> list[str]:
        """Name the inputs that changed since the artefact was made."""
        return [
            f"{name}: {'gone' if now is None else 'changed'}"
            for name, then in self.inputs.items()
            if (now := fingerprint(name, missing_ok=True)) != then
        ]


def results_root() -> Path:
    """``data/results`` of the checkout, or of the installed package."""
    here = Path(__file__).resolve().parents[2] / "data" / "results"
    if here.is_dir():
        return here
    from tutor.datasets import data_root

    return Path(data_root()) / "results"


def store(
    name: str,
    payload: Any,
    *,
    inputs: Sequence[ModuleType | Any | str],
    data: Sequence[str] = (),
    command: str = "",
    seconds: Mapping[str, float] | None = None,
    root: Path | None = None,
) -> Stored:
    """Write ``data/results/<name>.json``.

    Parameters
    ----------
    name : str
        File name without ending: letters, digits, ``-`` and ``_``.
    payload : JSON-able
        What the study found.
    inputs : modules, functions or their names
        The code the payload came from, for example ``tutor.words.word2vec`` (a package
        counts with all its files) or ``tutor.words.studies.word2vec:subsampling``.
    data : strings
        Names and hashes of the data, kept as given.
    command : str
        What remakes it; ``python -m tutor claims <name>`` unless said otherwise.
    seconds : mapping, optional
        How long it took, ``wall`` and ``processor``; kept in whole seconds beside the
        machine and its cores. Records made before this was kept have none.
    root : Path, optional
        Another folder than ``data/results``.

    Raises
    ------
    ClaimError
        If there is no input, or the payload is not finite JSON.
    """
    if not name.replace("-", "").replace("_", "").isalnum():
        raise ClaimError(f"{name!r} is no file name: letters, digits, - and _ only")
    if not inputs:
        raise ClaimError(f"{name}: name the code the payload came from in `inputs`")
    names = sorted({input_name(item) for item in inputs})
    content = {
        "name": name,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "command": command or f"python -m tutor claims {name}",
        "machine": machine(),
        "versions": versions(),
        "inputs": {item: fingerprint(item) for item in names},
        "data": list(data),
        "payload": payload,
    }
    if seconds is not None:
        content["seconds"] = {kind: round(taken) for kind, taken in seconds.items()}
    try:
        text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ClaimError(
            f"{name}: the payload is not plain finite JSON ({error}); use floats, "
            "strings, lists and dictionaries"
        ) from error
    path = (root or results_root()) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(path)
    return stored(name, root=root)


def stored(name: str, *, root: Path | None = None) -> Stored:
    """Read an artefact; an unknown name lists what is there."""
    folder = root or results_root()
    path = folder / f"{name}.json"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in folder.glob("*.json"))) or "nothing"
        raise ClaimError(
            f"no stored result {name!r} in data/results (there: {there}); make it by "
            f"`python -m tutor claims {name}`"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Stored(
            name=content["name"],
            payload=content["payload"],
            date=content["date"],
            command=content["command"],
            machine=content["machine"],
            versions=content["versions"],
            inputs=content["inputs"],
            data=tuple(content["data"]),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ClaimError(
            f"data/results/{name}.json is damaged ({type(error).__name__}: {error}); "
            f"make it again by `python -m tutor claims {name}`"
        ) from error


def effect(values: Mapping[str, Any]) -> Any:
    """Rebuild an ``Effect`` that a study stored by ``dataclasses.asdict(effect)``.

    Parameters
    ----------
    values : mapping
        ``estimate``, ``low``, ``high``, ``per_seed``, ``items`` and ``level``.
    """
    from tutor.evaluate.statistics import Effect

    return Effect(**{**values, "per_seed": tuple(values["per_seed"])})


def machine() -> dict[str, Any]:
    """Describe the machine: processor, cores, memory."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
    return {"cpu": cpu, "cores": os.cpu_count(), "system": platform.system()}


def versions() -> dict[str, str]:
    """List the versions of Python and of the libraries that shape a result."""
    found = {"python": platform.python_version()}
    for name in _WITNESSES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
