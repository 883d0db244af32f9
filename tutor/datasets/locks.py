"""One process at a time: a lock on a file that dies with its holder."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make a folder and its parents.

    A parent that cannot be made, such as a drive that is not there, is reported as
    ``NotADirectoryError``: ``FileNotFoundError`` is left for files that are missing.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileNotFoundError as error:
        reason = "a folder above it cannot be made"
        raise NotADirectoryError(errno.ENOTDIR, reason, str(folder)) from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on ``path``, waiting for whoever holds it now.

    The operating system frees the lock when its holder ends, however it ends; the
    empty file stays and means nothing. Raises ``OSError`` where ``path`` cannot be
    written.
    """
    make_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _wait(handle)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":  # pragma: no cover
    import msvcrt
    import time

    def _wait(handle: int) -> None:
        while True:
            try:
                os.lseek(handle, 0, os.SEEK_SET)
                msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
                return
            except OSError:
                time.sleep(0.2)

else:
    import fcntl

    def _wait(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX)
