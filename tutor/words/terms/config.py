"""The settings of term extraction, each with its symbol."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tutor.settings import check_whole


@dataclass(frozen=True)
class TermsConfig:
    r"""Settings of :func:`tutor.words.terms.extract` and ``rewrite``.

    The paper names the steps and no numbers; all values are ours, fixed before any
    vector was trained.

    Attributes
    ----------
    longest : int
        Words of the longest term, ≥ 2.
    min_count : int
        A candidate occurs at least this often, inside longer ones too.
    least_c_value : float
        What a term scores at least. 5 is a term of two words that stands five times
        and never inside a longer candidate.
    least_npmi : float
        In [-1, 1]. Words that stand together as often as by chance score 0.
    joiner : str
        Stands between the words of a unit; no word of the text may hold it.

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    longest: int = 5
    min_count: int = 5
    least_c_value: float = 5.0
    least_npmi: float = 0.1
    joiner: str = "_"

    def __post_init__(self) -> None:
        check_whole("longest", self.longest)
        check_whole("min_count", self.min_count)
        if self.longest < 2:
            raise ValueError(
                f"longest={self.longest}: a term has two words or more; give 2 at least"
            )
        if not (math.isfinite(self.least_c_value) and self.least_c_value >= 0):
            raise ValueError(
                f"least_c_value must be 0 or more and finite, got {self.least_c_value}"
            )
        if not -1 <= self.least_npmi <= 1:
            raise ValueError(
                f"least_npmi must lie in -1 to 1, where all scores lie, got "
                f"{self.least_npmi}"
            )
        check_joiner(self.joiner)


def check_joiner(joiner: str) -> None:
    """Raise ValueError unless ``joiner`` is text without white space."""
    if not joiner or any(sign.isspace() for sign in joiner):
        raise ValueError(
            f"joiner must be text without white space, got {joiner!r}: '_' is usual"
        )
