"""Large plain-word files: found, streamed, checked, fetched only when asked."""

import bz2
import gzip
import hashlib
import lzma
import random
import tracemalloc
import zipfile

import pytest

from tutor.datasets import DataError, text8, texts

WORDS = ("the cat sat on the mat " * 40).split()


def _write(folder, name, data):
    path = folder / name
    suffix = path.suffix
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as out:
            out.writestr(path.stem, data)
    else:
        pack = {"": bytes, ".xz": lzma.compress, ".gz": gzip.compress}
        path.write_bytes((pack | {".bz2": bz2.compress})[suffix](data))
    return path


@pytest.mark.parametrize("suffix", ["", ".zip", ".xz", ".gz", ".bz2"])
@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_any_packing_gives_the_same_words(
    own_cache, own_folder, monkeypatch, suffix, piece
):
    monkeypatch.setattr(text8, "PIECE", piece)
    _write(own_folder, f"mine{suffix}", " ".join(WORDS).encode())
    corpus = texts.own_words("mine", min_count=1)
    assert corpus.words(0) == WORDS


def test_long_files_are_cut_into_documents(tmp_path):
    path = tmp_path / "x"
    path.write_text(" ".join(WORDS))
    parts = list(text8.documents(path, size=100))
    assert [len(p) for p in parts] == [100, 100, 40]
    assert [word for part in parts for word in part] == WORDS


def test_the_cache_follows_the_content_not_the_name(own_cache, own_folder):
    _write(own_folder, "mine", b"a a b")
    assert texts.own_words("mine", min_count=1).vocabulary.words == ("a", "b")
    _write(own_folder, "mine", b"c c d")
    assert texts.own_words("mine", min_count=1).vocabulary.words == ("c", "d")


@pytest.mark.parametrize("suffix", [".zip", ".xz", ".gz", ".bz2"])
def test_a_truncated_file_is_not_half_read(own_cache, own_folder, suffix):
    path = _write(own_folder, f"mine{suffix}", " ".join(WORDS).encode())
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="truncated or damaged"):
        texts.own_words("mine")
    assert not [p for p in (own_cache / "corpora").iterdir() if p.is_dir()]


def _noise(n):
    """Return words that hardly pack, so that a flipped bit meets data, not headers."""
    rng = random.Random(0)
    return " ".join(f"{rng.getrandbits(64):x}" for _ in range(n)).encode()


