"""The errors of the data room: each says what was found, what was expected, what to do.

All derive from :class:`DataError`, so a caller may catch one name.
"""

from __future__ import annotations

import errno
from pathlib import Path

COMMAND = "python -m tutor data"


class DataError(RuntimeError):
    """Something is wrong with a data set, its carrier or the cache."""


class MissingCarrierError(DataError):
    """A package or file that carries a data set is not there yet."""

    def __init__(self, name: str, where: Path | None = None) -> None:
        place = f" (looked in {where})" if where else ""
        super().__init__(
            f"the data carrier {name!r} is not unpacked{place}; "
            f"run `{COMMAND}` once, it fetches every carrier and checks its hash"
        )


class DamagedFileError(DataError):
    """A file does not have the bytes that ``data/sources.toml`` promises."""

    def __init__(self, path: Path, expected: str, found: str) -> None:
        super().__init__(
            f"{path} is damaged or altered: expected SHA-256 {expected}, "
            f"found {found}; run `{COMMAND}` to fetch it again"
        )


class UnsafeContentError(DataError):
    """A file asks for something that data must not ask for; nothing was done."""


class CacheWarning(UserWarning):
    """The cache could not be used; the result is right but will be made again."""


_UNWRITABLE = {
    getattr(errno, name)
    for name in (
        *("EACCES", "EPERM", "EROFS", "ENOSPC"),
        *("EDQUOT", "ENOTDIR", "EEXIST", "ENAMETOOLONG"),
    )
    if hasattr(errno, name)
}


def unwritable(error: OSError) -> bool:
    """Say whether an error means that a place cannot be written, or is full."""
    return error.errno in _UNWRITABLE
