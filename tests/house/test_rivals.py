"""Libraries that only benchmarks need: found, installed once, missed without harm."""

from importlib import metadata

import pytest

from tutor.house import bench, pins, rivals, setup
from tutor.house.setup import HouseError


@pytest.fixture
def installed(monkeypatch):
    """Pretend that these versions are installed, and keep what would be run."""
    versions, commands = {}, []

    def version(name):
        if name not in versions:
            raise metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(rivals.metadata, "version", version)
    monkeypatch.setattr(
        setup, "run", lambda command, variables: commands.append(command)
    )
    monkeypatch.setattr(setup, "borrowed", lambda: False)
    return versions, commands


def test_each_rival_is_pinned_and_none_is_a_requirement():
    assert {"faiss-cpu", "pecanpy"} <= set(rivals.listed())
    required = (setup.ROOT / "requirements.txt").read_text(encoding="utf-8")
    for name, version in rivals.listed().items():
        assert version[0].isdigit()
        assert f"\n{name}" not in required


def test_only_what_is_missing_or_of_another_version_is_installed(installed):
    versions, commands = installed
    versions.update(rivals.listed())
    rivals.ensure()
    assert commands == []
    versions["pecanpy"] = "0.1"
    del versions["faiss-cpu"]
    rivals.ensure()
    wanted = [f"{name}=={rivals.listed()[name]}" for name in ("faiss-cpu", "pecanpy")]
    assert [command[-1] for command in commands] == wanted
    assert all("--no-deps" in command for command in commands)


def test_a_rival_that_does_not_install_is_named_and_the_rest_go_on(
    installed, monkeypatch, capsys
):
    _, commands = installed

    def run(command, variables):
        commands.append(command)
        raise HouseError("no wheel for this machine")

    monkeypatch.setattr(setup, "run", run)
    rivals.ensure()
    said = capsys.readouterr().out
    assert len(commands) == len(rivals.listed())
    for name in rivals.listed():
        assert f"{name}==" in said
    assert "no wheel for this machine" in said


def test_a_python_of_the_readers_own_is_left_alone(installed, monkeypatch, capsys):
    _, commands = installed
    monkeypatch.setattr(setup, "borrowed", lambda: True)
    rivals.ensure()
    assert commands == []
    assert "pip install --no-deps faiss-cpu==" in capsys.readouterr().out


def test_a_quick_run_installs_nothing(monkeypatch):
    monkeypatch.setenv("TUTOR_BENCH", "quick")
    monkeypatch.setattr(rivals, "ensure", lambda: pytest.fail("installed"))
    monkeypatch.setattr(bench, "import_module", lambda name: Nothing)
    assert bench.main("counts") == 0


class Nothing:
    @staticmethod
    def rows(quick):
        return []


def test_constraints_hold_libraries_without_build_tags_and_without_rivals():
    listing = (
        "numpy==2.3.5\ntorch==2.13.0+cpu\nuv==0.9.1\nfaiss-cpu==1.15.1\n"
        "-e file:///somewhere\nembeddings-tutor==0.1.0\n"
    )
    assert pins.frozen(listing) == pins.HEAD + "numpy==2.3.5\ntorch==2.13.0\n"
