"""Studies of clip: controls that know nothing, sets of one size, values by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from clip_data import TINY, small_set

from tutor.multimodal import clip
from tutor.multimodal.clip import Vocabulary
from tutor.multimodal.studies import clip as study
from tutor.multimodal.studies import clip_controls as controls
from tutor.multimodal.studies import clip_live as live

pytest.importorskip("torch")


def test_found_is_the_mean_of_both_questions():
    """Identity: all found. One picture moved away: found by neither question."""
    E = np.eye(4)
    np.testing.assert_array_equal(study.found(E, E, 1), [1, 1, 1, 1])
    moved = np.array([[0, 1.0, 0, 0], *E[1:]])
    np.testing.assert_array_equal(study.found(moved, E, 1), [0, 0.5, 1, 1])


def test_gap_parts_average_to_the_gap():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 5)) + 1
    Y = rng.normal(size=(20, 5))
    np.testing.assert_allclose(
        live.gap_parts(X, Y).mean(), clip.modality_gap(X, Y), rtol=1e-12
    )


def test_looks_count_colours_and_places():
    """A white picture with one black quarter, by hand."""
    images = np.full((1, 16, 16, 3), 255, np.uint8)
    images[0, :8, :8] = 0
    both = controls.looks(images)[0]
    counts, places = both[:64], both[64:].reshape(8, 8, 3)
    np.testing.assert_allclose(counts[[0, 63]], [0.5, np.sqrt(0.75)], rtol=1e-6)
    np.testing.assert_allclose(places[:4, :4], np.sqrt(1 / 48), rtol=1e-5)
    np.testing.assert_allclose(places[4:], 0, atol=1e-12)
    np.testing.assert_array_equal(controls.looks(images, places=False)[0], counts)


def test_bags_are_unit_rows_with_repeats():
    known = Vocabulary.of(["a b"], "words")
    np.testing.assert_allclose(
        controls.bags(["a b", "a a b", "c"], known),
        [[np.sqrt(0.5)] * 2, [2 / np.sqrt(5), 1 / np.sqrt(5)], [0, 0]],
        rtol=1e-12,
    )


def test_ridge_in_the_space_of_concepts_is_ridge():
    """The dual solution equals the normal equations on words."""
    train = small_set()
    texts = [train.caption(row) for row in range(len(train))]
    known = Vocabulary.of(texts, "words")
    B, L = controls.bags(texts, known), controls.looks(train.images)
    W = np.linalg.solve(B.T @ B + 3 * np.eye(len(known)), B.T @ (L - L.mean(axis=0)))
    dual = B @ B.T @ np.linalg.solve(B @ B.T + 3 * np.eye(12), L - L.mean(axis=0))
    np.testing.assert_allclose(B @ W, dual, rtol=1e-8, atol=1e-10)
    seen, asked = controls.linear_control(train, train, train, 3)
    assert seen.shape == asked.shape == (12, 256)
    assert clip.recall_at_k(asked, seen, 1) > 0.5  # twelve concepts by heart


def test_shuffled_words_keep_pictures_and_move_captions():
    data = small_set()
    moved = controls.shuffled_words(data, 1)
    np.testing.assert_array_equal(moved.images, data.images)
    assert sorted(moved.names["en"]) == sorted(data.names["en"])
    assert moved.names["en"] != data.names["en"]
    row = moved.names["en"].index(data.names["en"][5])
    assert moved.keywords[row] == data.keywords[5]


def test_siblings_and_strangers_have_one_size_and_no_overlap():
    test, mixed, strangers = live.siblings(0)
    assert len(mixed) == len(strangers)
    assert len(set(test.family)) == len(test)
    assert set(test.family) <= set(mixed.family)
    assert not set(test.family) & set(strangers.family)
    assert not set(test.emoji) & (set(mixed.emoji) | set(strangers.emoji))


def test_arms_see_as_many_pairs():
    for size in (16, 64, 256):
        config = study.arm("siglip", size)
        assert config.steps * config.batch_size == study.PAIRS
        assert config.loss == "siglip"


def test_a_fresh_model_is_normalised_and_untrained():
    one = live.fresh(1)
    part = study.part("valid")
    images, texts = study.encoded(one, part)
    assert images.std(axis=0).max() > 1e-3  # not all the same row
    assert abs(study.found(images, texts).mean() - 10 / len(part)) < 0.1
    assert one.temperature == pytest.approx(0.07)


def test_known_units_of_a_set_with_itself_are_all():
    data = study.part("valid")
    for words, pieces in study.known_units(data, data).values():
        assert words == pieces == 1.0


def test_small_runs_are_values_of_the_right_shape():
    data = small_set()
    table = study.values(study.fits(data, TINY, seeds=(1, 2)), data)
    assert table.shape == (2, 12)
    assert set(np.unique(table)) <= {0.0, 0.5, 1.0}


def test_reduced_arms_see_as_many_pairs(monkeypatch):
    """Steps times batch is the number of pairs; what 256 cannot divide is refused."""
    asked = []

    def fits(data, config, *, seeds):
        asked.append((config.loss, config.batch_size, config.steps, tuple(seeds)))
        return []

    monkeypatch.setattr(live, "fits", fits)
    monkeypatch.setattr(live, "values", lambda models, data: np.zeros((1, len(data))))
    assert list(live.fewer_pairs(seeds=(1,))) == [
        "infonce 16",
        "siglip 16",
        "infonce 256",
    ]
    assert asked == [
        ("infonce", 16, 160, (1,)),
        ("siglip", 16, 160, (1,)),
        ("infonce", 256, 10, (1,)),
    ]
    assert all(size * steps == live.FEWER_PAIRS for _, size, steps, _ in asked)
    with pytest.raises(ValueError, match="multiple of 256"):
        live.fewer_pairs(1000)


def test_a_fixed_temperature_stays(monkeypatch):
    """The arm is the small model with nothing but its temperature held."""
    seen = []
    monkeypatch.setattr(live, "part", lambda name: small_set())
    monkeypatch.setattr(live, "values", lambda models, data: seen.extend(models))
    live.fixed_temperature(0.02, TINY, seeds=(1, 2))
    assert [model.temperature for model in seen] == pytest.approx([0.02, 0.02])


def test_runs_on_borrowed_features_have_one_row_a_seed(monkeypatch):
    """Features that name their concept are found; the tables have the test's items."""
    data = small_set()
    features = np.eye(12, dtype=np.float32)
    monkeypatch.setattr(live, "part", lambda name: data)
    monkeypatch.setattr(live, "borrowed_features", lambda: (features, features))
    table = live.borrowed(TINY, seeds=(1, 2))
    assert table.shape == (2, 12)
    small = clip.ClipConfig(**{**TINY.__dict__, "units": "pieces"})
    for name in ("MANY", "ENGLISH"):
        monkeypatch.setattr(live, name, small)
    many, english = live.few_languages(2, languages=("en", "fr"), seeds=(1, 2))
    assert many.shape == english.shape == (2, 12)
    np.testing.assert_array_equal(many <= 1, True)


def test_names_are_asked_without_english(monkeypatch):
    """Two languages, found in one of them: a half; English does not count."""

    class Reader:
        def encode_image(self, rows):
            return rows

        def encode_text(self, texts):
            return np.array([[1.0, 0.0] if t == "yes" else [0.0, 1.0] for t in texts])

    test = SimpleNamespace(names={"de": ["yes", "no"], "es": ["no", "yes"]})
    monkeypatch.setattr(live, "K", 1)
    np.testing.assert_array_equal(
        live._by_names(Reader(), np.eye(2), test, ["de", "es"]), [0.5, 0.5]
    )
    np.testing.assert_array_equal(
        live._by_names(Reader(), np.eye(2), test, ["de"]), [1, 1]
    )
