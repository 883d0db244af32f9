"""The studies of chapter text_only: choices, stored vectors, the stored result."""

from dataclasses import replace

import numpy as np
import pytest

from tutor import claims
from tutor.claims.hashing import fingerprint
from tutor.datasets.errors import DamagedFileError, DataError
from tutor.datasets.families import Split
from tutor.geometry import unit_rows
from tutor.multimodal import text_only
from tutor.multimodal.studies import text_only as study
from tutor.multimodal.studies import (
    text_only_clouds,
    text_only_live,
    text_only_shifts,
    text_only_vectors,
)


def planted(gap=0.0, n=240, d=6, seed=0):
    """Return clouds whose two sides agree on the class, with a gap of our own."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    base = np.eye(d)[labels] + 0.1 * rng.normal(size=(n, d))
    away = np.zeros(d)
    away[3] = gap
    rows = np.arange(n)
    return text_only_clouds.Clouds(
        np.asarray(unit_rows(base + away)),
        np.asarray(unit_rows(base - away)),
        Split(train=rows[:120], valid=rows[120:180], test=rows[180:]),
        labels.astype(str),
    )


def test_without_a_gap_texts_teach_pictures():
    found = study.methods(planted(), seed=0, only=("text", "image"))
    assert set(found) == {"text", "image"}
    for outcome in found.values():
        assert outcome.right.mean() > 0.95


def test_gap_parts_sum_to_a_planted_gap():
    clouds = planted(gap=1.0)
    X, T, _ = clouds.part("test")
    whole = np.linalg.norm(X.mean(axis=0) - T.mean(axis=0))
    np.testing.assert_allclose(
        text_only_clouds.gap_parts(clouds).mean(), whole, rtol=0.02
    )
    own = text_only_clouds.gap_parts(clouds.centred())
    assert abs(own.mean()) < 0.1


def test_the_noise_is_chosen_without_the_test_pictures():
    """Spoilt test pictures change the score and not the choice."""
    clouds = planted(gap=0.6)
    spoilt = clouds.images.copy()
    spoilt[clouds.split.test] *= -1
    runs = [
        study.outcome(c, text_only.GaussianAdapter, (0.1, 0.4), seed=1)
        for c in (clouds, replace(clouds, images=spoilt))
    ]
    assert runs[0].sigma == runs[1].sigma
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(runs[0].right, runs[1].right)


def test_a_shift_chooses_its_length_without_the_test_pictures():
    """Spoilt test pictures change the score and not the choice."""
    clouds = planted(gap=0.6)
    spoilt = clouds.images.copy()
    spoilt[clouds.split.test] *= -1
    runs = [
        text_only_shifts.shifts(c, seed=1)
        for c in (clouds, replace(clouds, images=spoilt))
    ]
    assert set(runs[0]) == {"random shift", "shift, length chosen"}
    chosen = [run["shift, length chosen"] for run in runs]
    assert chosen[0].sigma == chosen[1].sigma
    assert chosen[0].sigma in text_only_shifts.STRETCHES
    assert chosen[0].right.mean() > 0.95 > chosen[1].right.mean()


def test_lengths_to_choose_from_are_in_the_noises_proportions():
    found = np.divide(text_only_shifts.STRETCHES, text_only_shifts.STRETCHES[0])
    np.testing.assert_allclose(found, np.divide(study.SIGMAS, study.SIGMAS[0]))


def test_beyond_half_is_the_distance_from_the_middle():
    def run(text, noise, image):
        values = {"text": text, "noise": noise, "image": image}
        return {k: study.Outcome(np.full(9, float(v)), 0.1) for k, v in values.items()}

    found = study.beyond_half([run(0.2, 0.5, 0.6)] * 5)
    np.testing.assert_allclose(found.estimate, 0.1, rtol=1e-12)


def test_nothing_to_choose_from_is_refused():
    with pytest.raises(ValueError, match="sigmas is empty"):
        study.outcome(planted(), text_only.GaussianAdapter, (), seed=0)


def test_majority_takes_its_class_from_training():
    clouds = planted()
    labels = clouds.labels.copy()
    labels[clouds.split.train] = "2"
    found = study.majority(replace(clouds, labels=labels))
    np.testing.assert_allclose(found.mean(), 1 / 3, rtol=1e-12)


# --- stored vectors ------------------------------------------------------------------
@pytest.mark.parametrize("name", text_only_vectors.PRESETS)
def test_stored_vectors_are_unit_rows_of_all_concepts(name):
    clouds = text_only_vectors.preset(name)
    assert len(clouds) == len(text_only_clouds.SEEDS)
    for side in (clouds[0].images, clouds[0].texts):
        assert side.shape == (len(clouds[0].labels), 64)
        np.testing.assert_allclose(np.linalg.norm(side, axis=1), 1, rtol=1e-6)


def test_stored_vectors_come_from_the_code_as_it_is():
    """As for stored results: changed code makes them vectors of another day."""
    for name in text_only_vectors.PRESETS:
        made = text_only_vectors.records()[name]["inputs"]
        assert set(made) == set(text_only_vectors.INPUTS)
        changed = [item for item in made if fingerprint(item) != made[item]]
        assert changed == []


def test_stored_vectors_refuse_what_does_not_fit(monkeypatch):
    with pytest.raises(ValueError, match="no preset 'hot'; there are cold, warm"):
        text_only_vectors.preset("hot")
    other = text_only_clouds.with_temperature(0.03)
    monkeypatch.setitem(text_only_vectors.PRESETS, "cold", other)
    with pytest.raises(DataError, match=r"0\.02.*asked for.*0\.03"):
        text_only_vectors.preset("cold")


def test_damaged_and_absent_vectors_are_refused(tmp_path, monkeypatch):
    (tmp_path / "weights").mkdir()
    record = text_only_vectors._record().read_text(encoding="utf-8")
    (tmp_path / "weights" / "text_only.json").write_text(record, encoding="utf-8")
    monkeypatch.setattr(text_only_vectors, "data_root", lambda: tmp_path)
    with pytest.raises(DataError, match=r"make them by.*retrain=True"):
        text_only_vectors.preset("cold")
    (tmp_path / "weights" / "text_only-cold.safetensors").write_bytes(b"half a file")
    with pytest.raises(DamagedFileError):
        text_only_vectors.preset("cold")


# --- one encoder, a head a seed ------------------------------------------------------
def test_heads_stand_on_one_encoder_and_differ_by_seed(monkeypatch):
    """Each row is the study's own method on the same clouds with its seed."""
    clouds = planted(gap=0.6)
    monkeypatch.setattr(text_only_live, "preset_clouds", lambda name: clouds)
    runs = text_only_live.heads("cold", ("text", "noise"), seeds=(1, 2))
    assert [set(run) for run in runs] == [{"text", "noise"}] * 2
    for run, seed in zip(runs, (1, 2), strict=True):
        own = study.methods(clouds, seed=seed, only=("text",))
        np.testing.assert_array_equal(run["text"].right, own["text"].right)


