"""The ladder: every representation of words so far, on one text, by the same tests.

``rungs`` are functions of a text and a seed; ``trials`` fixes text, pairs, questions
and documents; ``score`` is the one place where rows become numbers; ``climb`` measures
all rungs; ``order`` asks how sure their order is. A later part adds rungs or columns
and changes none of this. Left out: tuning. One setting serves all.
Chapter: ``words/ladder``. Survey: Zhang et al. (2024).
"""

from __future__ import annotations

from tutor.words.ladder.climb import Ladder, Mark, climb
from tutor.words.ladder.config import LadderConfig
from tutor.words.ladder.order import (
    agreement,
    columns_apart,
    decided,
    kendall,
    rank_intervals,
    rising,
)
from tutor.words.ladder.rows import Rows, as_rows
from tutor.words.ladder.rung import Rung
from tutor.words.ladder.rungs import RUNGS, named
from tutor.words.ladder.score import statistic
from tutor.words.ladder.trials import (
    Column,
    Documents,
    Ground,
    Trials,
    leads,
    thinned,
    trials,
)

__all__ = [
    "RUNGS",
    "Column",
    "Documents",
    "Ground",
    "Ladder",
    "LadderConfig",
    "Mark",
    "Rows",
    "Rung",
    "Trials",
    "agreement",
    "as_rows",
    "climb",
    "columns_apart",
    "decided",
    "kendall",
    "leads",
    "named",
    "rank_intervals",
    "rising",
    "statistic",
    "thinned",
    "trials",
]
