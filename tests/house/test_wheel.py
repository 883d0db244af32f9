"""The wheel: what ``pip install`` from a checkout brings, data folder included."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from tutor.house.setup import ROOT

CARRIED = ("setup.py", "pyproject.toml", "README.md", "LICENSE", "tutor", "data")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy, with the setuptools of this environment."""
    source = tmp_path_factory.mktemp("source")
    skipped = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
    for name in CARRIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=skipped)
        else:
            shutil.copyfile(ROOT / name, source / name)
    script = "from setuptools.build_meta import build_wheel; build_wheel('dist')"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = (source / "dist").glob("*.whl")
    return built


def test_everything_the_package_reads_is_inside(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = {
        p.relative_to(ROOT).as_posix()
        for p in (ROOT / "tutor").rglob("*")
        if p.is_file() and p.suffix not in (".pyc", ".nbi", ".nbc")
    }
    data = {
        f"tutor/{p.relative_to(ROOT).as_posix()}"
        for p in (ROOT / "data").rglob("*")
        if p.is_file() and not p.name.startswith(".")
    }
    assert package - names == set()
    assert data - names == set()
    assert not [n for n in names if n.startswith(("tests/", "book/"))]


def test_it_works_where_there_is_no_checkout(wheel, tmp_path):
    """Unpacked alone on the path: the version, the data folder, the command line."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    script = (
        "import tutor, pathlib; from tutor.datasets.paths import data_root;"
        " assert pathlib.Path(tutor.__file__).is_relative_to(pathlib.Path.cwd());"
        " assert (data_root() / 'sources.toml').is_file();"
        " assert data_root().is_relative_to(pathlib.Path.cwd());"
        " from tutor.__main__ import main; raise SystemExit(main(['book']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("tutor book: this command needs a checkout")


def test_versions_agree():
    import tomllib

    import tutor

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == tutor.__version__
    assert f"version: {tutor.__version__}" in (ROOT / "CITATION.cff").read_text()
