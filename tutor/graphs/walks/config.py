"""The settings of DeepWalk and node2vec, with the values of papers and programs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from tutor.words.word2vec import Word2VecConfig

LEAST, MOST = 0.01, 100.0


def training() -> Word2VecConfig:
    """Return how walks are learned from: word2vec without what texts need.

    No subsampling: no node is a function word. One pass: walks are cheap, so more of
    them serve better than reading the same ones again.
    """
    return Word2VecConfig(dim=64, window=5, sample=0.0, epochs=1)


@dataclass(frozen=True)
class WalkConfig:
    r"""Settings of :func:`tutor.graphs.walks.fit`.

    Defaults are those of the published DeepWalk program, but for its hierarchical
    softmax. Values of the DeepWalk paper's run on BlogCatalog, then of the node2vec
    program, stand in brackets.

    Attributes
    ----------
    walks : int
        Walks that start at each node :math:`\gamma` [80; 10].
    length : int
        Nodes of a walk :math:`t`, its start included [40; 80].
    p : float
        Return parameter: a step back weighs :math:`1/p`, from 0.01 to 100 [-; 1].
    q : float
        In–out parameter: a step away weighs :math:`1/q`, from 0.01 to 100 [-; 1].
    training : Word2VecConfig
        ``dim`` [128; 128] and ``window`` [10; 10] among others. DeepWalk used
        hierarchical softmax, node2vec negative sampling.

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    walks: int = 10
    length: int = 40
    p: float = 1.0
    q: float = 1.0
    training: Word2VecConfig = field(default_factory=training)

    def __post_init__(self) -> None:
        if self.walks < 1:
            raise ValueError(f"walks must be 1 or more a node, got {self.walks}")
        if self.length < 2:
            raise ValueError(
                f"length must be 2 nodes or more, got {self.length}: a walk of one "
                "node has no neighbours to learn from"
            )
        for name in ("p", "q"):
            value = getattr(self, name)
            if not (math.isfinite(value) and LEAST <= value <= MOST):
                raise ValueError(
                    f"{name} must lie between {LEAST} and {MOST:g}, got {value}: "
                    "beyond that nearly every proposed step is refused"
                )

    @property
    def first_order(self) -> bool:
        """Whether a step forgets where it came from: DeepWalk."""
        return self.p == 1 and self.q == 1
