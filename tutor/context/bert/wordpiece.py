"""WordPiece: cut words into known pieces, the longest first.

A piece that does not begin a word is written with ``##`` in front. To cut a word, take
the longest piece that fits its beginning, and go on behind it. Where pieces come from
says :mod:`tutor.context.bert.merges`.

Left out: special handling of Chinese characters.

Source: Devlin et al. (2019), "BERT", section 3, and its published code.
Chapter: ``context/bert``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
"""The first rows of every vocabulary here: filler, unknown, start, end, mask."""
PAD, UNK, CLS, SEP, MASK = range(5)
INSIDE = "##"
LONGEST = 100  # a longer word is unknown as a whole, as in BERT

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")


# --- words ---------------------------------------------------------------------------
def split_words(text: str) -> list[str]:
    """Cut a text into lower-case words without accents; every sign is its own word.

    The same as BERT's uncased rules but for Chinese characters, and for signs outside
    ASCII that are no punctuation, such as the euro's.
    """
    text = _CONTROL.sub("", text)
    if not text.isascii():
        parts = unicodedata.normalize("NFD", text)
        text = "".join(c for c in parts if unicodedata.category(c) != "Mn")
    return _WORD.findall(text.lower())


def count_words(texts: Iterable[str]) -> Counter[str]:
    """Count the words of texts, as :func:`split_words` cuts them."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split_words(text))
    return counts


# --- cutting words -------------------------------------------------------------------
def longest_match(word: str, known: Mapping[str, int]) -> list[str]:
    """Cut a word greedily: the longest known piece, then the longest behind it.

    A word of which some part is unknown, and one longer than 100 letters, is
    ``["[UNK]"]`` as a whole.
    """
    if len(word) > LONGEST:
        return [SPECIALS[UNK]]
    found: list[str] = []
    start = 0
    while start < len(word):
        front = INSIDE if start else ""
        for stop in range(len(word), start, -1):
            if front + word[start:stop] in known:
                break
        else:
            return [SPECIALS[UNK]]
        found.append(front + word[start:stop])
        start = stop
    return found


@dataclass(frozen=True, repr=False)
class WordPiece:
    """A vocabulary of pieces, and how it cuts texts.

    Attributes
    ----------
    pieces : tuple of str
        Row by row; the first five are the special ones.

    Raises
    ------
    ValueError
        If the special pieces are missing or not in front, or a piece stands twice.
    """

    pieces: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.pieces[: len(SPECIALS)] != SPECIALS:
            missing = [s for s in SPECIALS if s not in self.pieces]
            raise ValueError(
                f"a vocabulary begins with {' '.join(SPECIALS)}; this one begins with "
                f"{' '.join(self.pieces[:5])!r}"
                + (f" and lacks {', '.join(missing)}" if missing else "")
                + ": without [MASK] nothing can be hidden, without [UNK] no word is "
                "sure to be cut; put all five in front"
            )
        if len(set(self.pieces)) < len(self.pieces):
            twice = [p for p, n in Counter(self.pieces).items() if n > 1]
            raise ValueError(f"pieces stand twice: {', '.join(twice[:5])}")

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each piece."""
        return {piece: row for row, piece in enumerate(self.pieces)}

    @cached_property
    def _cuts(self) -> dict[str, list[int]]:
        return {}

    def cut(self, words: Iterable[str]) -> list[list[int]]:
        """Return the rows of each word's pieces."""
        cuts = self._cuts
        found = []
        for word in words:
            if word not in cuts:
                cuts[word] = [self.rows[p] for p in longest_match(word, self.rows)]
            found.append(cuts[word])
        return found

    def encode(self, text: str, *, longest: int | None = None) -> list[int]:
        """Return the rows of a text between [CLS] and [SEP].

        Parameters
        ----------
        text : str
        longest : int, optional
            Pieces at most, both ends counted; what is beyond is left out.

        Raises
        ------
        ValueError
            For a text without words, or ``longest`` below 3.
        """
        if longest is not None and longest < 3:
            raise ValueError(
                f"longest={longest} leaves no room between [CLS] and [SEP]"
            )
        inner = [row for pieces in self.cut(split_words(text)) for row in pieces]
        if not inner:
            raise ValueError(f"the text {text[:30]!r} has no words; leave it out")
        if longest is not None:
            inner = inner[: longest - 2]
        return [CLS, *inner, SEP]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of rows: pieces of a word joined, ends left out."""
        names = [self.pieces[i] for i in ids if i not in (PAD, CLS, SEP)]
        return " ".join(names).replace(" " + INSIDE, "")

    def __len__(self) -> int:
        return len(self.pieces)

    def __repr__(self) -> str:
        return f"WordPiece({len(self)} pieces)"
