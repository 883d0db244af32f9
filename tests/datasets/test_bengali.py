"""Bengali texts: counts of the pinned files, what is left out, own data, bad input."""

import unicodedata

import numpy as np
import pytest

from tutor.datasets import DataError, bengali, sources


def test_names_are_those_of_the_datasheet():
    found = bengali.names()
    np.testing.assert_array_equal(np.bincount(found.labels), [412, 1594, 79, 164])
    assert len(found) == len(set(found.texts)) == 2249
    assert "LGPL" in found.licence
    assert all(unicodedata.is_normalized("NFC", text) for text in found.texts)


def test_strings_hold_no_placeholder():
    found = bengali.strings()
    np.testing.assert_array_equal(np.bincount(found.labels), [193, 306])
    assert not [t for t in found.texts if "<a" in t]
    assert sum("%(" in t for t in found.texts) == 3  # those with a number format stay


def test_labels_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        bengali.names().labels[0] = 3


def test_a_text_of_two_labels_a_repeat_and_a_foreign_line_are_left_out():
    lines = [("ক খ", 0), ("ক  খ", 0), ("গ", 0), ("গ", 1), ("abc", 1), ("ঘ", 1)]
    found = bengali._labelled("bengali-names", lines, ("a", "b"))
    assert found.texts == ("ক খ", "ঘ")
    np.testing.assert_array_equal(found.labels, [0, 1])
    assert found.dropped == 4


def test_sentiment_asks_for_the_folder(monkeypatch):
    monkeypatch.delenv("TUTOR_DATA", raising=False)
    with pytest.raises(DataError, match=r"set TUTOR_DATA.*train\.pos"):
        bengali.sentiment()


@pytest.fixture
def lines(tmp_path, monkeypatch):
    """Return a way to put files in place of the four, whatever their hashes."""
    folder = tmp_path / "own"
    paths = [folder / f.path for f in sources.source("bengali-sentiment").files]
    paths[0].parent.mkdir(parents=True)

    def put(*contents):
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        monkeypatch.setattr(bengali, "files", lambda name: tuple(paths))

    return put


def test_sentiment_reads_four_files(lines):
    lines("ভালো\n".encode(), "খারাপ\n\n".encode(), "ভালো \n".encode(), "মন্দ".encode())
    found = bengali.sentiment()
    assert found.texts == ("ভালো", "খারাপ", "মন্দ")
    np.testing.assert_array_equal(found.labels, [1, 0, 0])
    assert found.classes == ("negative", "positive")
    assert found.dropped == 1


def test_invalid_utf8_is_named(lines):
    lines(b"ok\n", "খ\xff".encode("latin-1", "ignore") + b"\xff", b"", b"")
    with pytest.raises(DataError, match=r"train\.neg is not UTF-8 at byte"):
        bengali.sentiment()


def test_an_altered_file_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "bengali-sentiment"
    folder.mkdir()
    for name in ("train.pos", "train.neg", "test.pos", "test.neg"):
        (folder / name).write_text("x", encoding="utf-8")
    monkeypatch.setenv("TUTOR_DATA", str(tmp_path))
    with pytest.raises(DataError, match="damaged or altered"):
        bengali.sentiment()


def test_a_broken_catalogue_is_named(tmp_path):
    path = tmp_path / "x.mo"
    path.write_bytes(b"no catalogue at all")
    with pytest.raises(DataError, match="is no gettext catalogue"):
        bengali._catalogue(path)
