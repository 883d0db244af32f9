"""The page *What was measured for speed*: every stored benchmark row, with its machine.

It is written at build time from ``data/results/bench*.json``, the files that
``python -m tutor bench`` leaves, so that no rate stands in the book by hand.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tutor import rates
from tutor.house.setup import ROOT
from tutor.rates import difference, machine_text, rate_text, ratio_interval

_HEAD = (
    "| work | ours | rival | times as fast | share of the limit |",
    "|---|---|---|---|---|",
)
_QUALITY = (
    "| work | score | ours | rival | ours − rival |",
    "|---|---|---|---|---|",
)


def rows(root: Path = ROOT) -> list[dict[str, Any]]:
    """Return every stored row, benchmark by benchmark."""
    return rates.rows(root / "data" / "results")


def page(root: Path = ROOT) -> str:
    """Return the body of the page: rates, scores, what was unequal, the machine."""
    found = rows(root)
    if not found:
        return "Nothing has been measured yet."
    names = list(dict.fromkeys(row["benchmark"] for row in found))
    return "\n\n".join(
        _section(name, [row for row in found if row["benchmark"] == name])
        for name in names
    )


def _section(name: str, part: Sequence[Mapping[str, Any]]) -> str:
    lines = [f"## {name}", "", *_HEAD, *(_rates(row) for row in part)]
    scores = [line for row in part for line in _scores(row)]
    if scores:
        lines += [
            "",
            "Scores of the same runs: the median, and the range over turns. The "
            "difference is the mean over turns, with Student's 95 % interval.",
            "",
        ]
        lines += [*_QUALITY, *scores]
    lines += ["", *(f"- {row['name']}: {_threads(row)}{row['notes']}." for row in part)]
    machines = dict.fromkeys(machine_text(row) for row in part)
    return "\n".join([*lines, "", *(f"Measured on {machine}." for machine in machines)])


def _threads(row: Mapping[str, Any]) -> str:
    """Say how many threads a side could use; the first rows did not record it."""
    if "threads" not in row:
        return ""
    most = "up to " if row["benchmark"] == "devices" else ""
    return f"{most}{row['threads']} thread{'s' * (row['threads'] > 1)} a side; "


def _rates(row: Mapping[str, Any]) -> str:
    ours, rival, ratio = (
        rate_text(row["ours"]["rate"], row["unit"]),
        row["rival_name"],
        "",
    )
    if "rival" in row:
        rival += f": {rate_text(row['rival']['rate'], row['unit'])}"
        digits = 1 if row["times_as_fast"] >= 1 else 2
        ratio = f"{row['times_as_fast']:.{digits}f}"
        if row["turns"] > 2:
            ratio += " [{:.{d}f}, {:.{d}f}]".format(*ratio_interval(row), d=digits)
        if "aim" in row:
            ratio += f" (aim {row['aim']:g})"
    share = f"{row['share_of_limit']:.0%}" if "share_of_limit" in row else ""
    return f"| {row['name']} | {ours} | {rival} | {ratio} | {share} |"


def _scores(row: Mapping[str, Any]) -> list[str]:
    ours = row["ours"]["quality"]
    rival = row.get("rival", {}).get("quality", {})
    return [
        f"| {row['name']} | {score} | {_spread(values)} | "
        f"{_spread(rival[score]) if score in rival else ''} | "
        f"{_difference(row, score) if score in rival else ''} |"
        for score, values in ours.items()
    ]


def _difference(row: Mapping[str, Any], score: str) -> str:
    mean, low, high = difference(row, score)
    if max(map(abs, row["ours"]["quality"][score])) >= 1000:
        return f"{mean:,.0f}"
    return _minus(f"{mean:z.3f} [{low:z.3f}, {high:z.3f}]")


def _spread(values: Sequence[float]) -> str:
    middle = statistics.median(values)
    if max(map(abs, values)) >= 1000:
        return f"{middle:,.0f}"
    return _minus(f"{middle:.3f} ({min(values):.3f} to {max(values):.3f})")


def _minus(numbers: str) -> str:
    """Return numbers with the sign of subtraction in place of hyphens."""
    return numbers.replace("-", "−")
