"""Every chapter holds to the contract: source, notebook, exercises, claims."""

import sys

import numpy as np
import pytest

import tutor
from tutor.exercises import catalogue, check, evaluate
from tutor.house import contract, contract_outputs
from tutor.house.chapters import Chapter, chapters, exercises
from tutor.house.setup import ROOT
from tutor.notebook import NEEDS

CHAPTERS = {chapter.name: chapter for chapter in chapters()}
EXECUTED = [c for c in CHAPTERS.values() if c.notebook_path.is_file()]
TEMPLATE = ROOT / "book" / "source" / "TEMPLATE.md"


def checked(name: str) -> list[tuple[str, str, str]]:
    """Name, stub and solution of each checked exercise on the page."""
    return [
        (path, function, number)
        for number, exercise in enumerate(exercises(CHAPTERS[name]))
        for path, function in exercise.checks
    ]


EXERCISES = [
    pytest.param(name, *row, id=row[0]) for name in CHAPTERS for row in checked(name)
]
CATALOGUE = [
    pytest.param(name, exercise, id=f"{name}/{exercise.name}")
    for name in CHAPTERS
    if name in NEEDS
    for exercise in catalogue(name)
]


@pytest.mark.parametrize("rule", contract.SOURCE_CHECKS, ids=lambda c: c.__name__)
@pytest.mark.parametrize("name", CHAPTERS)
def test_source(name, rule):
    assert rule(CHAPTERS[name]) == []


@pytest.mark.parametrize(
    "rule", contract_outputs.NOTEBOOK_CHECKS, ids=lambda c: c.__name__
)
@pytest.mark.parametrize("name", CHAPTERS)
def test_notebook(name, rule):
    assert rule(CHAPTERS[name]) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_setup_knows_what_the_chapter_needs(name):
    assert name in NEEDS


def test_claims_are_named_once_in_the_book():
    found = [r["id"] for c in EXECUTED for r in c.records("claim")]
    assert len(found) == len(set(found)), sorted(found)


def test_share_of_compared_cells(capsys):
    """At least 95 % of the book's code cells are compared with their stored output."""
    pairs = [contract_outputs.compared(chapter) for chapter in EXECUTED]
    same, cells = sum(p[0] for p in pairs), sum(p[1] for p in pairs)
    share = f"compared cells: {same} of {cells} ({same / max(cells, 1):.1%})"
    with capsys.disabled():
        sys.stdout.write(f"\n{share}\n")
    assert same >= 0.95 * cells


def run(source: str, space: dict) -> dict:
    exec(compile(source, "page", "exec"), space)
    return space


def space() -> dict:
    """Return what a stub or a solution may count on: np and tutor."""
    return {"np": np, "tutor": tutor}


@pytest.mark.parametrize(("name", "path", "function", "number"), EXERCISES)
def test_stub_fails_and_solution_passes(name, path, function, number):
    exercise = exercises(CHAPTERS[name])[number]
    before = run(exercise.stub, space())
    feedback = check(path, before[function])
    assert feedback.outcome == "blank", feedback.message
    after = run(exercise.solution, before)
    assert check(path, after[function]).passed, check(path, after[function]).message


@pytest.mark.parametrize(("name", "exercise"), CATALOGUE)
def test_catalogue(name, exercise):
    """The reference passes; each wrong answer gets its own message; cases are drawn."""
    assert evaluate(exercise, exercise.reference).passed
    for known in exercise.misconceptions:
        feedback = evaluate(exercise, known.wrong)
        assert feedback.misconception == known.name, feedback.message
        assert len(known.message) >= 20
    one, other = (
        repr(list(exercise.cases(np.random.default_rng(seed)))) for seed in (0, 1)
    )
    assert one != other, "no case is drawn from the generator"


@pytest.mark.parametrize("name", [name for name in CHAPTERS if name in NEEDS])
def test_every_catalogued_exercise_is_on_its_page(name):
    listed = {f"{name}/{exercise.name}" for exercise in catalogue(name)}
    assert listed == {path for path, _, _ in checked(name)}


def test_template_shows_every_section(tmp_path):
    """Authors copy the template, so it holds to the rules that do not count things."""
    folder = tmp_path / "book" / "source" / "words"
    folder.mkdir(parents=True)
    (folder / "template.md").write_text(TEMPLATE.read_text(encoding="utf-8"))
    (folder / "counts.md").write_text("")
    chapter = Chapter("words/template", tmp_path)
    for rule in (
        contract.sections,
        contract.glance,
        contract.setup_cell,
        contract.code_rules,
        contract.plain_markdown,
        contract.links,
    ):
        assert rule(chapter) == [], rule.__name__
    (exercise,) = exercises(chapter)
    assert exercise.checks
    assert exercise.solution
