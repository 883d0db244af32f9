"""Hostile archives: nothing is written outside, nothing is run, nothing swells."""

import io
import tarfile

import pytest

from tutor.datasets import DataError, UnsafeContentError
from tutor.datasets.archive import extract_members


def _archive(path, entries):
    """Write a tar of (name, bytes | kind, link target)."""
    with tarfile.open(path, "w:gz") as out:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
                out.addfile(info, io.BytesIO(content))
            else:
                info.type, info.linkname = content
                out.addfile(info)
    return path


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "in" / "folder"
    folder.mkdir(parents=True)
    return folder


def _files(root):
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*"))


def test_only_named_members_come_out(tmp_path, place):
    entries = [("p/setup.py", b"raise SystemExit"), ("p/a/data.txt", b"yes")]
    archive = _archive(tmp_path / "x.tar.gz", entries)
    extract_members(archive, {"p/a/data.txt": "a/data.txt"}, place, max_bytes=3)
    assert _files(place) == ["a", "a/data.txt"]
    assert (place / "a" / "data.txt").read_bytes() == b"yes"


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/etc/evil", "C:\\evil", "..\\evil", ""]
)
def test_a_name_that_leaves_the_folder_is_refused(tmp_path, place, name):
    """Whether it stands in the archive or in our own list."""
    archive = _archive(tmp_path / "x.tar.gz", [(name or "x", b"evil"), ("ok", b"1")])
    for members in ({name: "fine"}, {"ok": name}):
        with pytest.raises(UnsafeContentError, match="outside"):
            extract_members(archive, members, place, max_bytes=99)
    assert _files(place) == []
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.LNKTYPE, "../../x"),
        (tarfile.DIRTYPE, ""),
        (tarfile.FIFOTYPE, ""),
        (tarfile.CHRTYPE, ""),
    ],
)
def test_links_folders_and_devices_are_refused(tmp_path, place, kind, target):
    archive = _archive(tmp_path / "x.tar.gz", [("a", (kind, target))])
    with pytest.raises(UnsafeContentError, match="not a plain file"):
        extract_members(archive, {"a": "a"}, place, max_bytes=99)
    assert _files(place) == []


def test_a_link_elsewhere_does_not_redirect_a_member(tmp_path, place):
    """An unlisted link named like a folder is never made, so nothing follows it."""
    entries = [("d", (tarfile.SYMTYPE, str(tmp_path))), ("d/f", b"evil")]
    archive = _archive(tmp_path / "x.tar.gz", entries)
    extract_members(archive, {"d/f": "d/f"}, place, max_bytes=99)
    assert not (place / "d").is_symlink()
    assert not (tmp_path / "f").exists()


def test_a_member_that_swells_is_refused(tmp_path, place):
    archive = _archive(tmp_path / "x.tar.gz", [("a", b"0" * 10_000)])
    with pytest.raises(UnsafeContentError, match="only 100 are allowed"):
        extract_members(archive, {"a": "a"}, place, max_bytes=100)
    assert _files(place) == []


def test_missing_member_and_broken_archive(tmp_path, place):
    archive = _archive(tmp_path / "x.tar.gz", [("a", b"1" * 5000)])
    with pytest.raises(DataError, match="no member b"):
        extract_members(archive, {"b": "b"}, place, max_bytes=9)
    archive.write_bytes(archive.read_bytes()[:60])
    with pytest.raises(DataError, match="cannot be read"):
        extract_members(archive, {"a": "a"}, place, max_bytes=9999)
    archive.write_bytes(b"not an archive")
    with pytest.raises(DataError, match="cannot be read"):
        extract_members(archive, {"a": "a"}, place, max_bytes=9999)
