"""Numbers that were measured while the page ran, each inside its own marker.

A trained number differs in its last digits between machines. It is therefore shown
inside one marker, ``⟦0.61⟧`` in plain text and ``<span data-measured>0.61</span>`` in
HTML, and the notebook tests mask exactly what stands inside. Everything outside the
marker is compared letter by letter. The value itself is guarded by its *band*: outside
it the cell raises.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

OPEN, CLOSE = "\u27e6", "\u27e7"
HTML_OPEN, HTML_CLOSE = "<span data-measured>", "</span>"


class ClaimError(Exception):
    """A measured value left its band, or a claim was stated without what it needs."""


def number(value: float, digits: int = 2) -> str:
    """Write ``value`` with ``digits`` decimals, never as ``-0.00``."""
    return f"{round(float(value), digits) + 0.0:.{digits}f}"


def check_band(
    value: float, band: tuple[float, float], reason: str, *, what: str
) -> None:
    """Raise ``ClaimError`` unless ``value`` is finite and inside its explained band."""
    low, high = band
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ClaimError(
            f"{what}: the band {band} is no interval; give (low, high) with low < high"
        )
    if not reason.strip():
        raise ClaimError(
            f"{what}: the band {band} has no reason; say where it comes from, for "
            'example reason="five seeds gave 0.58 to 0.63, doubled on each side"'
        )
    if not low <= value <= high:
        raise ClaimError(
            f"{what}: measured {value:.6g}, outside its band {low:g} to {high:g} "
            f"({reason}). Either the code changed what it computes, or the band was "
            "drawn too narrow; find out which before you move the band"
        )


@dataclass(frozen=True)
class Measured:
    """A number measured live, shown inside a marker and guarded by its band.

    Parameters
    ----------
    value : float
        The measured number.
    band : (float, float)
        The interval in which the value must lie on every machine.
    digits : int
        Decimals shown, 0 to 6. Trained numbers deserve two.
    reason : str
        Where the band comes from.

    Raises
    ------
    ClaimError
        If the value leaves its band, is not finite, or the band has no reason.

    Examples
    --------
    >>> str(Measured(0.6134, band=(0.5, 0.7), reason="five seeds, doubled"))
    '⟦0.61⟧'
    """

    value: float
    band: tuple[float, float]
    digits: int = 2
    reason: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.digits <= 6:
            raise ClaimError(f"digits must be 0 to 6, given {self.digits}")
        check_band(self.value, self.band, self.reason, what="Measured")

    @property
    def text(self) -> str:
        """The digits that are shown, without the marker."""
        return number(self.value, self.digits)

    @property
    def html(self) -> str:
        """The number in its HTML marker."""
        return HTML_OPEN + self.text + HTML_CLOSE

    def record(self) -> dict[str, Any]:
        """Return what the output metadata keeps, to hold the page against."""
        return {
            "text": self.text,
            "value": float(self.value),
            "digits": self.digits,
            "band": [float(b) for b in self.band],
            "reason": self.reason,
        }

    def __str__(self) -> str:
        return OPEN + self.text + CLOSE

    def __format__(self, spec: str) -> str:
        if spec:
            raise ClaimError(
                f"a Measured takes no format ({spec!r}); set its digits instead"
            )
        return str(self)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        data = {"text/plain": str(self), "text/html": self.html}
        return data, {"tutor": {"kind": "measured", "measured": [self.record()]}}
