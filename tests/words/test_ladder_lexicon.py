"""Side branches of the ladder: WordNet's edges without answers, and plain counts."""

import numpy as np

from tutor.datasets import Corpus
from tutor.embedding import Embedding
from tutor.words import knowledge, ladder
from tutor.words.ladder import lexicon
from tutor.words.ladder.rungs import counted, ppmi

WORDS = ("car", "automobile", "kidney", "renal", "glad", "happy", "albania", "albanian")


def test_edges_of_test_pairs_are_left_out():
    """MEN rates *car, automobile*, Google asks *Albania, Albanian*; *renal* is free."""
    found = lexicon.edges(WORDS)
    assert ("automobile", "car") in lexicon.asked()
    assert ("albania", "albanian") in lexicon.asked()
    assert ("kidney", "renal") in found
    np.testing.assert_equal(len(set(found) & lexicon.asked()), 0)


def test_vectors_are_retrofitted_to_what_is_left():
    rng = np.random.default_rng(0)
    plain = Embedding(WORDS, rng.normal(size=(8, 4)))
    moved = lexicon.towards_wordnet(plain)
    edges = knowledge.edge_rows(WORDS, lexicon.edges(WORDS))
    wanted = knowledge.retrofit(plain, edges).vectors
    np.testing.assert_array_equal(moved.vectors, wanted)
    still = np.setdiff1d(np.arange(8), edges.linked)
    np.testing.assert_array_less(0, len(still))
    np.testing.assert_array_equal(moved.vectors[still], plain.vectors[still])
    before, after = (
        np.linalg.norm(v.vectors[2] - v.vectors[3]) for v in (plain, moved)
    )
    np.testing.assert_array_less(after, before)


def test_without_an_edge_vectors_stay():
    plain = Embedding(["w0", "w1"], np.eye(2))
    assert lexicon.towards_wordnet(plain) is plain


def test_counts_by_hand_and_under_ppmi():
    """In *a b c* with a window of 1 each word counts its neighbours once."""
    corpus = Corpus.from_documents([["a", "b", "c"]], min_count=1)
    config = ladder.LadderConfig(window=1, min_count=1, backend="numpy")
    found = counted(corpus, config, 0)
    a, b, c = corpus.vocabulary.ids(["a", "b", "c"])
    wanted = np.zeros((3, 3))
    wanted[a, b] = wanted[b, a] = wanted[b, c] = wanted[c, b] = 1
    np.testing.assert_allclose(found.matrix.toarray(), wanted)
    weighed = ppmi(corpus, config, 0).matrix.toarray()
    np.testing.assert_array_equal((weighed > 0) & (wanted == 0), False)
