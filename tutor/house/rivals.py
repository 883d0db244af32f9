"""Install what only the benchmarks need: the libraries that are measured against."""

from __future__ import annotations

from importlib import metadata

from tutor.house import setup

FILE = setup.ROOT / "tutor" / "benchmarks" / "rivals.txt"


def listed() -> dict[str, str]:
    """Return the version of each rival in ``rivals.txt``."""
    lines = (line.strip() for line in FILE.read_text(encoding="utf-8").splitlines())
    pins = [line for line in lines if line and not line.startswith("#")]
    return dict(pin.split("==", 1) for pin in pins)


def missing() -> list[str]:
    """Return the pins of those that are not installed at their version."""
    found = {}
    for name in listed():
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return [f"{n}=={v}" for n, v in listed().items() if found.get(n) != v]


def ensure() -> None:
    """Install the rivals that are missing, one by one; say which did not install.

    In a Python of the reader's own (``TUTOR_ENVIRONMENT=current``) nothing is
    installed: the missing ones are named.
    """
    uv = [str(setup.binary("uv")), "pip", "install", "--quiet", "--no-deps"]
    uv += ["--python", str(setup.binary("python"))]
    for pin in missing():
        try:
            if setup.borrowed():
                raise setup.HouseError(f"pip install --no-deps {pin} brings it")
            setup.run([*uv, pin], setup.uv_variables())
        except setup.HouseError as error:
            print(f"{pin} is not here, its rows go without it: {error}", flush=True)