def test_clouds_of_a_preset_are_its_encoders_rows(monkeypatch):
    """Pictures and captions of all concepts, in the order of the set."""
    data, split = text_only_clouds.world()

    class Model:
        def encode_image(self, images):
            return images.reshape(len(images), -1)[:, :3]

        def encode_text(self, texts):
            return np.array([[len(text), 0, 1] for text in texts])

    monkeypatch.setattr(text_only_live.weights, "preset", lambda name: Model())
    text_only_live.preset_clouds.cache_clear()
    clouds = text_only_live.preset_clouds("cold")
    text_only_live.preset_clouds.cache_clear()
    assert clouds.split is split
    np.testing.assert_array_equal(clouds.images[7], data.images[7].ravel()[:3])
    assert clouds.texts[7, 0] == len(data.caption(7))


# --- the stored result ---------------------------------------------------------------
def test_stored_study_and_stored_vectors_are_of_the_same_encoders():
    """The gap of the packaged vectors is the study's, to half precision."""
    kept = claims.stored("text_only-temperature")
    for name, label in (("cold", "0.02"), ("warm", "0.1")):
        wanted = kept["temperatures"][label]["geometry"]["gap"]
        clouds = text_only_vectors.preset(name)
        found = [text_only_clouds.geometry(c)["gap"] for c in clouds]
        np.testing.assert_allclose(found, wanted, atol=2e-3)
