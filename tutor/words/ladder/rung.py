r"""What a rung of the ladder is: a name, a function, and where the course meets it.

Chapter: ``words/ladder``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tutor.words.ladder.config import LadderConfig

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.embedding import Embedding
    from tutor.words.ladder.rows import Rows

Make = Callable[["Corpus", LadderConfig, int], "Embedding | Rows"]


@dataclass(frozen=True)
class Rung:
    """One representation of words.

    Attributes
    ----------
    name : str
        As it stands in the table.
    make : callable
        (corpus, config, seed) → an ``Embedding`` or `Rows`, a row for each word of
        ``corpus.vocabulary`` in its order.
    step : int or None
        Where the course meets it, from 0 up; equal steps are not compared as earlier
        and later. None: a control, a side branch, or other text.
    seeded : bool
        Whether the seed changes anything; where not, one run serves for all seeds.
    note : str
        What a reader must know beside the numbers.
    """

    name: str
    make: Make
    step: int | None = None
    seeded: bool = True
    note: str = ""

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a rung needs a name")
        if not callable(self.make):
            raise TypeError(
                f"rung {self.name!r}: make must be a function of (corpus, config, "
                f"seed), got {type(self.make).__name__}"
            )
