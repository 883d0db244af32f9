"""Say what is installed, which data are here, which device there is, and the remedies.

Works before the set-up too: what cannot be looked at yet is said to be so.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from tutor.house.setup import (
    ROOT,
    SUPPORTED,
    HouseError,
    binary,
    borrowed,
    environment,
    stamp_is_current,
    venv,
    version_of,
)

WATCHED = (
    *("numpy", "scipy", "numba", "torch", "gensim", "scikit-learn", "pandas"),
    *("matplotlib", "transformers", "sentence-transformers", "jupyter-book", "nbval"),
)


def data() -> int:
    """Fetch every data carrier that is missing or damaged."""
    from tutor.datasets import carriers
    from tutor.datasets.errors import DataError

    try:
        carriers.fetch_all(report=lambda line: print(line, flush=True))
    except DataError as error:
        raise HouseError(str(error)) from error
    return 0


def attribution() -> int:
    """Write the attribution page from ``data/sources.toml``."""
    from tutor.datasets import attribution

    print(attribution.write(ROOT).relative_to(ROOT))
    return 0


def main() -> int:
    """Print the report; the exit status is 1 where something needs doing."""
    within = Path(sys.prefix).resolve() == venv().resolve()
    if not within and not borrowed() and version_of(binary("python")) in SUPPORTED:
        command = [str(binary("python")), "-m", "tutor", "doctor"]
        return subprocess.run(command, env=environment(), check=False).returncode
    gaps = machine() + packages() + carriers() + own() + device()
    print()
    for gap in gaps:
        print(f"- {gap}")
    print(f"{len(gaps)} to do" if gaps else "Everything is in place.")
    return 1 if gaps else 0


def machine() -> list[str]:
    """Report Python, processor and disk; return what is amiss."""
    version = platform.python_version()
    free = shutil.disk_usage(ROOT).free / 1e9
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    print(f"Python        {version} ({sys.executable})")
    print(f"System        {system}")
    print(f"Disk          {free:.0f} GB free")
    gaps = []
    if sys.version_info[:2] not in SUPPORTED:
        gaps.append(f"Python {version} is not supported: install 3.11, 3.12 or 3.13")
    if free < 2:
        gaps.append("less than 2 GB free on this disk: make room")
    return gaps


def packages() -> list[str]:
    """Report the packages that matter; return the remedy where some are missing."""
    ready = borrowed() or stamp_is_current()
    place = Path(sys.prefix) if borrowed() else venv()
    print(f"Environment   {place}: {'ready' if ready else 'not complete'}")
    absent = []
    for name in WATCHED:
        try:
            print(f"  {name:22}{metadata.version(name)}")
        except metadata.PackageNotFoundError:
            print(f"  {name:22}not installed")
            absent.append(name)
    if not ready:
        return ["the environment is not complete: run `make setup`"]
    return [f"missing: {', '.join(absent)}: run `make setup`"] if absent else []


def carriers() -> list[str]:
    """Report every data set as intact, missing or damaged; return the remedies."""
    try:
        from tutor.datasets import carriers, sources
        from tutor.datasets.errors import DataError
    except ImportError as error:
        print(f"Data          not looked at ({error})")
        return []
    gaps = []
    print("Data")
    try:
        catalogue = sources.catalogue()
    except DataError as error:
        return [str(error)]
    for name, carrier in catalogue.carriers.items():
        found = carriers.state(name)
        held = [s.name for s in catalogue.sources.values() if s.carrier == name]
        print(f"  {name} {found.version}: {found.condition}")
        print(f"      {', '.join(held)}")
        if found.condition != "intact":
            command = "make setup" if carrier.kind == "library" else "make data"
            remedy = f"run `{command}` ({found.reason})"
            gaps.append(f"{name} is {found.condition}: {remedy}")
    return gaps


def own() -> list[str]:
    """Report what the reader brought along or fetched: found, missing or damaged.

    Nothing of it is needed, so what is missing is said and asks for nothing.
    """
    try:
        from tutor.datasets import paths, sources, text8
        from tutor.datasets.errors import DataError
    except ImportError:
        return []
    gaps = []
    print("Own data")
    try:
        folder = paths.own_data()
        print(f"  TUTOR_DATA            {folder or 'not set (nothing needs it)'}")
    except DataError as error:
        print("  TUTOR_DATA            no folder")
        return [str(error)]
    wanted = [
        s.name for s in sources.catalogue().sources.values() if s.carrier == "own"
    ]
    for name in wanted:
        condition, gap = text8.state(name) if name == "text8" else _listed(name)
        print(f"  {name:22}{condition}")
        gaps += [gap] if gap else []
    for path in sorted(folder.iterdir()) if folder else []:
        if path.is_file() and path.name.partition(".")[0] not in wanted:
            print(f"  {path.name:22}found, {path.stat().st_size / 1e6:.1f} MB")
    return gaps


def _listed(name: str) -> tuple[str, str]:
    """Return whether a listed set is found, missing or damaged, and the remedy."""
    from tutor.datasets import paths, sources
    from tutor.datasets.errors import DataError

    record, folder = sources.source(name), paths.own_data()
    if not folder or not any((folder / f.path).is_file() for f in record.files):
        return f"missing (data/datasheets/{record.datasheet} says what it is)", ""
    try:
        sources.files(name)
    except DataError as error:
        return "damaged", f"{error}; replace the file"
    return f"found ({folder})", ""


def device() -> list[str]:
    """Report the accelerator; return what is amiss where a driver goes unused."""
    ask = (
        "import torch; print(torch.cuda.get_device_name(0) if torch.cuda.is_available()"
        " else 'no CUDA device: everything runs on the CPU')"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=False
    )
    if done.returncode:
        print("Device        not looked at (torch is not installed)")
        return []
    print(f"Device        {done.stdout.strip()}")
    if shutil.which("nvidia-smi") and "no CUDA" in done.stdout:
        return [
            "an NVIDIA driver is here, but torch was built without CUDA: delete the"
            " folder .venv and run `UV_TORCH_BACKEND=auto make setup` (a torch that is"
            " there already would be kept)"
        ]
    return []
