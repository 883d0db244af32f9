"""Ukrainian strings: counts of the pinned files, and what is left out."""

import unicodedata

import pytest

from tutor.datasets import DataError, ukrainian
from tutor.datasets.tokenizer import tokenize


def test_strings_are_those_of_the_datasheet():
    found = ukrainian.strings()
    assert len(found) == len(set(found)) == 853
    assert sum(len(tokenize(text)) for text in found) == 2983
    assert all(unicodedata.is_normalized("NFC", text) for text in found)
    assert not [t for t in found if "<a" in t]


def test_another_number_of_strings_is_an_error(monkeypatch):
    monkeypatch.setattr(ukrainian, "_catalogue", lambda path: ["мова", "abc"])
    with pytest.raises(DataError, match="expected 853 Ukrainian strings, read 1"):
        ukrainian.strings()
