"""Checks of settings that several chapters share."""

from __future__ import annotations

import numbers
from typing import Any


def check_whole(name: str, value: Any) -> None:
    """Accept a whole number of at least 1, of Python or of NumPy.

    Raises
    ------
    ValueError
        If ``value`` is below 1 or no whole number: 2.5, and also 2.0 and True, which
        would pass for counts without being meant as such.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise ValueError(
            f"{name} must be at least 1 and a whole number, got {value!r}: give an int"
        )
