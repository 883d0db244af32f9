"""Emoji: counts of the packages, families, splits, drawings, cache, bad input."""

from pathlib import Path

import numpy as np
import pytest

from tutor.datasets import (
    DataError,
    MissingCarrierError,
    drawing,
    emoji,
    families,
    glyphs,
)
from tutor.datasets.sources import files, source


@pytest.fixture(scope="module")
def data():
    return emoji.load(32)


@pytest.fixture(scope="module")
def font():
    """Return the packaged font, found before a test moves the cache."""
    return files("openmoji-font")[0]


def test_counts_are_those_of_the_packages(data):
    """1,903 of emoji-data without 269 flags and 5 skin tones."""
    assert len(data) == 1629 == source("openmoji-font").rows
    assert data.images.shape == (1629, 32, 32, 3)
    assert set(data.names) == set(emoji.LANGUAGES)
    assert len(emoji.LANGUAGES) == 14
    assert len(set(data.category)) == 8
    assert all(name for names in data.names.values() for name in names)
    assert "CC BY-SA" in data.licence
    assert repr(data).startswith("EmojiSet(1629 concepts in ")


def test_words_of_one_concept(data):
    """Read in the packages by eye."""
    row = data.row("red apple")
    assert data.emoji[row] == "\U0001f34e"
    assert data.names["fr"][row] == "pomme rouge"
    assert data.names["de"][row] == "roter apfel"
    assert data.names["ja"][row] == "赤リンゴ"
    assert "fruit" in data.keywords[row]
    assert data.subcategory[row] == "food-fruit"
    assert data.caption(row).startswith("red apple ")
    assert data.caption(row, "es") == data.names["es"][row]
    with pytest.raises(KeyError, match="closest: 'red apple'"):
        data.row("redd apple")
    with pytest.raises(ValueError, match="no names in 'bn'"):
        data.caption(row, "bn")


def test_drawings_are_what_they_show(data):
    """A red apple is red, a green one green; nobody is blank; both are protected."""
    red, green = (
        data.images[data.row(f"{c} apple")].reshape(-1, 3).mean(axis=0)
        for c in ("red", "green")
    )
    assert red[0] > red[1] + 30
    assert green[1] > green[2] + 30
    assert data.images.reshape(1629, -1).std(axis=1).min() > 5
    with pytest.raises(ValueError, match="read-only"):
        data.images[0, 0, 0, 0] = 1


@pytest.mark.parametrize(
    ("name", "category", "family"),
    [
        ("man cook", "People & Body", "cook"),
        ("woman cook", "People & Body", "cook"),
        ("nine o’clock", "Travel & Places", "clock time"),
        ("nine-thirty", "Travel & Places", "clock time"),
        ("blue heart", "Smileys & Emotion", "heart"),
        ("family adult adult child", "People & Body", "family"),
        ("woman red hair", "People & Body", "[people & body]"),
        ("rightwards pushing hand", "People & Body", "pushing hand"),
        ("leftwards pushing hand", "People & Body", "pushing hand"),
        ("man in manual wheelchair", "People & Body", "wheelchair"),
        ("cat face", "Animals & Nature", "cat"),
        ("cat", "Animals & Nature", "cat"),
        ("waning crescent moon", "Travel & Places", "moon"),
        ("down-left arrow", "Symbols", "arrow"),
        ("woman", "People & Body", "[people & body]"),
        ("grinning face", "Smileys & Emotion", "grinning face"),
    ],
)
def test_families(name, category, family):
    found = families.family_of(name, category)
    assert found.lower() == family


def test_no_family_is_cut_and_every_concept_has_a_place(data):
    split = data.split()
    parts = (split.train, split.valid, split.test)
    everything = np.sort(np.concatenate(parts))
    np.testing.assert_array_equal(everything, np.arange(len(data)))
    parts_of = [{data.family[i] for i in part} for part in parts]
    assert not parts_of[0] & parts_of[1]
    assert not parts_of[0] & parts_of[2]
    assert not parts_of[1] & parts_of[2]
    assert len(split.test) >= 300
    assert len(split.valid) >= 150
    random = data.split(by="concept")
    assert len(random.test) == 300
    kept = {data.family[i] for i in random.train}
    assert {data.family[i] for i in random.test} & kept  # that is the leak
    other = data.split(seed=1)
    assert set(other.test.tolist()) != set(split.test.tolist())
    assert repr(random).startswith("Split(")


def test_split_refuses_what_leaves_nothing():
    groups = ["a", "a", "b", "c"]
    whole = families.split_rows(groups, test=1, valid=1)
    assert len(whole.train) >= 1
    with pytest.raises(ValueError, match="take all 4 rows"):
        families.split_rows(groups, test=3, valid=2)


def test_split_by_something_else(data):
    with pytest.raises(ValueError, match="'family' or 'concept'"):
        data.split(by="colour")


