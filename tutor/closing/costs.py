"""What each family costs: stored rates of the benchmark, or that there are none.

Rates stand in markers: a later benchmark on another machine stores another, and the
page does not become wrong by it. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tutor.claims import ClaimError, Measured

NOT_MEASURED = "not yet measured"
"""What the book says wherever no rate of a quiet machine is stored."""
STORED = (0.0, 1e9)
"""Band of a stored rate: any rate. What guards it is the record of its benchmark."""

DEVICES_HEADER = (
    "family",
    "largest work measured",
    "processor, thousand a second",
    "how",
    "GPU, thousand a second",
    "of",
)


def cost(
    name: str, rates: Mapping[str, Mapping[str, Any]]
) -> tuple[Measured | str, str]:
    """Return a stored rate in thousands and its unit; without one, that there is none.

    A row of the benchmark ``devices`` gives the rate of its processor, with what ran
    there; any other row gives ours.

    Raises
    ------
    ClaimError
        If ``name`` is no row of the benchmark.
    """
    if not name:
        return "", NOT_MEASURED
    if name not in rates:
        raise ClaimError(f"the benchmark has no row {name!r}; it has {list(rates)}")
    row = rates[name]
    if row["benchmark"] == "devices":
        how = f", {row['rival_name']} ({row['threads']} threads)"
        return _thousands(row, "rival"), f"thousand {row['unit']}{how}"
    return _thousands(row, "ours"), f"thousand {row['unit']}"


def on_devices(
    families: Iterable[tuple[str, str]], rates: Mapping[str, Mapping[str, Any]]
) -> list[list[Measured | str]]:
    """Return a row a family: its largest work measured on processor and GPU.

    Parameters
    ----------
    families : (name, row of the benchmark ``devices``) of each; an empty row is said to
        be not yet measured
    rates : rows of the stored benchmark by name

    Raises
    ------
    ClaimError
        If a named row is gone, or is none of the benchmark ``devices``.
    """
    found: list[list[Measured | str]] = []
    for name, work in families:
        if not work:
            found.append([name, NOT_MEASURED, "", "", "", ""])
            continue
        if work not in rates or rates[work]["benchmark"] != "devices":
            raise ClaimError(f"the benchmark has no row {work!r} on a GPU")
        row = rates[work]
        told = f"{work.partition(': ')[2]}, {row['unit']}"
        processor, card = (_thousands(row, side) for side in ("rival", "ours"))
        found.append([name, told, processor, row["rival_name"], card, row["device"]])
    return found


def _thousands(row: Mapping[str, Any], side: str) -> Measured:
    rate = row[side]["rate"] / 1e3
    digits = 0 if rate >= 10 else 2
    return Measured(rate, STORED, digits, f"benchmark {row['name']}")
