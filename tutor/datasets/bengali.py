"""Bengali texts with labels: names, strings of a user interface, and sentiment lines.

No package carries labelled Bengali sentiment. What packages do carry are translated
names and strings, whose labels are what they name or where they stand: tasks of their
own, and no sentiment. The sentiment lines of Karim et al. (2020) are read from
``TUTOR_DATA``. Everything is in Unicode normal form C. Chapter: ``words/subwords``.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.errors import DataError
from tutor.datasets.sources import files, source

KINDS = ("country", "language", "currency", "script")
"""What the catalogues of ``bengali-names`` name, in the order of their files."""
_LETTER = re.compile("[\u0980-\u09ff]")
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}|<[^>]*>|&\w+;")


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """Different texts, each with one label.

    Attributes
    ----------
    texts : tuple of str
        Each once; a text that stands under two labels is left out.
    labels : (n,) int64 array
        Rows of ``classes``.
    classes : tuple of str
    dropped : int
        Lines left out: repeats, texts of two labels, lines without a Bengali letter.
    """

    name: str
    texts: tuple[str, ...] = field(repr=False)
    labels: NDArray[np.int64] = field(repr=False)
    classes: tuple[str, ...]
    dropped: int
    licence: str = field(repr=False)
    citation: str = field(repr=False)

    def __len__(self) -> int:
        return len(self.texts)


def clean(text: str) -> str:
    """Return a line in normal form C, white space made single."""
    return " ".join(normalize("NFC", text).split())


def _labelled(
    name: str, lines: Iterable[tuple[str, int]], classes: tuple[str, ...]
) -> LabelledTexts:
    """Keep each text once, and none that stands under two labels."""
    seen: dict[str, set[int]] = {}
    total = 0
    for line, label in lines:
        total += 1
        if _LETTER.search(line):
            seen.setdefault(clean(line), set()).add(label)
    kept = {text: found for text, found in seen.items() if len(found) == 1}
    labels = np.array([min(found) for found in kept.values()], np.int64)
    labels.flags.writeable = False
    record = source(name)
    return LabelledTexts(
        name,
        tuple(kept),
        labels,
        classes,
        total - len(kept),
        record.licence,
        record.citation,
    )


def _catalogue(path: Path) -> list[str]:
    """Return the translations of a compiled gettext catalogue, sorted by original."""
    try:
        with path.open("rb") as handle:
            table = gettext.GNUTranslations(handle)._catalog  # type: ignore[attr-defined]
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{path} is no gettext catalogue: {error}") from error
    entries = [(str(key), text) for key, text in table.items() if key]
    return [text for _, text in sorted(entries)]


def names() -> LabelledTexts:
    """Return names of countries, languages, currencies and scripts in Bengali.

    The label is what is named. That is no sentiment: it is a task that ships with a
    package, in a script and a language that most tools were not made for.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.
    """
    lines = [
        (text, label)
        for label, path in enumerate(files("bengali-names"))
        for text in _catalogue(path)
    ]
    return _labelled("bengali-names", lines, KINDS)


def strings() -> LabelledTexts:
    """Return Bengali strings of a web framework: of its core, or of an application.

    Placeholders and mark-up are removed. The label says where a string stands; that is
    a small task, and no sentiment.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.
    """
    lines = [
        (_PLACEHOLDER.sub(" ", text), int("contrib" in path.parts))
        for path in files("bengali-strings")
        for text in _catalogue(path)
    ]
    return _labelled("bengali-strings", lines, ("core", "application"))


def sentiment() -> LabelledTexts:
    """Return the positive and negative lines of Karim et al. (2020).

    They are looked for in ``TUTOR_DATA`` as ``bengali-sentiment/train.pos``,
    ``train.neg``, ``test.pos`` and ``test.neg``. The published split is not kept: some
    of its test lines stand in its training part. Comments of real people, some rude:
    print none of them.

    Raises
    ------
    DataError
        When ``TUTOR_DATA`` is not set; when a file is missing, altered or not UTF-8.
    """
    lines = []
    for path in files("bengali-sentiment"):
        label = 1 if path.suffix == ".pos" else 0
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise DataError(f"{path} is not UTF-8 at byte {error.start}") from error
        lines += [(line, label) for line in text.splitlines() if line.strip()]
    return _labelled("bengali-sentiment", lines, ("negative", "positive"))
