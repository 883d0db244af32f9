r"""From text to words, by rules that can be said in full.

1. Unicode NFKC, then lower case, then NFKC again (``ﬁ`` → ``fi``, ``Å`` → ``å``).
2. ``’`` ``ʼ`` ``＇`` become ``'``; soft hyphens and invisible joiners vanish.
3. A word is a run of letters, combining marks and digits that holds at least one
   letter, with single apostrophes allowed inside: ``don't``, ``h2o``, ``1950s``.
4. A run of digits alone (``1984``, ``3.14``) is no word and leaves no trace.
5. Everything else separates words, the hyphen and the underscore too.

Nothing is stemmed, no stop word is removed, sentences are not marked: a window may
cross a full stop, never a document. The rules differ from the word2vec program, which
splits at spaces, and from text8, which spells digits out. Chapter: ``words/counts``.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from unicodedata import category, normalize

VERSION = 1
"""Part of every cache key: raise it whenever a rule above changes."""

_TRANSLATE = str.maketrans(
    {
        "\u2019": "'",
        "\u02bc": "'",
        "\uff07": "'",
        "\u00ad": None,
        "\u200c": None,
        "\u200d": None,
        "\u2060": None,
        "\ufeff": None,
    }
)
_ASCII = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")


@cache
def _unicode_pattern() -> re.Pattern[str]:
    """Words as above; ``re`` counts no combining mark as a letter, so we list them."""
    points = [c for c in range(0x300, 0x1F000) if category(chr(c))[0] == "M"]
    points += [c for c in range(0xE0100, 0xE01F0) if c <= sys.maxunicode]
    marks = "".join(map(chr, points))
    part = rf"[^\W_](?:[^\W_]|[{marks}])*"
    return re.compile(rf"{part}(?:'{part})*")


def tokenize(text: str) -> list[str]:
    """Split a text into lower-case words by the five rules of this module.

    Parameters
    ----------
    text
        Any text; it may be empty.

    Returns
    -------
    list of str
        The words in order. ``tokenize(" ".join(words)) == words``.

    Raises
    ------
    TypeError
        When given bytes: decode them first, for only you know their encoding.

    Chapter: ``words/counts``.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"tokenize takes text (str), not {type(text).__name__}; "
            "decode bytes first, for instance data.decode('utf-8')"
        )
    if text.isascii():
        found = _ASCII.findall(text.lower())
    else:
        text = normalize("NFKC", normalize("NFKC", text).lower()).translate(_TRANSLATE)
        found = _unicode_pattern().findall(text)
    return [w for w in found if w[0].isalpha() or any(map(str.isalpha, w))]
