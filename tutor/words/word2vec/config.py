"""The settings of word2vec, each with its symbol and the value of the papers."""

from __future__ import annotations

from dataclasses import dataclass

from tutor.settings import check_whole

ARCHITECTURES = ("skipgram", "cbow")
OBJECTIVES = ("negative_sampling", "hierarchical_softmax")


@dataclass(frozen=True)
class Word2VecConfig:
    r"""Settings of :func:`tutor.words.word2vec.fit`.

    Defaults are the course's run on 5 to 20 million tokens. The papers train on
    billions; where their value differs it stands in brackets.

    Attributes
    ----------
    dim : int
        Vector length :math:`d` [300].
    window : int
        Largest distance of a context :math:`m` [5].
    dynamic : bool
        Draw each window's size from 1..window, so that near words count more [yes].
    negatives : int
        Noise words a window :math:`K` [5 to 20 on small data, 2 to 5 on large].
    sample : float
        Subsampling threshold :math:`t`, a share of all tokens; 0 is off
        [1e-5 in the text, 1e-3 in the program].
    epochs : int
        Passes over the corpus.
    learning_rate, min_learning_rate : float
        First and last step size; it falls linearly with the position [0.025, 0.0001].
        One or few passes over a small corpus need the larger first value.
    architecture : {"skipgram", "cbow"}
    objective : {"negative_sampling", "hierarchical_softmax"}
    noise_power : float
        Exponent of the noise distribution [0.75].
    cbow_step : {"full", "exact"}
        ``full`` gives every context word the whole gradient of the mean, as the
        published program does; ``exact`` its n-th part, which is the gradient.
    batch_pairs : int or None
        Pairs whose gradients are summed into one step. None: 2 for NumPy and Numba
        (inside one window; Numba takes 1 or 2), 512 for torch (across windows), 1 for
        Triton. CBOW counts windows: 1 for NumPy and Numba, 512 for torch.
    deterministic : bool
        Refuse several threads, so that a run can be repeated bit for bit; on CUDA it
        repeats to rounding only, since sums of repeated rows come in any order.
    threads : int
        More than one updates without locks (Hogwild) and needs
        ``deterministic=False``. Triton's threads are the walkers of a GPU.

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    dim: int = 100
    window: int = 5
    dynamic: bool = True
    negatives: int = 5
    sample: float = 1e-3
    epochs: int = 5
    learning_rate: float = 0.05
    min_learning_rate: float = 0.0001
    architecture: str = "skipgram"
    objective: str = "negative_sampling"
    noise_power: float = 0.75
    cbow_step: str = "full"
    batch_pairs: int | None = None
    deterministic: bool = True
    threads: int = 1

    def __post_init__(self) -> None:
        for name in ("dim", "window", "negatives", "epochs", "threads"):
            check_whole(name, getattr(self, name))
        if self.batch_pairs is not None:
            check_whole("batch_pairs", self.batch_pairs)
        if self.sample < 0:
            raise ValueError(f"sample must be 0 (off) or more, got {self.sample}")
        if not 0 <= self.min_learning_rate <= self.learning_rate:
            raise ValueError(
                "learning_rate must fall: need 0 <= min_learning_rate <= learning_rate,"
                f" got {self.min_learning_rate} and {self.learning_rate}"
            )
        for name, allowed in (
            ("architecture", ARCHITECTURES),
            ("objective", OBJECTIVES),
            ("cbow_step", ("full", "exact")),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"unknown {name} {getattr(self, name)!r}; there are {allowed}"
                )
        if self.deterministic and self.threads > 1:
            raise ValueError(
                f"threads={self.threads} update without locks and cannot repeat a run: "
                "give deterministic=False as well, or threads=1"
            )
