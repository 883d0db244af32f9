"""The built website, made once where it is missing or older than its sources."""

import hashlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tutor.house.setup import ROOT, environment
from tutor.house.site import BUILD, HTML


def newest_source() -> float:
    """Return when the newest of the files the website is made from was changed."""
    patterns = ("book/**/*", "tutor/**/*.py", "_*.yml", "CHANGELOG.md")
    paths = [path for pattern in patterns for path in ROOT.glob(pattern)]
    return max(p.stat().st_mtime for p in paths if p.is_file())


def is_current() -> bool:
    """Return whether the site is finished and younger than its sources."""
    last = HTML / ".nojekyll"  # written last
    return last.exists() and last.stat().st_mtime >= newest_source()


@pytest.fixture(scope="session")
def html():
    """Return the folder of the built site; one worker builds, the other waits."""
    name = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
    lock = Path(tempfile.gettempdir()) / f"tutor-site-{name}.lock"
    for _ in range(600):
        try:
            lock.touch(exist_ok=False)
            break
        except FileExistsError:
            if time.time() - lock.stat().st_mtime > 600:
                lock.unlink(missing_ok=True)
            time.sleep(0.5)
    try:
        if not is_current():
            command = [sys.executable, "-m", "tutor", "book"]
            done = subprocess.run(
                command, cwd=ROOT, env=environment(), text=True, capture_output=True
            )
            assert done.returncode == 0, done.stderr
    finally:
        lock.unlink(missing_ok=True)
    assert BUILD.is_dir()
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
