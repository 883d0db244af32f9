"""Bias against the library WEFE: its answers are stored, with what made them.

``tests/words/oracles/wefe_bias.py`` asks the library in an environment of its own.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from tutor.embedding import Embedding
from tutor.words import bias

STORED = Path(__file__).parent / "oracles" / "wefe_bias.json"

pytestmark = pytest.mark.oracle


@pytest.fixture(scope="module")
def theirs():
    return json.loads(STORED.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def words(theirs):
    return Embedding(theirs["words"], np.array(theirs["vectors"]))


def sets(words, theirs):
    asked = (*theirs["targets"], *theirs["attributes"])
    return [words.subset(names).vectors for names in asked]


def test_weat_equals_wefe(words, theirs):
    """Its statistic, a sum over targets, and its effect size; 1 % is seen.

    WEFE divides by the deviation over n, the course by the sample's over n - 1.
    """
    X, Y, A, B = sets(words, theirs)
    statistic = bias.associations(X, A, B).sum() - bias.associations(Y, A, B).sum()
    np.testing.assert_allclose(statistic, theirs["weat"], rtol=1e-5)
    n = len(X) + len(Y)
    effect = bias.weat(X, Y, A, B).effect * np.sqrt(n / (n - 1))
    np.testing.assert_allclose(effect, theirs["effect_size"], rtol=1e-5)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * effect, theirs["effect_size"], rtol=1e-5)


def test_subspace_equals_wefe(words, theirs):
    found = bias.pair_subspace(words, [tuple(pair) for pair in theirs["pairs"]])
    np.testing.assert_allclose(found.shares[:3], theirs["shares"], atol=1e-5)


def test_hard_debias_equals_wefe(words, theirs):
    """Kept, neutralised and equalised words alike; leaving a word out is seen."""
    pairs, equal = ([tuple(p) for p in theirs[name]] for name in ("pairs", "equal"))
    made = bias.hard_debias(words, pairs, specific=theirs["kept"], equal=equal)
    want = np.array(theirs["debiased"])
    np.testing.assert_allclose(made.embedding.vectors, want, atol=1e-5)
    other = bias.hard_debias(words, pairs, specific=theirs["kept"], equal=equal[:1])
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(other.embedding.vectors, want, atol=1e-5)
