"""Both presets trained anew: the study on a tiny setting, and what it has stored."""

from dataclasses import replace

import numpy as np
import pytest

from tutor import claims
from tutor.context import attention, bert
from tutor.context.studies import bert as asking
from tutor.context.studies import bert_seeds as study
from tutor.context.studies import bert_sides as sides

torch = pytest.importorskip("torch", reason="torch is not installed")

PIECES = bert.WordPiece((*bert.SPECIALS, *"abcdefghijklm"))
CONFIG = attention.EncoderConfig(
    layers=1, dim=8, heads=2, hidden=8, vocab=len(PIECES), max_length=16
)
TINY = {
    name: replace(preset, encoder=CONFIG, tokens=600, batch=64)
    for name, preset in bert.PRESETS.items()
}
COMMON = 6


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(3)
    lengths = rng.integers(4, 10, size=40)
    return [np.array([2, *rng.integers(5, 18, n - 2), 3]) for n in lengths]


def test_trainings_go_through_pretrain_and_half_precision(texts):
    models, record = study.train(texts, TINY, 2)
    assert record["seed"] == 2
    for name, config in TINY.items():
        run = bert.pretrain(texts, config, seed=2)
        assert record[name]["last loss"] == round(run.history["loss"][-1], 4)
        assert record[name]["processor seconds"] >= 0
        assert models[name].mask == run.model.mask
        wanted = run.model.encoder.values().tokens
        found = models[name].encoder.values().tokens
        np.testing.assert_array_equal(found, wanted.astype(np.float16))
    other, _ = study.train(texts, TINY, 3)
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(
            other["masked"].encoder.values().tokens,
            models["masked"].encoder.values().tokens,
        )


def test_every_training_is_asked_the_same_words(texts):
    models, _ = study.train(texts, TINY, 2)
    found = sides.asked(models, PIECES, texts, COMMON)
    assert list(found) == ["masked", "next", "unigram"]
    for draw, seed in enumerate(asking.SEEDS):
        task = asking.cloze(PIECES, texts, seed)
        for name, model in models.items():
            wanted = asking.right(model, task, objective=TINY[name].objective)
            np.testing.assert_array_equal(found[name][draw], wanted)
        np.testing.assert_array_equal(found["unigram"][draw], task.targets == COMMON)


def hits(rng, shares):
    return {name: list((rng.random((5, 60)) < p) * 1.0) for name, p in shares.items()}


def agrees(found):
    """Every difference is that of the stored shares, training by training."""
    assert list(found["accuracy"]) == ["masked", "next", "unigram"]
    mean = {name: np.mean(of, axis=1) for name, of in found["accuracy"].items()}
    assert {len(x) for x in mean.values()} == {len(found["seeds"])}
    for name in ("next", "unigram"):
        difference = mean["masked"] - mean[name]
        whole, new = (found[k][name] for k in ("effect", "effect of the new ones"))
        np.testing.assert_allclose(whole["per_seed"], difference, atol=2e-5)
        np.testing.assert_allclose(new["per_seed"], difference[1:], atol=2e-5)
        np.testing.assert_allclose(whole["estimate"], difference.mean(), atol=2e-5)
        assert whole["items"] == new["items"] == found["texts"]


def test_a_row_is_a_training_and_a_text_the_mean_of_its_draws():
    rng = np.random.default_rng(0)
    shares = {"masked": 0.5, "next": 0.4, "unigram": 0.1}
    found = study.payload([hits(rng, shares) for _ in range(3)], (1, 2, 3))
    agrees(found)
    wrong = {**found["accuracy"], "next": [[0.1] * 5] * 3}
    with pytest.raises(AssertionError):
        agrees({**found, "accuracy": wrong})


def test_trainings_that_differ_widen_the_interval():
    """The draws of one training do not: they are averaged in each text."""
    rng = np.random.default_rng(0)
    shares = {"next": 0.4, "unigram": 0.1}
    alike = study.payload(
        [hits(rng, {"masked": 0.6, **shares}) for _ in range(3)], (1, 2, 3)
    )
    apart = study.payload(
        [hits(rng, {"masked": p, **shares}) for p in (0.2, 0.6, 1.0)], (1, 2, 3)
    )
    narrow, wide = (
        found["effect"]["next"]["high"] - found["effect"]["next"]["low"]
        for found in (alike, apart)
    )
    assert wide > 2 * narrow


def test_what_is_stored_agrees_with_itself_and_with_the_pair_of_the_checkpoints():
    found, pair = claims.stored("bert-seeds"), claims.stored("bert-sides")
    agrees(found)
    assert found["seeds"] == [1, *study.OTHERS]
    assert [run["seed"] for run in found["trained here"]] == list(study.OTHERS)
    assert found["texts"] == pair["texts"]
    for name, shares in pair["accuracy"].items():
        np.testing.assert_allclose(found["accuracy"][name][0], shares, atol=1e-3)
    np.testing.assert_array_equal(*(found["accuracy"]["unigram"][i] for i in (0, 1)))
