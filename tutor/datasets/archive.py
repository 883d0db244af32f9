"""Take named members out of an archive, and nothing else.

Nothing in the archive decides where anything is written: the caller names the members
and the places. Links, devices, absolute paths, paths with ``..`` and members longer
than expected are refused.
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tutor.datasets.errors import DataError, UnsafeContentError

PIECE = 1 << 20


def extract_members(
    archive: Path, members: Mapping[str, str], folder: Path, *, max_bytes: int
) -> None:
    """Write the named members of a tar archive below ``folder``.

    Parameters
    ----------
    archive
        A tar file, compressed or not.
    members
        Name inside the archive → path below ``folder``.
    folder
        An existing folder.
    max_bytes
        Refuse to write more than this in all.

    Raises
    ------
    UnsafeContentError
        When a name or path leaves its place, a member is no plain file, or there is
        more in it than allowed. Nothing of that member is written.
    DataError
        When a member is missing or the archive cannot be read.
    """
    for name in (*members, *members.values()):
        _refuse_traversal(name)
    missing = set(members)
    left = max_bytes
    try:
        with tarfile.open(archive, "r|*") as opened:
            for member in opened:
                if member.name not in missing:
                    continue
                left = _write(opened, member, folder / members[member.name], left)
                missing.discard(member.name)
                if not missing:
                    break
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DataError(f"{archive} cannot be read as an archive: {error}") from error
    if missing:
        raise DataError(f"{archive} has no member {', '.join(sorted(missing)[:3])}")


def _refuse_traversal(name: str) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    windows_root = len(name) > 1 and name[1] == ":"
    if path.is_absolute() or windows_root or ".." in path.parts or not path.parts:
        raise UnsafeContentError(
            f"the member {name!r} points outside its folder; nothing was written"
        )


def _write(
    opened: tarfile.TarFile, member: tarfile.TarInfo, target: Path, left: int
) -> int:
    """Copy one plain file; return how many bytes may still be written."""
    handle = opened.extractfile(member) if member.isreg() else None
    if handle is None:
        raise UnsafeContentError(
            f"the member {member.name!r} is a link, folder or device, not a plain "
            "file; nothing was written"
        )
    if member.size > left:
        raise UnsafeContentError(
            f"the member {member.name!r} has {member.size} bytes, only {left} are "
            "allowed; nothing was written"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with handle, target.open("wb") as out:
        while piece := handle.read(PIECE):
            out.write(piece)
    return left - member.size
