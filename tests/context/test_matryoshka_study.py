"""What the chapter's studies draw, train and read; the ways to pool a text."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.context.attention import packed
from tutor.context.studies import matryoshka as study
from tutor.context.studies import pooling
from tutor.context.studies.attention import reader, sentence_vectors, tokens_of
from tutor.context.studies.matryoshka_grid import CONTRASTS
from tutor.evaluate import tasks

torch = pytest.importorskip("torch", reason="torch is not installed")

TEXTS = [
    "the bank by the river", "a fruit", "he ate it all", "dogs bark", "why not",
    "sloping land", "an apple", "he consumed it", "a barking animal", "a question",
]  # fmt: skip
TINY = replace(study.CONFIG, steps=2, batch_size=4)


@pytest.fixture(scope="module")
def model():
    torch.set_num_threads(1)
    return reader()


@pytest.fixture(scope="module")
def side(model):
    ids = tokens_of(model, TEXTS)
    return study.Side(ids[:5], ids[5:])


def test_pairs_are_three_parts_of_one_order(model):
    found = study.pairs(model)
    assert len(found.test.anchors) == len(found.test.positives) == study.TEST
    assert len(found.validation.anchors) == study.VALIDATION
    assert len(found.training.anchors) > 15000
    lists = [
        {tuple(ids) for ids in part.anchors}
        for part in (found.test, found.validation, found.training)
    ]
    assert len(lists[0] & lists[2]) < 0.02 * study.TEST  # the same sentence, rarely
    assert found.training.part(0, 3).anchors == found.training.anchors[:3]


def test_every_arm_trains_what_it_says(side):
    before = reader().encoder
    for arm in study.ARMS:
        encoder = study.trained(arm, side, 1, depth=4, exit_at=2, config=TINY)
        direct = arm == "direct"
        assert encoder.config.layers == (2 if direct else 4)
        assert not encoder.training
        moved = [
            (a.W_1 - b.W_1).abs().max().item()
            for a, b in zip(encoder.stack(), before.stack(), strict=False)
        ]
        assert min(moved) > 1e-6
        assert torch.equal(encoder.tokens, before.tokens)
    with pytest.raises(ValueError, match="unknown arm 'small'; there are full"):
        study.trained("small", side, 1)


def test_arms_of_a_seed_differ_by_their_loss_only(side):
    """With one layer's worth of steps left out, the batches are the same."""
    one, two = (
        study.trained("full", side, 3, depth=2, config=TINY).values() for _ in range(2)
    )
    np.testing.assert_array_equal(one.blocks[1].W_q, two.blocks[1].W_q)
    other = study.trained("2d-v1", side, 3, depth=2, config=TINY).values()
    assert np.abs(one.blocks[0].W_q - other.blocks[0].W_q).max() > 1e-6


def test_the_grid_cuts_first_and_normalises_afterwards(model, side):
    found = study.grid(model.encoder, side, dims=(8, 384))
    assert found.shape == (6, 2, 5)
    vectors = sentence_vectors(model, TEXTS)
    scores = vectors[:5] @ vectors[5:].T
    wanted = [1 / (1 + (s > s[i]).sum()) for i, s in enumerate(scores)]
    np.testing.assert_allclose(found[5, 1], wanted)
    short = vectors[:, :8] / np.linalg.norm(vectors[:, :8], axis=1)[:, None]
    scores = short[:5] @ short[5:].T
    wanted = [1 / (1 + (s > s[i]).sum()) for i, s in enumerate(scores)]
    np.testing.assert_allclose(found[5, 0], wanted)


def test_compare_stacks_seeds_and_finds_cells(side):
    data = study.Pairs(side, side, side)
    found = study.compare(
        ("full", "direct"), data, seeds=(1, 2), items=4, dims=(8, 16),
        depth=2, exit_at=1, config=TINY,
    )  # fmt: skip
    assert found["full"].shape == (2, 2, 2, 4)
    assert found["direct"].shape == (2, 1, 2, 4)
    cell = study.cells(found, "full", 2, 16, (8, 16))
    np.testing.assert_array_equal(cell, found["full"][:, 1, 1])


def test_contrasts_name_arms_layers_and_lengths_that_exist():
    for treatment, control, layer, dim in CONTRASTS.values():
        assert {treatment, control} <= set(study.ARMS)
        assert 1 <= layer <= (study.EXIT if "direct" in (treatment, control) else 6)
        assert dim in study.DIMS


# --- ways to pool --------------------------------------------------------------------
def test_minilm_is_pooled_in_four_ways(model):
    found = pooling.minilm_encoders(model)
    states = packed.last_states(model.encoder, tokens_of(model, TEXTS))
    wanted = {
        "MiniLM mean": [s.mean(axis=0) for s in states],
        "MiniLM cls": [s[0] for s in states],
        "MiniLM last": [s[-1] for s in states],
        "MiniLM max": [s.max(axis=0) for s in states],
    }
    assert list(found) == list(wanted)
    for name, encode in found.items():
        np.testing.assert_allclose(encode(TEXTS), wanted[name], atol=1e-5)
        again = encode([TEXTS[3], TEXTS[0], TEXTS[3]])  # from what was kept
        np.testing.assert_allclose(again[2], wanted[name][3], atol=1e-5)


def test_long_texts_are_cut_and_keep_their_closing_mark(model):
    assert pooling.cut(list(range(9)), 4) == [0, 1, 2, 8]
    assert pooling.cut([0, 1], 4) == [0, 1]
    (vector,) = pooling.minilm_encoders(model)["MiniLM mean"](["word " * 5000])
    assert np.isfinite(vector).all()


def test_words_without_context_ignore_their_order():
    texts = ["dog bites man", "man bites dog", "the cat sat on a mat", "a red apple"]
    for encode in (
        pooling.glove_encoder(sif=False), pooling.glove_encoder(sif=True), pooling.lsa
    ):  # fmt: skip
        found = encode(texts)
        assert len(found) == 4
        np.testing.assert_allclose(found[0], found[1], atol=1e-9)
        assert np.abs(found[0] - found[3]).max() > 1e-3


def test_a_text_without_known_words_is_zero_and_can_be_scored():
    encode = pooling.glove_encoder(sif=False)
    found = encode(["qqxzzy", "a dog", "a cat"])
    np.testing.assert_array_equal(found[0], 0)
    task = tasks.Clustering("t", "t", (), "", ("qqxzzy", "a dog", "a cat"), (0, 1, 1))
    assert np.isfinite(task.score(found).value)
