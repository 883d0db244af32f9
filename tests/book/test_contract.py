"""The chapter contract can fail: every rule is broken once and must say so."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pytest

from tutor import plot
from tutor.claims import Claim, Measured
from tutor.exercises import Feedback
from tutor.house import contract, contract_outputs
from tutor.house.address import current
from tutor.house.chapters import Chapter, exercises, split_checks
from tutor.house.outputs import read_source
from tutor.notebook import setup_cell

NAME = "words/sample"
FOLD = "<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>\n\n"
CELL = "```{{code-cell}} ipython3\n{head}{code}\n```\n\n"


def cell(code: str, tags: str = "") -> str:
    head = f":tags: [{tags}]\n\n" if tags else ""
    return CELL.format(head=head, code=code)


def exercise(number: int, difficulty: str) -> str:
    name = f"e{number}"
    hints = "".join(FOLD.format(title=f"Hint {i}", body="Think.") for i in (1, 2, 3))
    stub = f"def {name}(x):\n    raise NotImplementedError\n\n\n"
    answer = f"```python\ndef {name}(x):\n    return x\n```"
    return (
        f"### Exercise {number}. Title ({difficulty}, 5 minutes)\n\nText.\n\n"
        + cell(stub + f'check("{NAME}/{name}", {name})')
        + hints
        + FOLD.format(title="Solution", body=answer)
    )


def question(number: int) -> str:
    replies = [
        ("A. one", "Right. It is, and the section above says why."),
        ("B. two", "Not this one: look again at the table."),
        ("C. three", "Not this one either: count them once more."),
    ]
    folds = "".join(FOLD.format(title=t, body=b) for t, b in replies)
    return f"### Question {number}\n\nWhich?\n\n{folds}"


def source() -> str:
    """Write a small chapter that holds to every rule."""
    difficulties = ("worked", "half-blank", "blank", "blank")
    bullets = "- [one](#quiz)\n- [two](#quiz)\n- [three](#quiz)\n\n"
    rows = "".join(
        f"| {name} | x |\n"
        for name in ("Reading", "Running", "Needs first", "Data", "Papers")
    )
    recall = FOLD.format(title="Answer", body="Because.") * 2
    return (
        "---\njupytext:\n  text_representation:\n    extension: .md\n"
        "    format_name: myst\nkernelspec:\n  display_name: Python 3\n"
        "  language: python\n  name: python3\n---\n\n# Title\n\nWhy.\n\n"
        f"## At a glance\n\n| | |\n|---|---|\n{rows}\n"
        + cell(setup_cell(NAME, current().repository), "hide-input")
        + f"## You will be able to\n\n{bullets}"
        + f"## Recall\n\nWhy?\n\n{recall}"
        + "## A body\n\nText, [itself](sample.ipynb).\n\n"
        + cell("plot.lines()")
        + cell("tutor.glue()")
        + "## The experiment: x\n\nText.\n\n"
        + cell('Claim(id="sample-one").decide()')
        + "## CPU and GPU\n\nText.\n\n## A trap: x\n\nText.\n\n## Exercises\n\n"
        + "".join(exercise(i, d) for i, d in enumerate(difficulties, 1))
        + "## Quiz\n\n"
        + "".join(question(i) for i in range(1, 6))
        + f"## Keep\n\n{bullets}## What reproduced\n\nText.\n\n## Further\n\n- x\n"
    )


class Effect:
    """A decided effect."""

    estimate, low, high, level, items = 0.05, 0.03, 0.08, 0.95, 353
    per_seed = (0.05,) * 5


def shown(code: str) -> object | None:
    """Return what a cell of the sample displays."""
    if "lines" in code:
        values = {"a": np.arange(3.0)}
        return plot.lines([1, 2, 3], values, title="How?", x_label="x", y_label="y")
    if "glue" in code:
        return Measured(0.6134, band=(0.5, 0.7), reason="five seeds, doubled")
    if "Claim(" in code:
        return Claim(
            id="sample-one",
            chapter=NAME,
            paper="this course",
            statement="A lies above B.",
            metric="m",
            control="c",
            falsifier="f",
            margin=0.01,
            band=(0, 1),
            band_reason="a share",
        ).decide(Effect())
    if found := re.search(r'check\("(.+?)"', code):
        return Feedback(found[1], "blank", "Not filled in yet.")
    return None


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Write the sample and its notebook into an empty house, once."""
    root = tmp_path_factory.mktemp("house")
    folder = root / "book" / "source" / "words"
    folder.mkdir(parents=True)
    (folder / "sample.md").write_text(source(), encoding="utf-8")
    notebook = read_source(folder / "sample.md")
    code = [c for c in notebook.cells if c.cell_type == "code"]
    for count, one in enumerate(code, 1):
        one["execution_count"] = count
        thing = shown(one.source)
        if thing is None:
            continue
        data, metadata = thing._repr_mimebundle_()
        one["outputs"] = [
            nbformat.v4.new_output("display_data", data=data, metadata=metadata)
        ]
        if "image/png" in data:
            one["metadata"]["mystnb"] = {"image": {"alt": thing.alt}}
    path = root / "book" / "words" / "sample.ipynb"
    path.parent.mkdir()
    nbformat.write(notebook, path)
    return root


