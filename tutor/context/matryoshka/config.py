"""The settings of training for several sizes. Chapter: ``context/matryoshka``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

METHODS = ("full", "matryoshka", "2d-v1", "2d-improved")


@dataclass(frozen=True)
class MatryoshkaConfig:
    r"""Settings of contrastive training; values in brackets: [the paper].

    Attributes
    ----------
    method : {"full", "matryoshka", "2d-v1", "2d-improved"}
        ``full`` trains the last layer at full length; ``matryoshka`` adds every prefix
        of it; the two others draw one earlier layer and one prefix each step.
    dims : tuple of int
        Lengths of the prefixes :math:`d`, increasing and below the model's
        [8, 16, 32, … below D].
    temperature : float
        Of the softmax over the batch :math:`\tau` [the paper trains AnglE's loss].
    smoothing : float
        Of the softmax over coordinates :math:`T` [1].
    batch_size : int
        Pairs a step; the others of a batch are the wrong answers.
    steps, learning_rate :
        Updates by Adam, and their size.

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    method: str = "2d-v1"
    dims: tuple[int, ...] = (8, 16, 32, 64, 128, 256)
    temperature: float = 0.05
    smoothing: float = 1.0
    batch_size: int = 32
    steps: int = 60
    learning_rate: float = 1e-4

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(
                f"unknown method {self.method!r}; there are {', '.join(METHODS)}"
            )
        check_dims(self.dims)
        for name in ("temperature", "smoothing", "learning_rate"):
            check_positive(name, getattr(self, name))
        check_batch(self.batch_size)
        if self.steps < 1:
            raise ValueError(f"steps must be 1 or more, got {self.steps}")


def check_positive(name: str, value: float) -> None:
    """Refuse a temperature or rate that is not above 0."""
    if not value > 0:
        raise ValueError(f"{name} must be above 0, got {value}")


def check_batch(pairs: int) -> None:
    """Refuse a batch that holds no wrong answer."""
    if pairs < 2:
        raise ValueError(
            f"a batch of {pairs}: a contrastive loss takes its wrong answers from the "
            "batch, so it needs 2 pairs or more"
        )


def check_shorter(dim: int, full: int) -> None:
    """Refuse a drawn prefix that is not shorter than the vectors."""
    if not 1 <= dim < full:
        raise ValueError(
            f"dim={dim}: the drawn prefix must have 1 coordinate or more, and fewer "
            f"than the {full} of the vectors"
        )


def check_dims(dims: Sequence[int], largest: int | None = None) -> None:
    """Refuse prefix lengths that are none, not increasing, or too long."""
    if not dims or min(dims) < 1 or list(dims) != sorted(set(dims)):
        raise ValueError(
            f"dims must be increasing lengths of 1 or more, got {tuple(dims)}"
        )
    if largest is not None and dims[-1] > largest:
        raise ValueError(
            f"a prefix of {dims[-1]} coordinates was asked of vectors that have "
            f"{largest}; give dims up to {largest}"
        )


def check_layer(layer: int, layers: int | None = None) -> None:
    """Refuse a layer that is not one of 1 to ``layers``."""
    if layer < 1 or (layers is not None and layer > layers):
        known = "1 and up" if layers is None else f"1 to {layers}"
        raise ValueError(
            f"layer {layer} does not exist: layers are the blocks, {known}; state 0 "
            "is what enters the first block"
        )
