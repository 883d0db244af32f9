r"""Grapheme clusters: what a reader of Bengali or Hindi calls one letter.

A consonant, the vowel sign written around it and the marks above and below are one
cluster; letters joined by a virama are one too. Unicode calls this an extended grapheme
cluster (UAX 29, rules GB9, GB9a and GB9c), and the package ``regex`` finds it by
``\X``. Here are these rules for scripts written with vowel signs, and for marks in
general.

Left out: Hangul syllables, flags and joined emoji, prepended marks.

Chapter: ``words/subwords``. Oracle: ``regex``.
"""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"
"""Zero-width non-joiner and joiner: they never begin a cluster."""
_BLOCKS = tuple(0x900 + 0x80 * i for i in (0, 1, 3, 4, 6, 8))
"""Devanagari, Bengali, Gujarati, Oriya, Telugu, Malayalam: their viramas join letters
(property InCB=Linker). Tamil and Kannada have one that does not."""
_VIRAMAS = {chr(block + 0x4D) for block in _BLOCKS}
_MORE = {
    0x900: range(0x78, 0x80),  # Devanagari MARWARI DDA to BBA
    0x980: (0x70, 0x71),  # Assamese RA and WA
    0xA80: (0x79,),  # Gujarati ZHA
    0xB00: (0x71,),  # Oriya WA
}
_LIGHT = "\u09be\u09d7\u0b3e\u0b57\u0d3e\u0d57"
"""Vowel signs with width that do not end a conjunct (Other_Grapheme_Extend)."""


def extends(character: str) -> bool:
    """Say whether a character belongs to the one before it."""
    return character in JOINERS or unicodedata.category(character) in ("Mn", "Mc", "Me")


def is_consonant(character: str) -> bool:
    """Say whether a character is a consonant that a virama can join to the last one.

    By the layout that all these blocks share: KA to HA at 15 to 39, QA to YYA at 58
    to 5F, and a few more.
    """
    block = ord(character) & ~0x7F
    if block not in _BLOCKS or unicodedata.category(character) != "Lo":
        return False
    place = ord(character) - block
    main = 0x15 <= place <= 0x39 or (0x58 <= place <= 0x5F and character != "\u0c5d")
    return main or place in _MORE.get(block, ())


def graphemes(text: str) -> list[str]:
    """Return the grapheme clusters of a text; joined, they are the text.

    Examples
    --------
    >>> [len(c) for c in graphemes("ক্ষমা")]  # k + virama + ss | m + aa
    [3, 2]
    """
    found: list[str] = []
    linked = False  # a virama stands behind the last letter of the cluster
    for character in text:
        if found and extends(character):
            found[-1] += character
            linked = (linked and not _parts(character)) or character in _VIRAMAS
        elif found and linked and is_consonant(character):
            found[-1] += character
            linked = False
        else:
            found.append(character)
            linked = character in _VIRAMAS
    return found


def _parts(character: str) -> bool:
    """Say whether a mark ends a conjunct: the non-joiner, and most wide vowel signs."""
    wide = unicodedata.category(character) == "Mc" and character not in _LIGHT
    return wide or character == JOINERS[0]
