"""One setting for every rung: text, window, length, passes.

Chapter: ``words/ladder``.
"""

from __future__ import annotations

from dataclasses import dataclass

from tutor.settings import check_whole


@dataclass(frozen=True)
class LadderConfig:
    """What all rungs share; the values are those of chapter ``words/evaluation``.

    Attributes
    ----------
    dim : int
        Length of a dense vector.
    window : int
        Largest distance of a neighbour; it weighs less the farther it stands, as in
        word2vec. Counts, word2vec, GloVe and fastText all take this one.
    sample : float
        Subsampling threshold. The text is thinned once, before any rung reads it.
    epochs : int
        Passes of what learns from running text. GloVe makes half as many again over
        its cells.
    min_count : int
        A word that occurs fewer times in the text before thinning has no row.
    backend : {"numba", "numpy", "torch"}
        How the rungs that learn are computed.
    device : str
        For torch only.

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    dim: int = 50
    window: int = 5
    sample: float = 1e-3
    epochs: int = 10
    min_count: int = 5
    backend: str = "numba"
    device: str = "cpu"

    def __post_init__(self) -> None:
        for name in ("dim", "window", "epochs", "min_count"):
            check_whole(name, getattr(self, name))
        if not 0 <= self.sample < float("inf"):
            raise ValueError(f"sample must be 0 (off) or a share, got {self.sample}")
        if self.backend not in ("numba", "numpy", "torch"):
            raise ValueError(
                f"unknown backend {self.backend!r}; there are numba, numpy, torch"
            )
        if self.device != "cpu" and self.backend != "torch":
            raise ValueError(
                f"device={self.device!r} needs backend='torch', got {self.backend!r}"
            )
