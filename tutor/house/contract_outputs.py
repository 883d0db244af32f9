"""What every executed notebook must hold to; see :mod:`tutor.house.contract`."""

from __future__ import annotations

import html
import re
from typing import Any

from tutor.house.chapters import Chapter, exercises, ignores_output
from tutor.house.contract import Check

LARGEST = 1_000_000
"""Bytes of a stored notebook; the page made from it is about as large."""
EXPLORERS = 150_000
"""Bytes of all explorers of a page together."""


def pair(chapter: Chapter) -> list[str]:
    """Compare source and notebook: kind, text and tags of every cell."""
    if not chapter.notebook_path.is_file():
        return [f"no notebook; run `python -m tutor outputs {chapter.name}`"]
    problems = []
    stored = chapter.notebook["cells"]
    if len(stored) != len(chapter.cells):
        problems.append(
            f"{len(chapter.cells)} cells in the source, {len(stored)} in the notebook"
        )
    for number, (cell, twin) in enumerate(zip(chapter.cells, stored, strict=False), 1):
        tags = tuple(twin["metadata"].get("tags", ()))
        if (cell.kind, cell.source, cell.tags) != (
            twin["cell_type"],
            twin["source"],
            tags,
        ):
            problems.append(f"cell {number} differs: {cell.source[:60]!r}")
            break
    remedy = f"run `python -m tutor outputs {chapter.name}`"
    return [f"{problem}; {remedy}" for problem in problems]


def counts(chapter: Chapter) -> list[str]:
    """Ask for execution counts 1..n: nbval compares nothing in an un-run cell."""
    found = [c.get("execution_count") for c in chapter.code_cells]
    problems = []
    if found != list(range(1, len(found) + 1)):
        problems.append(f"execution counts {found}, expected 1 to {len(found)}")
    problems += [
        "an empty code cell" for c in chapter.code_cells if not c["source"].strip()
    ]
    return problems


def clean_outputs(chapter: Chapter) -> list[str]:
    """Refuse errors, warnings, SVG, widgets, clocks and long floats in outputs."""
    problems = []
    for cell, output in chapter.outputs():
        where = f"cell {cell['execution_count']}"
        tags = cell["metadata"].get("tags", [])
        if output["output_type"] == "error" and "raises-exception" not in tags:
            problems.append(f"{where}: an error, {output.get('ename')}")
        if output["output_type"] == "stream" and output.get("name") == "stderr":
            problems.append(f"{where}: writes to stderr: {_text(output)[:80]!r}")
        for kind in output.get("data", {}):
            if kind in ("image/svg+xml", "image/jpeg") or "widget" in kind:
                problems.append(f"{where}: output of type {kind}")
        text = _text(output)
        if re.search(r"Wall time|CPU times|\d\s?it/s|ms ±|\x1b\[", text):
            problems.append(f"{where}: a clock or terminal colours in the output")
        if long := re.search(r"(?<![\w.])-?\d+\.\d{5,}", text):
            shown = "```python" in output.get("data", {}).get("text/markdown", "")
            if not shown:
                problems.append(f"{where}: {long[0]} has too many digits to be stable")
    first = chapter.code_cells[0]
    if first.get("outputs"):
        problems.append("the set-up cell shows something; it must be silent")
    return problems


def alt_texts(chapter: Chapter) -> list[str]:
    """Ask that each picture's alt text is the plot's own and reached the page."""
    problems = []
    for cell, output in chapter.outputs():
        if "image/png" not in output.get("data", {}):
            continue
        where = f"cell {cell['execution_count']}"
        own = output.get("metadata", {}).get("tutor", {}).get("alt", "")
        image = cell["metadata"].get("mystnb", {}).get("image", {})
        if len(own) < 20:
            problems.append(f"{where}: a picture without alt text; draw it by plot")
        elif image.get("alt") != own:
            problems.append(f"{where}: the page's alt text is not the plot's")
    return problems


def marked(chapter: Chapter) -> list[str]:
    """Hold every marked digit against its record, and the record against its band."""
    from tutor.claims.measured import number

    problems = []
    for cell, output in chapter.outputs():
        where = f"cell {cell['execution_count']}"
        records = output.get("metadata", {}).get("tutor", {}).get("measured", [])
        texts = [m["text"] for m in records]
        for form, found in _marks(output):
            if found != texts:
                problems.append(f"{where}: {form} shows {found}, recorded are {texts}")
        for m in records:
            if m["text"] not in (number(m["value"], m["digits"]), ">1000"):
                problems.append(f"{where}: {m['text']} is not {m['value']} rounded")
            if m["band"] and not m["band"][0] <= m["value"] <= m["band"][1]:
                problems.append(f"{where}: {m['value']} lies outside {m['band']}")
            if not m["reason"].strip():
                problems.append(f"{where}: {m['text']} has no reason for its band")
    return problems


