"""The settings of fastText, each with its symbol and the value of the program."""

from __future__ import annotations

from dataclasses import dataclass

from tutor.words.word2vec.config import Word2VecConfig

UNITS = ("codepoint", "grapheme")


@dataclass(frozen=True)
class SubwordConfig(Word2VecConfig):
    r"""Settings of :func:`tutor.words.subwords.fit`: those of word2vec, and four more.

    The input of a window is the word in its middle, as in the published program; the
    words around it are the outputs, each with noise words of its own.

    Attributes
    ----------
    min_n, max_n : int
        Shortest and longest n-gram, counted in ``units``, with the boundary marks
        ``<`` and ``>`` as characters [3, 6]. ``max_n=0`` switches n-grams off: what is
        left is word2vec by the same code.
    buckets : int
        Rows :math:`B` that all n-grams share [2,000,000].
    units : {"codepoint", "grapheme"}
        What counts as a character. The program cuts between code points; graphemes keep
        a consonant and its vowel sign together.
    cbow_step : {"full", "exact"}
        ``full`` gives each row of a word the whole gradient of their mean, as the
        program does; ``exact`` its n-th part.
    batch_pairs : int or None
        Pairs whose gradients are summed into one step. None: 1 for NumPy and Numba, the
        only value they take; 512 for torch.

    Raises
    ------
    ValueError
        If a value is out of its range; the message names field, value and remedy.
    """

    min_n: int = 3
    max_n: int = 6
    buckets: int = 200_000
    units: str = "codepoint"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.architecture != "skipgram" or self.objective != "negative_sampling":
            raise ValueError(
                "subwords are trained by skipgram with negative_sampling, got "
                f"{self.architecture!r} with {self.objective!r}"
            )
        if self.max_n < 0 or (self.max_n and not 1 <= self.min_n <= self.max_n):
            raise ValueError(
                f"need 1 <= min_n <= max_n, or max_n=0 for no n-grams, got "
                f"min_n={self.min_n} and max_n={self.max_n}"
            )
        if not 1 <= self.buckets < 2**31:
            raise ValueError(
                f"buckets must lie between 1 and 2**31 - 1, got {self.buckets}"
            )
        if self.units not in UNITS:
            raise ValueError(f"unknown units {self.units!r}; there are {UNITS}")
