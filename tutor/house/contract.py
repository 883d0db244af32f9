"""What every chapter must hold to: each check returns what falls short, in words.

``SOURCE_CHECKS`` read the text an author edits, ``NOTEBOOK_CHECKS`` its executed twin.
The tests run each check on each chapter, and each check on a chapter spoilt on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tutor.house.address import current
from tutor.house.chapters import CODE_BLOCK, COMMENT, Chapter, exercises
from tutor.house.contract_code import code_rules, fixed_bands

Check = Callable[[Chapter], list[str]]

SECTIONS = (
    "At a glance",
    "You will be able to",
    "Recall",
    "…",
    "The experiment",
    "CPU and GPU",
    "A trap",
    "Exercises",
    "Quiz",
    "Keep",
    "What reproduced",
    "Further",
)
"""The headings of level 2, in order; ``…`` is the body, one section or more."""
_BEGINS = ("The experiment", "A trap")
DIFFICULTY = ("worked", "half-blank", "blank", "open")


def sections(chapter: Chapter) -> list[str]:
    """Ask for one title, the sections in order, and a body before the experiment."""
    titles = [s.title for s in chapter.sections if s.level == 2]
    problems = []
    if [s.level for s in chapter.sections].count(1) != 1:
        problems.append("expected exactly one heading of level 1, the title")
    place = -1
    for wanted in SECTIONS:
        if wanted == "…":
            continue
        starts = wanted in _BEGINS
        places = [
            i
            for i, title in enumerate(titles)
            if title == wanted or (starts and title.startswith(wanted))
        ]
        if not places:
            problems.append(f"no section {wanted!r} (sections: {titles})")
        elif places[0] <= place:
            problems.append(f"section {wanted!r} comes too early")
        else:
            place = places[0]
    if not problems:
        first = titles.index("Recall")
        last = next(i for i, t in enumerate(titles) if t.startswith("The experiment"))
        if last - first < 2:
            problems.append("no section of its own between Recall and The experiment")
    return problems


def glance(chapter: Chapter) -> list[str]:
    """Ask the table at the top for time, needs, data and papers."""
    section = chapter.section("At a glance")
    text = "" if section is None else section.text
    rows = ("Reading", "Running", "Needs first", "Data", "Papers")
    return [
        f"At a glance has no row {row!r}"
        for row in rows
        if not re.search(rf"^\| *\**{row}\** *\|", text, re.MULTILINE)
    ]


def setup_cell(chapter: Chapter) -> list[str]:
    """Ask that the first code cell is the shared one, under At a glance."""
    from tutor.notebook import setup_cell as shared

    code = [cell for cell in chapter.cells if cell.kind == "code"]
    if not code:
        return ["no code cell"]
    problems = []
    if code[0].source.strip() != shared(chapter.name, current().repository):
        problems.append(
            "the first code cell is not the shared set-up cell; copy "
            f"tutor.notebook.setup_cell({chapter.name!r}, address)"
        )
    if "hide-input" not in code[0].tags:
        problems.append("the set-up cell lacks the tag hide-input")
    top = chapter.section("At a glance")
    if top is None or not top.code or top.code[0].source != code[0].source:
        problems.append("the set-up cell does not stand under At a glance")
    return problems


def plain_markdown(chapter: Chapter) -> list[str]:
    """Refuse what Colab would show as raw text: directives, roles, targets."""
    problems = []
    for cell in chapter.cells:
        if cell.kind != "markdown":
            continue
        text = COMMENT.sub("", cell.source)
        for pattern, what in (
            (r"^ *(?:```|:::)+ *\{[^}]+\}", "directive"),
            (r"\{[\w:+-]+\}`[^`]+`", "role"),
            (r"^\([\w-]+\)=\s*$", "target"),
            (r"\{\{.+?\}\}", "substitution"),
            (r"<script\b", "script"),
        ):
            problems += [
                f"{what} in the text: {found.strip()!r}"
                for found in re.findall(pattern, text, re.MULTILINE)
            ]
        if text.count("<details>") != text.count("</details>"):
            problems.append(f"unbalanced <details> in the cell {text[:60]!r}")
        if re.search(r"</summary>\n(?!\n)", text) or re.search(
            r"[^\n]\n</details>", text
        ):
            problems.append("a fold needs blank lines around its Markdown")
        if re.search(r"<summary>[^<]*\$[^<]*</summary>", text):
            problems.append("mathematics in a <summary> stays raw text")
    return problems


def objectives(chapter: Chapter) -> list[str]:
    """Count objectives, take-aways with their links, and recalls."""
    problems = []
    for title, low, high in (("You will be able to", 3, 5), ("Keep", 3, 6)):
        section = chapter.section(title)
        text = "" if section is None else section.text
        bullets = re.findall(r"^[-*] .+(?:\n  .+)*", text, re.MULTILINE)
        if not low <= len(bullets) <= high:
            problems.append(f"{title}: {len(bullets)} points, {low} to {high} wanted")
        if title == "Keep":
            problems += [
                f"Keep: no link in {bullet[:60]!r}"
                for bullet in bullets
                if "](" not in bullet
            ]
    recall = chapter.section("Recall")
    if recall is not None and not 2 <= len(recall.folds) <= 3:
        problems.append(f"Recall: {len(recall.folds)} folded answers, 2 or 3 wanted")
    return problems


def exercise_pages(chapter: Chapter) -> list[str]:
    """Ask for four exercises, easier first, with check, three hints and solution."""
    found = exercises(chapter)
    headings = chapter.under("Exercises")
    problems = [
        f"heading {s.title!r} is not 'Exercise N. Title (difficulty, M minutes)'"
        for s in headings
        if not any(e.section is s for e in found)
    ]
    if len(found) < 4:
        problems.append(f"{len(found)} exercises, at least 4 wanted")
    order = [DIFFICULTY.index(e.difficulty) for e in found]
    if order != sorted(order):
        problems.append(f"exercises not from worked to open: {order}")
    for number, exercise in enumerate(found, 1):
        where = f"exercise {number}"
        if not exercise.section.title.startswith(f"Exercise {number}."):
            problems.append(f"{where} is numbered otherwise")
        titles = [title for title, _ in exercise.section.folds]
        hints = sum(title.startswith("Hint") for title in titles)
        if hints != 3:
            problems.append(f"{where}: {hints} hints, 3 wanted")
        if sum(title.startswith("Solution") for title in titles) != 1:
            problems.append(f"{where}: one folded Solution wanted")
        if exercise.difficulty != "open":
            if len(exercise.checks) != 1:
                problems.append(f"{where}: {len(exercise.checks)} checks, 1 wanted")
            if not exercise.solution:
                problems.append(f"{where}: the solution holds no Python block")
        problems += [
            f"{where}: {name!r} is not an exercise of {chapter.name}"
            for name, _ in exercise.checks
            if not name.startswith(f"{chapter.name}/")
        ]
    return problems


def quiz(chapter: Chapter) -> list[str]:
    """Ask for five questions; every choice has its reply, exactly one is right."""
    questions = chapter.under("Quiz")
    problems = []
    if len(questions) < 5:
        problems.append(f"{len(questions)} quiz questions, at least 5 wanted")
    for number, question in enumerate(questions, 1):
        where = f"question {number}"
        if question.title != f"Question {number}":
            problems.append(f"{where} is headed {question.title!r}")
        replies = [body for _, body in question.folds]
        if len(replies) < 3:
            problems.append(f"{where}: {len(replies)} choices, at least 3 wanted")
        right = sum(body.startswith("Right") for body in replies)
        if right != 1:
            problems.append(f"{where}: {right} replies start with 'Right', 1 wanted")
        if any(len(body) < 20 for body in replies):
            problems.append(f"{where}: a choice without a real reply")
    return problems


def links(chapter: Chapter) -> list[str]:
    """Follow relative links: to pages that exist, or to chapters that are announced."""
    from tutor.notebook import NEEDS

    announced = {(chapter.root / "book" / "source" / name).resolve() for name in NEEDS}
    problems = []
    for cell in chapter.cells:
        if cell.kind != "markdown":
            continue
        text = CODE_BLOCK.sub("", COMMENT.sub("", cell.source))
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            page = (chapter.source_path.parent / target).resolve()
            inside = chapter.root / "book"
            built = inside / page.relative_to(inside / "source")
            known = page.with_suffix("") in announced
            if not (known or built.exists() or page.with_suffix(".md").exists()):
                problems.append(f"link to {target}: there is no such page")
    return problems


SOURCE_CHECKS: tuple[Check, ...] = (
    sections,
    glance,
    setup_cell,
    code_rules,
    plain_markdown,
    objectives,
    exercise_pages,
    quiz,
    fixed_bands,
    links,
)
