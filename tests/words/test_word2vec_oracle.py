"""word2vec against gensim on a real corpus: the same quality with the same settings."""

import numpy as np
import pytest

from tutor.datasets import lexicons
from tutor.embedding import Embedding
from tutor.evaluate import similarity
from tutor.words import word2vec
from tutor.words.word2vec import Word2VecConfig

pytestmark = [pytest.mark.oracle, pytest.mark.slow]


def test_skipgram_is_as_good_as_gensim_on_real_text():
    """Spearman on MEN after two passes over 600,000 tokens differs by less than .08.

    The tolerance is ours: three times the spread between two seeds of one program.
    """
    gensim = pytest.importorskip("gensim.models", reason="gensim is not installed")
    from tutor.datasets import texts

    corpus = texts.course_en().head(600_000, min_count=5)
    config = Word2VecConfig(epochs=2, dim=50)
    names = np.array(corpus.vocabulary.words, dtype=object)
    theirs = gensim.Word2Vec(
        [list(names[ids]) for ids in corpus.documents()],
        vector_size=50,
        window=5,
        negative=5,
        sample=1e-3,
        alpha=config.learning_rate,
        sg=1,
        epochs=2,
        min_count=1,
        workers=1,
        seed=1,
    ).wv
    men = lexicons.similarity("men")
    runs = (
        word2vec.fit(corpus, config, seed=1).embedding,
        Embedding(theirs.index_to_key, theirs.vectors),
    )
    ours, rival = (similarity.correlate(run, men) for run in runs)
    assert ours.n == rival.n > 1000
    assert ours.rho > 0.1
    assert abs(ours.rho - rival.rho) < 0.08
