"""The command line: every command once, the same under make, the README's two first."""

import re
import shutil
import subprocess
import sys
from importlib import import_module

import pytest

from tutor import __main__ as cli
from tutor.house.setup import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_lives_where_it_says(name):
    module, function = cli.COMMANDS[name].home.split(":")
    assert callable(getattr(import_module(f"tutor.house.{module}"), function))


def test_make_and_python_offer_the_same():
    targets = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)
    assert sorted(targets) == sorted([*cli.COMMANDS, "help"])
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split()
    assert sorted(phony) == sorted(targets)


def test_the_makefile_is_a_thin_caller():
    recipes = [line for line in MAKEFILE.splitlines() if line.startswith("\t")]
    for recipe in recipes:
        assert recipe.startswith("\t$(TUTOR) ") or "MAKEFILE_LIST" in recipe


@pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("make") is None,
    reason="needs make and the Unix tools that its help uses",
)
def test_make_help_names_every_target():
    done = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in cli.COMMANDS:
        assert f"make {name} " in done.stdout


def test_the_check_runs_the_two_commands_of_the_readme():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines[1] == "set -euo pipefail"
    assert lines[-2:] == ["make book", "make test"]
    assert len(lines) == 5
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```bash\n(git clone.*?)```", readme, re.DOTALL)[1]
    assert re.findall(r"^make \w+", block, re.MULTILINE) == lines[-2:]


def test_an_unknown_command_lists_those_there_are(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["bake"])
    assert stop.value.code == 2
    assert "doctor" in capsys.readouterr().err


def test_help_without_an_environment():
    """What a reader sees first must not need what the set-up installs."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "tutor", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "build the website" in done.stdout


def test_an_error_is_one_line_and_a_status(capsys):
    assert cli.main(["address", "ftp://example.org/x"]) == 2
    assert capsys.readouterr().err.startswith("tutor address: 'ftp://example.org/x' is")
