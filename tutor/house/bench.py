"""Run the benchmarks: ours and the rival in turns, medians, hardware and load beside them.

The result lies in ``data/results/bench.json``, one record a row; a later run replaces
the rows it measures and leaves the others, each with the date and machine of its own.
"""

from __future__ import annotations

import json
import os
import pkgutil
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import tutor.benchmarks
from tutor.benchmarks import Row
from tutor.house.setup import ROOT, HouseError

RESULTS = ROOT / "data" / "results" / "bench.json"
TURNS, MAX_SECONDS = 5, 180.0
WATCHED = ("numpy", "scipy", "numba", "torch", "gensim", "scikit-learn")


def names() -> list[str]:
    """Return the benchmarks there are."""
    found = pkgutil.iter_modules(tutor.benchmarks.__path__)
    return sorted(m.name for m in found if not m.name.startswith("_"))


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of one call, and its result."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def measure(
    row: Row, *, turns: int = TURNS, most: float = MAX_SECONDS
) -> dict[str, Any]:
    """Measure one row: warm up both, then turn by turn; return its record.

    Fewer than ``turns`` turns are taken, but at least two, when they would last longer
    than ``most`` seconds; the record says how many there were.
    """
    sides: dict[str, Callable[[], Any]] = {"ours": row.ours}
    if row.rival is not None:
        sides["rival"] = row.rival
    before, began = load(), time.perf_counter()
    results = {name: timed(side)[1] for name, side in sides.items()}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    while len(seconds["ours"]) < turns:
        enough = len(seconds["ours"]) >= 2
        if enough and time.perf_counter() - began > most:
            break
        for name, side in sides.items():
            spent, results[name] = timed(side)
            seconds[name].append(spent)
    record = summary(row, seconds, results)
    return {**record, "load_before": before, "load_after": load()}


def summary(
    row: Row, seconds: Mapping[str, list[float]], results: Mapping[str, Any]
) -> dict[str, Any]:
    """Return rates, ratio and quality of a row whose seconds are known."""
    record: dict[str, Any] = {
        "name": row.name,
        "rival": row.rival_name,
        "unit": f"{row.unit}/s",
        "notes": row.notes,
        "turns": len(seconds["ours"]),
    }
    for side, spent in seconds.items():
        median = statistics.median(spent)
        record[f"{side}_rate"] = row.work / median
        record[f"{side}_seconds"] = [round(s, 4) for s in spent]
        if row.quality is not None:
            record[f"{side}_quality"] = dict(row.quality(results[side]))
    if "rival" in seconds:
        ratios = [r / o for o, r in zip(seconds["ours"], seconds["rival"], strict=True)]
        record["times_as_fast"] = statistics.median(ratios)
    if row.limit:
        record["share_of_limit"] = record["ours_rate"] / row.limit
    return record


def load() -> float | None:
    """Return how many processes wanted the processor in the last minute."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def machine() -> dict[str, Any]:
    """Return the hardware and the versions a measurement belongs to."""
    versions = {"python": platform.python_version()}
    for name in WATCHED:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "device": device(),
        "versions": versions,
    }


def processor() -> str:
    """Return the processor's name, as exactly as the system tells it."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def device() -> str:
    """Return the CUDA device's name, or ``none``."""
    try:
        import torch
    except ImportError:
        return "none"
    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"


def store(records: list[dict[str, Any]], path: Path = RESULTS) -> None:
    """Put records into the file of results, in place of earlier ones of their name."""
    kept: dict[str, Any] = {}
    if path.exists():
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        kept = {r["name"]: r for r in rows}
    kept.update({r["name"]: r for r in records})
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {"command": "python -m tutor bench", "rows": [kept[n] for n in sorted(kept)]}
    waiting = path.with_suffix(".part")
    waiting.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    waiting.replace(path)


def line(record: Mapping[str, Any]) -> str:
    """Return a record as one readable line."""
    text = f"{record['name']}: {record['ours_rate']:.3g} {record['unit']}"
    if "times_as_fast" in record:
        text += f", {record['times_as_fast']:.2f} times {record['rival']}"
        text += f" ({record['rival_rate']:.3g})"
    if "share_of_limit" in record:
        text += f", {record['share_of_limit']:.0%} of this machine's limit"
    for side in ("ours", "rival"):
        scores = record.get(f"{side}_quality", {})
        if scores:
            parts = ", ".join(f"{k} {v:.3f}" for k, v in scores.items())
            text += f"\n    {side}: {parts}"
    return text


def main(*wanted: str) -> int:
    """Run the named benchmarks, or all; print and store what was measured."""
    known = names()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise HouseError(
            f"no benchmark {', '.join(unknown)}; there are: {', '.join(known) or 'none'}"
        )
    stamp = datetime.now(timezone.utc).isoformat(timespec="seconds")  # noqa: UP017
    context = {"date": stamp, **machine()}
    quick = os.environ.get("TUTOR_BENCH") == "quick"
    for name in wanted or known:
        module = import_module(f"tutor.benchmarks.{name}")
        for row in module.rows(quick):
            record = {**measure(row), "benchmark": name, **context}
            print(line(record), flush=True)
            if not quick:
                store([record])
    sys.stdout.flush()
    return 0
