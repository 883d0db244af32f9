"""The losses against the field's libraries; published models through our face."""

from types import SimpleNamespace

import numpy as np
import pytest
from clip_data import small_set

from tutor.geometry import unit_rows
from tutor.multimodal import clip
from tutor.multimodal.studies import clip as study
from tutor.multimodal.studies import clip_live as live

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.oracle


def rows(n=6, dim=8, seed=0):
    """Return unit float32 rows of both sides."""
    rng = np.random.default_rng(seed)
    return (
        unit_rows(rng.normal(size=(n, dim))).astype(np.float32),
        unit_rows(rng.normal(size=(n, dim))).astype(np.float32),
    )


def test_infonce_is_transformers_clip_loss():
    """Same value to 1e-6: ``clip_loss`` of scores with texts down, images across."""
    from transformers.models.clip.modeling_clip import image_text_contrastive_loss

    X, Y = rows()
    theirs = float(image_text_contrastive_loss(torch.tensor(Y @ X.T / 0.07)))
    np.testing.assert_allclose(clip.infonce_loss(X, Y, 0.07), theirs, atol=1e-6)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(clip.infonce_loss(X, Y, 0.0707), theirs, atol=1e-6)


def tiny_clip():
    """Return a CLIPModel of 2 small layers a side, drawn at random."""
    side = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    side |= {"num_attention_heads": 2}
    config = transformers.CLIPConfig(
        text_config={**side, "vocab_size": 64, "max_position_embeddings": 12},
        vision_config={**side, "image_size": 16, "patch_size": 8},
        projection_dim=8,
    )
    torch.manual_seed(0)
    return transformers.CLIPModel(config).eval()


def processor(text=None, images=None, return_tensors="pt", padding=False):
    """Stand in for the tokenizer and the image processor, which are downloads."""
    if images is not None:
        pixels = torch.tensor(np.stack(images)).permute(0, 3, 1, 2).float() / 255
        return {"pixel_values": pixels}
    ids = [[1, *(ord(c) % 60 + 2 for c in t[:8]), 63] for t in text]
    longest = max(map(len, ids))
    mask = [[1] * len(i) + [0] * (longest - len(i)) for i in ids]
    padded = [i + [63] * (longest - len(i)) for i in ids]
    return {"input_ids": torch.tensor(padded), "attention_mask": torch.tensor(mask)}


def test_a_transformers_model_is_an_encoder_of_ours():
    """Its logits per image are our cosines, divided by its temperature."""
    model = tiny_clip()
    both = clip.TransformersEncoders(model, processor, batch_size=2)
    assert isinstance(both, clip.Encoders)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, size=(5, 16, 16, 3), dtype=np.uint8)
    texts = ["cat", "dog", "red apple", "clock", "key"]
    I, T = both.encode_image(images), both.encode_text(texts)
    assert I.shape == T.shape == (5, 8)
    np.testing.assert_allclose(np.linalg.norm(I, axis=1), 1, rtol=1e-5)
    with torch.no_grad():
        ready = {**processor(text=texts), **processor(images=list(images))}
        out = model(**ready, return_loss=True)
    scale = float(model.logit_scale.exp().detach())
    np.testing.assert_allclose(
        scale * I @ T.T, out.logits_per_image.numpy(), rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(
        clip.infonce_loss(I, T, 1 / scale), float(out.loss), rtol=1e-4
    )
    assert 0 <= clip.recall_at_k(T, I, 2) <= 1


def test_a_transformers_model_goes_through_the_chapters_own_cells():
    """Values, gap, parts of the gap and a search, as the pages call them."""
    data = small_set()
    both = clip.TransformersEncoders(tiny_clip(), processor, batch_size=5)
    images, texts = study.encoded(both, data)
    assert images.shape == texts.shape == (len(data), 8)
    table = study.values([both, both], data)
    assert table.shape == (2, len(data))
    assert set(np.unique(table)) <= {0, 0.5, 1}
    np.testing.assert_array_equal(table[0], table[1])
    np.testing.assert_array_equal(study.found(images, images, 1), 1)
    gap = clip.modality_gap(images, texts)
    assert gap > 0
    np.testing.assert_allclose(live.gap_parts(images, texts).mean(), gap, rtol=1e-5)
    query = both.encode_text(["a red fruit to eat"])[0]
    best = np.argsort(-(images @ query), kind="stable")[:6]
    ranks = clip.retrieval_ranks(query[None].repeat(len(data), axis=0), images)
    np.testing.assert_array_equal(ranks[best], np.arange(1, 7))


def test_a_text_beyond_a_published_models_places_is_refused_by_it():
    """Both lengths are named; cutting is the processor's affair (``truncation``)."""
    ids = {"input_ids": torch.ones(1, 200, dtype=torch.long)}
    both = clip.TransformersEncoders(tiny_clip(), lambda **_: ids)
    with pytest.raises(ValueError, match="200 and max_position_embeddings: 12"):
        both.encode_text(["word " * 200])


def test_siglip_is_transformers_siglip_loss():
    """Their loss on a tiny random SiglipModel is ours at its scale and bias."""
    side = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
    side |= {"num_attention_heads": 2}
    config = transformers.SiglipConfig(
        text_config={**side, "vocab_size": 64, "max_position_embeddings": 12},
        vision_config={**side, "image_size": 16, "patch_size": 8},
    )
    torch.manual_seed(0)
    model = transformers.SiglipModel(config).eval()
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, size=(4, 16, 16, 3), dtype=np.uint8)
    ready = {**processor(text=["cat", "dog", "sun", "key"])}
    ready |= processor(images=list(images))
    with torch.no_grad():
        out = model(**ready, return_loss=True)
    scale, bias = (
        float(v.detach()) for v in (model.logit_scale.exp(), model.logit_bias)
    )
    ours = clip.siglip_loss(
        unit_rows(out.image_embeds.numpy()),
        unit_rows(out.text_embeds.numpy()),
        1 / scale,
        bias,
    )
    np.testing.assert_allclose(ours, float(out.loss), rtol=1e-5)


def test_what_has_both_methods_is_an_encoder():
    nothing = SimpleNamespace(encode_image=len)
    assert not isinstance(nothing, clip.Encoders)
