"""The settings of a dual encoder, each with its symbol and CLIP's value."""

from __future__ import annotations

import math
from dataclasses import dataclass

LOSSES = ("infonce", "siglip")
UNITS = ("words", "pieces")


@dataclass(frozen=True)
class ClipConfig:
    r"""Settings of :func:`tutor.multimodal.clip.fit`.

    Defaults are the course's run on about 1,200 emoji; CLIP's values stand in brackets
    (Radford et al. 2021, ViT-B/32).

    Attributes
    ----------
    dim : int
        :math:`d` of the shared space [512].
    size : int
        Pixels a side that the image encoder sees [224]; larger drawings are averaged
        down to it.
    channels : tuple of int
        One 3 x 3 convolution each; the first, second and fourth halve the picture.
    word_dim : int
        Columns of the table of text units.
    units : {"words", "pieces"}
        What texts are cut into: words, or words with their trigrams and, where a
        script has no spaces, characters and their pairs [byte-pair units].
    languages : tuple of str
        Whose names are trained on; English captions have keywords too [English].
    loss : {"infonce", "siglip"}
        Which candidate is right, or yes and no for each pair [infonce].
    temperature : float or None
        :math:`\tau` at the start [0.07]; None is 0.07 for ``infonce`` and 0.1 for
        ``siglip`` [Zhai et al. 2023].
    learn_temperature : bool
        Whether :math:`\log(1/\tau)` is trained [yes]; :math:`1/\tau` stays at most 100
        [100].
    bias : float
        :math:`b` at the start, for ``siglip`` only [-10].
    batch_size : int
        :math:`B` different concepts a step [tens of thousands].
    steps : int
        Updates [many passes over far more pairs].
    learning_rate : float
        Peak of a rise over a quarter of the steps and a cosine fall [a short rise,
        then a cosine].
    weight_decay : float
        AdamW's [0.2].
    augment : bool
        Turn, scale, shift, mirror and tint the pictures [random crops].

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    dim: int = 64
    size: int = 32
    channels: tuple[int, ...] = (32, 64, 64, 128, 128)
    word_dim: int = 128
    units: str = "words"
    languages: tuple[str, ...] = ("en",)
    loss: str = "infonce"
    temperature: float | None = None
    learn_temperature: bool = True
    bias: float = -10.0
    batch_size: int = 128
    steps: int = 300
    learning_rate: float = 4e-3
    weight_decay: float = 0.05
    augment: bool = True

    def __post_init__(self) -> None:
        for name in ("dim", "size", "word_dim", "steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        if self.batch_size < 2:
            raise ValueError(
                f"batch_size is {self.batch_size}; a contrast needs another pair in "
                "the batch: use 2 or more"
            )
        if self.temperature is not None:
            check_temperature(self.temperature)
        for name in ("learning_rate", "weight_decay"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be finite and 0 or more, got {value}")
        for name, allowed in (("loss", LOSSES), ("units", UNITS)):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"unknown {name} {getattr(self, name)!r}; there are {allowed}"
                )
        if not self.channels or min(self.channels) < 1 or not self.languages:
            raise ValueError("channels and languages need at least one entry")

    @property
    def start_temperature(self) -> float:
        """The temperature of the first step."""
        if self.temperature is not None:
            return self.temperature
        return 0.07 if self.loss == "infonce" else 0.1


def check_temperature(temperature: float) -> float:
    """Return a temperature that is positive and finite; refuse any other."""
    if not (math.isfinite(temperature) and temperature > 0):
        raise ValueError(
            f"temperature must be positive and finite, got {temperature}: scores are "
            "divided by it (0.07 is usual; scale = 1 / temperature)"
        )
    return temperature
