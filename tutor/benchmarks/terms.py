"""Benchmarks of chapter ``words/terms``: extraction and rewriting against gensim.

gensim's ``Phrases`` counts pairs and joins them; ours counts runs of two to five words,
weighs them by C-value and joins the longest. Both get the same documents in memory and
give back the joined documents.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tutor.benchmarks import Row


def rows(quick: bool) -> list[Row]:
    """Return the row; ``quick`` takes a tenth of the corpus."""
    from tutor.datasets import texts
    from tutor.datasets.wordnet import wordnet
    from tutor.words.terms import parts_of_speech

    corpus = texts.course_en(min_count=1)
    if quick:
        corpus = corpus.head(len(corpus.tokens) // 10)
    speech = parts_of_speech(corpus.vocabulary.words, wordnet())
    return [
        Row(
            name="terms extracted and joined, 1 thread",
            ours=_ours(corpus, speech),
            rival=_gensim(corpus),
            rival_name="gensim Phrases, NPMI, frozen, applied to each document",
            threads=1,
            unit="tokens",
            work=float(len(corpus.tokens)),
            quality=lambda joined: {"tokens left": float(joined)},
            notes=(
                "the same documents in memory; parts of speech are looked up "
                "beforehand, gensim gets the same stop words as connectors. Not equal: "
                "ours counts runs of 2 to 5 nouns and adjectives and weighs nested "
                "ones, the rival scores pairs of any words; ours gives back arrays of "
                "rows, the rival lists of strings"
            ),
            aim=4,
        )
    ]


def _ours(corpus: Any, speech: Any) -> Callable[[], int]:
    from tutor.words.terms import extract, rewrite

    def work() -> int:
        return len(rewrite(corpus, extract(corpus, speech).words).tokens)

    return work


def _gensim(corpus: Any) -> Callable[[], int]:
    from gensim.models.phrases import Phrases

    from tutor.words.terms.speech import STOP_WORDS

    documents = [corpus.words(i) for i in range(len(corpus))]

    def work() -> int:
        model = Phrases(
            documents,
            min_count=5,
            threshold=0.1,
            scoring="npmi",
            connector_words=STOP_WORDS,
        ).freeze()
        return sum(len(model[words]) for words in documents)

    return work
