"""Larger plain-word corpora: text8, and any file of the reader's own like it.

Such a file is one long line of lower-case words between spaces. It is cut into
documents of 10,000 words, as gensim does, since it has no documents of its own.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from tutor.datasets import cache
from tutor.datasets.corpus import Corpus
from tutor.datasets.download import download
from tutor.datasets.errors import DataError, unwritable
from tutor.datasets.integrity import sha256_file
from tutor.datasets.locks import make_folder
from tutor.datasets.paths import cache_root, own_data
from tutor.datasets.sources import source

DOCUMENT = 10_000
"""Words in a document; a window does not cross from one to the next."""

PIECE = 1 << 20
_SPACES = (b" ", b"\t", b"\n", b"\r", b"\v", b"\f")
_DAMAGED = (
    *(EOFError, OSError, lzma.LZMAError, zlib.error),
    *(zipfile.BadZipFile, NotImplementedError, RuntimeError),
)
"""What the readers of packed files raise when bits were lost or altered."""
BYTES = 100_000_000
_OPEN: dict[str, Callable[[Path, str], Any]] = {
    "": lambda path, mode: path.open(mode),
    ".xz": lzma.open,
    ".gz": gzip.open,
    ".bz2": bz2.open,
}


def text8(online: bool = False, *, min_count: int = 5) -> Corpus:
    """Return text8, the first 100 MB of cleaned English Wikipedia of 2006.

    Parameters
    ----------
    online
        Fetch it (31 MB) when it is not in ``TUTOR_DATA``. Off by default: nothing in
        this course goes to the network by itself.
    min_count
        Words that occur fewer times are left out, ≥ 1.

    Looked for in ``TUTOR_DATA`` as ``text8``, ``text8.zip``, ``.xz``, ``.gz`` or
    ``.bz2``. Its SHA-256 could not be computed where this course was made, so it is
    *unverified*: the length and the alphabet are checked instead, and the hash found
    at the first fetch is compared ever after.

    Raises
    ------
    DataError
        When it is in neither place (with the two remedies), or is not text8.

    Licence: Wikipedia's of 2006 (GFDL). Chapter: ``words/evaluation``.
    """
    record = source("text8")
    path = _own_file("text8")
    if path is None and not online:
        raise DataError(
            "text8 is not part of the default data; put the file in a folder and set "
            "TUTOR_DATA to it, or call texts.text8(online=True) to fetch 31 MB"
        )
    path = path or _fetch(record.address)
    _check_text8(path)
    return _corpus("text8", path, min_count, record.licence, record.citation)


def own_words(name: str, *, min_count: int = 5) -> Corpus:
    """Return a file of plain words in ``TUTOR_DATA`` as a corpus.

    Parameters
    ----------
    name
        The file's name, with or without ``.zip``, ``.xz``, ``.gz``, ``.bz2``. Words
        are what stands between white space; they are not tokenised again.
    min_count
        Words that occur fewer times are left out, ≥ 1.

    Streamed once and cached: memory holds the vocabulary and a buffer of a million
    tokens, whatever the length of the file.
    """
    path = _own_file(name)
    if path is None:
        raise DataError(
            f"no file {name} (or .zip, .xz, .gz, .bz2) in TUTOR_DATA="
            f"{own_data() or '(not set)'}"
        )
    return _corpus(Path(name).stem, path, min_count)


def state(name: str = "text8") -> tuple[str, str]:
    """Return whether the large corpus is found, missing or damaged, and the remedy."""
    path = _own_file(name)
    fetched = cache_root() / "downloads" / "text8.zip"
    if path is None and not fetched.is_file():
        return "missing (texts.text8(online=True) fetches 31 MB)", ""
    try:
        _check_text8(path or fetched)
    except DataError as error:
        return "damaged", f"{error}; replace or delete the file"
    return f"found ({path or fetched})", ""


def _own_file(name: str) -> Path | None:
    folder = own_data()
    if folder is None:
        return None
    if Path(name).name != name:
        raise DataError(f"{name!r} must be the name of a file, not a path")
    for suffix in ("", ".zip", *_OPEN):
        path = folder / (name + suffix)
        if path.is_file():
            return path
    return None


def _corpus(
    name: str, path: Path, min_count: int, licence: str = "", citation: str = ""
) -> Corpus:
    key = hashlib.sha256(repr((1, DOCUMENT, sha256_file(path))).encode()).hexdigest()
    recipe = cache.Recipe(name, key, lambda: documents(path), licence, citation)
    return cache.load(recipe, min_count=min_count)


def documents(path: Path, *, size: int = DOCUMENT) -> Iterator[list[str]]:
    """Yield stretches of ``size`` words of a file, reading a piece at a time.

    Raises ``DataError`` where the file is not UTF-8 or its compression is damaged.
    """
    words: list[str] = []
    for text in _pieces(path):
        words += text.split()
        while len(words) >= size:
            yield words[:size]
            del words[:size]
    if words:
        yield words


def _pieces(path: Path) -> Iterator[str]:
    """Yield text in pieces that end where a word ends, whatever white space is used."""
    rest = b""
    try:
        for piece in _bytes(path):
            whole, tail = _cut(piece)
            if whole is None:
                rest += tail
                continue
            yield (rest + whole).decode("utf-8")
            rest = tail
        yield rest.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8: {error.reason}") from error


def _cut(piece: bytes) -> tuple[bytes | None, bytes]:
    """Cut at the last ASCII white space: what is whole (None: nothing), the rest."""
    place = max(piece.rfind(space) for space in _SPACES)
    return (None, piece) if place < 0 else (piece[:place], piece[place + 1 :])


def _bytes(path: Path) -> Iterator[bytes]:
    """Yield the unpacked content of a file, a piece at a time."""
    with ExitStack() as stack:
        try:
            handle = _opened(path, stack)
            while piece := handle.read(PIECE):
                yield piece
        except DataError:
            raise
        except PermissionError as error:
            raise DataError(f"{path} may not be read: {error.strerror}") from error
        except _DAMAGED as error:
            raise DataError(f"{path} is truncated or damaged: {error}") from error


def _opened(path: Path, stack: ExitStack) -> IO[bytes]:
    if path.suffix != ".zip":
        opener = _OPEN.get(path.suffix, _OPEN[""])
        handle: IO[bytes] = stack.enter_context(opener(path, "rb"))
        return handle
    archive = stack.enter_context(zipfile.ZipFile(path))
    members = archive.infolist()
    if len(members) != 1:
        raise DataError(f"{path} holds {len(members)} files; one was expected")
    return stack.enter_context(archive.open(members[0]))


def _check_text8(path: Path) -> None:
    """Compare length and alphabet; cheap beside tokenising, and done once a run."""
    size, allowed = 0, bytes(range(ord("a"), ord("z") + 1)) + b" "
    strange = b""
    for piece in _bytes(path):
        size += len(piece)
        strange = piece.translate(None, allowed).strip(b"\n")
        if strange or size > BYTES + 1:
            break
    if strange or not BYTES <= size <= BYTES + 1:
        raise DataError(
            f"{path} is not text8: expected {BYTES} bytes of a–z and spaces, found "
            + (f"{strange[:3]!r} among them" if strange else f"{size} bytes")
        )


def _fetch(address: str) -> Path:
    """Fetch text8 once; the hash of the first fetch stands beside it."""
    folder = cache_root() / "downloads"
    try:
        make_folder(folder)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        if not unwritable(error):
            raise
        raise DataError(
            f"text8 cannot be kept in {folder}: {error.strerror}; set TUTOR_CACHE to a "
            "folder you can write to, or put text8 in a folder and set TUTOR_DATA to it"
        ) from error
    target, record = folder / "text8.zip", folder / "text8.zip.sha256"
    if target.is_file() and record.is_file():
        known = record.read_text(encoding="ascii")
        if sha256_file(target) == known:
            return target
    download(address, target, sha256=None, max_bytes=40_000_000)
    _check_text8(target)
    record.write_text(sha256_file(target), encoding="ascii")
    return target
