"""Run the benchmarks: ours and the rival in turns, with medians, hardware and load.

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
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

import tutor.benchmarks
from tutor.benchmarks import Row
from tutor.house import rivals
from tutor.house.setup import ROOT, HouseError
from tutor.rates import difference, ratio_interval

RESULTS = ROOT / "data" / "results" / "bench.json"
MAX_SECONDS = 240.0
WATCHED = (
    *("numpy", "scipy", "numba", "torch", "triton", "gensim", "scikit-learn"),
    *("faiss-cpu", "fasttext", "mittens", "pecanpy", "pykeen"),
    *("sentence-transformers", "tokenizers", "transformers"),
)


def names() -> list[str]:
    """Return the benchmarks there are."""
    found = pkgutil.iter_modules(tutor.benchmarks.__path__)
    return sorted(m.name for m in found if not m.name.startswith("_"))


@dataclass
class Side:
    """What one side of a row took and how good its results were, turn by turn."""

    work: Callable[[], Any]
    threads: int = 1
    seconds: list[float] = field(default_factory=list)
    processor_seconds: list[float] = field(default_factory=list)
    quality: list[dict[str, float]] = field(default_factory=list)

    def turn(self, score: Callable[[Any], Mapping[str, float]] | None) -> None:
        """Do the work once, timed; score the result outside the measured part.

        BLAS and OpenMP may use as many threads as the row says, on either side.
        """
        with threadpool_limits(self.threads):
            wall, processor = time.perf_counter(), time.process_time()
            result = self.work()
            self.processor_seconds.append(time.process_time() - processor)
            self.seconds.append(time.perf_counter() - wall)
        if score is not None:
            self.quality.append(dict(score(result)))

    def record(self, amount: float) -> dict[str, Any]:
        """Return the median rates, every turn's seconds and every turn's scores."""
        names = self.quality[0] if self.quality else ()
        return {
            "rate": amount / statistics.median(self.seconds),
            "rate_by_processor": amount / statistics.median(self.processor_seconds),
            "seconds": [round(s, 4) for s in self.seconds],
            "quality": {n: [round(q[n], 5) for q in self.quality] for n in names},
        }


def measure(row: Row, *, most: float = MAX_SECONDS) -> dict[str, Any]:
    """Measure one row: warm up both, then turn by turn; return its record.

    Fewer than ``row.turns`` turns are taken, but at least two, when they would last
    longer than ``most`` seconds after the warm-up; the record says how many there were.
    """
    works = [row.ours] + ([row.rival] if row.rival else [])
    sides = [Side(work, row.threads) for work in works]
    before = load()
    with threadpool_limits(row.threads):
        for side in sides:
            side.work()
    began = time.perf_counter()
    while len(sides[0].seconds) < row.turns:
        late = time.perf_counter() - began > most
        if late and len(sides[0].seconds) >= 2:
            break
        for side in sides:
            side.turn(row.quality)
    return {**summary(row, sides), "load_before": before, "load_after": load()}


def summary(row: Row, sides: list[Side]) -> dict[str, Any]:
    """Return rates, ratio and quality of a row that has been measured."""
    record: dict[str, Any] = {
        "name": row.name,
        "rival_name": row.rival_name,
        "unit": f"{row.unit}/s",
        "notes": row.notes,
        "threads": row.threads,
        "turns": len(sides[0].seconds),
    }
    for name, side in zip(("ours", "rival"), sides, strict=False):
        record[name] = side.record(row.work)
    if len(sides) == 2:
        pairs = zip(sides[0].seconds, sides[1].seconds, strict=True)
        record["times_as_fast"] = statistics.median(r / o for o, r in pairs)
        if row.aim:
            record["aim"] = row.aim
    if row.limit:
        record["share_of_limit"] = record["ours"]["rate"] / row.limit
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


def store(
    records: list[dict[str, Any]], path: Path = RESULTS, *, whole: str = ""
) -> None:
    """Put records into the file of results, in place of earlier ones of their name.

    A name belongs to its benchmark. After a benchmark was run to its end it is named
    by ``whole``: what ``records`` no longer hold of it is dropped.
    """
    rows = []
    if path.exists():
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    kept = {(r["benchmark"], r["name"]): r for r in rows if r["benchmark"] != whole}
    kept.update({(r["benchmark"], r["name"]): r for r in records})
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {"command": "python -m tutor bench", "rows": [kept[n] for n in sorted(kept)]}
    waiting = path.with_suffix(".part")
    waiting.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    waiting.replace(path)


def line(record: Mapping[str, Any]) -> str:
    """Return a record as readable lines."""
    text = f"{record['name']}: {record['ours']['rate']:.3g} {record['unit']}"
    if "rival" in record:
        text += f", {record['times_as_fast']:.2f}"
        if record["turns"] > 1:
            text += " [{:.2f}, {:.2f}]".format(*ratio_interval(record))
        text += f" times {record['rival_name']}"
        text += f" ({record['rival']['rate']:.3g})"
        if "aim" in record:
            text += f", aim {record['aim']:g}"
    else:
        text += f", no rival: {record['rival_name']}"
    if "share_of_limit" in record:
        text += f", {record['share_of_limit']:.0%} of this machine's limit"
    for side in ("ours", "rival"):
        for name, scores in record.get(side, {}).get("quality", {}).items():
            spread = f"{min(scores):.3f} to {max(scores):.3f}"
            text += f"\n    {side} {name}: {statistics.median(scores):.3f} ({spread})"
    for name in record.get("rival", {}).get("quality", {}):
        mean, low, high = difference(record, name)
        text += f"\n    ours - rival, {name}: {mean:z.3f} [{low:z.3f}, {high:z.3f}]"
    return text


def main(*wanted: str) -> int:
    """Run the named benchmarks, or all; print and store what was measured."""
    known = names()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        there = ", ".join(known) or "none"
        raise HouseError(f"no benchmark {', '.join(unknown)}; there are: {there}")
    stamp = datetime.now(UTC).isoformat(timespec="seconds")
    context = {"date": stamp, **machine()}
    quick = os.environ.get("TUTOR_BENCH") == "quick"
    if not quick:
        rivals.ensure()
    for name in wanted or known:
        module = import_module(f"tutor.benchmarks.{name}")
        records: list[dict[str, Any]] = []
        for place, row in enumerate(module.rows(quick)):
            measured = {**measure(row), "benchmark": name, "place": place, **context}
            records.append(measured)
            print(line(records[-1]), flush=True)
            if not quick:
                store(records[-1:])
        if records and not quick:
            store(records, whole=name)
        if not records:
            print(f"{name}: nothing measured (GPU rows need a CUDA device)")
    sys.stdout.flush()
    return 0
