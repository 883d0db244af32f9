"""A decided claim, as text, as HTML and as the record the ledger is made from."""

from __future__ import annotations

import html
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tutor.claims.measured import CLOSE, HTML_CLOSE, HTML_OPEN, OPEN, number

if TYPE_CHECKING:
    from tutor.claims.decision import Claim, EffectLike
    from tutor.claims.stored import Stored

_BOX = (
    "border-left:.25em solid currentColor;padding:.25em 0 .25em 1em;"
    "margin:1em 0;max-width:50em"
)
_CELL = "text-align:left;vertical-align:top;padding:.1em 1em .1em 0"


def paper_name(key: str) -> str:
    """Turn a bibliography key into words: ``levy2014neural`` to ``Levy 2014``."""
    found = re.match(r"([a-z]+)(\d{4})", key)
    return f"{found[1].capitalize()} {found[2]}" if found else key


@dataclass(frozen=True)
class Verdict:
    """The outcome of a claim; the last line of a cell shows it.

    ``outcome`` is one of ``reproduced``, ``tie``, ``not reproduced at this size`` and
    ``undecided``. The word stands outside every marker: a changed verdict is a failed
    test. ``factor`` says, for an undecided claim, how many times the seeds and items
    would be needed.
    """

    claim: Claim
    effect: EffectLike
    outcome: str
    control_explains: bool = False
    stored: Stored | None = None
    factor: float | None = None

    @property
    def source(self) -> str:
        """``live``, or ``stored (date, command)``."""
        if self.stored is None:
            return "live"
        return f"stored ({self.stored.date}, {self.stored.command})"

    @property
    def needs(self) -> str:
        """What it would take to decide an undecided claim; the number is marked."""
        if self.factor is None:
            return ""
        return (
            f"about {OPEN}{_times(self.factor)}{CLOSE} times as many seeds and items, "
            "if the estimate stays where it is"
        )

    def marked(self) -> list[dict[str, Any]]:
        """List every marked number in the order it is shown, with its record."""
        claim, effect = self.claim, self.effect
        band = [float(b) for b in claim.band]
        shown = [
            (effect.estimate, band, claim.band_reason),
            (effect.low, None, "lower end of the interval"),
            (effect.high, None, "upper end of the interval"),
        ]
        records: list[dict[str, Any]] = [
            {
                "text": number(value, claim.digits),
                "value": float(value),
                "digits": claim.digits,
                "band": limits,
                "reason": reason,
            }
            for value, limits, reason in shown
        ]
        if self.factor is not None:
            records.append(
                {
                    "text": _times(self.factor),
                    "value": float(math.ceil(min(self.factor, 1001))),
                    "digits": 0,
                    "band": None,
                    "reason": "size needed to decide",
                }
            )
        return records

    def record(self) -> dict[str, Any]:
        """Everything the ledger and the tests need, ready for JSON."""
        claim, effect = self.claim, self.effect
        return {
            "kind": "claim",
            "id": claim.id,
            "chapter": claim.chapter,
            "paper": claim.paper,
            "statement": claim.statement,
            "theirs": claim.theirs,
            "metric": claim.metric,
            "control": claim.control,
            "falsifier": claim.falsifier,
            "rule": claim.rule,
            "direction": claim.direction,
            "margin": claim.margin,
            "threshold": claim.threshold,
            "settings_tried": claim.settings_tried,
            "outcome": self.outcome,
            "control_explains": self.control_explains,
            "needs": self.needs.replace(OPEN, "").replace(CLOSE, ""),
            "estimate": float(effect.estimate),
            "low": float(effect.low),
            "high": float(effect.high),
            "level": float(effect.level),
            "per_seed": [float(v) for v in effect.per_seed],
            "items": int(effect.items),
            "digits": claim.digits,
            "source": "live" if self.stored is None else "stored",
            "stored": None if self.stored is None else self.stored.summary(),
            "measured": self.marked(),
        }

    def _rows(self) -> list[tuple[str, str]]:
        claim, effect = self.claim, self.effect
        value, low, high = (m["text"] for m in self.marked()[:3])
        seeds, items = len(effect.per_seed), effect.items
        tried = claim.settings_tried
        rows = [
            ("Claimed by", paper_name(claim.paper)),
            ("Their figure", claim.theirs or "none that we could verify"),
            ("Metric", claim.metric),
            ("Control", claim.control),
            ("Rule", f"{claim.rule}; {tried} setting{'s' * (tried > 1)} tried"),
            ("Falsified by", claim.falsifier),
            (
                "Measured",
                f"{OPEN}{value}{CLOSE}, {100 * effect.level:g} % interval "
                f"{OPEN}{low}{CLOSE} to {OPEN}{high}{CLOSE}; {seeds} "
                f"seed{'s' * (seeds != 1)}, {items} item{'s' * (items != 1)}",
            ),
            (
                "Band",
                f"{claim.band[0]:g} to {claim.band[1]:g} ({claim.band_reason})",
            ),
            ("Source", self.source),
        ]
        if claim.seeds_reason and seeds < 5:
            rows.insert(7, ("Few seeds", claim.seeds_reason))
        if self.control_explains:
            rows.append(("Note", "the control shows the effect too"))
        if self.needs:
            rows.append(("To decide", self.needs))
        return rows

    def __str__(self) -> str:
        lines = [f"Claim {self.claim.id}: {self.claim.statement}"]
        lines += [f"  {name}: {value}" for name, value in self._rows()]
        lines.append(f"  Verdict: {self.outcome}")
        return "\n".join(lines)

    __repr__ = __str__

    def to_html(self) -> str:
        """Return the claim as a small table that reads well in light and dark."""
        body = "".join(
            f'<tr><th scope="row" style="{_CELL}">{html.escape(name)}</th>'
            f'<td style="{_CELL}">{_marks(html.escape(value))}</td></tr>'
            for name, value in self._rows()
        )
        name = html.escape(self.claim.id)
        return (
            f'<div class="tutor-output" role="group" aria-label="Claim {name}" '
            f'style="{_BOX}">'
            f"<p><strong>Claim.</strong> {html.escape(self.claim.statement)}</p>"
            f"<p><strong>Verdict: {html.escape(self.outcome)}.</strong></p>"
            f"<table><tbody>{body}</tbody></table></div>"
        )

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        data = {"text/plain": str(self), "text/html": self.to_html()}
        return data, {"tutor": self.record()}