@pytest.fixture
def chapter(house, tmp_path):
    """Return a copy of the sample to spoil."""
    shutil.copytree(house / "book", tmp_path / "book")
    return Chapter(NAME, tmp_path)


ALL = (*contract.SOURCE_CHECKS, *contract_outputs.NOTEBOOK_CHECKS)


@pytest.mark.parametrize("check", ALL, ids=lambda c: c.__name__)
def test_the_sample_holds(check, chapter):
    assert check(chapter) == []


def test_stub_and_solution_are_read_from_the_page(chapter):
    first = exercises(chapter)[0]
    assert first.checks == (("words/sample/e1", "e1"),)
    assert "NotImplementedError" in first.stub
    assert "check" not in first.stub
    assert first.solution == "def e1(x):\n    return x\n"


def test_split_checks_leaves_the_rest():
    rest, pairs = split_checks("x = 1\nexercises.check('a/b/c', f)\ncheck(1)")
    assert rest == "x = 1\ncheck(1)"
    assert pairs == [("a/b/c", "f")]


SPOILT_SOURCE = [
    (contract.sections, "## Quiz\n", "## Quizz\n", "no section 'Quiz'"),
    (contract.sections, "## Recall\n", "## At last\n", "no section 'Recall'"),
    (contract.sections, "## A body\n", "### A body\n", "no section of its own"),
    (contract.sections, "## Keep\n", "# Keep\n", "exactly one heading"),
    (contract.glance, "| Data | x |\n", "", "'Data'"),
    (contract.setup_cell, "course.exists()", "course.is_dir()", "not the shared"),
    (contract.setup_cell, ":tags: [hide-input]\n\n", "", "hide-input"),
    (contract.setup_cell, '"words/sample")\n```', '"words/x")\n```', "not the shared"),
    (contract.code_rules, "tutor.glue()", "tutor.glue();", "trailing ';'"),
    (contract.code_rules, "tutor.glue()", "tutor.glue();  # x", "trailing ';'"),
    (contract.code_rules, "tutor.glue()", "f();\n# x", "trailing ';'"),
    (contract.code_rules, "tutor.glue()", "g('#');", "trailing ';'"),
    (contract.code_rules, "tutor.glue()", "x = 1\nif x:\n    f();\n", "trailing ';'"),
    (contract.code_rules, "tutor.glue()", "!ls\ntutor.glue()", "'!' or '%'"),
    (contract.code_rules, "tutor.glue()", "%time f()", "'!' or '%'"),
    (contract.code_rules, "tutor.glue()", "x = 'numpy==2.4.6'", "version pin"),
    (contract.code_rules, "tutor.glue()", "# NBVAL_SKIP\nf()", "skipped"),
    (contract.code_rules, "tutor.glue()", "# NBVAL_IGNORE_OUTPUT\nf()", "ignores"),
    (
        contract.code_rules,
        "tutor.glue()",
        "# PYTEST_VALIDATE_IGNORE_OUTPUT\nf()",
        "ignores",
    ),
    (contract.code_rules, "tutor.glue()", "x = 'numpy==2.4'", "version pin"),
    (contract.code_rules, "tutor.glue()", "x = 'numpy == 2.4'", "version pin"),
    (contract.code_rules, "tutor.glue()", "x = 'numpy[a]~=2'", "version pin"),
    (contract.code_rules, "tutor.glue()", "f()  # needs numpy==2", "version pin"),
    (contract.code_rules, "tutor.glue()", "from tqdm import tqdm", "progress"),
    (contract.plain_markdown, "Text, [", "{term}`PPMI`, [", "role"),
    (contract.plain_markdown, "Text, [", "```{note}\nhi\n```\n[", "directive"),
    (contract.plain_markdown, "Text, [", ":::{note}\nhi\n:::\n[", "directive"),
    (contract.plain_markdown, "Text, [", "(here)=\n[", "target"),
    (contract.plain_markdown, "Text, [", "<script>x</script> [", "script"),
    (contract.plain_markdown, "Answer</summary>\n\n", "Answer</summary>\n", "blank"),
    (contract.plain_markdown, "<summary>B. two", "<summary>B. $2$", "mathematics"),
    (contract.plain_markdown, "<details>\n<summary>Answer", "<summary>Ans", "unbal"),
    (contract.objectives, "- [one](#quiz)\n- [two](#quiz)\n", "", "3 to 5"),
    (contract.objectives, "Keep\n\n- [one](#quiz)", "Keep\n\n- one", "no link"),
    (contract.exercise_pages, "(worked, 5 minutes)", "(easy)", "is not 'Exercise"),
    (contract.exercise_pages, "(worked,", "(open,", "from worked to open"),
    (contract.exercise_pages, "<summary>Hint 1", "<summary>Tip 1", "2 hints"),
    (contract.exercise_pages, "<summary>Solution", "<summary>Sol", "Solution wanted"),
    (contract.exercise_pages, 'check("words/sample/e1", e1)', "e1", "0 checks"),
    (contract.exercise_pages, "words/sample/e1", "words/other/e1", "not an exercise"),
    (contract.exercise_pages, "Exercise 2.", "Exercise 7.", "numbered otherwise"),
    (contract.quiz, "### Question 5", "### Queston 5", "headed"),
    (contract.quiz, "Right. It is", "Not. It is", "0 replies"),
    (contract.quiz, "Not this one: look", "Right this one: look", "2 replies"),
    (contract.quiz, "Not this one: look again at the table.", "Not.", "real reply"),
    (
        contract.fixed_bands,
        "tutor.glue()",
        "Measured(x, band=(x - 1, x + 1))",
        "is computed, not stated",
    ),
    (contract.fixed_bands, "tutor.glue()", "Measured(x, around(x))", "computed"),
    (contract.links, "sample.ipynb", "nowhere.ipynb", "no such page"),
]


