"""All trained spaces of the one world: those of both stored studies, as one mapping.

``one_world-spaces`` and ``one_world-families`` each write a file; where both hold runs
of a family, their seeds stand behind one another. Here stands also why a space has no
noise ceiling: it has only one run. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tutor import claims
from tutor.closing.one_world import stored
from tutor.datasets.errors import DamagedFileError, DataError
from tutor.datasets.paths import data_root

RECORD = "one_world-families"
Runs = NDArray[np.float64]

FIXED = "nothing in it is random"
FOREIGN = "others trained it, one run is packaged"
ONCE = "the book trained it once"
ONE_RUN = {
    "SVD, word": FIXED,
    "HOPE, node": FIXED,
    "LSA, gloss": FIXED,
    "LSA, text": FIXED,
    "pixels, drawing": FIXED,
    "GloVe-6B, word": FOREIGN,
    "SIF, gloss": f"{FIXED} but GloVe-6B, of which one run is packaged",
    "SIF, text": f"{FIXED} but GloVe-6B, of which one run is packaged",
    "MiniLM, gloss": FOREIGN,
    "MiniLM, text": FOREIGN,
    "ImageNet, drawing": FOREIGN,
    "own BERT, gloss": ONCE,
    "own CLIP, drawing": ONCE,
}
"""Spaces without a second run, and why: none of them has a noise ceiling."""


def path() -> Path:
    """Return where the vectors of the second study lie."""
    return data_root() / "weights" / "one_world_families.safetensors"


def trained(names: Sequence[str]) -> dict[str, Runs]:
    """Return the runs (seeds, n, d) of every trained family, for these concepts.

    Raises
    ------
    DataError, DamagedFileError
        As :func:`~tutor.closing.one_world.stored.read`, with the command to run.
    """
    runs = stored.trained(names)
    try:
        later = stored.read(path(), names, claims.stored(RECORD)["sha256"])
    except DamagedFileError:
        raise
    except DataError as error:
        raise DataError(str(error).replace(stored.RECORD, RECORD)) from None
    return joined(runs, later)


def joined(one: dict[str, Runs], other: dict[str, Runs]) -> dict[str, Runs]:
    """Return both mappings in one; seeds of a family that both hold are put together.

    Raises
    ------
    ValueError
        When a family's runs differ in concepts or numbers.
    """
    found = dict(one)
    for name, runs in other.items():
        if name in one and one[name].shape[1:] != runs.shape[1:]:
            raise ValueError(
                f"{name} has runs of {one[name].shape[1:]} and of {runs.shape[1:]}: "
                "seeds of a family must hold the same concepts and numbers"
            )
        found[name] = np.concatenate([one[name], runs]) if name in one else runs
    return found