@dataclass(frozen=True)
class Summary:
    """The claims of a chapter and their verdicts, as a table; made by `summary`."""

    verdicts: tuple[Verdict, ...]

    def _rows(self) -> list[tuple[str, str, str, str]]:
        return [
            (
                v.claim.statement,
                paper_name(v.claim.paper),
                v.outcome,
                "live" if v.stored is None else "stored",
            )
            for v in self.verdicts
        ]

    def __str__(self) -> str:
        rows = [("claim", "paper", "verdict", "source"), *self._rows()]
        return "\n".join(" | ".join(row) for row in rows)

    __repr__ = __str__

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, str]:
        names = ("claim", "paper", "verdict", "source")
        top = "".join(f'<th scope="col">{name}</th>' for name in names)
        body = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(row[0])}</th>'
            + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
            + "</tr>"
            for row in self._rows()
        )
        page = (
            f'<table class="tutor-output"><thead><tr>{top}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )
        return {"text/plain": str(self), "text/html": page}


def summary(*verdicts: Verdict) -> Summary:
    """List what reproduced in a chapter; the last line of the cell shows it."""
    return Summary(verdicts)


def _times(factor: float) -> str:
    return str(math.ceil(factor)) if factor <= 1000 else ">1000"


def _marks(text: str) -> str:
    """Turn the marks of plain text into those of HTML."""
    return text.replace(OPEN, HTML_OPEN).replace(CLOSE, HTML_CLOSE)
