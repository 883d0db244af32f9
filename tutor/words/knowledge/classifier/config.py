"""Settings of the multi-task convolutional network, with the paper's values."""

from __future__ import annotations

from dataclasses import dataclass

from tutor.settings import check_whole


@dataclass(frozen=True)
class MultiTaskConfig:
    """Settings of :func:`tutor.words.knowledge.classifier.fit`.

    Defaults are those of the authors' published benchmark program (embedding of 300,
    Adam at 1e-4, batches of 10, 10 epochs), but for ``length``: there it is a whole
    report. Ours are names of tumours. Chapter and study say what they change.

    Attributes
    ----------
    length : int
        Words of a text that are read; the rest is cut.
    widths : tuple of int
        Words that a filter of each channel spans [3, 4, 5].
    filters : int
        Filters of a channel [100].
    dropout : float
        Share of the pooled values that is dropped in training [0.5].
    l2 : float
        Weight of the sum of squares of the whole embedding table [1e-3].
    epochs, batch : int
        [10, 10]
    least_steps : int
        With few texts, epochs are added until so many steps are taken [0].
    learning_rate : float
        Of Adam [1e-4].

    Raises
    ------
    ValueError
        If a value is out of its range.
    """

    length: int = 20
    widths: tuple[int, ...] = (3, 4, 5)
    filters: int = 100
    dropout: float = 0.5
    l2: float = 1e-3
    epochs: int = 10
    batch: int = 10
    least_steps: int = 0
    learning_rate: float = 1e-4

    def __post_init__(self) -> None:
        for name in ("length", "filters", "epochs", "batch"):
            check_whole(name, getattr(self, name))
        if not self.widths or min(self.widths) < 1:
            raise ValueError(f"widths must be 1 or more, got {self.widths}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie in 0 to below 1, got {self.dropout}")
        if self.l2 < 0 or self.least_steps < 0:
            raise ValueError(
                f"l2 and least_steps must be 0 or more, got {self.l2} and "
                f"{self.least_steps}"
            )
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate}")

    def epochs_for(self, texts: int) -> int:
        """Return the passes over so many texts."""
        steps = -(-texts // self.batch)
        return max(self.epochs, -(-self.least_steps // steps))