@pytest.mark.parametrize(
    ("check", "old", "new", "message"),
    SPOILT_SOURCE,
    ids=[f"{c.__name__}-{m}" for c, _, _, m in SPOILT_SOURCE],
)
def test_a_broken_rule_in_the_source_is_named(check, old, new, message, chapter):
    text = chapter.source_path.read_text(encoding="utf-8")
    assert old in text
    chapter.source_path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert any(message in problem for problem in check(chapter)), check(chapter)


@pytest.mark.parametrize(
    "code",
    [
        "a = 1; b = 2",
        "f('x;')",
        "f()  # a; b;",
        'x = "y;"',
        "x = y==2.5",
        "print('a', x == 2.5)",
    ],
)
def test_what_only_looks_like_a_broken_rule_passes(code, chapter):
    text = chapter.source_path.read_text(encoding="utf-8")
    spoilt = text.replace("tutor.glue()", code, 1)
    chapter.source_path.write_text(spoilt, encoding="utf-8")
    assert contract.code_rules(chapter) == []


def test_fewer_exercises_or_questions_are_counted(chapter):
    text = chapter.source_path.read_text(encoding="utf-8")
    text = text.replace(question(5), "").replace(exercise(4, "blank"), "")
    chapter.source_path.write_text(text, encoding="utf-8")
    assert "4 quiz questions, at least 5 wanted" in contract.quiz(chapter)
    assert "3 exercises, at least 4 wanted" in contract.exercise_pages(chapter)


def output(notebook: dict, word: str) -> dict:
    """Return the output of the code cell that holds a word."""
    cells = (c for c in notebook["cells"] if word in "".join(c["source"]))
    return next(c for c in cells if c.get("outputs"))["outputs"][0]


def _count(nb):
    nb["cells"][-1], code = nb["cells"][-1], [c for c in nb["cells"] if "outputs" in c]
    code[2]["execution_count"] = None


def _digit(nb):
    data = output(nb, "glue")["data"]
    data["text/plain"] = data["text/plain"].replace("0.61", "0.62")


def _digit_everywhere(nb):
    found = output(nb, "glue")
    text = json.dumps(found).replace("0.61<", "0.62<").replace("0.61\\u", "0.62\\u")
    text = text.replace('"text": "0.61"', '"text": "0.62"')
    found.update(json.loads(text))


def _band(nb):
    record = output(nb, "glue")["metadata"]["tutor"]["measured"][0]
    record["band"] = [0.7, 0.9]


def _no_record(nb):
    del output(nb, "glue")["metadata"]["tutor"]


def _alt(nb):
    output(nb, "lines")["metadata"]["tutor"]["alt"] = "Another picture altogether."


def _no_alt(nb):
    output(nb, "lines")["metadata"] = {}


def _long(nb):
    output(nb, "glue")["data"]["text/plain"] = "0.123456789"


def _error(nb):
    cell = next(c for c in nb["cells"] if "glue" in "".join(c["source"]))
    cell["outputs"] = [
        {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}
    ]


