"""The workflows on GitHub: they parse, and what they call is there."""

import re
import shutil
import subprocess

import pytest
import yaml

from tutor.__main__ import COMMANDS
from tutor.house.setup import ROOT, SUPPORTED

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(text):
    """Return the steps of all jobs of a workflow."""
    jobs = yaml.safe_load(text)["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def scripts(text):
    """Return what a workflow runs in a shell."""
    return [step["run"] for step in steps(text) if "run" in step]


def missing(script):
    """Return the targets of make and the commands of the course that are not there."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^\s*make ([\w-]+)", script, re.M)
    commands = re.findall(r"python3? -m tutor ([\w-]+)", script)
    lost = [f"make {t}" for t in targets if not re.search(rf"^{t}:", makefile, re.M)]
    return lost + [f"tutor {c}" for c in commands if c not in COMMANDS]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_workflow_parses_and_calls_what_is_there(path):
    text = path.read_text(encoding="utf-8")
    whole = yaml.safe_load(text)
    assert whole["permissions"] == {"contents": "read"}, "more is given job by job"
    assert all(("uses" in step) != ("run" in step) for step in steps(text))
    for script in scripts(text):
        assert missing(script) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_its_scripts_are_scripts(path):
    if not shutil.which("bash"):
        pytest.skip("no bash here")
    for script in scripts(path.read_text(encoding="utf-8")):
        plain = re.sub(r"\$\{\{.*?\}\}", "x", script)
        done = subprocess.run(
            ["bash", "-n"], input=plain, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr


def test_every_supported_python_is_tested_on_three_systems():
    text = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    matrix = yaml.safe_load(text)["jobs"]["test"]["strategy"]["matrix"]
    versions = sorted(".".join(map(str, version)) for version in SUPPORTED)
    assert matrix["python"] == versions
    assert {system.split("-")[0] for system in matrix["os"]} == {
        "ubuntu",
        "macos",
        "windows",
    }


def test_what_is_not_there_is_found():
    assert missing("make books\npython -m tutor tests-of-nothing") == [
        "make books",
        "tutor tests-of-nothing",
    ]
    with pytest.raises(yaml.YAMLError):
        steps("a: { b: ${{ c }} }")
