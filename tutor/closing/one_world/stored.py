"""Vectors of the one world's concepts that took too long for a notebook.

``python -m tutor claims one_world-spaces`` trains them and writes
``data/weights/one_world.safetensors``, in half precision; its hash stands in
``data/results/one_world-spaces.json`` and is compared before a number is used.
Chapter: ``closing/one_world``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tutor import claims
from tutor.datasets.errors import DataError
from tutor.datasets.integrity import check, sha256_file
from tutor.datasets.paths import data_root

RECORD = "one_world-spaces"
Runs = NDArray[np.float64]


def path() -> Path:
    """Return where the vectors lie."""
    return data_root() / "weights" / "one_world.safetensors"


def write(where: Path, names: Sequence[str], runs: Mapping[str, Runs]) -> str:
    """Write the runs (seeds, n, d) of each family; return the file's SHA-256.

    Raises
    ------
    ValueError
        When a family has another number of concepts, or numbers too large for half
        precision.
    """
    from safetensors.numpy import save_file

    half = {}
    for family, table in runs.items():
        if table.ndim != 3 or table.shape[1] != len(names):
            raise ValueError(
                f"{family} has shape {table.shape}, expected (seeds, {len(names)}, dim)"
            )
        if not np.abs(table).max() < np.finfo(np.float16).max:  # NaN fails as well
            raise ValueError(f"{family} does not fit half precision: scale it before")
        half[family] = np.ascontiguousarray(table, np.float16)
    where.parent.mkdir(parents=True, exist_ok=True)
    save_file(half, where, metadata={"names": json.dumps(list(names))})
    return sha256_file(where)


def read(where: Path, names: Sequence[str], sha256: str) -> dict[str, Runs]:
    """Read what :func:`write` wrote, for the same concepts in the same order.

    Raises
    ------
    DataError
        When there is no file, or it holds other concepts; with the remedy.
    DamagedFileError
        When its hash is another.
    """
    from safetensors import safe_open

    remedy = f"run `python -m tutor claims {RECORD}`"
    if not where.is_file():
        raise DataError(f"there is no {where.name} in {where.parent}; {remedy}")
    with safe_open(check(where, sha256), framework="numpy") as handle:
        held = json.loads(handle.metadata()["names"])
        found = {k: handle.get_tensor(k) for k in handle.keys()}  # noqa: SIM118
    if held != list(names):
        raise DataError(
            f"{where.name} holds {len(held)} concepts, asked for are {len(names)} "
            f"others or in another order; {remedy}"
        )
    return {name: table.astype(np.float64) for name, table in found.items()}


def trained(names: Sequence[str]) -> dict[str, Runs]:
    """Return the stored runs (seeds, n, d) of each family, for these concepts."""
    return read(path(), names, claims.stored(RECORD)["sha256"])
