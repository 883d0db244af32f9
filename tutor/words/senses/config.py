"""The settings of the sense models, each with its symbol and the thesis's value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tutor.words.word2vec.config import Word2VecConfig

ASSIGNMENTS = ("gumbel", "hard")


def _engine() -> Word2VecConfig:
    """Return the engine's settings of the course's run on the course corpus."""
    return Word2VecConfig(dim=50, sample=1e-4, epochs=4)


@dataclass(frozen=True)
class SensesConfig:
    r"""Settings of :func:`tutor.words.senses.fit`.

    In brackets stands the value of the published program of Disambiguated Skip-gram.

    Attributes
    ----------
    engine : Word2VecConfig
        Vectors, windows, noise, learning rate and passes, as in word2vec; passes of
        both phases together. ``batch_pairs`` counts windows: 1 for NumPy and Numba, 64
        for torch [dim 300, window 5, 64 negatives for each prediction, 128 a batch].
    senses : int
        Senses of a target word before pruning :math:`S`, 1 or more [5].
    assignment : {"gumbel", "hard"}
        ``gumbel``: a learned softmax over senses, in phase 2 with Gumbel noise.
        ``hard``: the sense whose mean context is nearest by cosine (MSSG).
    shared_epochs : int
        Passes of phase 1, in which all words share one disambiguator. ``hard`` deals
        its windows at random in that time. 0 is "one phase only".
    first_temperature, temperature : float
        :math:`\tau` in the first pass of phase 2, and after it [1.0, 0.5].
    entropy : float
        Weight :math:`\lambda` of the entropy reward in phase 1 [0.1, against the loss
        of one prediction; here against that of a window of several].
    disambiguator_rate : float
        The disambiguators' learning rate is this times that of the vectors [1].
    prune : float
        Senses with a smaller prior are dropped after training [0.05].
    min_occurrences : int
        A target must occur as often, before subsampling [100].

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    engine: Word2VecConfig = field(default_factory=_engine)
    senses: int = 3
    assignment: str = "gumbel"
    shared_epochs: int = 1
    first_temperature: float = 1.0
    temperature: float = 0.5
    entropy: float = 2.0
    disambiguator_rate: float = 5.0
    prune: float = 0.05
    min_occurrences: int = 20

    def __post_init__(self) -> None:
        if self.senses < 1:
            raise ValueError(f"senses must be 1 or more, got {self.senses}")
        if self.assignment not in ASSIGNMENTS:
            raise ValueError(
                f"unknown assignment {self.assignment!r}; there are {ASSIGNMENTS}"
            )
        if not 0 <= self.shared_epochs <= self.engine.epochs:
            raise ValueError(
                f"shared_epochs={self.shared_epochs} must lie in 0..engine.epochs "
                f"({self.engine.epochs}): both phases share the passes"
            )
        for name in ("first_temperature", "temperature", "disambiguator_rate"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(
                    f"{name} must be above 0 and finite, got {getattr(self, name)}"
                )
        if not 0 <= self.entropy < float("inf"):
            raise ValueError(f"entropy must be 0 (off) or more, got {self.entropy}")
        if not 0 <= self.prune < 1 / self.senses:
            raise ValueError(
                f"prune must lie below 1/senses = {1 / self.senses:.2f}, or every "
                f"sense could be dropped; got {self.prune}"
            )
        if self.min_occurrences < self.senses:
            raise ValueError(
                f"min_occurrences must be at least senses ({self.senses}), got "
                f"{self.min_occurrences}"
            )
        self._check_engine()

    def _check_engine(self) -> None:
        """Refuse settings of the engine that a sense model would not read."""
        given, usual = self.engine, Word2VecConfig()
        for name in ("architecture", "objective", "cbow_step", "threads"):
            if getattr(given, name) != getattr(usual, name):
                raise ValueError(
                    f"engine.{name}={getattr(given, name)!r} has no effect here; leave "
                    f"it at {getattr(usual, name)!r}"
                )

    def temperature_at(self, epoch: int) -> float:
        """Return the temperature of a pass; phase 1 has none and reads as 1."""
        if epoch < self.shared_epochs:
            return 1.0
        first = epoch == self.shared_epochs
        return self.first_temperature if first else self.temperature

    def with_engine(self, **changes: object) -> SensesConfig:
        """Return a copy whose engine has these settings changed."""
        return replace(self, engine=replace(self.engine, **changes))  # type: ignore[arg-type]
