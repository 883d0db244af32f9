"""What a chapter's cells call: silent set-up, shown source, sentences with results."""

import random
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import tutor
from tutor import notebook
from tutor.claims import ClaimError, Measured
from tutor.notebook import colab

RHO = Measured(0.6134, band=(0.5, 0.7), reason="five seeds, doubled")


@pytest.fixture
def published(monkeypatch):
    """Collect what would be displayed in a notebook."""
    pytest.importorskip("IPython")
    import IPython
    import IPython.display

    seen = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    monkeypatch.setattr(
        IPython.display,
        "publish_display_data",
        lambda data, metadata=None: seen.append((data, metadata)),
    )
    return seen


@pytest.fixture(autouse=True)
def _restore():
    options, state = np.get_printoptions(), np.random.get_state()  # noqa: NPY002
    python = random.getstate()
    yield
    np.set_printoptions(**options)
    np.random.set_state(state)  # noqa: NPY002
    random.setstate(python)


def test_setup_is_silent_and_seeds(capsys):
    tutor.setup("words/counts")
    first = random.random(), np.random.rand()  # noqa: NPY002
    tutor.setup("words/counts")
    assert (random.random(), np.random.rand()) == first  # noqa: NPY002
    assert str(np.array([1 / 3])) == "[0.333]"
    out = capsys.readouterr()
    assert out.out == out.err == ""


@pytest.mark.parametrize(
    "name", ["", "counts", "Words/Counts", "words/counts/x", "a b/c"]
)
def test_setup_refuses_a_wrong_name(name):
    with pytest.raises(ValueError, match="part/name"):
        tutor.setup(name)


@pytest.mark.parametrize("chapter", notebook.NEEDS)
def test_needs_are_known_sources(chapter):
    assert notebook.carriers_of(chapter)


def test_every_chapter_has_its_needs():
    """So the tests over ``NEEDS`` are tests over all chapters."""
    from tutor.house.chapters import chapters

    assert {chapter.name for chapter in chapters()} <= set(notebook.NEEDS)


@pytest.mark.parametrize("chapter", notebook.NEEDS)
def test_setup_in_colab_names_sizes(monkeypatch, capsys, chapter):
    """With a pretended google.colab: missing carriers are named and fetched, once."""
    from tutor.datasets import carriers
    from tutor.datasets.sources import catalogue

    fetched = []
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setattr(
        carriers,
        "state",
        lambda name: carriers.CarrierState(
            name, "1", "intact" if name in fetched else "missing"
        ),
    )
    monkeypatch.setattr(carriers, "fetch", fetched.append)
    monkeypatch.setattr(colab.importlib.util, "find_spec", lambda name: object())
    cell = notebook.setup_cell(chapter, "https://example.org/course")
    cell = cell.replace(colab.COLAB_ROOT, str(Path(notebook.__file__).parents[2]))
    for run in ("first", "second"):
        monkeypatch.setattr(sys, "path", list(sys.path))
        exec(compile(cell, f"{run} set-up cell", "exec"), {})
        out = capsys.readouterr().out
        assert fetched == list(notebook.carriers_of(chapter))
        for name in fetched:
            size = f"{name} ({catalogue().carriers[name].bytes / 1e6:.1f} MB)"
            assert (size in out) == (run == "first")
    assert out == ""


