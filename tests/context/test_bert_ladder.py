"""A word alone as a rung: pencil and loop, what has no vector, and joined ladders."""

import json

import numpy as np
import pytest

from tutor.context import attention, bert
from tutor.context.bert.presets import PRESETS
from tutor.context.studies import bert_ladder as rung
from tutor.context.studies.bert import states_at_each_depth
from tutor.datasets import Corpus
from tutor.training import History
from tutor.words import ladder
from tutor.words.ladder import Column

torch = pytest.importorskip("torch", reason="torch is not installed")

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PIECES = bert.WordPiece((*bert.SPECIALS, *LETTERS, *(f"##{c}" for c in LETTERS[:25])))
CONFIG = attention.EncoderConfig(
    layers=2, dim=8, heads=2, hidden=8, vocab=len(PIECES), max_length=64
)
SEEDS = (1, 2)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def model():
    return bert.MaskedLM(CONFIG, seed=3).eval()


def found_of(model):
    from dataclasses import replace

    config = replace(PRESETS["masked"], encoder=CONFIG)
    return bert.Trained(model, PIECES, config, History({"loss": (1.0,)}))


def ground():
    """Return a text of 40 words and two columns, made anew at each call."""
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list(LETTERS[:25]), 4)) for _ in range(40)]
    texts = [[words[i] for i in rng.integers(0, 40, 30)] for _ in range(60)]
    corpus = Corpus.from_documents(texts, min_count=1, name="letters")
    strange = [word[: 2 + i % 3] + "abcde"[i % 5] for i, word in enumerate(words[:30])]
    known, gold = corpus.vocabulary, rng.normal(size=30)
    left, right = known.ids(words[:30]), known.ids(words[10:40])
    columns = (
        Column("men", "spearman", gold, (left, right)),
        Column("unknown words", "spearman", gold, (strange, words[:30])),
    )
    return corpus, ladder.Trials(known.words, {c.name: c for c in columns})


def test_a_word_of_one_piece_is_its_state(model):
    """Between both ends stands one piece: the mean is that state itself."""
    found = rung.word_vectors(model, PIECES, ["a"])
    with torch.no_grad():
        states = model.encoder(torch.tensor([PIECES.encode("a")]))[-1]
    np.testing.assert_allclose(found[0], states[0, 1], atol=1e-6)


def test_words_equal_the_loop_at_every_depth(model):
    words = ["cab", "a", "decade", "zoo", "b"]
    for depth in (0, 1, -1):
        found = rung.word_vectors(model, PIECES, words, depth=depth)
        for word, row in zip(words, found, strict=True):
            ids = np.array(PIECES.encode(word))
            (states,) = states_at_each_depth(model.encoder, [ids])
            wanted = np.mean([states[depth, p] for p in range(1, len(ids) - 1)], axis=0)
            np.testing.assert_allclose(row, wanted, atol=1e-6)
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(found, 1.01 * found, rtol=1e-4)


def test_company_changes_nothing_and_unknown_parts_have_no_vector(model):
    """*##z* is no piece of this vocabulary, so *fez* cannot be cut; *zebra* can."""
    both = rung.word_vectors(model, PIECES, ["zebra", "fez", "ox"])
    np.testing.assert_array_equal(both[1], 0)
    alone = rung.word_vectors(model, PIECES, ["zebra"])
    np.testing.assert_allclose(both[0], alone[0], atol=1e-6)
    np.testing.assert_array_less(0, np.abs(both[[0, 2]]).sum(axis=1))
    np.testing.assert_equal(rung.word_vectors(model, PIECES, []).shape, (0, 8))


def test_the_rung_joins_a_ladder_that_was_climbed_elsewhere(model):
    """Text and tests are made twice; their marks agree, and nothing else moves."""
    config, (corpus, tests) = ladder.LadderConfig(dim=8), ground()
    rungs = ladder.named("spelling", "PPMI-SVD")
    low = ladder.climb(rungs, corpus, tests, config, seeds=SEEDS)
    again, tests_again = ground()
    own = rung.rungs_of(found_of(model))
    high = ladder.climb(own, again, tests_again, config, seeds=SEEDS)
    both = low | high
    assert [r.name for r in both.rungs][-3:] == [rung.WORD, rung.EARLY, rung.FRESH]
    np.testing.assert_array_equal(
        both.scores("PPMI-SVD", "men"), low.scores("PPMI-SVD", "men")
    )
    trained = both.scores(rung.WORD, "unknown words")
    np.testing.assert_array_equal(trained[0], trained[1])
    fresh = both.scores(rung.FRESH, "unknown words")
    np.testing.assert_array_less(1e-6, abs(fresh[0] - fresh[1]))
    other = ladder.climb(own, corpus, tests, config, seeds=(1, 3))
    with pytest.raises(ValueError, match="differ in seeds"):
        low | other


def test_the_report_is_plain_json_and_complete(model, monkeypatch):
    shown = ("men", "unknown words")
    compared = [c for c in rung.COMPARED if c[2] in shown and "SGNS" not in c]
    monkeypatch.setattr(rung, "COMPARED", compared)
    monkeypatch.setattr(rung, "BESIDE", ("spelling", "PPMI-SVD"))
    corpus, tests = ground()
    config = ladder.LadderConfig(epochs=1, dim=8)
    measured = rung.joined(found_of(model), corpus, tests, config, seeds=SEEDS)
    back = json.loads(json.dumps(rung.report(measured), allow_nan=False))
    np.testing.assert_equal(len(back["effects"]), len(compared))
    np.testing.assert_equal(len(back["rungs"]), 5)
    assert back["rungs"]["PPMI-SVD"]["scores"]["unknown words"] == [None] * 2
    assert back["rungs"]["PPMI-SVD"]["reach"] < back["rungs"][rung.WORD]["reach"]
    kept = sum(p.numel() for p in model.encoder.parameters()) * 4
    np.testing.assert_equal(back["rungs"][rung.WORD]["bytes"], kept)
