"""The numbers under a map: plain for fixed vectors, guarded for trained ones."""

from __future__ import annotations

from dataclasses import dataclass

from tutor.claims.measured import Measured, number

Band = tuple[float, float]
Shown = str | Measured
DIGITS = {"variance": 0, "trustworthiness": 2, "agreement": 0}


@dataclass(frozen=True)
class Trained:
    """Bands for a map of vectors that this very page trained.

    Trained vectors differ in their last digits between machines, and so do the places
    on the map. With this, the numbers under the map stand in measured markers, each
    guarded by its band, and data and table are marked, so that the comparison of
    stored outputs overlooks them. Without it everything is compared.

    Parameters
    ----------
    trustworthiness : (float, float)
        Band of the trustworthiness, within 0..1.
    reason : str
        Where the bands come from.
    variance : (float, float), optional
        Band of the share of variance, 0..1; needed with ``reduce="pca"``.
    agreement : (float, float), optional
        Band of the analogy box's agreement, 0..1; needed when the box is shown.
    """

    trustworthiness: Band
    reason: str
    variance: Band | None = None
    agreement: Band | None = None


def shown(name: str, value: float, trained: Trained | None) -> Shown:
    """Return a share as it is written: two digits, in percent where that reads better.

    Raises
    ------
    ValueError
        If the vectors are trained and the number has no band.
    ClaimError
        If it leaves its band.
    """
    digits = DIGITS[name]
    factor = 1.0 if digits else 100.0
    if trained is None:
        return number(factor * value, digits)
    band: Band | None = getattr(trained, name)
    if band is None:
        raise ValueError(
            f"trained has no band for {name}, which this map shows "
            f"({value:.3f} now); add {name}=(low, high)"
        )
    low, high = band
    return Measured(
        factor * value, (factor * low, factor * high), digits, trained.reason
    )


def as_html(value: Shown) -> str:
    """Return a shown number as HTML, in its marker if it has one."""
    return value.html if isinstance(value, Measured) else value
