"""What no tracked file may hold: hosts and paths of machines, keys, heavy files."""

import re

import pytest

from tutor.house.setup import ROOT

MAX_BYTES = 10 * 2**20
# Written in pieces, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a package index's host": r"py" r"pi\.org|python" r"hosted|npm" r"js\.(?:org|com)",
    "an archive's host": r"deb" r"\.debian\.org|registry\." r"npm",
    "a folder of wheels": r"/opt/" r"wheels",
    "a home folder": r"(?<![\w.])/(?:home|Users)/[a-z]\w+/",
    "a working folder": r"(?<![\w.])/(?:work|farm)/\w",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE" r" KEY",
    "a token": r"\b(?:ghp|gho|glpat|hf)_[A-Za-z0-9]{20,}",
}
TEXT = (
    *(".py", ".md", ".ipynb", ".toml", ".txt", ".yml", ".yaml", ".cfg", ".json"),
    *(".css", ".js", ".html", ".sh", ".bib", ".cff", ".svg", "Makefile", "run"),
)


def found_in(text: str) -> list[str]:
    """Return what a text must not hold, with the words that gave it away."""
    return [
        f"{what}: {hit.group(0)}"
        for what, pattern in FORBIDDEN.items()
        if (hit := re.search(pattern, text))
    ]


def test_no_machine_shows_through(tracked):
    found = []
    for name in tracked:
        if name.endswith(TEXT):
            text = (ROOT / name).read_text(encoding="utf-8")
            found += [f"{name}: {line}" for line in found_in(text)]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "https://py" + "pi.org/simple",
        "see /home/" + "anna/notes",
        "cd /work/" + "main",
        "--find-links /opt/" + "wheels",
        "-----BEGIN RSA PRIVATE" + " KEY-----",
        "token = 'hf_" + "a" * 30 + "'",
    ],
)
def test_a_planted_trace_is_found(text):
    assert found_in(text)
    assert not found_in("see book/words and ~/.cache")


def test_no_file_is_heavy(tracked):
    sizes = {name: (ROOT / name).stat().st_size for name in tracked}
    assert {n: s for n, s in sizes.items() if s > MAX_BYTES} == {}


def test_the_seven_names_stand_where_they_belong():
    for name in ("book", "tutor", "tests", "data"):
        assert (ROOT / name).is_dir()
    for name in ("_config.yml", "_toc.yml", "requirements.txt"):
        assert (ROOT / name).is_file()
