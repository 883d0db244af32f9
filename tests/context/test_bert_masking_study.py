"""How much is hidden, and what is shown there: the study and what it has stored."""

from dataclasses import replace

import numpy as np
import pytest

from tutor import claims
from tutor.context import attention, bert
from tutor.context.bert.wordpiece import MASK
from tutor.context.studies import bert_masking as study

torch = pytest.importorskip("torch", reason="torch is not installed")

CONFIG = attention.EncoderConfig(
    layers=2, dim=8, heads=2, hidden=8, vocab=30, max_length=16
)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def texts():
    rng = np.random.default_rng(3)
    lengths = rng.integers(3, 10, size=40)
    return [np.array([2, *rng.integers(5, 30, n - 2), 3]) for n in lengths]


def model(seed=1):
    return bert.MaskedLM(CONFIG, seed=seed).eval()


def one_by_one(lm, texts, shown, seed):
    """Mean loss of each text alone, in NumPy; texts of which nothing is chosen skip."""
    found = []
    head = lm.head()
    tokens = lm.encoder.tokens.detach().numpy()
    for number, ids in enumerate(texts):
        masked = bert.mask_tokens(ids[None], shown, 30, numbers=[number], seed=seed)
        if len(masked.targets):
            with torch.no_grad():
                H = lm.encoder(torch.as_tensor(masked.tokens))[-1].numpy()
            H = H[masked.rows, masked.columns]
            found.append(bert.mlm_loss(H, tokens, head, masked.targets))
    return np.array(found)


@pytest.mark.parametrize("how", study.shown_in_tests())
def test_text_losses_equal_one_text_at_a_time(texts, how):
    shown, lm = study.shown_in_tests()[how], model()
    found = study.text_losses(lm, texts, shown, seed=4)
    wanted = one_by_one(lm, texts, shown, seed=4)
    assert 0 < len(wanted) < len(texts)  # some of these texts are asked nothing
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    with torch.no_grad():
        lm.bias[7] += 1.0
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(
            study.text_losses(lm, texts, shown, seed=4), wanted, rtol=1e-5
        )


def test_both_tests_ask_the_same_places(texts):
    pure, mixed = study.shown_in_tests().values()
    ids = np.tile(np.arange(5, 29), (200, 1))
    one, two = (
        bert.mask_tokens(ids, shown, 30, numbers=np.arange(200), seed=1)
        for shown in (pure, mixed)
    )
    for name in ("rows", "columns", "targets"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert (one.tokens[one.rows, one.columns] == MASK).all()
    share = (two.tokens[two.rows, two.columns] == MASK).mean()
    np.testing.assert_allclose(share, 0.8, atol=0.06)
    np.testing.assert_allclose(len(one.rows) / ids.size, study.TEST_RATE, atol=0.02)


def test_models_differ_in_the_named_thing_alone():
    settings = study.models()
    base = bert.RIVALS["masked"]
    plain = bert.MaskingConfig()
    assert {replace(config, masking=plain) for config in settings.values()} == {base}
    assert settings["rate 30"].masking == replace(plain, rate=0.3)
    assert settings["rate 50"].masking == replace(plain, rate=0.5)
    only = settings["only mask"].masking
    assert only == replace(plain, rate=0.5, mask_share=1.0, random_share=0.0)


def test_what_is_hidden_at_a_low_rate_is_hidden_at_a_higher():
    ids = np.tile(np.arange(5, 29), (50, 1))
    places = []
    for rate in (0.15, 0.3, 0.5):
        config = bert.MaskingConfig(rate)
        found = bert.mask_tokens(ids, config, 30, numbers=np.arange(50), seed=2)
        places.append(
            set(zip(found.rows.tolist(), found.columns.tolist(), strict=True))
        )
    assert places[0] < places[1] < places[2]


def test_effects_are_differences_of_what_is_reported():
    rng = np.random.default_rng(0)

    def score(share):
        losses = {how: rng.random(35) for how in study.shown_in_tests()}
        return study.Score((rng.random(40) < share) * 1.0, rng.random(25), losses)

    names = zip(study.models(), (0.2, 0.3, 0.5), strict=True)
    scores = {name: [score(share) for _ in range(3)] for name, share in names}
    base = (rng.random((3, 40)) < 0.1) * 1.0
    found = study.payload(scores, base, np.zeros(40), rng.random(25))
    agrees(found)
    with pytest.raises(AssertionError):
        agrees({**found, "accuracy": {**found["accuracy"], "rate 50": [0.1] * 3}})


def agrees(found):
    """Every stored difference is that of the stored means, seed by seed."""
    tables = {"": found["accuracy"], ", similarity": found["similarity"]}
    tables |= {f", {how}": of for how, of in found["loss"].items()}
    pairs = {"30 - 15": ("rate 30", "rate 15"), "50 - 15": ("rate 50", "rate 15")}
    pairs["50 - 30"] = ("rate 50", "rate 30")
    wanted = {
        k: (found["accuracy"][a], found["accuracy"][b]) for k, (a, b) in pairs.items()
    }
    for how, of in tables.items():
        wanted[f"only mask - 80/10/10{how}"] = (of["only mask"], of["rate 50"])
    assert set(wanted) == set(found["effect"]) - {"50 - unigram"}
    for name, (a, b) in wanted.items():
        difference = np.subtract(a, b)
        effect = found["effect"][name]
        np.testing.assert_allclose(effect["per_seed"], difference, atol=2e-4)
        np.testing.assert_allclose(effect["estimate"], difference.mean(), atol=2e-4)


def test_the_stored_hits_are_those_of_the_stored_shares():
    kept = claims.stored("bert-training")
    found = study.base_hits()
    np.testing.assert_allclose(
        found.mean(axis=1), kept["accuracy"]["masked"], atol=1e-5
    )
    assert set(np.unique(found)) == {0.0, 1.0}


def test_hits_made_from_other_code_are_refused(monkeypatch):
    monkeypatch.setattr(study.studies, "stale", lambda kept: ["masking: changed"])
    with pytest.raises(claims.ClaimError, match=r"masking: changed.*bert-training"):
        study.base_hits()


def test_what_is_stored_agrees_with_itself():
    found = claims.stored("bert-masking")
    agrees(found)
    kept = claims.stored("bert-training")
    assert found["accuracy"]["rate 15"] == kept["accuracy"]["masked"]
    assert found["tokens"] == kept["tokens"]["masked"]
