"""The list of stored weights: every file, with the command its record gives."""

import json

import pytest

from tutor.house.setup import ROOT

WEIGHTS = ROOT / "data" / "weights"
LISTED = (WEIGHTS / "README.md").read_text(encoding="utf-8")
STUDIES = ("bert-weights", "one_world-spaces", "one_world-families")
TABLES = ("clip", "text_only")


def test_every_file_is_listed_and_every_listed_file_is_there():
    there = {p.name for p in WEIGHTS.iterdir() if p.suffix in (".safetensors", ".txt")}
    rows = [line for line in LISTED.splitlines() if line.startswith("| `")]
    names = {row.split("`")[1] for row in rows if "." in row.split("`")[1]}
    assert there == names


@pytest.mark.parametrize("name", STUDIES)
def test_a_studys_command_is_the_recorded_one(name):
    record = json.loads((ROOT / "data" / "results" / f"{name}.json").read_text())
    assert record["command"] in LISTED


@pytest.mark.parametrize("name", TABLES)
def test_a_presets_command_is_the_recorded_one(name):
    for preset, record in json.loads((WEIGHTS / f"{name}.json").read_text()).items():
        short = f"v.make('{preset}')"  # the list gives the second one as a change
        assert record["command"] in LISTED or short in LISTED
        assert record["command"].endswith(f"make('{preset}')\"")


def test_notices_of_what_was_learned_from_are_there():
    for words in ("OpenMoji", "CC BY-SA 4.0", "Unicode License v3", "WordNet licence"):
        assert words in LISTED