@pytest.mark.parametrize("read", [texts.own_words, lambda name: texts.text8()])
@pytest.mark.parametrize("suffix", [".zip", ".xz", ".gz", ".bz2"])
def test_an_altered_bit_is_found(own_cache, own_folder, suffix, read):
    """Wherever it lies in the packed content: one error, and nothing is kept."""
    path = _write(own_folder, f"text8{suffix}", _noise(2000))
    whole = path.read_bytes()
    for place in range(len(whole) // 5, len(whole) - 100, len(whole) // 9):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        path.write_bytes(changed)
        with pytest.raises(DataError, match=r"truncated or damaged|is not text8|UTF-8"):
            read("text8")
    corpora = own_cache / "corpora"
    assert not corpora.exists() or not [p for p in corpora.iterdir() if p.is_dir()]


@pytest.mark.parametrize("suffix", [".zip", ".xz", ".gz", ".bz2"])
def test_a_member_altered_at_its_end_is_found(own_cache, own_folder, suffix):
    """Text that still reads as text is refused by the checksum alone."""
    path = _write(own_folder, f"mine{suffix}", _noise(2000))
    changed = bytearray(path.read_bytes())
    place = changed.rfind(b"PK\x01\x02") - 9 if suffix == ".zip" else -6
    changed[place] ^= 64
    path.write_bytes(changed)
    with pytest.raises(DataError, match=r"truncated or damaged|UTF-8"):
        texts.own_words("mine")


@pytest.mark.parametrize("space", ["\n", "\t", "\r\n", " "])
def test_memory_is_bounded_whatever_parts_the_words(tmp_path, monkeypatch, space):
    """Two megabytes in pieces of 16 kB: never more than a few pieces at once."""
    monkeypatch.setattr(text8, "PIECE", 1 << 14)
    path = tmp_path / "x"
    path.write_bytes(space.join(["word"] * 400_000).encode())
    tracemalloc.start()
    try:
        found = sum(len(part) for part in text8.documents(path, size=1000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == 400_000
    assert peak < 1_000_000


def test_an_unwritable_folder_is_named_with_the_remedy(own_cache, monkeypatch):
    monkeypatch.delenv("TUTOR_DATA", raising=False)
    own_cache.mkdir(exist_ok=True)
    (own_cache / "downloads").write_text("a file in the folder's place")
    with pytest.raises(DataError, match=r"cannot be kept in .* set TUTOR_CACHE"):
        texts.text8(online=True)


def test_an_archive_of_two_files_is_refused(own_cache, own_folder):
    with zipfile.ZipFile(own_folder / "mine.zip", "w") as out:
        out.writestr("a", "a")
        out.writestr("b", "b")
    with pytest.raises(DataError, match="holds 2 files; one was expected"):
        texts.own_words("mine")


def test_invalid_utf8_is_refused(own_cache, own_folder):
    _write(own_folder, "mine", b"caf\xe9 noir")
    with pytest.raises(DataError, match="not UTF-8"):
        texts.own_words("mine")


def test_an_empty_file_is_refused(own_cache, own_folder):
    _write(own_folder, "mine", b"  ")
    with pytest.raises(ValueError, match="empty"):
        texts.own_words("mine")


def test_names_not_paths_and_what_is_missing(own_folder, monkeypatch):
    with pytest.raises(DataError, match="not a path"):
        texts.own_words("../mine")
    with pytest.raises(DataError, match="no file mine"):
        texts.own_words("mine")
    monkeypatch.delenv("TUTOR_DATA")
    with pytest.raises(DataError, match="not set"):
        texts.own_words("mine")


def test_text8_is_not_fetched_unasked(own_cache, monkeypatch):
    monkeypatch.delenv("TUTOR_DATA", raising=False)
    with pytest.raises(DataError, match=r"TUTOR_DATA to it, or call .*online=True"):
        texts.text8()


@pytest.mark.parametrize(
    ("data", "message"), [(b"a b", "found 3 bytes"), (b"A 1", "b'A1' among them")]
)
def test_another_file_is_not_text8(own_cache, own_folder, data, message):
    _write(own_folder, "text8", data)
    with pytest.raises(DataError, match=message):
        texts.text8()


def test_text8_is_fetched_when_asked(own_cache, monkeypatch, tmp_path):
    """The fetch is the download function's; here the rest: check, record, reuse."""
    monkeypatch.delenv("TUTOR_DATA", raising=False)
    data = b"the cat " * 20
    monkeypatch.setattr(text8, "BYTES", len(data))
    packed = _write(tmp_path, "text8.zip", data).read_bytes()
    fetched = []

    def fake(address, target, *, sha256, max_bytes):
        fetched.append((address, sha256, max_bytes))
        target.write_bytes(packed)

    monkeypatch.setattr(text8, "download", fake)
    for _ in range(2):
        corpus = texts.text8(online=True)
        assert corpus.vocabulary.words == ("cat", "the")
    assert fetched == [("http://mattmahoney.net/dc/text8.zip", None, 40_000_000)]
    record = own_cache / "downloads" / "text8.zip.sha256"
    assert record.read_text() == hashlib.sha256(packed).hexdigest()
    (own_cache / "downloads" / "text8.zip").write_bytes(b"altered")
    texts.text8(online=True)
    assert len(fetched) == 2


def test_a_fetched_file_of_other_content_is_refused(own_cache, monkeypatch, tmp_path):
    monkeypatch.delenv("TUTOR_DATA", raising=False)
    packed = _write(tmp_path, "x.zip", b"<html>no</html>").read_bytes()
    monkeypatch.setattr(
        text8, "download", lambda address, target, **more: target.write_bytes(packed)
    )
    with pytest.raises(DataError, match="not text8"):
        texts.text8(online=True)
    assert not (own_cache / "downloads" / "text8.zip.sha256").exists()
