"""How long the two commands may take, and the line that says how long they took.

For information: a slow machine breaks nothing, but what creeps up is seen to do so.
"""

from __future__ import annotations

TEST_MINUTES = 40.0
"""Of `make test` on two cores, part *words* complete."""
BOOK_MINUTES = 3.0
"""Of `make book` on two cores, from nothing; the set-up comes apart."""


def line(what: str, seconds: float, minutes: float) -> str:
    """Return what a command took, beside its budget on two cores."""
    taken = seconds / 60
    note = "" if taken <= minutes else f", {taken - minutes:.1f} min over"
    return f"{what}: {taken:.1f} min of {minutes:g} min on two cores{note}"
