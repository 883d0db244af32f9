"""Where data lies: the repository's ``data`` folder, the user's cache, ``TUTOR_DATA``.

Three places and no fourth. ``data_root`` holds what this project made or lists;
``cache_root`` holds what can be made or fetched again; ``TUTOR_DATA`` names a folder
of the reader's own with larger data sets.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tutor.datasets.errors import DataError

_PACKAGE = Path(__file__).resolve().parents[1]


def data_root() -> Path:
    """Return the folder with ``sources.toml``: beside the checkout, else installed.

    Raises
    ------
    DataError
        When neither place holds ``sources.toml``.
    """
    places = (_PACKAGE.parent / "data", _PACKAGE / "data")
    for place in places:
        if (place / "sources.toml").is_file():
            return place
    raise DataError(
        f"no sources.toml in {places[0]} or {places[1]}; install the package again "
        "(pip install from a checkout carries data/ along)"
    )


def cache_root() -> Path:
    """Return the folder for what can be made again: ``TUTOR_CACHE``, else the user's.

    The folder is not created here; whoever writes creates it.
    """
    if given := os.environ.get("TUTOR_CACHE"):
        return Path(given).expanduser()
    if sys.platform == "win32":
        home = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    elif sys.platform == "darwin":
        home = Path.home() / "Library" / "Caches"
    else:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "embeddings-tutor"


def own_data() -> Path | None:
    """Return the folder named by ``TUTOR_DATA``, or None where it is not set.

    Raises
    ------
    DataError
        When it is set and is not a folder.
    """
    given = os.environ.get("TUTOR_DATA")
    if not given:
        return None
    folder = Path(given).expanduser()
    if not folder.is_dir():
        raise DataError(
            f"TUTOR_DATA is {given!r}, which is not a folder; "
            "set it to the folder that holds your data files, or unset it"
        )
    return folder
