"""The built website, and the files of the repository."""

import subprocess

import pytest

from tutor.house.setup import ROOT
from tutor.house.site import HTML, is_finished


@pytest.fixture(scope="session")
def html():
    """Return the folder of the built site; `make test` builds it where it is old."""
    assert is_finished(), "the website is not built: run `make book`"
    return HTML


@pytest.fixture(scope="session")
def tracked():
    """Return the names of the repository's files; in an unpacked archive, all."""
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = done.stdout.splitlines()
    if done.returncode:
        built = ("_build", "build", "dist", "__pycache__")
        paths = [p.relative_to(ROOT) for p in ROOT.rglob("*") if p.is_file()]
        names = [
            p.as_posix()
            for p in paths
            if not any(x in built or x.startswith(".") for x in p.parts[:-1])
        ]
    return [name for name in names if (ROOT / name).is_file()]
