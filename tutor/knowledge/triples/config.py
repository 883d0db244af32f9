"""The settings of a triple model, each with its symbol and the value of the papers."""

from __future__ import annotations

from dataclasses import dataclass

from tutor.knowledge.triples import reference

OBJECTIVES = ("softmax", "bce", "margin", "nssa")
CORRUPTIONS = ("uniform", "bernoulli")


@dataclass(frozen=True)
class TriplesConfig:
    r"""Settings of :func:`tutor.knowledge.triples.fit`.

    Defaults are the course's run on graphs of about a hundred entities; the papers'
    values are for graphs of ten thousand and more.

    Attributes
    ----------
    scorer : str
        A name in :data:`tutor.knowledge.triples.SCORERS`: ``transe``, ``distmult``,
        ``complex``, ``rotate``.
    dim : int
        :math:`d`; complex numbers count once [TransE 50, ComplEx 150 to 200, RotatE
        500 to 1000].
    objective : {"softmax", "bce", "margin", "nssa"}
        ``softmax`` and ``bce`` hold an answer against all entities, ``margin`` [TransE]
        and ``nssa`` [RotatE] against sampled ones.
    epochs : int
        Passes over the questions (softmax, bce) or triples (margin, nssa).
    batch_size : int
        Questions or triples a step.
    learning_rate : float
        :math:`\eta` of Adam.
    reciprocal : bool
        Give each relation a second vector for the question from the tail. Only with
        ``softmax`` and ``bce``.
    negatives : int
        Corrupted triples for each true one, :math:`K` [TransE 1, RotatE 64 to 1024].
    corruption : {"uniform", "bernoulli"}
        How often the head is replaced: always half of the time [TransE], or more often
        where a head has many tails [Wang et al. 2014].
    margin : float or None
        :math:`\gamma` [TransE 1 or 2, RotatE 6 to 24]. None is :attr:`gamma`: 6 where
        scores are distances, else 1 with ``margin`` and 0 with ``bce`` and ``nssa``.
    temperature : float
        :math:`\alpha`, how strongly hard negatives weigh in ``nssa`` [0.5 or 1].
    l2 : float
        :math:`\lambda` of the penalty on all free parameters; phases have none.
    init : float
        Initial numbers are uniform on (-init, init); phases on the whole circle.
    unit_entities : bool
        Scale entity vectors to length 1 after each step [TransE].

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    scorer: str = "complex"
    dim: int = 32
    objective: str = "softmax"
    epochs: int = 60
    batch_size: int = 128
    learning_rate: float = 0.02
    reciprocal: bool = False
    negatives: int = 32
    corruption: str = "uniform"
    margin: float | None = None
    temperature: float = 1.0
    l2: float = 0.0
    init: float = 0.3
    unit_entities: bool = False

    def __post_init__(self) -> None:
        for name in ("dim", "epochs", "batch_size", "negatives"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, got {getattr(self, name)}")
        for name in ("learning_rate", "init"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        for name in ("margin", "temperature", "l2"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise ValueError(f"{name} must be 0 or more, got {value}")
        reference.scorer(self.scorer)
        for name, allowed in (("objective", OBJECTIVES), ("corruption", CORRUPTIONS)):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"unknown {name} {getattr(self, name)!r}; there are {allowed}"
                )
        if self.reciprocal and self.sampled:
            raise ValueError(
                f"reciprocal=True with objective={self.objective!r}: sampled negatives "
                "replace head and tail of one relation; use 'softmax' or 'bce', or "
                "reciprocal=False"
            )

    @property
    def sampled(self) -> bool:
        """Whether the objective draws negatives instead of taking all entities."""
        return self.objective in ("margin", "nssa")

    @property
    def gamma(self) -> float:
        """The margin in use: the one given, or the default of scorer and objective."""
        if self.margin is not None:
            return self.margin
        if reference.scorer(self.scorer).match is reference.DISTANCE:
            return 6.0
        return 1.0 if self.objective == "margin" else 0.0
