"""Pytest plugin: how long each chapter took, what share of its cells is compared."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

BUDGET = 90.0
NOT_COMPARED = {"nbval-ignore-output", "nbval-skip", "pytest-validate-ignore-output"}


def compared(path: Path) -> tuple[int, int]:
    """Return how many code cells nbval compares, and how many there are."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [c for c in cells if c["cell_type"] == "code" and "".join(c["source"])]
    return sum(map(_is_compared, code)), len(code)


def _is_compared(cell: dict[str, Any]) -> bool:
    comments = {
        line.strip().lstrip("#").strip().lower().replace("_", "-")
        for line in "".join(cell["source"]).splitlines()
        if line.strip().startswith("#")
    }
    marks = comments | set(cell["metadata"].get("tags", []))
    return cell.get("execution_count") is not None and not marks & NOT_COMPARED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print one line a chapter after the tests."""
    seconds: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            file, _, _ = getattr(report, "nodeid", "").partition("::")
            if file.endswith(".ipynb"):
                seconds[file] += getattr(report, "duration", 0.0)
    if not seconds:
        return
    terminalreporter.section("chapters")
    done = total = 0
    for file, spent in sorted(seconds.items()):
        hit, cells = compared(Path(terminalreporter.config.rootpath) / file)
        done, total = done + hit, total + cells
        note = f"   over its {BUDGET:.0f} s" if spent > BUDGET else ""
        terminalreporter.line(f"{spent:6.1f} s  {hit}/{cells} cells  {file}{note}")
    share = 100 * done / max(total, 1)
    terminalreporter.line(f"compared with their stored outputs: {share:.1f} % of cells")