def test_subset_keeps_columns_together(data):
    part = data.subset([5, 3])
    assert part.emoji == (data.emoji[5], data.emoji[3])
    assert part.names["tr"] == (data.names["tr"][5], data.names["tr"][3])
    np.testing.assert_array_equal(part.images[1], data.images[3])


def test_columns_of_another_length_are_refused(data):
    fields = {
        name: getattr(data.subset([0, 1]), name)
        for name in ("images", "emoji", "names", "keywords")
    }
    for name in ("category", "subcategory", "family"):
        fields[name] = ("x", "y")
    with pytest.raises(ValueError, match="family has 1 entries for 2 emoji"):
        emoji.EmojiSet(**{**fields, "family": ("x",)})
    with pytest.raises(ValueError, match="of uint8, got"):
        emoji.EmojiSet(**{**fields, "images": fields["images"].astype(float)})


# --- drawings ------------------------------------------------------------------------
def test_cache_is_used_checked_and_mended(font, own_cache):
    few = ("\U0001f34e", "\U0001f468\u200d\U0001f373")
    first = drawing.drawn(few, font, 16, key="k")
    (entry,) = (own_cache / "images").glob("emoji-16-*/images.npy")
    np.testing.assert_array_equal(drawing.drawn(few, font, 16, key="k"), first)
    np.save(entry, 255 - first)  # another picture, the old hash
    np.testing.assert_array_equal(drawing.drawn(few, font, 16, key="k"), first)
    entry.write_bytes(b"cut")
    np.testing.assert_array_equal(drawing.drawn(few, font, 16, key="k"), first)
    drawing.drawn(few, font, 24, key="k")
    assert len(list((own_cache / "images").glob("emoji-*/images.npy"))) == 2


def test_without_a_cache_it_draws_and_warns(font, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("TUTOR_CACHE", str(blocked / "x"))
    with pytest.warns(UserWarning, match="set TUTOR_CACHE"):
        found = drawing.drawn(("\U0001f34e",), font, 16, key="k")
    assert found.shape == (1, 16, 16, 3)


def test_joined_characters_are_one_drawing(font):
    one, cook = drawing.draw(("\U0001f468", "\U0001f468\u200d\U0001f373"), font, 32)
    assert abs(one.astype(int) - cook).mean() > 5


@pytest.mark.parametrize("character", ["\U0010fffc", "\U0001f34e\U0001f34e\U0001f34e"])
def test_a_missing_drawing_is_named(font, character):
    with pytest.raises(DataError, match=r"no single drawing for .*U\+"):
        drawing.draw((character,), font, 32)


def test_a_missing_or_broken_font_is_named(tmp_path):
    broken = tmp_path / "font.ttf"
    broken.write_bytes(b"no font")
    for path in (broken, tmp_path / "none.ttf"):
        with pytest.raises(DataError, match="no font that joins emoji"):
            drawing.draw(("\U0001f34e",), path, 32)


def test_a_character_without_ink_is_named(font):
    with pytest.raises(DataError, match="draws nothing"):
        drawing.draw(("\u200d",), font, 32)


def test_a_font_without_emoji_is_named():
    from matplotlib import font_manager

    with pytest.raises(DataError, match="no single drawing"):
        drawing.draw(("\U0001f34e",), Path(font_manager.findfont("DejaVu Sans")), 32)


def test_every_joined_drawing_is_the_shaping_librarys(data, font):
    """A third of the emoji of several code points, pixel by pixel."""
    from PIL import ImageFont, features

    if not features.check("raqm"):
        pytest.skip("Pillow finds no FriBiDi here, so that it cannot shape")
    shaped = ImageFont.truetype(
        str(font), drawing.DRAWN_AT, layout_engine=ImageFont.Layout.RAQM
    )
    several = [i for i, character in enumerate(data.emoji) if len(character) > 1][::3]
    assert len(several) > 100
    for row in several:
        expected = drawing._square(drawing._sheet(shaped, data.emoji[row]), 32)
        np.testing.assert_array_equal(data.images[row], expected)


def test_one_code_point_each_and_selectors_do_not_matter(font):
    apple, heart = "\U0001f34e", "\u2764"
    joined, points = glyphs.joined_font(font, (apple, heart, heart + "\ufe0f"))
    assert points == "\U000f0000\U000f0001\U000f0002"
    assert joined[:4] == b"\x00\x01\x00\x00"  # a TrueType font again
    bare, selected = drawing.draw((heart, heart + "\ufe0f"), font, 32)
    np.testing.assert_array_equal(bare, selected)


@pytest.mark.parametrize("size", [7, 97])
def test_sizes_that_are_not_drawn(size):
    with pytest.raises(ValueError, match="between 8 and 96 pixels"):
        emoji.load(size)


def test_a_missing_carrier_names_the_remedy(own_cache):
    with pytest.raises(MissingCarrierError, match="python -m tutor data"):
        emoji.load()
