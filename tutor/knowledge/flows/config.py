"""The settings of a flow model, each with its symbol and the values of the paper."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tutor.knowledge.flows import reference


@dataclass(frozen=True)
class FlowsConfig:
    r"""Settings of :func:`tutor.knowledge.flows.fit`.

    Defaults are the course's run on graphs of about a hundred entities; the paper's
    values are those of its program for graphs of ten thousand and more.

    Attributes
    ----------
    scorer : str
        A name in :data:`tutor.knowledge.flows.SCORERS`.
    dim : int
        :math:`d`, the coordinates of a flow [1024]. An entity stores one, two or three
        numbers for each: see :attr:`numbers`.
    epochs : int
        Passes over all questions [50 to 150].
    batch_size : int
        Questions a step [128 to 1024].
    learning_rate : float
        :math:`\eta` of Adam in the first epoch [.001 to .01].
    decay : float
        The rate is multiplied by it after each epoch [.9 to 1].
    gamma : float
        :math:`\gamma`, added to every score by the loss [0 to 19].
    init : float
        Initial numbers are uniform on (-init, init) [.1].

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    scorer: str = "nfe1"
    dim: int = 24
    epochs: int = 30
    batch_size: int = 512
    learning_rate: float = 0.01
    decay: float = 0.95
    gamma: float = 4.0
    init: float = 0.1

    def __post_init__(self) -> None:
        reference.scorer(self.scorer)
        for name in ("dim", "epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ValueError(
                f"learning_rate must be finite and above 0, got {self.learning_rate}"
            )
        if not 0 < self.decay <= 1:
            raise ValueError(
                f"decay must lie above 0 and up to 1, got {self.decay}; 1 keeps the "
                "learning rate"
            )
        if not math.isfinite(self.gamma):
            raise ValueError(
                f"gamma must be finite, got {self.gamma}; it is a score's head start, "
                "0 to 19 in the paper"
            )
        if not (math.isfinite(self.init) and self.init > 0):
            raise ValueError(
                f"init must be finite and above 0, got {self.init}: a scale that "
                "starts at 0 has no slope and stays there; the paper starts within 0.1"
            )

    @property
    def numbers(self) -> int:
        """How many numbers an entity stores: the size to compare models at."""
        return self.dim * reference.scorer(self.scorer).entity_parts
