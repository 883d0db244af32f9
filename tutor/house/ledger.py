"""What the book claims: studies run again, and the page made from all notebooks.

``python -m tutor claims [NAME]`` runs studies and stores what they found; the page
*What this book claims* is written at build time from the records in the executed
notebooks, so that it cannot differ from them.
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tutor.house.setup import ROOT, HouseError

OUTCOMES = ("reproduced", "tie", "not reproduced at this size", "undecided")


def main(*names: str) -> int:
    """Run the named studies, or all, and store what they found."""
    from tutor.claims import ClaimError, studies

    try:
        known = studies.studies()
        for name in names or sorted(known):
            began = time.perf_counter()
            result = studies.run(name)
            seconds = time.perf_counter() - began
            print(f"{name}: stored {result.date}, {seconds:.0f} s", flush=True)
    except ClaimError as error:
        raise HouseError(str(error)) from error
    if not known:
        print("no studies yet", file=sys.stderr)
    return 0


def records(root: Path = ROOT) -> list[dict[str, Any]]:
    """Collect the claims of every executed notebook, in the order of the book."""
    from tutor.claims.studies import PARTS
    from tutor.house.chapters import chapters

    reading = _order(root)
    written = [c for c in chapters(root) if c.notebook_path.is_file()]
    written.sort(
        key=lambda c: (
            reading.get(c.name, len(reading)),
            PARTS.index(c.name.split("/")[0]) if c.name.split("/")[0] in PARTS else 99,
            c.name,
        )
    )
    return [record for chapter in written for record in chapter.records("claim")]


def page(root: Path = ROOT) -> str:
    """Return the body of the page: how many of each outcome, then every claim."""
    found = records(root)
    if not found:
        return "No chapter has made a claim yet."
    number = Counter(record["outcome"] for record in found)
    live = sum(record["source"] == "live" for record in found)
    counted = ", ".join(f"{number[o]} {o}" for o in OUTCOMES if number[o])
    lines = [
        f"{len(found)} claims: {counted}. {live} are computed live in their chapter, "
        f"{len(found) - live} were computed beforehand and stored.",
        "",
        "| claim | paper | theirs | ours | interval | verdict | source | chapter |",
        "|---|---|---|---|---|---|---|---|",
        *(_row(record, root) for record in found),
    ]
    return "\n".join(lines)


def _row(record: dict[str, Any], root: Path) -> str:
    from tutor.claims.measured import number
    from tutor.claims.verdict import paper_name

    ours, low, high = (
        number(record[key], record["digits"]) for key in ("estimate", "low", "high")
    )
    paper = paper_name(record["paper"])
    if record["paper"] in _bibliography(root):
        paper = f"[{paper}](#{record['paper']})"
    source = "live"
    if record["source"] == "stored":
        kept = record["stored"]
        source = f"stored {kept['date']}, `{kept['command']}`"
    verdict = record["outcome"]
    if record["needs"]:
        verdict += f"; needs {record['needs']}"
    seeds = len(record["per_seed"])
    tried = record["settings_tried"]
    size = f"{seeds} seed{'s' * (seeds != 1)}, {record['items']} items"
    cells = (
        f"{record['statement']} Metric: {record['metric']}; control: "
        f"{record['control']}.",
        paper,
        record["theirs"] or "not verified",
        ours,
        f"{low} to {high} ({100 * record['level']:g} %; {size}; margin "
        f"{record['margin']:g}; {tried} setting{'s' * (tried > 1)} tried)",
        verdict,
        source,
        f"[{record['chapter']}](../{record['chapter']}.ipynb)",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _bibliography(root: Path) -> set[str]:
    path = root / "book" / "appendix" / "references.bib"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    return set(re.findall(r"^@\w+\{([^,\s]+),", text, re.MULTILINE))


def _order(root: Path) -> dict[str, int]:
    """Return the place of each file in the table of contents."""
    path = root / "_toc.yml"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    files = re.findall(r"^\s*-? *file: *(\S+)", text, re.MULTILINE)
    return {name.removesuffix(".ipynb"): place for place, name in enumerate(files)}
