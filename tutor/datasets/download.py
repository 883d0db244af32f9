"""One way to fetch a file: resumable, bounded, hash-checked, landing whole.

Nothing in the course calls this unless the reader asked for it: ``online=True``, or
``python -m tutor data``.
"""

from __future__ import annotations

import http.client
import os
import ssl
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tutor.datasets.errors import DamagedFileError, DataError
from tutor.datasets.integrity import sha256_file
from tutor.datasets.locks import locked

PIECE = 1 << 18
Progress = Callable[[int, int], None]


def download(
    address: str,
    target: Path,
    *,
    sha256: str | None,
    max_bytes: int,
    attempts: int = 4,
    timeout: float = 60.0,
    progress: Progress | None = None,
) -> Path:
    """Fetch ``address`` to ``target``, and only a file with the right hash lands there.

    Parameters
    ----------
    address
        ``http://`` or ``https://``.
    target
        The file to make. Bytes gather in ``target.part`` and survive an interruption;
        the next call goes on from there.
    sha256
        Of the whole file. An existing ``target`` with this hash is returned at once.
        None for a source marked unverified: the caller checks the content instead.
    max_bytes
        More than this is refused, before it is written.
    attempts
        How often to go on after the line was cut, ≥ 1.
    timeout
        Seconds without a byte before the line counts as cut.
    progress
        Called with (bytes so far, bytes in all or 0); the default draws a bar on a
        terminal and is silent elsewhere.

    Raises
    ------
    DamagedFileError
        When the file came whole and has another hash; it is deleted.
    DataError
        When it is too long, the address is refused, or the line stays cut.
    """
    if not address.startswith(("http://", "https://")):
        raise DataError(f"{address!r} is not an http or https address")
    part = target.with_name(target.name + ".part")
    show = progress or bar(target.name)
    with locked(target.with_name(target.name + ".lock")):
        if target.is_file() and sha256_file(target) == sha256:
            return target
        _gather(address, part, max_bytes, attempts, timeout, show)
        found = sha256_file(part)
        if sha256 is not None and found != sha256:
            part.unlink()
            raise DamagedFileError(Path(address), sha256, found)
        part.replace(target)
    return target


def _gather(
    address: str,
    part: Path,
    max_bytes: int,
    attempts: int,
    timeout: float,
    show: Progress,
) -> None:
    """Fill ``part`` until the server says it is whole."""
    reason = ""
    for attempt in range(attempts):
        if attempt:
            time.sleep(min(0.2 * 2**attempt, 5.0))
        try:
            if _once(address, part, max_bytes, timeout, show):
                return
            reason = "the line was cut"
        except HTTPError as error:
            reason = f"the server answered {error.code} {error.reason}"
            error.close()
            if error.code == 416 and part.exists():
                part.unlink()
            elif 400 <= error.code < 500 and error.code not in (408, 429):
                break
        except (URLError, http.client.HTTPException, OSError) as error:
            reason = str(error)
    have = part.stat().st_size if part.exists() else 0
    raise DataError(
        f"could not fetch {address}: {reason}; {have} bytes are kept in {part}, "
        "call again to go on from there"
    )


def _once(
    address: str, part: Path, max_bytes: int, timeout: float, show: Progress
) -> bool:
    """Read until the line ends; return whether the file is whole."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "embeddings-tutor", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = Request(address, headers=headers)
    with urlopen(request, timeout=timeout, context=_trust(address)) as answer:
        have, total = _sizes(answer, have)
        if total > max_bytes:
            raise _too_long(address, total, max_bytes)
        with part.open("ab" if have else "wb") as out:
            while piece := answer.read(PIECE):
                have += len(piece)
                if have > max_bytes:
                    out.close()
                    part.unlink()
                    raise _too_long(address, have, max_bytes)
                out.write(piece)
                show(have, total)
    return have == total if total else True


def _trust(address: str) -> ssl.SSLContext | None:
    """Trust whom the reader's other tools trust (``SSL_CERT_FILE``, ``PIP_CERT``)."""
    if not address.startswith("https://"):
        return None
    given = os.environ.get("SSL_CERT_FILE") or os.environ.get("PIP_CERT")
    return ssl.create_default_context(cafile=given)


def _sizes(answer: Any, have: int) -> tuple[int, int]:
    """Where this answer begins, and the size of the whole file (0: not told)."""
    length = int(answer.headers.get("Content-Length") or 0)
    if answer.status != 206:
        return 0, length
    begin, _, whole = answer.headers.get("Content-Range", "").partition("/")
    if begin.removeprefix("bytes ").partition("-")[0] != str(have):
        raise http.client.HTTPException("the server sent another part than asked for")
    return have, int(whole) if whole.isdigit() else have + length


def _too_long(address: str, size: int, limit: int) -> DataError:
    return DataError(
        f"{address} is at least {size} bytes, more than the {limit} allowed; it is "
        "not the listed file and was not kept"
    )


def bar(name: str) -> Progress:
    """Return a progress function that draws on a terminal, and only there."""
    last = [0.0]

    def draw(have: int, total: int) -> None:
        now = time.monotonic()
        if not sys.stderr.isatty() or (have != total and now - last[0] < 0.1):
            return
        last[0] = now
        filled = 30 * have // total if total else 0
        sys.stderr.write(
            f"\r{name} [{'#' * filled:30}] {have / 1e6:.1f} MB"
            + (f" of {total / 1e6:.1f} MB" if total else "")
            + ("\n" if have == total else "")
        )
        sys.stderr.flush()

    return draw
