"""Bounded memory: training on a memory map holds tables and a buffer, not the text.

``tracemalloc`` sees what NumPy allocates. Each test takes a short and a long corpus of
the same words and asks how much more the long one costs.
"""

import tracemalloc

import numpy as np
import pytest

from tutor.datasets import Corpus, cache
from tutor.words import counts, glove, word2vec
from tutor.words.word2vec import Word2VecConfig, phrases

pytest.importorskip("numba", reason="numba is not installed")

MB = 1 << 20
SHORT, LONG = 100_000, 1_200_000
SLACK = MB // 2  # the long corpus has 4.2 MB more tokens
CHUNK = 1 << 16  # tokens counted at a time: 0.25 MB


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """Return a short and a long corpus, opened from the cache as maps of their file."""
    words = np.array([f"w{i:02d}" for i in range(40)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUTOR_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr(cache, "IN_MEMORY", 0)
        found = [cache.load(_recipe(words, n)) for n in (SHORT, LONG)]
        yield found


def _recipe(words, tokens):
    def documents():
        rng = np.random.default_rng(0)
        for _ in range(tokens // 2000):
            yield words[(rng.random(2000) ** 2 * len(words)).astype(int)].tolist()

    return cache.Recipe(name=f"toy-{tokens}", key="memory", documents=documents)


def peak(work, *given) -> int:
    """Return the most bytes that Python and NumPy held at once during ``work``."""
    tracemalloc.start()
    try:
        work(*given)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_corpora_are_maps_and_a_copy_would_be_seen(corpora):
    """Alive: the difference a copy of the tokens makes is far above the slack."""
    assert all(isinstance(c.tokens, np.memmap) for c in corpora)
    assert [len(c.tokens) for c in corpora] == [SHORT, LONG]
    copies = [peak(np.array, c.tokens) for c in corpora]
    assert copies[1] - copies[0] > 5 * SLACK


@pytest.mark.parametrize(("architecture", "threads"), [("skipgram", 2), ("cbow", 1)])
def test_word2vec_holds_tables_and_a_buffer(corpora, architecture, threads):
    """The buffer is the noise deck of 2**20 cards, most of it while it is shuffled."""
    config = Word2VecConfig(
        dim=8,
        window=1,
        negatives=1,
        epochs=1,
        architecture=architecture,
        threads=threads,
        deterministic=threads == 1,
    )
    peaks = [peak(word2vec.fit, c, config) for c in corpora]
    assert peaks[1] - peaks[0] < SLACK
    assert peaks[1] < 40 * MB


def test_the_tree_holds_less_than_its_corpus(corpora):
    """Without a deck the whole run fits into less than the corpus takes on disk."""
    config = Word2VecConfig(dim=8, window=1, epochs=1, objective="hierarchical_softmax")
    _, long = corpora
    used = peak(word2vec.fit, long, config)
    assert used < long.tokens.nbytes / 2


def test_torch_batches_hold_a_piece_of_the_corpus(corpora, monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed")
    from tutor.words.word2vec import torch as twin

    monkeypatch.setattr(twin, "CHUNK_TOKENS", 1 << 15)
    # subsampling thins the pairs, which take the time; all tokens are read
    config = Word2VecConfig(window=1, negatives=1, batch_pairs=1 << 15, sample=1e-5)

    def walk(corpus):
        plan = word2vec.make_plan(corpus, config)
        for _ in twin.batches(plan, config, seed=0, epoch=0):
            pass

    peaks = [peak(walk, c) for c in corpora]
    assert peaks[1] - peaks[0] < SLACK


def test_counts_and_glove_hold_a_chunk(corpora, monkeypatch):
    """One chunk at a time; what is kept is the table of 40 by 40 words."""
    from tutor.words.counts import fast

    monkeypatch.setitem(fast.cooccurrence.__kwdefaults__, "chunk_tokens", CHUNK)
    for learn in (
        lambda c: counts.fit(c, counts.CountsConfig(dim=4)),
        lambda c: glove.fit(c, glove.GloVeConfig(dim=4, epochs=1), threads=2),
    ):
        peaks = [peak(learn, c) for c in corpora]
        assert peaks[1] - peaks[0] < SLACK
        assert peaks[1] < corpora[1].tokens.nbytes / 2


def test_joining_phrases_takes_what_it_says(corpora):
    """The one function that holds the corpus: at most 64 bytes a token."""
    _, long = corpora
    used = peak(lambda: phrases.join_phrases(long, threshold=1.01))
    assert used < 64 * LONG
    assert isinstance(phrases.join_phrases(long.head(5000)), Corpus)
