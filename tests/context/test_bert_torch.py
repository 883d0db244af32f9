"""The masked language model in torch: parity, training, checkpoints, transformers."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.context import attention, bert
from tutor.context.bert import checkpoint, pretrained
from tutor.context.bert.pretrain import OBJECTIVES, batches, rate_at, steps
from tutor.context.bert.wordpiece import CLS, SEP

torch = pytest.importorskip("torch", reason="torch is not installed")

ENCODER = attention.EncoderConfig(
    layers=2, dim=16, heads=2, hidden=24, vocab=40, max_length=12
)
TINY = bert.PretrainConfig(
    encoder=ENCODER,
    masking=bert.MaskingConfig(rate=0.4),
    tokens=10_000,
    batch=64,
    learning_rate=1e-2,
)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def corpus(count=120, seed=0):
    """Return texts in which each piece is followed by the next: easy to learn."""
    rng = np.random.default_rng(seed)
    found = []
    for n in rng.integers(3, 9, count):
        first = int(rng.integers(5, 30))
        found.append(np.array([CLS, *range(first, first + n), SEP]))
    return found


def model_in_double(mask="bidirectional", seed=0):
    rng = np.random.default_rng(seed)

    def moved(part):
        return None if part is None else part + 0.3 * rng.normal(size=part.shape)

    p = attention.initial_parameters(ENCODER, seed, np.float64)
    blocks = tuple(attention.Block(*map(moved, b)) for b in p.blocks)
    p = attention.Parameters(*map(moved, p[:5]), blocks=blocks)
    head = bert.Head(*map(moved, bert.initial_head(ENCODER, seed, np.float64)))
    return p, head, bert.MaskedLM(ENCODER, p, head, mask=mask)


def masked(seed=1):
    ids = np.random.default_rng(seed).integers(5, 40, (6, 9))
    ids[:, 0], ids[:, -1] = CLS, SEP
    config = bert.MaskingConfig(rate=0.4)
    return bert.mask_tokens(ids, config, 40, numbers=np.arange(6), seed=seed)


def given(found):
    return [torch.as_tensor(part) for part in found]


# --- parity --------------------------------------------------------------------------
def test_scores_numpy_equal_torch():
    p, head, model = model_in_double()
    found = masked()
    states = attention.hidden_states(p, found.tokens, ENCODER)[-1]
    ours = bert.mlm_scores(states[found.rows, found.columns], p.tokens, head)
    with torch.no_grad():
        theirs = model.scores(*given(found)[:3])
    np.testing.assert_allclose(ours, theirs, atol=1e-10)
    with pytest.raises(AssertionError):  # alive
        np.testing.assert_allclose(1.01 * ours, theirs, atol=1e-10)


@pytest.mark.parametrize("mask", ["bidirectional", "causal"])
def test_all_gradients_by_hand_equal_autograd(mask):
    """The whole model, the tied table used twice: loss and every parameter."""
    p, head, model = model_in_double(mask)
    found = masked()
    loss = model(*given(found))
    loss.backward()
    ours = bert.model_gradients(p, head, found, ENCODER, mask=mask)
    np.testing.assert_allclose(ours.loss, loss.detach(), rtol=1e-12)
    wanted = {name: x.grad for name, x in model.named_parameters()}
    slopes = checkpoint.flat(ours.parameters, ours.head)
    assert len(slopes) == len(wanted)
    for name, slope in slopes.items():
        theirs = "encoder." + name
        if name.startswith("head."):
            theirs = name.removeprefix("head.")
        np.testing.assert_allclose(slope, wanted[theirs], atol=1e-8, err_msg=name)
    tokens = wanted["encoder.tokens"]
    with pytest.raises(AssertionError):  # alive
        np.testing.assert_allclose(1.01 * ours.parameters.tokens, tokens, atol=1e-8)


def test_the_tied_table_gains_from_both_ends():
    """As an output layer alone its gradient differs from the whole one."""
    p, head, _ = model_in_double()
    found = masked()
    states = attention.hidden_states(p, found.tokens, ENCODER)[-1]
    chosen = states[found.rows, found.columns]
    out = bert.mlm_gradients(chosen, p.tokens, head, found.targets).tokens
    whole = bert.model_gradients(p, head, found, ENCODER).parameters.tokens
    seen = np.unique(found.tokens)
    unseen = np.setdiff1d(np.arange(40), seen)
    np.testing.assert_allclose(out[unseen], whole[unseen], atol=1e-12)
    assert np.abs(out[seen] - whole[seen]).max() > 1e-4


def test_one_step_numpy_equals_torch():
    p, head, model = model_in_double()
    found = masked()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(*given(found)).backward()
    optimizer.step()
    ours = bert.model_gradients(p, head, found, ENCODER)
    before = checkpoint.flat(p, head)
    after = checkpoint.flat(model.encoder.values(), model.head())
    for name, slope in checkpoint.flat(ours.parameters, ours.head).items():
        moved = before[name] - 0.1 * slope
        np.testing.assert_allclose(moved, after[name], atol=1e-10, err_msg=name)


def test_a_left_to_right_model_does_not_see_what_comes():
    _, _, model = model_in_double("causal")
    ids = torch.as_tensor(masked().tokens)
    other = ids.clone()
    other[:, 6:] = 7
    rows, columns = torch.arange(6), torch.full((6,), 5)
    with torch.no_grad():
        one, two = (model.scores(x, rows, columns) for x in (ids, other))
    torch.testing.assert_close(one, two)


def test_scores_equal_transformers():
    """Oracle: transformers' BertForMaskedLM with our weights, all pieces everywhere."""
    transformers = pytest.importorskip("transformers")
    del transformers
    config = replace(ENCODER, layers=3)
    model = bert.MaskedLM(config, bert.initial_parameters(config, 2), seed=2).eval()
    with torch.no_grad():
        for part in model.parameters():
            part += 0.05 * torch.randn(part.shape, generator=torch.manual_seed(1))
        theirs = bert.bert_for_masked_lm(model)
        ids = torch.as_tensor(masked().tokens)
        states = model.encoder(ids)[-1]
        wanted = theirs(input_ids=ids).logits
        ours = model.score_states(states)
        torch.testing.assert_close(ours, wanted, atol=1e-5, rtol=0)
        with pytest.raises(AssertionError):  # alive
            torch.testing.assert_close(1.01 * ours, wanted, atol=1e-5, rtol=0)


