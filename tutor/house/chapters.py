"""A chapter as the tests see it: its source, its executed notebook, its sections."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tutor.house.setup import ROOT

FOLD = re.compile(
    r"<details>\s*<summary>(?P<title>.*?)</summary>(?P<body>.*?)</details>", re.DOTALL
)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
CODE_BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
EXERCISE = re.compile(
    r"Exercise (?P<number>\d+)\. (?P<title>.+) "
    r"\((?P<difficulty>worked|half-blank|blank|open), (?P<minutes>\d+) minutes?\)"
)


@dataclass(frozen=True)
class Cell:
    """A cell of the source: ``kind`` is ``code`` or ``markdown``."""

    kind: str
    source: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A heading of level 1 to 3 with the cells under it, its own subsections apart."""

    level: int
    title: str
    cells: tuple[Cell, ...]

    @property
    def text(self) -> str:
        """The Markdown of the section without comments."""
        text = "\n\n".join(c.source for c in self.cells if c.kind == "markdown")
        return COMMENT.sub("", text)

    @property
    def code(self) -> list[Cell]:
        """The code cells of the section."""
        return [cell for cell in self.cells if cell.kind == "code"]

    @property
    def folds(self) -> list[tuple[str, str]]:
        """Title and body of every ``<details>``."""
        found = FOLD.finditer(self.text)
        return [(m["title"].strip(), m["body"].strip()) for m in found]


@dataclass(frozen=True)
class Chapter:
    """One chapter: ``name`` is ``words/word2vec``."""

    name: str
    root: Path = ROOT

    @property
    def source_path(self) -> Path:
        """The text that authors edit."""
        return self.root / "book" / "source" / f"{self.name}.md"

    @property
    def notebook_path(self) -> Path:
        """The executed notebook."""
        return self.root / "book" / f"{self.name}.ipynb"

    @cached_property
    def cells(self) -> list[Cell]:
        """The cells of the source."""
        import jupytext

        return [
            Cell(cell.cell_type, cell.source, tuple(cell.metadata.get("tags", ())))
            for cell in jupytext.read(self.source_path).cells
        ]

    @cached_property
    def notebook(self) -> dict[str, Any]:
        """The executed notebook as plain JSON."""
        content = json.loads(self.notebook_path.read_text(encoding="utf-8"))
        for cell in content["cells"]:
            cell["source"] = _joined(cell["source"])
        return dict(content)

    @property
    def code_cells(self) -> list[dict[str, Any]]:
        """The code cells of the executed notebook."""
        return [c for c in self.notebook["cells"] if c["cell_type"] == "code"]

    @cached_property
    def sections(self) -> list[Section]:
        """The source cut at its headings; fenced code and comments hold none."""
        found: list[tuple[int, str, list[Cell]]] = []
        for cell in self.cells:
            if cell.kind != "markdown":
                if found:
                    found[-1][2].append(cell)
                continue
            for level, title, text in _cut(COMMENT.sub("", cell.source)):
                if level:
                    found.append((level, title, []))
                if text.strip() and found:
                    found[-1][2].append(Cell("markdown", text))
        return [Section(level, title, tuple(cells)) for level, title, cells in found]

    def under(self, title: str) -> list[Section]:
        """Return the subsections of a section of level 2."""
        inside, found = False, []
        for section in self.sections:
            if section.level <= 2:
                inside = section.title == title
            elif inside:
                found.append(section)
        return found

    def section(self, title: str) -> Section | None:
        """Return the section of level 2 whose title is, or begins with, ``title``."""
        named = (s for s in self.sections if s.level == 2 and s.title.startswith(title))
        return next(named, None)

    def outputs(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yield each output with its cell."""
        for cell in self.code_cells:
            for output in cell.get("outputs", []):
                yield cell, output

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Return the machine records of a kind: claim, exercise, glue, figure."""
        found = (o.get("metadata", {}).get("tutor", {}) for _, o in self.outputs())
        return [record for record in found if record.get("kind") == kind]


@dataclass(frozen=True)
class PageExercise:
    """An exercise as it stands on the page."""

    section: Section
    difficulty: str
    checks: tuple[tuple[str, str], ...]
    stub: str
    solution: str


def chapters(root: Path = ROOT) -> list[Chapter]:
    """Return every chapter that has a source."""
    folder = root / "book" / "source"
    names = (p.relative_to(folder).with_suffix("") for p in folder.glob("*/*.md"))
    return [Chapter(name.as_posix(), root) for name in sorted(names)]


def exercises(chapter: Chapter) -> list[PageExercise]:
    """Read the exercises of a chapter; a heading without a difficulty is left out."""
    found = []
    for section in chapter.under("Exercises"):
        heading = EXERCISE.fullmatch(section.title)
        if heading is None:
            continue
        stub, checks = split_checks("\n".join(cell.source for cell in section.code))
        blocks = [
            code
            for title, body in section.folds
            if title.startswith("Solution")
            for language, code in CODE_BLOCK.findall(body)
            if language in ("python", "py")
        ]
        found.append(
            PageExercise(
                section, heading["difficulty"], tuple(checks), stub, "\n".join(blocks)
            )
        )
    return found


def nbval_marks(source: str, tags: Iterable[str]) -> str:
    """Return where nbval finds its marks, in one spelling: comments and tags."""
    return source.upper() + " " + " ".join(tags).upper().replace("-", "_")


def ignores_output(source: str, tags: Iterable[str]) -> bool:
    """Say whether nbval is told, by its new word or its old, not to compare a cell."""
    marks = nbval_marks(source, tags)
    words = ("NBVAL_IGNORE_OUTPUT", "PYTEST_VALIDATE_IGNORE_OUTPUT", "NBVAL_SKIP")
    return any(word in marks for word in words)


def split_checks(source: str) -> tuple[str, list[tuple[str, str]]]:
    """Take ``check("name", function)`` out of a cell; return the rest and the pairs."""
    tree = ast.parse(source)
    kept: list[ast.stmt] = []
    checks = []
    for node in tree.body:
        call = node.value if isinstance(node, ast.Expr) else None
        if (
            isinstance(call, ast.Call)
            and ast.unparse(call.func).split(".")[-1] == "check"
            and len(call.args) == 2
            and isinstance(call.args[0], ast.Constant)
        ):
            checks.append((str(call.args[0].value), ast.unparse(call.args[1])))
        else:
            kept.append(node)
    return ast.unparse(ast.Module(kept, [])), checks


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _cut(text: str) -> Iterator[tuple[int, str, str]]:
    """Cut Markdown at headings of level 1 to 3 outside fenced code."""
    level, title, lines, fenced = 0, "", [], False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        heading = None if fenced else re.match(r"(#{1,3}) (.+)", line)
        if heading is None:
            lines.append(line)
            continue
        yield level, title, "\n".join(lines)
        level, title, lines = len(heading[1]), heading[2].strip(), []
    yield level, title, "\n".join(lines)
