"""The side of a tumour: its score, and who can answer with the words gone."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from tutor.words.studies import knowledge_side as side
from tutor.words.studies import knowledge_texts as texts


@pytest.fixture(scope="module")
def benches():
    return {kept: texts.bench(label_words=kept) for kept in (False, True)}


def test_macro_f1_is_that_of_the_library():
    y, z = np.random.default_rng(0).integers(0, 3, (2, 200))
    np.testing.assert_allclose(side.macro_f1(y, z), f1_score(y, z, average="macro"))
    assert side.macro_f1(y, y) == 1.0


def test_the_most_frequent_side_scores_a_third_at_most(benches):
    found = side.side_f1(
        benches[True], side.usual(benches[True]), share=0.1, seeds=(1, 2)
    )
    assert found.shape == (2,)
    assert (found < 1 / 3).all()


def test_words_tell_the_side_and_nothing_else_does(benches):
    """The same texts and draws: with the label words, and without."""
    kept, bare = (
        side.side_f1(of, side.by_words(of), share=0.1, seeds=(1,))
        for of in (benches[True], benches[False])
    )
    assert kept > 0.9
    assert bare < 0.7


def test_the_network_answers_the_side_it_was_trained_on(benches):
    """Rows of tested texts, one side each, by a network of random vectors."""
    of = benches[True]
    train, test = of.drawn(0, 0.02, 1), of.tested(0)[:30]
    found = side.by_network(of, None)(train, test, 1)
    assert found.shape == (30,)
    assert set(found.tolist()) <= {0, 1, 2}
