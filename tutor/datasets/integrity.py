"""Hashes and landings: a file is whole and right, or it is not there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tutor.datasets.errors import DamagedFileError


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def check(path: Path, expected: str) -> Path:
    """Return ``path`` when its bytes have the expected SHA-256.

    Raises
    ------
    DamagedFileError
        When they have not, or the file is missing; names both hashes.
    """
    found = sha256_file(path) if path.is_file() else "no file"
    if found != expected:
        raise DamagedFileError(path, expected, found)
    return path


@contextmanager
def landing(folder: Path) -> Iterator[Path]:
    """Fill a new folder beside ``folder`` and put it in place at once, or not at all.

    A process that is killed leaves a ``.part-`` folder that nobody reads. What stood
    at ``folder`` before is replaced. The caller holds the lock.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for stale in folder.parent.glob(f".part-{folder.name}-*"):
        shutil.rmtree(stale, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f".part-{folder.name}-", dir=folder.parent))
    try:
        yield work
        for path in work.rglob("*"):
            if path.is_file():
                _to_disk(path)
        if folder.exists():
            old = work.with_name(work.name + "-old")
            folder.rename(old)
            work.rename(folder)
            shutil.rmtree(old, ignore_errors=True)
        else:
            work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _to_disk(path: Path) -> None:
    """Ask the system to write a file out before its name means something."""
    with contextlib.suppress(OSError), path.open("rb") as handle:
        os.fsync(handle.fileno())
