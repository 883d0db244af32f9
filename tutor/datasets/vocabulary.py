"""A vocabulary: words in order of frequency, each with its row and its count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.spelling import closest_spellings


class Vocabulary:
    r"""Words ordered by :math:`(-\text{count}, \text{word})`, so that a row is a rank.

    Parameters
    ----------
    words
        The V different words.
    counts
        How often each occurs, integers ≥ 0.

    Shapes: ``counts`` (V,). Row 0 is the most frequent word; ties stand in code-point
    order. Raises ``ValueError`` when words repeat, the lengths differ, or the order is
    another. Chapter: ``words/counts``.
    """

    def __init__(self, words: Sequence[str], counts: ArrayLike) -> None:
        self._words = tuple(words)
        self._counts = np.array(counts, dtype=np.int64)
        self._counts.setflags(write=False)
        if self._counts.shape != (len(self._words),):
            raise ValueError(
                f"{len(self._words)} words but counts of shape {self._counts.shape}; "
                "give one count for each word"
            )
        self._check_order()

    def _check_order(self) -> None:
        if self._counts.size and self._counts[-1] < 0:
            raise ValueError(f"a count is negative: {int(self._counts.min())}")
        steps = np.diff(self._counts)
        rising = np.flatnonzero(steps > 0)
        if rising.size:
            i = int(rising[0])
            raise ValueError(
                f"{self._words[i]!r} ({self._counts[i]}) stands before "
                f"{self._words[i + 1]!r} ({self._counts[i + 1]}); words must be "
                "ordered by (-count, word): use Vocabulary.from_counts"
            )
        for i in np.flatnonzero(steps == 0).tolist():
            if self._words[i] >= self._words[i + 1]:
                raise ValueError(
                    f"{self._words[i]!r} and {self._words[i + 1]!r} have one count and "
                    "are repeated or out of order: use Vocabulary.from_counts"
                )
        if len(self._rows) != len(self._words):
            raise ValueError(
                f"{len(self._words)} words, only {len(self._rows)} different; "
                "each word may stand once"
            )

    @classmethod
    def from_counts(
        cls, counts: Mapping[str, int], *, min_count: int = 1
    ) -> Vocabulary:
        """Order the words of a mapping word → count, keeping ``count >= min_count``."""
        kept = [(-n, word) for word, n in counts.items() if n >= min_count]
        kept.sort()
        return cls([word for _, word in kept], [-n for n, _ in kept])

    @property
    def words(self) -> tuple[str, ...]:
        """The words, most frequent first."""
        return self._words

    @property
    def counts(self) -> NDArray[np.int64]:
        """The counts (V,), write-protected."""
        return self._counts

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self._words)}

    def index(self, word: str) -> int:
        """Return the row of a word.

        Raises
        ------
        KeyError
            When the word is unknown; the message names three close spellings.
        """
        row = self._rows.get(word)
        if row is None:
            raise KeyError(self._unknown(word))
        return row

    def ids(self, words: Iterable[str]) -> NDArray[np.int32]:
        """Return the rows (n,) of several words; an unknown word is a ``KeyError``."""
        return np.fromiter(map(self.index, words), np.int32)

    def _unknown(self, word: str) -> str:
        near = ", ".join(closest_spellings(word, self._words))
        return f"{word!r} is not among the {len(self)} words; closest: {near}"

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, word: object) -> bool:
        return word in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self._words == other._words and bool(
            np.array_equal(self._counts, other._counts)
        )

    def __hash__(self) -> int:
        return hash((len(self._words), self._words[:10]))

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} words, {int(self._counts.sum())} tokens)"
