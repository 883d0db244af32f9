"""Presets: read back, hash compared, another configuration refused."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from clip_data import TINY, small_set

from tutor.claims import fingerprint
from tutor.datasets import DamagedFileError, DataError
from tutor.multimodal import clip
from tutor.multimodal.clip import weights


@pytest.fixture(scope="module")
def fitted():
    return clip.fit(small_set(), TINY, seed=3)


def test_a_model_is_read_back(fitted, tmp_path):
    """Half precision keeps three digits of each number."""
    data = small_set()
    path = weights.save(fitted, tmp_path / "a.safetensors")
    again = weights.load(path, TINY)
    assert (again.seed, again.config, len(again.history)) == (3, TINY, 0)
    assert again.vocabulary == fitted.vocabulary
    np.testing.assert_allclose(
        again.encode_image(data.images), fitted.encode_image(data.images), atol=2e-2
    )
    np.testing.assert_allclose(
        again.encode_text(["thing 1", "all"]),
        fitted.encode_text(["thing 1", "all"]),
        atol=5e-3,
    )


def test_another_configuration_is_refused_with_both(fitted, tmp_path):
    path = weights.save(fitted, tmp_path / "a.safetensors")
    with pytest.raises(DataError, match="batch_size 6 in the file, 5 asked for"):
        weights.load(path, replace(TINY, batch_size=5))


@pytest.mark.parametrize("name", weights.PRESETS)
def test_presets_are_what_their_record_says(name):
    """Hash, configuration, size, and unit rows of both sides."""
    record = weights.records()[name]
    assert record["config"] == json.loads(json.dumps(asdict(weights.PRESETS[name])))
    assert record["bytes"] < 3_000_000
    assert name in record["command"]
    now = {item: fingerprint(item) for item in weights.INPUTS}
    assert record["inputs"] == now, f"run {record['command']}"
    found = weights.preset(name)
    assert found.config == weights.PRESETS[name]
    rows = found.encode_text(["red apple", "clock"])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)


def test_a_damaged_or_missing_file_is_refused(fitted, tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "data_root", lambda: tmp_path)
    with pytest.raises(DataError, match="retrain=True"):
        weights.preset("learned")
    path = weights.save(fitted, tmp_path / "weights" / "clip-learned.safetensors")
    record = {"learned": {"sha256": "0" * 64}}
    (tmp_path / "weights" / "clip.json").write_text(json.dumps(record))
    with pytest.raises(DamagedFileError, match="expected SHA-256 0000"):
        weights.preset("learned")
    assert path.is_file()
    with pytest.raises(ValueError, match="there are learned, cold"):
        weights.preset("warm")


def test_make_writes_file_and_record(fitted, tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "data_root", lambda: tmp_path)
    monkeypatch.setattr(weights, "_trained", lambda name: fitted)
    monkeypatch.setattr(weights, "PRESETS", {"learned": TINY})
    weights.make("learned")
    assert weights.records()["learned"]["seed"] == 0
    assert weights.preset("learned").config == TINY
    assert weights.preset("learned", retrain=True) is fitted