def test_a_left_to_right_model_is_no_bert():
    _, _, model = model_in_double("causal")
    with pytest.raises(ValueError, match="this model is causal"):
        bert.bert_for_masked_lm(model)
    with pytest.raises(ValueError, match="neither 'bidirectional' nor 'causal'"):
        bert.MaskedLM(ENCODER, mask="prefix")


def test_repr_names_class_and_sizes():
    assert repr(bert.MaskedLM(ENCODER)) == (
        "MaskedLM(Encoder(2 layers, dim 16, 2 heads, hidden 24, vocab 40), "
        "bidirectional)"
    )


# --- training ------------------------------------------------------------------------
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_training_lowers_the_loss(objective):
    run = bert.pretrain(corpus(), replace(TINY, objective=objective), seed=1)
    loss = run.history["loss"]
    assert loss[-1] < 0.8 * loss[0]
    assert run.model.mask == OBJECTIVES[objective]
    assert not run.model.training
    assert len(run.history) <= 40


def test_a_run_can_be_repeated_and_a_seed_changes_it():
    config = replace(TINY, tokens=600)
    one, two, other = (bert.pretrain(corpus(), config, seed=s) for s in (1, 1, 2))
    assert one.history == two.history
    assert one.history["loss"] != other.history["loss"]


def test_every_text_comes_once_an_epoch_in_batches_of_one_length():
    texts = corpus()
    numbers = []
    for rows, ids in batches(texts, TINY, seed=1, epoch=0):
        assert ids.size <= TINY.batch or len(ids) == 1
        numbers += rows.tolist()
        for row, text in zip(rows, ids, strict=True):
            np.testing.assert_array_equal(texts[row], text)
    assert sorted(numbers) == list(range(len(texts)))
    again = [r.tolist() for r, _ in batches(texts, TINY, seed=1, epoch=1)]
    assert [i for rows in again for i in rows] != numbers


def test_steps_stop_when_the_tokens_are_read():
    read = sum(m.tokens.size for m in steps(corpus(), TINY, seed=1))
    assert TINY.tokens <= read < TINY.tokens + TINY.batch


def test_the_learning_rate_rises_and_falls_in_lines():
    config = replace(TINY, warmup=0.2, learning_rate=1.0)
    found = [rate_at(config, x) for x in (0, 0.1, 0.2, 0.6, 1.0)]
    np.testing.assert_allclose(found, [0, 0.5, 1, 0.5, 0], atol=1e-12)
    assert rate_at(replace(config, warmup=0.0), 0.0) == 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objective": "nsp"}, "unknown objective 'nsp'"),
        ({"encoder": replace(ENCODER, norm="pre")}, "got norm='pre'"),
        ({"encoder": replace(ENCODER, segments=2)}, "segments=2"),
        ({"tokens": 0}, "tokens=0"),
        ({"learning_rate": 0.0}, "must be above 0"),
        ({"warmup": 1.0}, "warmup=1.0 must lie in"),
    ],
)
def test_settings_that_cannot_be_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(TINY, **change)


