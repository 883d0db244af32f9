"""How the tests are run: kernels warmed, notebooks strict where outputs were made."""

from types import SimpleNamespace

import pytest

from tutor.house import report, testing


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


def test_portable_changes_how_the_processor_adds_up(runs):
    assert testing.portable() == 1
    ((_, variables),) = runs
    assert variables["OPENBLAS_CORETYPE"] == "Nehalem"
    assert variables["ATEN_CPU_CAPABILITY"] == "default"


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
