"""EfficientNet-Lite0 under our code: the published network's numbers, and misuse."""

import numpy as np
import pytest

from tutor.datasets import MissingCarrierError, emoji
from tutor.multimodal import frozen

torch = pytest.importorskip("torch")

from tutor.multimodal.frozen import torch as network  # noqa: E402


@pytest.mark.oracle
def test_scores_are_those_of_the_published_code():
    """Class scores of a wave, computed with efficientnet-lite-pytorch 0.1.0."""
    x = torch.sin(37 * torch.linspace(-1, 1, 3 * 224 * 224).reshape(1, 3, 224, 224))
    with torch.no_grad():
        found = network.load().classify(x)[0]
    np.testing.assert_allclose(
        found[:4], [0.62517, -0.46427, 0.26592, -0.50852], atol=2e-4
    )
    assert int(found.argmax()) == 767
    np.testing.assert_allclose(float(found.sum()), -73.6943, atol=0.05)
    with torch.no_grad():
        other = network.load().classify(1.01 * x)[0]
    with pytest.raises(AssertionError):  # one per cent of the input is seen
        np.testing.assert_allclose(other[:4], found[:4], atol=2e-4)


def test_every_weight_is_used():
    """16 blocks; a name that is never asked for would be a layer left out."""
    asked = set()

    class Watching(dict):
        def __getitem__(self, name):
            asked.add(name)
            return super().__getitem__(name)

    model = network.load()
    model.weights = Watching(model.weights)
    with torch.no_grad():
        model.classify(torch.zeros(1, 3, 64, 64))
    left = {n for n in model.weights if not n.endswith("num_batches_tracked")} - asked
    assert left == set()
    assert len(list(network.blocks())) == 16


def test_features_of_drawings():
    """Two apples are nearer to each other than to a clock; batches do not matter."""
    data = emoji.load(96)
    names = ("red apple", "green apple", "alarm clock")
    images = data.images[[data.row(name) for name in names]]
    rows = frozen.features(images)
    assert rows.shape == (3, 1280)
    cosine = np.corrcoef(rows)
    assert cosine[0, 1] > cosine[0, 2] + 0.1
    np.testing.assert_allclose(frozen.features(images[:1]), rows[:1], atol=1e-4)
    smaller = frozen.features(images, size=64)
    assert abs(smaller - rows).max() > 1e-3


def test_the_untrained_twin_has_seen_nothing():
    data = emoji.load(96).images[:4]
    one, two = (frozen.features(data, random=True, seed=s) for s in (0, 0))
    np.testing.assert_array_equal(one, two)
    assert np.isfinite(one).all()
    assert abs(frozen.features(data, random=True, seed=1) - one).max() > 1e-3
    assert abs(frozen.features(data) - one).max() > 1e-3


def test_misuse_is_named(own_cache):
    with pytest.raises(MissingCarrierError, match="python -m tutor data"):
        frozen.efficientnet_lite0()


def test_pictures_of_another_shape():
    with pytest.raises(ValueError, match=r"got \(2, 8, 9, 3\)"):
        frozen.features(np.zeros((2, 8, 9, 3), np.uint8))


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """Point the cache at an empty folder of this test."""
    monkeypatch.setenv("TUTOR_CACHE", str(tmp_path / "cache"))


@pytest.mark.gpu
def test_cpu_equals_cuda(cuda):
    drawn = np.random.default_rng(0).integers(0, 256, (8, 12, 12, 3), np.uint8)
    images = drawn.repeat(8, axis=1).repeat(8, axis=2)
    np.testing.assert_allclose(
        frozen.features(images), frozen.features(images, device=cuda), atol=1e-3
    )
