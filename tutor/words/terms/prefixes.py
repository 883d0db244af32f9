"""Terms of an inflected language without a tagger or a lexicon: words cut to a prefix.

Ukrainian bends the ends of its words: *пароль*, *пароля*, *паролю*. Cut to five letters
they count as one. Nothing tells nouns from verbs here, so every word that is no stop
word may stand in a candidate: the price is measured in chapter ``words/terms``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tutor.datasets.corpus import Corpus
from tutor.settings import check_whole
from tutor.words.terms.candidates import find_candidates
from tutor.words.terms.reference import c_value, nested
from tutor.words.terms.speech import BREAK, NOUN

_STOP_TEXT = """
    а або без би бо бути буде будуть будь був була було в вас ваш ваша ваше вашого
    вашу ви від він вона воно вони все всі всіх вже де для до є ж же за з зараз зі і із
    інша інше інший інші її їх його й кожен кожна кількість коли ласка лише має мати
    може можете можна можуть на над не немає ні ніж об один одна одне по при про під
    після перед серед свій свого своє свою та так також такий таке тим тільки то того
    той тому тут у усі ці цей це цей цим цих цього цьому цю ця цієї через чи чим що щоб
    щонайменше як яка яке який яких які якщо якої якого менше більше"""
UKRAINIAN_STOP_WORDS = frozenset(_STOP_TEXT.split())
"""Function words of Ukrainian, and words of counting and comparing."""

_STOP = "\u00b7"


class PrefixTerm(NamedTuple):
    """A term by prefixes: most frequent form, forms, occurrences, C-value."""

    form: str
    forms: int
    occurrences: int
    value: float


def prefix_terms(
    documents: Iterable[Sequence[str]],
    *,
    prefix: int,
    stop_words: frozenset[str] = UKRAINIAN_STOP_WORDS,
    longest: int = 4,
    min_count: int = 3,
) -> tuple[PrefixTerm, ...]:
    """Return runs of words other than stop words by C-value, words cut to a prefix.

    Parameters
    ----------
    documents : iterable of sequences of str
    prefix : int
        Letters of a word that count, ≥ 1. A large number counts words as written.
    stop_words : frozenset of str
        These break a run, and so do words of one or two letters and those with a digit.
    longest, min_count : int
        As of :func:`~tutor.words.terms.candidates.find_candidates`.

    Raises
    ------
    ValueError
        If a number is out of range, there are no words, or no run occurs often enough.
    """
    check_whole("prefix", prefix)
    texts = [list(words) for words in documents]
    cut = [
        [w[:prefix] if _is_content(w, stop_words) else _STOP for w in words]
        for words in texts
    ]
    corpus = Corpus.from_documents(cut)
    names = corpus.vocabulary.words
    speech = [BREAK if word == _STOP else NOUN for word in names]
    found = find_candidates(corpus, speech, longest=longest, min_count=min_count)
    values = c_value(found.lengths, found.counts, nested(found))
    keys = [tuple(names[t] for t in rows) for rows in found.sequences()]
    forms = _forms(texts, cut, keys)
    listed = [
        PrefixTerm(forms[key].most_common(1)[0][0], len(forms[key]), int(n), float(c))
        for key, n, c in zip(keys, found.counts, values, strict=True)
        if c > 0
    ]
    return tuple(sorted(listed, key=lambda term: (-term.value, term.form)))


def _is_content(word: str, stop_words: frozenset[str]) -> bool:
    return len(word) > 2 and word not in stop_words and word.replace("'", "").isalpha()


def _forms(
    texts: Sequence[Sequence[str]],
    cut: Sequence[Sequence[str]],
    keys: Sequence[tuple[str, ...]],
) -> dict[tuple[str, ...], Counter[str]]:
    """Return how each candidate is written in the text, with counts."""
    forms: dict[tuple[str, ...], Counter[str]] = {key: Counter() for key in keys}
    for words, stems in zip(texts, cut, strict=True):
        for size in sorted({len(key) for key in keys}):
            for i in range(len(stems) - size + 1):
                counter = forms.get(tuple(stems[i : i + size]))
                if counter is not None:
                    counter[" ".join(words[i : i + size])] += 1
    return forms
