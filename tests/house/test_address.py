"""The public address: one place by hand, everything else by one command."""

import json
import re
import shutil

import pytest

from tutor.house import address
from tutor.house.setup import ROOT, HouseError


@pytest.fixture
def copy(tmp_path, tracked):
    """Return a copy of all text files of the repository that name the address."""
    now = address.current()
    for name in tracked:
        content = (ROOT / name).read_bytes()
        if now.path.encode() in content or now.site.encode() in content:
            target = tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target)
    return tmp_path


def test_a_new_address_leaves_no_trace_of_the_old(copy):
    """So it stands in no file that the command does not reach."""
    old = address.current()
    new = address.checked("https://github.com/Some-Org/the_course")
    changed = address.spread(new, copy)
    assert address.current(copy) == new
    assert copy / "CITATION.cff" in changed
    for path in copy.rglob("*"):
        if path.is_file() and path.suffix != ".png":
            content = path.read_bytes()
            assert old.path.encode() not in content, path
            assert old.site.encode() not in content, path
    for path in copy.rglob("*.ipynb"):
        json.loads(path.read_text(encoding="utf-8"))
    assert address.spread(old, copy)
    for path in changed:
        assert path.read_bytes() == (ROOT / path.relative_to(copy)).read_bytes()


def test_the_site_follows_the_repository_unless_it_is_given():
    pages = address.checked("https://github.com/Org/Repo.git/")
    assert pages.repository == "https://github.com/Org/Repo"
    assert pages.site == "https://org.github.io/Repo/"
    assert pages.path == "/Org/Repo"
    own = address.checked("https://github.com/Org/Repo", "https://book.example/a")
    assert own.site == "https://book.example/a/"
    assert address.checked("https://github.com/O/R", "https://b.example").site == (
        "https://b.example/"
    )


@pytest.mark.parametrize(
    "given",
    [
        "",
        "http://github.com/a/b",
        "https://gitlab.com/a/b",
        "https://github.com/a",
        "https://github.com/a/b/c",
        "https://github.com/a b/c",
        "git@github.com:a/b.git",
    ],
)
def test_what_is_no_repository_is_refused(given):
    with pytest.raises(
        HouseError, match=r"not of the form https://github\.com/ORG/REPO"
    ):
        address.checked(given)


def test_what_is_no_site_is_refused():
    with pytest.raises(HouseError, match="site"):
        address.checked("https://github.com/a/b", "book.example")


def test_without_an_argument_it_says_what_stands_there(capsys):
    assert address.main() == 0
    assert address.current().repository in capsys.readouterr().out


def test_the_commands_to_copy_work_under_any_address(copy):
    """The clone gets a name of its own, so that `cd` finds it whatever the address."""
    address.spread(address.checked("https://github.com/Org/Repo"), copy)
    for name in ("README.md", "book/intro.md"):
        text = (copy / name).read_text(encoding="utf-8")
        (clone,) = re.findall(r"^git clone (\S+) (\S+)\ncd (\S+)$", text, re.MULTILINE)
        assert clone == ("https://github.com/Org/Repo", "course", "course")