def claims(chapter: Chapter) -> list[str]:
    """Ask that each claim is shown as recorded, and that at most half are stored."""
    records = chapter.records("claim")
    problems = [] if records else ["no claim"]
    stated = set()
    for cell in chapter.cells:
        if cell.kind == "code" and "Claim(" in cell.source:
            stated |= set(re.findall(r"\bid=[\"']([^\"']+)[\"']", cell.source))
    shown = [record["id"] for record in records]
    problems += [f"claim {i!r} is stated and never shown" for i in stated - set(shown)]
    problems += [
        f"claim {i!r} is shown twice" for i in set(shown) if shown.count(i) > 1
    ]
    for record in records:
        if record["chapter"] != chapter.name:
            problems.append(f"claim {record['id']!r} names {record['chapter']!r}")
        problems += _recorded(record)
    stored = [record["id"] for record in records if record["source"] == "stored"]
    if 2 * len(stored) > len(records):
        problems.append(f"{len(stored)} of {len(records)} claims are stored: {stored}")
    return problems


def _recorded(record: dict[str, Any]) -> list[str]:
    """Check one record: interval, seeds, and, where stored, its artefact."""
    from tutor.claims import ClaimError, stored
    from tutor.claims.studies import stale

    name = f"claim {record['id']!r}"
    problems = []
    slack = 1e-9 * max(1.0, abs(record["estimate"]))
    if not record["low"] - slack <= record["estimate"] <= record["high"] + slack:
        problems.append(f"{name}: its interval does not hold its estimate")
    if record["source"] != "stored":
        return problems
    try:
        artefact = stored(record["stored"]["name"])
    except ClaimError as error:
        return [*problems, f"{name}: {error}"]
    if artefact.summary() != record["stored"]:
        problems.append(f"{name}: the page shows an older artefact than data/results")
    if changed := stale(artefact):
        problems.append(f"{name}: stale ({changed}); run `{artefact.command}`")
    return problems


def stubs(chapter: Chapter) -> list[str]:
    """Ask that each exercise's stored feedback is the neutral one."""
    wanted = sorted(name for e in exercises(chapter) for name, _ in e.checks)
    records = chapter.records("exercise")
    shown = sorted(record["exercise"] for record in records)
    problems = [] if shown == wanted else [f"feedback of {shown}, expected {wanted}"]
    problems += [
        f"{record['exercise']}: the page shows {record['outcome']!r}"
        for record in records
        if record["outcome"] != "blank"
    ]
    return problems


def weight(chapter: Chapter) -> list[str]:
    """Refuse a notebook that makes a heavy page."""
    size = chapter.notebook_path.stat().st_size
    if size > LARGEST:
        return [f"the notebook has {size / 1e6:.1f} MB, at most 1 MB wanted"]
    return []


def explorers(chapter: Chapter) -> list[str]:
    """Refuse explorers that weigh more on one page than they may together."""
    shown = (
        output.get("data", {}).get("text/html", "") for _, output in chapter.outputs()
    )
    pages = ("".join(page) for page in shown)
    size = sum(len(page.encode()) for page in pages if 'class="tutor-explorer' in page)
    if size > EXPLORERS:
        return [f"explorers of {size / 1e3:.0f} kB, at most 150 kB a page wanted"]
    return []


def compared(chapter: Chapter) -> tuple[int, int]:
    """Count the code cells whose output the tests compare, and all code cells."""
    ignored = sum(
        ignores_output(cell["source"], cell["metadata"].get("tags", ()))
        for cell in chapter.code_cells
    )
    return len(chapter.code_cells) - ignored, len(chapter.code_cells)


def _text(output: dict[str, Any]) -> str:
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return text if isinstance(text, str) else "".join(text)


def _marks(output: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Find the marked texts of an output, for each form that it is stored in."""
    found = [("text", re.findall("\u27e6(.*?)\u27e7", _text(output)))]
    for form in ("text/html", "text/markdown"):
        if form in output.get("data", {}):
            page = "".join(output["data"][form])
            spans = re.findall(r"<span data-measured>(.*?)</span>", page, re.DOTALL)
            found.append((form, [html.unescape(span) for span in spans]))
    return found


NOTEBOOK_CHECKS: tuple[Check, ...] = (
    pair,
    counts,
    clean_outputs,
    alt_texts,
    marked,
    claims,
    stubs,
    weight,
    explorers,
)
