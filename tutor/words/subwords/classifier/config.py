"""The settings of the multichannel convolutional LSTM, with the paper's values."""

from __future__ import annotations

from dataclasses import dataclass

from tutor.settings import check_whole

PARTS = ("both", "convolutions", "lstm")


@dataclass(frozen=True)
class ClassifierConfig:
    """Settings of :func:`tutor.words.subwords.classifier.fit`.

    Defaults fit some thousand short comments on one core; the values of the authors'
    program stand in brackets.

    Attributes
    ----------
    length : int
        Words of a text that are read; the rest is cut [300].
    widths : tuple of int
        Words that a filter of each channel spans [4, 6, 8].
    filters : int
        Filters of a channel [32].
    pool : int
        Places that max-pooling merges [2].
    hidden : int
        Units of the LSTM [128].
    dense : int
        Units of the last hidden layer [10].
    dropout : float
        Share of the convolutions' outputs that is dropped in training [0.5].
    epochs, batch : int
        [20, 128]
    learning_rate : float
        Of Adam.
    parts : {"both", "convolutions", "lstm"}
        Which branches there are: a switch for taking the model apart.

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    length: int = 24
    widths: tuple[int, ...] = (4, 6, 8)
    filters: int = 32
    pool: int = 2
    hidden: int = 32
    dense: int = 10
    dropout: float = 0.5
    epochs: int = 6
    batch: int = 64
    learning_rate: float = 0.002
    parts: str = "both"

    def __post_init__(self) -> None:
        for name in ("length", "filters", "pool", "hidden", "dense", "epochs", "batch"):
            check_whole(name, getattr(self, name))
        if not self.widths or min(self.widths) < 1:
            raise ValueError(f"widths must be 1 or more, got {self.widths}")
        if self.length < max(self.widths) + self.pool - 1:
            raise ValueError(
                f"length={self.length} leaves nothing to pool behind a filter of "
                f"{max(self.widths)} words: give at least "
                f"{max(self.widths) + self.pool - 1}"
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie in 0 to below 1, got {self.dropout}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate}")
        if self.parts not in PARTS:
            raise ValueError(f"unknown parts {self.parts!r}; there are {PARTS}")
