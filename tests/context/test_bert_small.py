"""The live twin of the stored trainings: what it is held against, and its settings."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.context import attention, bert
from tutor.context.studies import bert_masking
from tutor.context.studies import bert_small as study

torch = pytest.importorskip("torch", reason="torch is not installed")

CONFIG = attention.EncoderConfig(
    layers=1, dim=8, heads=2, hidden=8, vocab=10, max_length=16
)
TEXTS = [np.array([2, 5, 6, 5, 3]), np.array([2, 7, 5, 3])]


def test_the_unigram_answers_by_frequency_whatever_is_read():
    """By hand: 3, 1, 1 of five, and one more for each of ten pieces."""
    model = study.unigram(TEXTS, CONFIG)
    wanted = np.ones(10)
    wanted[[5, 6, 7]] += (3, 1, 1)
    wanted = np.log(wanted / 15)
    for ids in TEXTS:
        given = (ids[None], np.zeros(2, np.int64), np.array([1, 2]))
        with torch.no_grad():
            scores = model.scores(*map(torch.as_tensor, given))
        np.testing.assert_allclose(scores, [wanted, wanted], atol=1e-6)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(scores[0], np.roll(wanted, 1), atol=1e-6)


def test_its_loss_is_that_of_the_frequencies():
    shown = bert_masking.shown_in_tests()["loss, [MASK] shown"]
    shown = replace(shown, rate=0.9)
    found = bert_masking.text_losses(study.unigram(TEXTS, CONFIG), TEXTS, shown, seed=1)
    share = {5: 4 / 15, 6: 2 / 15, 7: 2 / 15}
    wanted = []
    for number, ids in enumerate(TEXTS):
        asked = bert.mask_tokens(ids[None], shown, 10, numbers=[number], seed=1).targets
        if len(asked):
            wanted.append(np.mean([-np.log(share[int(y)]) for y in asked]))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_settings_differ_from_the_rivals_in_size_and_text_alone():
    for name, config in study.SETTINGS.items():
        rival = bert.RIVALS[name]
        back = replace(config, encoder=rival.encoder, tokens=rival.tokens)
        assert back == rival
        assert config.tokens * 10 == rival.tokens
        assert config.encoder.vocab == rival.encoder.vocab
