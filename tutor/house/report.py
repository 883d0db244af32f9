"""Pytest plugin: how long each chapter took, what share of its cells is compared."""

from __future__ import annotations

import statistics
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import Any

from tutor.house.chapters import Chapter
from tutor.house.contract_outputs import compared
from tutor.house.outputs import CHAPTER_BUDGET

MEDIAN_BUDGET = 40.0
"""Seconds that the middle chapter may take on one core."""


def seconds_by_notebook(stats: dict[str, list[Any]]) -> dict[str, float]:
    """Add up the time of every cell, by notebook, from pytest's reports."""
    seconds: dict[str, float] = defaultdict(float)
    for reports in stats.values():
        for report in reports:
            file, _, _ = getattr(report, "nodeid", "").partition("::")
            if file.endswith(".ipynb"):
                seconds[file] += getattr(report, "duration", 0.0)
    return dict(sorted(seconds.items()))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print one line a chapter after the tests, and the share of the whole book."""
    spent = seconds_by_notebook(terminalreporter.stats)
    if not spent:
        return
    root = Path(terminalreporter.config.rootpath)
    terminalreporter.section("chapters")
    done = total = 0
    for file, seconds in spent.items():
        name = PurePosixPath(file).with_suffix("").as_posix().removeprefix("book/")
        hit, cells = compared(Chapter(name, root))
        done, total = done + hit, total + cells
        over = seconds > CHAPTER_BUDGET
        note = f"   over its {CHAPTER_BUDGET:.0f} s" if over else ""
        terminalreporter.line(f"{seconds:6.1f} s  {hit}/{cells} cells  {file}{note}")
    middle, slowest = statistics.median(spent.values()), max(spent.values())
    terminalreporter.line(
        f"a chapter: median {middle:.0f} s of {MEDIAN_BUDGET:.0f} s, at most "
        f"{slowest:.0f} s of {CHAPTER_BUDGET:.0f} s, two at a time"
    )
    share = 100 * done / max(total, 1)
    terminalreporter.line(f"compared with their stored outputs: {share:.1f} % of cells")
