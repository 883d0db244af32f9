"""The five rules, one example each, and what must hold for any text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.datasets import tokenize


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Cat sat.", ["the", "cat", "sat"]),
        ("ﬁne Å ½ cup", ["fine", "å", "cup"]),
        ("don’t won't 'quoted'", ["don't", "won't", "quoted"]),
        ("rock'n'roll o''clock", ["rock'n'roll", "o", "clock"]),
        ("H2O in the 1950s, 1984, 3.14", ["h2o", "in", "the", "1950s"]),
        ("well-known snake_case", ["well", "known", "snake", "case"]),
        ("co\u00adoperate\u200d", ["cooperate"]),
        ("naïve cafe\u0301 İstanbul", ["naïve", "café", "i̇stanbul"]),
        ("বাংলা ভাষা मराठी ১৯৮৪", ["বাংলা", "ভাষা", "मराठी"]),
        ("Ελλάδα Москва 東京", ["ελλάδα", "москва", "東京"]),
        ("", []),
        ("42 — …", []),
    ],
)
def test_each_rule_has_an_example(text, words):
    """Expected by hand from the module's five rules."""
    assert tokenize(text) == words


def test_bengali_vowel_signs_stay_inside_words():
    """Combining marks are no letters to ``re``; rule 3 must not lose them."""
    assert tokenize("কি") == ["কি"]
    assert unicodedata.category("ি") == "Mc"


@given(st.text())
def test_words_survive_a_second_reading(text):
    """Tokenising the words again changes nothing (the docstring's promise)."""
    words = tokenize(text)
    assert tokenize(" ".join(words)) == words


@given(st.text())
def test_every_word_has_a_letter_and_no_space(text):
    for word in tokenize(text):
        assert any(map(str.isalpha, word))
        assert word.split() == [word]
        assert not word.startswith("'")
        assert not word.endswith("'")


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_path_equals_unicode_path(text):
    """The fast pattern and the full one agree: a far letter forces the full one."""
    assert [*tokenize(text), "ж"] == tokenize(text + " ж")


def test_long_digit_runs_are_linear():
    """A run of digits must not cost its square (a regex trap)."""
    assert tokenize("1" * 1_000_000) == []


def test_bytes_are_refused_with_the_remedy():
    with pytest.raises(TypeError, match="decode"):
        tokenize(b"caf\xe9")
