"""The alarm test: what is planted in a copy of a chapter must turn the tests red.

The copy is the chapter ``words/counts`` as it stands in the book, outputs and all, up
to its first measured sentence. It is spoilt once for each fault: a number changed
outside and one inside a measured marker, a sign turned round in a copy of the package,
a cell that was never run. Each must be found by nbval or by the chapter contract, which
are run here exactly as ``make test`` runs them.
"""

import json
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from tutor.house import contract_outputs
from tutor.house.chapters import Chapter
from tutor.house.setup import ROOT, environment
from tutor.house.testing import NBVAL

CHAPTER, LAST = "words/counts", "Rows of raw counts"
SPOILT = ("clean", "outside", "inside", "unrun")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Lay a copy of the chapter for each fault, each in a folder of its own."""
    root = tmp_path_factory.mktemp("alarm")
    source, text = beginning()
    faults = {
        "clean": text,
        "outside": text.replace("3000 pairs known", "3001 pairs known"),
        "inside": re.sub(r"(\u27e6|<span data-measured>)0\.\d\d", r"\g<1>0.99", text),
        "unrun": unrun(text),
    }
    for name in SPOILT:
        assert name == "clean" or faults[name] != text, f"nothing planted for {name}"
        book = root / name / "book"
        (book / "source" / "words").mkdir(parents=True)
        (book / "words").mkdir()
        (book / "source" / f"{CHAPTER}.md").write_text(source, encoding="utf-8")
        (book / f"{CHAPTER}.ipynb").write_text(faults[name], encoding="utf-8")
    for name in ("nbval_sanitize.cfg", "pyproject.toml"):
        shutil.copyfile(ROOT / name, root / name)
    return root


def beginning() -> tuple[str, str]:
    """Return source and notebook of the chapter up to its first measured sentence."""
    real = Chapter(CHAPTER)
    source = real.source_path.read_text(encoding="utf-8")
    end = source.index("\n```\n", source.index(LAST)) + len("\n```\n")
    notebook = nbformat.read(real.notebook_path, as_version=4)
    last = next(i for i, cell in enumerate(notebook.cells) if LAST in cell.source)
    notebook.cells = notebook.cells[: last + 1]
    return source[:end], nbformat.writes(notebook)


def unrun(text: str) -> str:
    """Return the notebook with a cell that was added and never run."""
    notebook = json.loads(text)
    cell = [c for c in notebook["cells"] if c["cell_type"] == "code"][-2]
    cell["execution_count"], cell["outputs"] = None, []
    return json.dumps(notebook, ensure_ascii=False)


def compare(house, *names: str, package: str = "") -> dict[str, bool]:
    """Run nbval as ``make test`` does; return for each notebook whether it passed."""
    paths = [str(house / name / "book" / f"{CHAPTER}.ipynb") for name in names]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rA"]
    variables = environment()
    if package:
        variables["PYTHONPATH"] = package
    done = subprocess.run(
        [*command, *NBVAL, *paths],
        cwd=house,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    cells = re.findall(
        r"^(PASSED|FAILED) (\w+)/book/\S+?\.ipynb::", done.stdout, re.MULTILINE
    )
    assert cells, done.stdout + done.stderr
    return {
        name: all(verdict == "PASSED" for verdict, file in cells if file == name)
        for name in names
    }


def contract(house, name: str) -> list[str]:
    """Return what the notebook checks of ``tests/book`` find in a chapter."""
    chapter = Chapter(CHAPTER, house / name)
    return [line for rule in contract_outputs.NOTEBOOK_CHECKS for line in rule(chapter)]


@pytest.fixture(scope="module")
def nbval(house):
    return compare(house, *SPOILT)


def test_the_chapter_itself_is_green(house, nbval):
    assert nbval["clean"]
    assert contract(house, "clean") == []


def test_a_number_changed_outside_a_marker(nbval):
    assert not nbval["outside"]


def test_a_number_changed_inside_a_marker(house, nbval):
    """There nbval looks away on purpose; the record beside the marker does not."""
    assert nbval["inside"]
    assert any("0.99" in line for line in contract(house, "inside"))


def test_a_cell_that_was_never_run(house, nbval):
    """Where the count is missing nbval compares nothing; the contract counts."""
    assert nbval["unrun"]
    assert any("count" in line for line in contract(house, "unrun"))


def test_a_sign_error_in_the_package(house, tmp_path):
    """The same notebook, a package whose window weights have one wrong sign."""
    package = tmp_path / "tutor"
    shutil.copytree(
        ROOT / "tutor", package, ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "data").symlink_to(ROOT / "data")
    module = package / "words" / "counts" / "reference.py"
    text = module.read_text(encoding="utf-8")
    assert text.count("window - distance + 1") == 1
    wrong = text.replace("window - distance + 1", "window + distance + 1")
    module.write_text(wrong, encoding="utf-8")
    assert compare(house, "clean", package=str(tmp_path)) == {"clean": False}
    module.write_text(text, encoding="utf-8")
    assert compare(house, "clean", package=str(tmp_path)) == {"clean": True}
