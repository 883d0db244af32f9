"""The alarm test: what is planted in a copy of a chapter must turn the tests red.

A small chapter is executed as every chapter is, then spoilt: a number changed outside
and one inside a measured marker, a sign turned round in a copy of the package, a cell
that was never run. Each must be found by nbval or by the chapter contract, which are
run here exactly as ``make test`` runs them.
"""

import json
import re
import shutil
import subprocess
import sys

import pytest

from tutor.house import contract_outputs
from tutor.house.address import current
from tutor.house.chapters import Chapter
from tutor.house.outputs import regenerate
from tutor.house.setup import ROOT, environment
from tutor.house.testing import NBVAL
from tutor.notebook import setup_cell

SPOILT = ("clean", "outside", "inside", "unrun")
HEAD = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A chapter in small
"""
CELLS = (
    setup_cell("words/counts", current().repository),
    """import numpy as np

from tutor import Measured
from tutor.words.word2vec.reference import decisions_loss

h, v = np.array([[1.0, 2.0]]), np.array([[[0.5, 0.25], [-1.0, 0.5]]])
loss = decisions_loss(h, v, [[True, False]], [[True, True]])
print(f"the loss is {loss:.4f} on 353 pairs")""",
    """rho = Measured(0.6134, band=(0.5, 0.7), reason="a fixed number")
tutor.glue("The correlation is {rho} on {n} pairs.", rho=rho, n=353)""",
    """from tutor import Claim
from tutor.evaluate.statistics import Effect

Claim(
    id="alarm",
    chapter="words/clean",
    paper="this course",
    statement="One lies above the other.",
    metric="a difference",
    control="the other",
    falsifier="an interval below the margin",
    margin=0.01,
    band=(0.0, 1.0),
    band_reason="a share",
).decide(Effect(0.45, 0.4, 0.5, (0.44, 0.45, 0.45, 0.46, 0.45), 100, 0.95))""",
)
SOURCE = HEAD + "".join(f"\n```{{code-cell}} ipython3\n{c}\n```\n" for c in CELLS)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Execute the small chapter, then lay a spoilt copy of it beside for each fault."""
    root = tmp_path_factory.mktemp("alarm")
    for name in SPOILT:
        source = root / "book" / "source" / "words" / f"{name}.md"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(SOURCE, encoding="utf-8")
    regenerate("words/clean", root)
    text = (root / "book" / "words" / "clean.ipynb").read_text(encoding="utf-8")
    faults = {
        "outside": text.replace("on 353 pairs\\n", "on 354 pairs\\n"),
        "inside": text.replace("0.61\u27e7", "0.62\u27e7").replace("0.61</", "0.62</"),
        "unrun": unrun(text),
    }
    for name, spoilt in faults.items():
        assert spoilt != text, f"nothing was planted for {name}"
        path = root / "book" / "words" / f"{name}.ipynb"
        path.write_text(spoilt, encoding="utf-8")
    for name in ("nbval_sanitize.cfg", "pyproject.toml"):
        shutil.copyfile(ROOT / name, root / name)
    return root


def unrun(text: str) -> str:
    """Return the notebook with a cell that was added and never run."""
    notebook = json.loads(text)
    cell = notebook["cells"][-2]
    cell["execution_count"], cell["outputs"] = None, []
    return json.dumps(notebook, ensure_ascii=False)


def compare(house, *names: str, package: str = "") -> dict[str, bool]:
    """Run nbval as ``make test`` does; return for each notebook whether it passed."""
    paths = [str(house / "book" / "words" / f"{name}.ipynb") for name in names]
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
        r"^(PASSED|FAILED) \S*?(\w+)\.ipynb::", done.stdout, re.MULTILINE
    )
    assert cells, done.stdout + done.stderr
    return {
        name: all(verdict == "PASSED" for verdict, file in cells if file == name)
        for name in names
    }


def contract(house, name: str) -> list[str]:
    """Return what the notebook checks of ``tests/book`` find in a chapter."""
    chapter = Chapter(f"words/{name}", house)
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
    assert any("0.62" in line for line in contract(house, "inside"))


def test_a_cell_that_was_never_run(house, nbval):
    """Where the count is missing nbval compares nothing; the contract counts."""
    assert nbval["unrun"]
    assert any("count" in line for line in contract(house, "unrun"))


def test_a_sign_error_in_the_package(house, tmp_path):
    """The same notebook, a package whose loss has the wrong sign."""
    package = tmp_path / "tutor"
    shutil.copytree(
        ROOT / "tutor", package, ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "data").symlink_to(ROOT / "data")
    module = package / "words" / "word2vec" / "reference.py"
    text = module.read_text(encoding="utf-8")
    assert text.count("return float(-terms.sum())") == 1
    module.write_text(text.replace("float(-terms", "float(terms"), encoding="utf-8")
    assert compare(house, "clean", package=str(tmp_path)) == {"clean": False}
    module.write_text(text, encoding="utf-8")
    assert compare(house, "clean", package=str(tmp_path)) == {"clean": True}