@pytest.mark.parametrize(
    ("texts", "found"),
    [([], "none"), ([[CLS]], "1 to 1"), ([list(range(5, 18))], "13 to 13")],
)
def test_texts_that_are_empty_or_too_long_are_refused(texts, found):
    with pytest.raises(ValueError, match=f"must have 2 to 12 pieces.*got {found}"):
        bert.pretrain(texts, TINY)


def test_a_loss_that_is_not_finite_stops_the_run():
    config = replace(TINY, learning_rate=1e30, warmup=0.0)
    with pytest.raises(FloatingPointError, match="lower learning_rate"):
        bert.pretrain(corpus(), config)


# --- checkpoints ---------------------------------------------------------------------
@pytest.fixture
def kept(tmp_path):
    model = bert.MaskedLM(ENCODER, seed=3).eval()
    path = tmp_path / "tiny.safetensors"
    return model, path, checkpoint.save(path, model, TINY)


def test_a_checkpoint_comes_back_in_half_precision(kept):
    model, path, digest = kept
    again = checkpoint.load(path, TINY, sha256=digest)
    before = checkpoint.flat(model.encoder.values(), model.head())
    after = checkpoint.flat(again.encoder.values(), again.head())
    assert before.keys() == after.keys()
    for name, part in before.items():
        half = part.astype(np.float16).astype(np.float32)
        np.testing.assert_array_equal(after[name], half, err_msg=name)
        assert after[name].dtype == np.float32


def test_a_checkpoint_of_another_configuration_is_refused(kept):
    _, path, digest = kept
    other = replace(TINY, encoder=replace(ENCODER, layers=3), batch=32)
    with pytest.raises(bert.CheckpointError) as caught:
        checkpoint.load(path, other, sha256=digest)
    message = str(caught.value)
    assert "batch: 64 there, 32 asked for" in message
    assert "encoder.layers: 2 there, 3 asked for" in message
    assert '"layers": 2' in message
    assert '"layers": 3' in message


def test_a_damaged_or_missing_checkpoint_is_refused(kept):
    _, path, digest = kept
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(bert.CheckpointError, match=f"expected SHA-256 {digest}, found"):
        checkpoint.load(path, TINY, sha256=digest)
    path.unlink()
    with pytest.raises(bert.CheckpointError, match="found no file; again"):
        checkpoint.load(path, TINY, sha256=digest, remedy="again")


def test_the_stored_models_are_small_and_of_their_settings():
    """Each is loaded with its hash; together they stay below 10 MB."""
    size = 0
    for name, config in bert.PRESETS.items():
        found = bert.trained(name)
        assert found.model.config == config.encoder
        assert found.model.mask == OBJECTIVES[config.objective]
        assert found.history["loss"][-1] < found.history["loss"][0]
        size += pretrained.weights(f"bert-{name}.safetensors").stat().st_size
    assert size < 10e6
    assert len(found.vocabulary) == config.encoder.vocab


def test_a_stored_model_of_other_settings_is_refused():
    other = replace(bert.PRESETS["masked"], tokens=5)
    with pytest.raises(bert.CheckpointError, match="5 asked for"):
        bert.trained("masked", config=other)
    with pytest.raises(ValueError, match="there are masked, next"):
        bert.trained("gpt")


def test_the_stored_vocabulary_is_checked(monkeypatch, tmp_path):
    wrong = tmp_path / "bert-vocab.txt"
    wrong.write_text("\n".join(bert.SPECIALS))
    monkeypatch.setattr(pretrained, "weights", lambda name: wrong)
    pretrained.vocabulary.cache_clear()
    with pytest.raises(bert.CheckpointError, match=r"bert-vocab\.txt: expected SHA"):
        pretrained.vocabulary()


def test_retraining_uses_the_texts_and_the_settings_given(monkeypatch):
    """A model trained again here has its own loss curve and the stored vocabulary."""
    config = replace(bert.PRESETS["masked"], tokens=2000)
    found = bert.trained("masked", config=config, retrain=True)
    assert found.config == config
    assert found.history["tokens"][-1] >= 2000
    assert found.model.config == config.encoder


@pytest.mark.gpu
def test_scores_cpu_equal_cuda(cuda):
    model = bert.MaskedLM(ENCODER, seed=1).eval()
    found = given(masked())
    with torch.no_grad():
        here = model(*found)
        there = model.to(cuda)(*(part.to(cuda) for part in found)).cpu()
    torch.testing.assert_close(here, there, atol=1e-4, rtol=1e-4)


@pytest.mark.gpu
def test_training_runs_on_cuda(cuda):
    run = bert.pretrain(corpus(), TINY, seed=1, device=cuda)
    assert run.model.bias.device.type == "cuda"
    assert run.history["loss"][-1] < 0.8 * run.history["loss"][0]
