"""Claims: what the book says is what was measured.

A :class:`Claim` states before the measurement what is claimed, by whom, the metric,
the control, the margin and what would falsify it; :meth:`Claim.decide` takes the
measured effect and answers *reproduced*, *tie*, *not reproduced at this size* or
*undecided*. :class:`Measured` is a single live number with its band. :func:`store` and
:func:`stored` keep what takes too long for a notebook.
"""

from tutor.claims.decision import (
    NOT_REPRODUCED,
    REPRODUCED,
    TIE,
    UNDECIDED,
    Claim,
    needed_factor,
    outcome_of,
)
from tutor.claims.hashing import fingerprint
from tutor.claims.measured import ClaimError, Measured
from tutor.claims.stored import Stored, effect, results_root, store, stored
from tutor.claims.verdict import Summary, Verdict, summary

__all__ = [
    "NOT_REPRODUCED",
    "REPRODUCED",
    "TIE",
    "UNDECIDED",
    "Claim",
    "ClaimError",
    "Measured",
    "Stored",
    "Summary",
    "Verdict",
    "effect",
    "fingerprint",
    "needed_factor",
    "outcome_of",
    "results_root",
    "store",
    "stored",
    "summary",
]
