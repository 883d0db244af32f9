"""Paragraph vectors in Numba: equal to NumPy after a step and after epochs."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.datasets import Corpus
from tutor.documents import paragraphs as pv
from tutor.documents.paragraphs import ParagraphConfig, walk

pytest.importorskip("numba", reason="numba is not installed")

BASE = ParagraphConfig(dim=10, bits=20, epochs=3, negatives=3, window=3, sample=0.02)
KINDS = {
    "real": {},
    "binary": {"code": "binary"},
    "real-binary": {"code": "real-binary"},
    "mean of a window": {"architecture": "dm"},
    "16 wide": {"dim": 16},
    "16 wide, mean of a window": {"dim": 16, "architecture": "dm"},
    "without subsampling": {"sample": 0.0, "code": "binary"},
}


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(0)
    share = 1 / np.arange(1, 61)
    texts = [rng.choice(60, size=n, p=share / share.sum()) for n in range(40)]
    documents = [[f"w{i}" for i in ids] for ids in texts]
    return Corpus.from_documents(documents, min_count=1, name="toy")


@pytest.mark.parametrize("kind", KINDS)
def test_epochs_numpy_equal_numba(corpus, kind):
    """Rung 4 and 5. Codes flip where a value crosses zero, so they are compared too."""
    config = replace(BASE, **KINDS[kind])
    one = pv.fit(corpus, config, backend="numpy", seed=3)
    two = pv.fit(corpus, config, backend="numba", seed=3)
    np.testing.assert_allclose(one.history["loss"], two.history["loss"], atol=1e-4)
    for mine, theirs in zip(one.parameters, two.parameters, strict=True):
        np.testing.assert_allclose(theirs, mine, atol=1e-4)
    if config.code != "real":
        np.testing.assert_array_equal(pv.codes(one), pv.codes(two))
    with pytest.raises(AssertionError):  # rung 9
        np.testing.assert_allclose(1.01 * two.parameters.V, one.parameters.V, atol=1e-4)


@pytest.mark.parametrize("kind", ["real", "binary", "real-binary", "mean of a window"])
def test_inference_numpy_equals_numba(corpus, kind):
    config = replace(BASE, **KINDS[kind])
    unseen = [["w1", "w5", "w5", "new"], ["w2"], ["new"]]
    found = [
        pv.infer(pv.fit(corpus, config, backend=b, seed=3), unseen, seed=1).vectors
        for b in ("numpy", "numba")
    ]
    np.testing.assert_allclose(found[0], found[1], atol=1e-4)


def test_padding_stays_zero(corpus):
    from tutor.documents.paragraphs import fast

    plan = pv.make_plan(corpus, BASE)
    start = walk.initial_parameters(40, len(corpus.vocabulary), BASE, seed=0)
    tables = fast.pack(start, walk.initial_squares(start, BASE))
    fast.train_epoch(tables, plan, BASE)
    assert not tables.D[:, :, 10:].any()
    assert not tables.V[:, :, 11:].any()


def test_repeats_bit_for_bit_and_seeds_differ(corpus):
    runs = [pv.fit(corpus, BASE, seed=s).embedding.vectors for s in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert np.abs(runs[0] - runs[2]).max() > 1e-3


def test_warm_runs():
    pv.warm()
