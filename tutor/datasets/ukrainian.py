"""Ukrainian text that a package of the course carries: strings of a user interface.

Looked for were texts in Ukrainian in the packages the course reads anyway. There are
these strings, and names of countries, regions and languages, which are no text.
Chapter: ``words/terms``.
"""

from __future__ import annotations

import re

from tutor.datasets.bengali import _PLACEHOLDER, _catalogue, clean
from tutor.datasets.errors import DataError
from tutor.datasets.sources import files, source

_LETTER = re.compile("[\u0430-\u044f\u0451\u0454\u0456\u0457\u0491]", re.IGNORECASE)


def strings() -> tuple[str, ...]:
    """Return the Ukrainian strings of Django: 853, each once, about 3,000 words.

    Placeholders and mark-up are removed. Licence: BSD-3-Clause.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.
    DataError
        When a file is no catalogue, or there are more or fewer strings than listed.
    """
    lines = (line for path in files("ukrainian-strings") for line in _catalogue(path))
    cleaned = (clean(_PLACEHOLDER.sub(" ", line)) for line in lines)
    kept = tuple(dict.fromkeys(line for line in cleaned if _LETTER.search(line)))
    if len(kept) != (expected := source("ukrainian-strings").rows):
        raise DataError(f"expected {expected} Ukrainian strings, read {len(kept)}")
    return kept