def _stream(name: str, text: str):
    def spoil(nb):
        cell = next(c for c in nb["cells"] if "glue" in "".join(c["source"]))
        cell["outputs"] = [{"output_type": "stream", "name": name, "text": text}]

    return spoil


def _loud(nb):
    code = next(c for c in nb["cells"] if c["cell_type"] == "code")
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hi"}]


def _svg(nb):
    output(nb, "lines")["data"]["image/svg+xml"] = "<svg/>"


def _claim(**changes):
    def spoil(nb):
        output(nb, "Claim(")["metadata"]["tutor"].update(changes)

    return spoil


def _hidden_claim(nb):
    cell = next(c for c in nb["cells"] if "Claim(" in "".join(c["source"]))
    cell["outputs"] = []


def _heavy_explorers(nb):
    """Two explorers that are light alone and heavy together."""
    cells = [c for c in nb["cells"] if c.get("outputs")][:2]
    for cell in cells:
        page = '<div class="tutor-explorer">' + "x" * 76_000 + "</div>"
        cell["outputs"][0]["data"]["text/html"] = page


def _solved(nb):
    output(nb, "check(")["metadata"]["tutor"]["outcome"] = "right"


def _cell(nb):
    nb["cells"][1]["source"] = "other"


def _lost(nb):
    del nb["cells"][3]


OUT = contract_outputs
GONE = {"name": "gone", "date": "2026-01-01", "command": "x"}
SPOILT_NOTEBOOK = [
    (OUT.counts, _count, "expected 1 to"),
    (OUT.pair, _cell, "differs"),
    (OUT.pair, _lost, "cells in the source"),
    (OUT.marked, _digit, "recorded are"),
    (OUT.marked, _digit_everywhere, "rounded"),
    (OUT.marked, _band, "outside"),
    (OUT.marked, _no_record, "recorded are []"),
    (OUT.marked, _stream("stdout", "\u27e60.6\u27e7"), "recorded are []"),
    (OUT.alt_texts, _alt, "not the plot's"),
    (OUT.alt_texts, _no_alt, "without alt text"),
    (OUT.clean_outputs, _long, "too many digits"),
    (OUT.clean_outputs, _error, "an error"),
    (OUT.clean_outputs, _stream("stderr", "warn"), "stderr"),
    (OUT.clean_outputs, _stream("stdout", "Wall time: 3 s"), "clock"),
    (OUT.clean_outputs, _loud, "must be silent"),
    (OUT.clean_outputs, _svg, "svg"),
    (OUT.claims, _hidden_claim, "never shown"),
    (OUT.claims, _claim(chapter="words/other"), "names 'words/other'"),
    (OUT.claims, _claim(low=0.9), "does not hold"),
    (OUT.claims, _claim(source="stored", stored=GONE), "1 of 1 claims are stored"),
    (OUT.claims, _claim(source="stored", stored=GONE), "no stored result 'gone'"),
    (OUT.stubs, _solved, "shows 'right'"),
    (OUT.explorers, _heavy_explorers, "at most 150 kB"),
]


@pytest.mark.parametrize(
    ("check", "spoil", "message"),
    SPOILT_NOTEBOOK,
    ids=[f"{c.__name__}-{m}" for c, _, m in SPOILT_NOTEBOOK],
)
def test_a_broken_rule_in_the_notebook_is_named(check, spoil, message, chapter):
    path = chapter.notebook_path
    notebook = nbformat.read(path, as_version=4)
    spoil(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    fresh = Chapter(chapter.name, chapter.root)
    assert any(message in problem for problem in check(fresh)), check(fresh)


def test_a_missing_notebook_names_the_command(chapter):
    chapter.notebook_path.unlink()
    (problem,) = contract_outputs.pair(chapter)
    assert "python -m tutor outputs words/sample" in problem


def test_a_heavy_notebook_is_refused(chapter):
    path: Path = chapter.notebook_path
    path.write_text(path.read_text(encoding="utf-8") + " " * 1_000_000)
    assert "1 MB" in contract_outputs.weight(chapter)[0]


def test_compared_cells_are_counted(chapter):
    compared, cells = contract_outputs.compared(chapter)
    assert compared == cells == 8
    notebook = chapter.notebook
    notebook["cells"][-1], code = notebook["cells"][-1], chapter.code_cells
    code[1]["metadata"]["tags"] = ["nbval-ignore-output", "timing"]
    assert contract_outputs.compared(chapter) == (7, 8)
    code[2]["source"] = "# PYTEST_VALIDATE_IGNORE_OUTPUT\n" + code[2]["source"]
    assert contract_outputs.compared(chapter) == (6, 8)
