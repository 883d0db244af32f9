"""What a figure shows, said in words: the building blocks of alt texts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def say(value: float) -> str:
    """Write a number with two significant digits, as one would say it."""
    value = float(value)
    if not math.isfinite(value):
        return "undefined"
    if value == 0:
        return "0"
    digits = 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    if abs(rounded) >= 10:
        return f"{rounded:,.0f}"
    if abs(rounded) < 1e-4:
        return f"{rounded:.1e}"
    return f"{rounded:.{max(digits, 0)}f}".rstrip("0").rstrip(".")


def place(value: float) -> str:
    """Write a place on an axis: 1,024 as it is, 0.0625 and 5,146,789 to three digits.

    Whole numbers below 100,000 stand in full; parts are left out from 1,000 on.
    """
    value = float(value)
    if not math.isfinite(value):
        return "undefined"
    if abs(value) >= 100_000:
        value = round(value, 2 - math.floor(math.log10(abs(value))))
    elif abs(value) < 1000 and not value.is_integer():
        return f"{value:.3g}"
    return f"{value:,.0f}"


def course(x: Sequence[float], y: np.ndarray) -> str:
    """Say how a line runs: from where to where, its extreme, whether it flattens."""
    first, last = float(y[0]), float(y[-1])
    span = float(np.ptp(y))
    at = f"between {place(x[0])} and {place(x[-1])}"
    if span <= 0.02 * max(abs(first), abs(last), 1e-12):
        return f"stays at {say(last)} {at}"
    verb = "rises" if last > first else "falls"
    text = f"{verb} from {say(first)} to {say(last)} {at}"
    top, low = int(np.argmax(y)), int(np.argmin(y))
    if top not in (0, len(y) - 1) and y[top] > max(first, last) + 0.1 * span:
        text += f", highest {say(y[top])} at {place(x[top])}"
    elif low not in (0, len(y) - 1) and y[low] < min(first, last) - 0.1 * span:
        text += f", lowest {say(y[low])} at {place(x[low])}"
    elif len(y) >= 4 and abs(y[-1] - y[len(y) // 2]) < 0.1 * abs(last - first):
        text += f", flat from {place(x[len(y) // 2])} on"
    return text


def interval(value: float, low: float, high: float) -> str:
    """Say an estimate with its interval."""
    return f"{say(value)} ({say(low)} to {say(high)})"


def listed(parts: Sequence[str], limit: int = 12) -> str:
    """Join parts with semicolons; past ``limit`` say how many are left out."""
    shown = "; ".join(parts[:limit])
    rest = len(parts) - limit
    return shown + (f"; and {rest} more" if rest > 0 else "")