def test_setup_in_colab_installs_what_is_missing(monkeypatch, capsys):
    from tutor.datasets import carriers

    calls = []
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setattr(colab.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(colab, "carriers_of", lambda chapter: ())
    monkeypatch.setattr(
        colab.subprocess, "run", lambda command, check: calls.append(command)
    )
    monkeypatch.setattr(carriers, "state", None)
    tutor.setup("words/counts")
    assert [c[-1] for c in calls] == ["gensim", "uv"]
    assert not any("==" in part for command in calls for part in command)
    assert "installing gensim" in capsys.readouterr().out


CELL = notebook.setup_cell("words/counts", "https://example.org/course")


@pytest.mark.parametrize("chapter", notebook.NEEDS)
def test_setup_cell_runs_silently(capsys, chapter):
    cell = notebook.setup_cell(chapter, "https://example.org/course")
    exec(compile(cell, "cell", "exec"), {})
    out = capsys.readouterr()
    assert out.out == out.err == ""


@pytest.mark.parametrize("chapter", notebook.NEEDS)
def test_setup_cell_clones_in_colab(monkeypatch, chapter):
    calls = []
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setattr(subprocess, "run", lambda c, check: calls.append(c))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(tutor, "setup", calls.append, raising=False)
    cell = notebook.setup_cell(chapter, "https://example.org/course")
    exec(compile(cell, "cell", "exec"), {})
    command = ["git", "clone", "--quiet", "--depth", "1", "https://example.org/course"]
    assert calls == [[*command, colab.COLAB_ROOT], chapter]
    assert sys.path[0] == colab.COLAB_ROOT


def test_setup_cell_needs_no_magic_and_no_pin():
    assert not any(line.lstrip().startswith(("!", "%")) for line in CELL.splitlines())
    assert "==" not in CELL


def test_glue_displays_both_forms(published):
    tutor.glue("rho is {rho} on {n} pairs ({who}).", rho=RHO, n=353, who="MEN")
    ((data, metadata),) = published
    assert data["text/plain"] == "rho is ⟦0.61⟧ on 353 pairs (MEN)."
    assert "<span data-measured>0.61</span> on 353" in data["text/markdown"]
    assert [m["text"] for m in metadata["tutor"]["measured"]] == ["0.61"]


def test_glue_keeps_the_order_of_the_page(published):
    low = Measured(0.1, band=(0, 1), reason="a share")
    tutor.glue("{b} then {a}, again {b}", a=RHO, b=low)
    ((data, metadata),) = published
    marks = [m["text"] for m in metadata["tutor"]["measured"]]
    assert marks == ["0.10", "0.61", "0.10"]
    assert data["text/plain"] == "⟦0.10⟧ then ⟦0.61⟧, again ⟦0.10⟧"


@pytest.mark.parametrize(
    ("sentence", "values", "message"),
    [
        ("{x}", {"x": 0.5}, "bare float"),
        ("{x}", {"x": np.float32(0.5)}, "bare float32"),
        ("{x}", {}, "names"),
        ("none", {"x": 1}, "given"),
    ],
)
def test_glue_refuses(sentence, values, message):
    with pytest.raises(ClaimError, match=message):
        tutor.glue(sentence, **values)


def test_glue_prints_outside_a_notebook(capsys):
    tutor.glue("{n} pairs", n=np.int64(353))
    assert capsys.readouterr().out == "353 pairs\n"


def test_table(published):
    tutor.table(["window", "rho <"], [["2", RHO], ["a<b", 7]])
    ((data, metadata),) = published
    assert data["text/plain"] == "window | rho <\n2 | ⟦0.61⟧\na<b | 7"
    assert '<th scope="col">rho &lt;</th>' in data["text/html"]
    assert '<th scope="row">a&lt;b</th><td>7</td>' in data["text/html"]
    assert len(metadata["tutor"]["measured"]) == 1
    with pytest.raises(ClaimError, match="2 columns, but a row has 1"):
        tutor.table(["a", "b"], [["x"]])
    with pytest.raises(ClaimError, match="bare float"):
        tutor.table(["a"], [[0.5]])


def test_show_is_the_source(published):
    tutor.show(notebook.setup_cell)
    ((data, _),) = published
    assert data["text/plain"].startswith("def setup_cell(chapter: str")
    assert data["text/markdown"] == f"```python\n{data['text/plain']}\n```"


SOURCE = '''\
class A:
    r"""First line.

    More \\alpha.
    """

    def f(self):  # kept
        """One line."""
        text = """not a
        docstring"""
        return text

    def g(self):
        """First.

        More.
        """
        return 1'''


def test_docstrings_are_cut_to_their_first_line():
    cut = notebook.shorten_docstrings(SOURCE)
    expected = SOURCE.replace('line.\n\n    More \\alpha.\n    """', 'line."""')
    expected = expected.replace('First.\n\n        More.\n        """', 'First."""')
    assert cut == expected != SOURCE
    compile(cut, "cut", "exec")
    whole = notebook.source_of(notebook.setup_cell)
    assert "Parameters" in whole
    assert "Parameters" not in notebook.source_of(notebook.setup_cell, docstrings=False)


def test_show_sees_through_compilation():
    compiled = types.SimpleNamespace(py_func=notebook.setup_cell)
    assert notebook.source_of(compiled) == notebook.source_of(notebook.setup_cell)
    assert notebook.source_of(Measured.record).startswith("def record")
    with pytest.raises(TypeError, match="no Python source"):
        notebook.source_of(len)


def test_nothing_heavy_is_imported():
    """A reader without torch, numba or matplotlib still sets up and reads claims."""
    blocked = ("torch", "numba", "matplotlib", "transformers", "gensim", "pandas")
    code = (
        "import sys\n"
        f"for name in {blocked}: sys.modules[name] = None\n"
        "import tutor.claims, tutor.exercises, tutor.notebook, tutor.plot\n"
        "import tutor.claims.studies\n"
        "tutor.setup('words/counts')\n"
    )
    root = str(Path(notebook.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
