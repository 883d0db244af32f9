"""Stored rates: what the benchmark measured, with intervals, and a chapter's table.

The rows are those of ``data/results/bench.json``, which ``python -m tutor bench``
writes. A chapter shows the rows of its own work on a GPU and on the processor beside
it; the page of speed shows all.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tutor.claims.stored import results_root

HEADER = ("work", "GPU", "processor", "how", "GPU is times as fast")


def rows(folder: Path | None = None) -> list[dict[str, Any]]:
    """Return every stored row, benchmark by benchmark.

    Parameters
    ----------
    folder : Path, optional
        Another folder than ``data/results``.
    """
    found: list[dict[str, Any]] = []
    for path in sorted((folder or results_root()).glob("bench*.json")):
        found += json.loads(path.read_text(encoding="utf-8"))["rows"]
    return sorted(found, key=lambda r: (r["benchmark"], r.get("place", 0), r["name"]))


def difference(record: Mapping[str, Any], score: str) -> tuple[float, float, float]:
    r"""Return how much higher ours scores than the rival, with a 95 % interval.

    .. math:: \bar{\delta} \pm t_{n-1, .975}\, s_\delta / \sqrt{n}

    over the n turns, each a pair with a seed of its own; :math:`s_\delta` is the
    standard deviation of the differences. Two turns are the fewest that have one.
    """
    ours, rival = (record[side]["quality"][score] for side in ("ours", "rival"))
    return student([a - b for a, b in zip(ours, rival, strict=True)])


def student(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean of two values or more, with Student's 95 % interval."""
    from scipy.stats import t

    mean, n = statistics.fmean(values), len(values)
    reach = float(t.ppf(0.975, n - 1)) * statistics.stdev(values) / n**0.5
    return mean, mean - reach, mean + reach


def ratio_interval(record: Mapping[str, Any]) -> tuple[float, float]:
    r"""Return a 95 % interval of how many times as fast ours is, from the turns.

    .. math:: \exp\left(\bar{\ell} \pm t_{n-1, .975}\, s_\ell / \sqrt{n}\right)

    :math:`\ell_i` is the logarithm of the rival's seconds over ours in turn i of n,
    :math:`s_\ell` its standard deviation. It covers the swing between turns, not that
    between machines. Two turns are the fewest that have one.
    """
    ours, rival = (record[side]["seconds"] for side in ("ours", "rival"))
    logs = [math.log(r / o) for o, r in zip(ours, rival, strict=True)]
    _, low, high = student(logs)
    return math.exp(low), math.exp(high)


def rate_text(rate: float, unit: str) -> str:
    """Write a rate in three digits: ``217 million tokens/s``."""
    for size, word in ((1e9, "billion "), (1e6, "million "), (1e3, "thousand ")):
        if float(f"{rate:.3g}") >= size:
            return f"{rate / size:.3g} {word}{unit}"
    return f"{rate:.3g} {unit}"


# --- a chapter's table ---------------------------------------------------------------
def on_devices(chapter: str, folder: Path | None = None) -> list[dict[str, Any]]:
    """Return the rows of a chapter's work on a GPU, in the order they were measured.

    Raises
    ------
    ValueError
        If none is stored; the message lists the chapters that have some.
    """
    stored = [row for row in rows(folder) if row["benchmark"] == "devices"]
    found = [row for row in stored if row["name"].partition(": ")[0] == chapter]
    if not found:
        there = sorted({row["name"].partition(": ")[0] for row in stored})
        raise ValueError(
            f"no rate of {chapter!r} on a GPU is stored; there are "
            f"{', '.join(there) or 'none'}: run `python -m tutor bench devices` where "
            "there is a GPU"
        )
    return found


def show(
    chapter: str, *, scores: Sequence[str] = (), folder: Path | None = None
) -> None:
    """Show how fast the chapter's work went on a GPU and on the processor beside it.

    Parameters
    ----------
    chapter : str
        Such as ``words/word2vec``.
    scores : sequence of str
        Scores of the same runs to show beside: how much higher the GPU's is.
    folder : Path, optional
        Another folder than ``data/results``.
    """
    from tutor.notebook import table

    found = on_devices(chapter, folder)
    names = [f"{name}, GPU − processor" for name in scores]
    cards = {row["device"] for row in found}
    table((*HEADER, *names), [_cells(row, scores, len(cards) > 1) for row in found])
    for text in dict.fromkeys(_place_text(row, found) for row in found):
        print(text)  # noqa: T201


def _cells(row: Mapping[str, Any], scores: Sequence[str], several: bool) -> list[str]:
    """Return a row's cells; ``several`` cards are told apart by their names."""
    ours, rival = (
        rate_text(row[side]["rate"], row["unit"]) for side in ("ours", "rival")
    )
    card = f" ({row['device'].removeprefix('NVIDIA ').split()[0]})" if several else ""
    higher = [_higher(row, name) for name in scores]
    work = row["name"].partition(": ")[2]
    return [work, ours + card, rival, row["rival_name"], ratio_text(row), *higher]


def _higher(row: Mapping[str, Any], score: str) -> str:
    """Write how much higher a score is, with its interval from three turns on."""
    if score not in row["ours"]["quality"]:
        return ""
    mean, low, high = difference(row, score)
    text = f"{mean:+.3f}"
    if row["turns"] > 2:
        text += f" [{low:+.3f}, {high:+.3f}]"
    return text.replace("-", "−")


def ratio_text(row: Mapping[str, Any]) -> str:
    """Write how many times as fast, with its interval from three turns on."""
    text = _digits(row["times_as_fast"])
    if row["turns"] > 2:
        text += " [{}, {}]".format(*map(_digits, ratio_interval(row)))
    return text


def _digits(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 1 else f"{ratio:.{1 if ratio < 10 else 0}f}"


def _place_text(row: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> str:
    """Write date and hardware of a row, and the turns of all rows measured there."""

    def place(one: Mapping[str, Any]) -> tuple[str, ...]:
        return one["date"][:10], one["device"], one["processor"]

    here = [one for one in found if place(one) == place(row)]
    turns = sorted({one["turns"] for one in here})
    wanted = ("python", "numpy", "numba", "torch", "triton")
    versions = {k: v for one in here for k, v in one["versions"].items()}
    named = ", ".join(f"{name} {versions[name]}" for name in wanted if name in versions)
    several = f"{turns[0]} to {turns[-1]}" if len(turns) > 1 else f"{turns[0]}"
    return (
        f"Measured on {row['date'][:10]}: {row['device']} beside {row['cores']} cores "
        f"of {row['processor']}; {named}; {several} turns a side, warm-up excluded."
    )


def machine_text(row: Mapping[str, Any]) -> str:
    """Write date, hardware and versions of a row."""
    versions = ", ".join(f"{name} {v}" for name, v in row["versions"].items())
    device = "no GPU" if row["device"] == "none" else row["device"]
    return (
        f"{row['date'][:10]}, {row['processor']}, {row['cores']} cores, {device}, "
        f"{row['system']}; {versions}; {row['turns']} turns a side, warm-up excluded"
    )
