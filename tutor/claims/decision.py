r"""A claim is stated before it is measured, and decided by a rule fixed beforehand.

Let :math:`\delta` be the effect (treatment minus control, or the statistic itself),
:math:`t` the threshold it is held against (0 unless stated), :math:`m` the margin below
which a difference does not matter, and :math:`[l, h]` the interval of
:math:`\delta - t`.

============ ========================== ========================= =====================
direction    reproduced                 not reproduced            tie
============ ========================== ========================= =====================
``greater``  :math:`l > m`, and every   :math:`h < -m`            :math:`-m \le l`,
             seed above :math:`t`                                 :math:`h \le m`
``less``     :math:`h < -m`, and every  :math:`l > m`             :math:`-m \le l`,
             seed below :math:`t`                                 :math:`h \le m`
``equal``    :math:`-m \le l` and       :math:`l > m` or          never: within the
             :math:`h \le m`            :math:`h < -m`            margin *is* the claim
============ ========================== ========================= =====================

A control that explains the effect turns *reproduced* into *not reproduced*. Whatever
fits no column is *undecided*, and the verdict says what it would take to decide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

from tutor.claims.measured import ClaimError, check_band
from tutor.claims.stored import Stored
from tutor.claims.verdict import Verdict, paper_name

Direction = Literal["greater", "less", "equal"]
REPRODUCED = "reproduced"
TIE = "tie"
NOT_REPRODUCED = "not reproduced at this size"
UNDECIDED = "undecided"
_NEEDED = ("id", "chapter", "paper", "statement", "metric", "control", "falsifier")


class EffectLike(Protocol):
    """What a decision reads from ``tutor.evaluate.statistics.Effect``."""

    @property
    def estimate(self) -> float: ...  # noqa: D102
    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102
    @property
    def per_seed(self) -> tuple[float, ...]: ...  # noqa: D102
    @property
    def items(self) -> int: ...  # noqa: D102
    @property
    def level(self) -> float: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True, repr=False)
class Claim:
    """What is claimed, by whom, and what would decide it: all of it before measuring.

    Parameters
    ----------
    id : str
        Unique name in the book, for example ``word2vec-subsampling``.
    chapter : str
        ``words/word2vec``.
    paper : str
        Key of the paper in the bibliography; ``this course`` where no paper claims it.
    statement : str
        One sentence that can be false.
    theirs : str
        The paper's own figure, only if it was read in the source; else empty.
    metric, control, falsifier : str
        What is measured, what could explain it away, what would refute the claim.
    margin : float
        Differences up to this size do not matter (unit of the metric, ≥ 0).
    threshold : float
        What the effect is held against: 0 for a difference, .9 for "a correlation
        above .9".
    direction : {"greater", "less", "equal"}
        Where the effect should lie from the threshold.
    settings_tried : int
        How many settings were looked at before this one was reported.
    band : (float, float)
        Where the live estimate must lie on every machine.
    band_reason : str
        Where the band comes from.
    seeds_reason : str
        Why there are fewer than five seeds: ``one run takes 25 s`` (then at least
        three) or ``nothing is random here`` (then one).
    digits : int
        Decimals shown.
    """

    id: str
    chapter: str
    paper: str
    statement: str
    metric: str
    control: str
    falsifier: str
    margin: float
    band: tuple[float, float]
    band_reason: str
    theirs: str = ""
    threshold: float = 0.0
    direction: Direction = "greater"
    settings_tried: int = 1
    seeds_reason: str = ""
    digits: int = 2

    def __post_init__(self) -> None:
        empty = [name for name in _NEEDED if not str(getattr(self, name)).strip()]
        if empty:
            raise ClaimError(f"claim {self.id!r} leaves {', '.join(empty)} empty")
        if self.direction not in ("greater", "less", "equal"):
            raise ClaimError(
                f"claim {self.id!r}: direction {self.direction!r} is not one of "
                "'greater', 'less', 'equal'"
            )
        if not (math.isfinite(self.margin) and self.margin >= 0):
            raise ClaimError(f"claim {self.id!r}: margin {self.margin} must be >= 0")
        if self.settings_tried < 1:
            raise ClaimError(f"claim {self.id!r}: settings_tried counts from 1")

    @property
    def rule(self) -> str:
        """The decision rule in words."""
        above, below = self.threshold + self.margin, self.threshold - self.margin
        if self.direction == "equal":
            return f"reproduced if the whole interval lies in {below:g} to {above:g}"
        up = self.direction == "greater"
        side, edge = ("above", above) if up else ("below", below)
        return (
            f"reproduced if the whole interval lies {side} {edge:g} and every seed "
            f"{side} {self.threshold:g}; a tie if it lies in {below:g} to {above:g}"
        )

    def __repr__(self) -> str:
        tried = f"{self.settings_tried} setting{'s' * (self.settings_tried > 1)} tried"
        rows = (
            ("Claimed by", paper_name(self.paper)),
            ("Metric", self.metric),
            ("Control", self.control),
            ("Rule", f"{self.rule}; {tried}"),
            ("Falsified by", self.falsifier),
        )
        lines = [f"Claim {self.id}: {self.statement}"]
        return "\n".join(lines + [f"  {name}: {text}" for name, text in rows])

    def decide(
        self,
        effect: EffectLike,
        *,
        control_explains: bool = False,
        stored: Stored | None = None,
    ) -> Verdict:
        """Apply the rule to a measured effect.

        Parameters
        ----------
        effect : Effect
            Estimate, interval, one value per seed and the number of items.
        control_explains : bool
            The control shows the effect too: then it is not reproduced.
        stored : Stored, optional
            The artefact the effect was read from; without it the claim is live.

        Raises
        ------
        ClaimError
            If the estimate leaves its band, the interval does not hold the estimate, or
            there are too few seeds without a reason.
        """
        self._check(effect)
        what = f"claim {self.id}"
        check_band(effect.estimate, self.band, self.band_reason, what=what)
        outcome = outcome_of(self, effect)
        if control_explains and outcome == REPRODUCED:
            outcome = NOT_REPRODUCED
        return Verdict(
            claim=self,
            effect=effect,
            outcome=outcome,
            control_explains=control_explains,
            stored=stored,
            factor=needed_factor(self, effect) if outcome == UNDECIDED else None,
        )

    def _check(self, effect: EffectLike) -> None:
        slack = 1e-9 * max(1.0, abs(effect.estimate))  # the ends are rounded sums too
        if not effect.low - slack <= effect.estimate <= effect.high + slack:
            raise ClaimError(
                f"claim {self.id}: the interval {effect.low:g} to {effect.high:g} does "
                f"not hold its estimate {effect.estimate:g}"
            )
        seeds = len(effect.per_seed)
        if seeds >= 5:
            return
        if not self.seeds_reason.strip():
            raise ClaimError(
                f"claim {self.id}: {seeds} seeds, at least 5 expected; run more, or "
                "say why not in seeds_reason"
            )
        if seeds not in (1, 3, 4):
            raise ClaimError(
                f"claim {self.id}: {seeds} seeds; 3 or 4 where one run takes long, 1 "
                "where nothing is random, else at least 5"
            )


def outcome_of(claim: Claim, effect: EffectLike) -> str:
    """Read the table at the top of this module: one of the four outcomes."""
    low, high = effect.low - claim.threshold, effect.high - claim.threshold
    seeds = [value - claim.threshold for value in effect.per_seed]
    margin = claim.margin
    inside = -margin <= low and high <= margin
    if claim.direction == "equal":
        if inside:
            return REPRODUCED
        return NOT_REPRODUCED if low > margin or high < -margin else UNDECIDED
    if claim.direction == "less":
        low, high, seeds = -high, -low, [-value for value in seeds]
    if low > margin and all(value > 0 for value in seeds):
        return REPRODUCED
    if high < -margin:
        return NOT_REPRODUCED
    return TIE if inside else UNDECIDED


def needed_factor(claim: Claim, effect: EffectLike) -> float:
    r"""Return how many times the data an undecided claim would need.

    The half-width :math:`w` of an interval shrinks like :math:`1/\sqrt n`. If the
    estimate stays where it is, the interval clears the nearest edge at distance
    :math:`g` once :math:`w \le g`, that is at :math:`n (w/g)^2`.

    Returns ``inf`` when the estimate lies on an edge.
    """
    gap = abs(abs(effect.estimate - claim.threshold) - claim.margin)
    half = max(effect.high - effect.estimate, effect.estimate - effect.low)
    if gap <= 1e-6 * half:
        return math.inf
    return max(1.0, (half / gap) ** 2) if half else 1.0
