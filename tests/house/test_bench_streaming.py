"""The benchmark of the streamed corpus: its text, a run of its own, what it tells."""

import pytest

from tutor.benchmarks import memory, streaming
from tutor.datasets import Corpus, texts
from tutor.datasets.tokenizer import tokenize

pytestmark = pytest.mark.skipif(
    not memory.STATUS.exists(), reason="only Linux tells anonymous memory"
)


def test_documents_come_again_until_there_are_enough():
    corpus = Corpus.from_documents([["one", "two"], ["three"]], name="toy")
    found = list(streaming.repeated(corpus, 7))
    assert found == ["one two", "three", "one two", "three", "one two"]


def test_text_of_the_corpus_is_split_into_the_same_words():
    """Else the longer text would be another one than the row says."""
    course = texts.course_en(min_count=1)
    for i in range(200):
        words = course.words(i)
        assert tokenize(" ".join(words)) == words


@pytest.mark.slow
def test_a_longer_text_takes_no_more_memory():
    row = streaming._row(400_000, 100_000)
    scores = row.quality(row.ours())
    assert list(scores) == ["anonymous MB, 0.4 M tokens", "anonymous MB, 0.1 M tokens"]
    long, short = scores.values()
    assert 20 < short <= long < short + 40


def test_a_failed_run_says_why():
    with pytest.raises(RuntimeError, match="run of -1 tokens failed"):
        streaming.measured(-1)
