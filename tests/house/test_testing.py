"""How the tests are run: kernels warmed, notebooks strict where outputs were made."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tutor.house import budgets, report, testing
from tutor.house.setup import HouseError


def test_every_algorithm_with_kernels_is_warmed(capsys):
    names = testing.warm()
    folders = (testing.ROOT / "tutor").glob("*/*/fast.py")
    assert sorted(names) == sorted(path.parent.name for path in folders)
    assert "are compiled" in capsys.readouterr().out


def test_an_algorithm_without_a_corpus_warms_itself(monkeypatch):
    called = []
    module = SimpleNamespace(warm=lambda: called.append(True))
    found = [("tutor.graphs.walks", module)]
    monkeypatch.setattr(testing, "with_kernels", lambda: found)
    assert testing.warm() == ["walks"]
    assert called == [True]


@pytest.mark.parametrize(
    ("system", "processor", "expected"),
    [
        ("linux", "x86_64", True),
        ("linux", "aarch64", False),
        ("darwin", "arm64", False),
        ("win32", "AMD64", False),
    ],
)
def test_outputs_decide_on_64_bit_linux_only(monkeypatch, system, processor, expected):
    monkeypatch.setattr(testing.sys, "platform", system)
    monkeypatch.setattr(testing.platform, "machine", lambda: processor)
    assert testing.strict() is expected


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Record the calls of pytest; notebooks fail, own tests pass."""
    calls = []

    def pytest_(*arguments, variables=None):
        calls.append((arguments, variables))
        return int("--nbval" in arguments)

    monkeypatch.setattr(testing, "pytest", pytest_)
    monkeypatch.setattr(testing, "notebooks", lambda: [tmp_path / "a.ipynb"])
    monkeypatch.setattr(testing, "warm", list)
    monkeypatch.setattr(testing, "warm_elsewhere", lambda variables: None)
    monkeypatch.setattr(testing.site, "is_current", lambda: True)
    monkeypatch.setattr("tutor.house.doctor.data", lambda: 0)
    return calls


def test_strict_where_the_outputs_were_made(runs, monkeypatch):
    monkeypatch.setattr(testing, "strict", lambda: True)
    assert testing.main() == 1
    ((arguments, _),) = runs
    assert "tests" in arguments
    assert arguments[-2].endswith("a.ipynb")


def test_elsewhere_own_tests_decide_and_notebooks_report(runs, monkeypatch):
    monkeypatch.setattr(testing, "strict", lambda: False)
    assert testing.main() == 0
    assert [arguments[0] for arguments, _ in runs] == ["tests", "--nbval"]


def test_the_last_line_compares_with_the_budget(runs, monkeypatch, capsys):
    clock = iter([0.0, 60 * 48.0])
    monkeypatch.setattr(testing.time, "monotonic", lambda: next(clock))
    testing.main()
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "make test: 48.0 min of 40 min on two cores, 8.0 min over"
    assert budgets.line("x", 90, 3) == "x: 1.5 min of 3 min on two cores"


def test_portable_changes_how_the_processor_adds_up(runs, monkeypatch):
    warmed = []
    monkeypatch.setattr(testing, "intel", lambda: True)
    monkeypatch.setattr(testing, "warm_elsewhere", warmed.append)
    assert testing.portable() == 1
    ((_, variables),) = runs
    assert variables["OPENBLAS_CORETYPE"] == "Nehalem"
    assert variables["ATEN_CPU_CAPABILITY"] == "default"
    assert variables["NUMBA_CPU_NAME"] == "nehalem"
    assert variables["NUMBA_CPU_FEATURES"] == ""
    assert warmed == [variables], "no cell's clock counts a compilation"


def test_portable_says_where_it_cannot_work(runs, monkeypatch):
    monkeypatch.setattr(testing.platform, "machine", lambda: "arm64")
    with pytest.raises(HouseError, match="this one is arm64"):
        testing.portable()
    assert runs == []


KERNEL = """
import numpy as np
from llvmlite.binding import get_host_cpu_features
from numba import njit

@njit(fastmath=True)
def total(a):
    s = np.float32(0)
    for i in range(a.shape[0]):
        s += a[i] * a[i]
    return s

total(np.ones(64, np.float32))
(code,) = total.inspect_asm().values()
print("ymm" in code or "zmm" in code, bool(get_host_cpu_features().get("avx2")))
"""


@pytest.mark.skipif(not testing.intel(), reason="emulates older Intel processors only")
@pytest.mark.parametrize("variables", [{}, testing.OTHER_PROCESSOR])
def test_numba_compiles_for_the_other_processor(variables):
    """Wide registers where the processor has them, none under the other's name."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_CPU")}
    done = subprocess.run(
        [sys.executable, "-c", KERNEL],
        env={**clean, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    wide, there = done.stdout.split()
    assert wide == ("False" if variables else there)


def test_the_report_adds_up_cells_by_notebook():
    def cell(name, seconds):
        return SimpleNamespace(nodeid=name, duration=seconds)

    stats = {
        "passed": [cell("book/words/a.ipynb::Cell 0", 1.5), cell("tests/x.py::t", 9)],
        "failed": [cell("book/words/a.ipynb::Cell 1", 2.0)],
        "": [cell("book/words/b.ipynb::Cell 0", 0.25)],
        "warnings": [SimpleNamespace()],
    }
    assert report.seconds_by_notebook(stats) == {
        "book/words/a.ipynb": 3.5,
        "book/words/b.ipynb": 0.25,
    }


def test_the_report_tells_the_middle_and_the_slowest_chapter(monkeypatch, tmp_path):
    said = []
    seconds = {"book/words/a.ipynb": 20.0, "book/words/b.ipynb": 95.0}
    monkeypatch.setattr(report, "seconds_by_notebook", lambda stats: seconds)
    monkeypatch.setattr(report, "Chapter", lambda name, root: name)
    monkeypatch.setattr(report, "compared", lambda chapter: (9, 10))
    reporter = SimpleNamespace(
        stats={},
        config=SimpleNamespace(rootpath=tmp_path),
        section=said.append,
        line=said.append,
    )
    report.pytest_terminal_summary(reporter)
    assert "  95.0 s  9/10 cells  book/words/b.ipynb   over its 90 s" in said
    assert "a chapter: median 58 s of 40 s, at most 95 s of 90 s, two at a time" in said
    assert said[-1] == "compared with their stored outputs: 90.0 % of cells"
