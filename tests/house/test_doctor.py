"""The doctor names each gap with its remedy, and says when there is none."""

import platform

import pytest

from tutor.house import doctor


def test_a_sound_machine_has_no_gap(capsys):
    assert doctor.machine() == []
    assert platform.python_version() in capsys.readouterr().out


def test_missing_packages_are_named(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "stamp_is_current", lambda: True)
    monkeypatch.setattr(doctor, "WATCHED", ("numpy", "no-such-package"))
    assert doctor.packages() == ["missing: no-such-package: run `make setup`"]
    assert "not installed" in capsys.readouterr().out


def test_an_incomplete_environment(monkeypatch):
    monkeypatch.setattr(doctor, "stamp_is_current", lambda: False)
    monkeypatch.setattr(doctor, "borrowed", lambda: False)
    assert doctor.packages() == ["the environment is not complete: run `make setup`"]


def test_little_room_and_an_old_python(monkeypatch):
    usage = type("Usage", (), {"free": 1e9})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    monkeypatch.setattr(doctor, "SUPPORTED", ((3, 1),))
    gaps = " ".join(doctor.machine())
    assert "install 3.11, 3.12 or 3.13" in gaps
    assert "make room" in gaps


def test_data_sets_are_listed_and_missing_ones_explained(monkeypatch, tmp_path, capsys):
    """With an empty cache every fetched carrier is missing."""
    monkeypatch.setenv("TUTOR_CACHE", str(tmp_path))
    gaps = doctor.carriers()
    out = capsys.readouterr().out
    assert "wordnet" in out
    assert "wordsim353" in out
    assert len(gaps) > 3
    assert all("run `make data`" in gap for gap in gaps)


def test_the_device_is_named(capsys):
    pytest.importorskip("torch", reason="torch is not installed")
    doctor.device()
    assert "Device" in capsys.readouterr().out


def test_the_status_says_whether_something_is_to_do(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "version_of", lambda python: None)
    for name in ("machine", "packages", "carriers", "device"):
        monkeypatch.setattr(doctor, name, list)
    assert doctor.main() == 0
    assert "Everything is in place." in capsys.readouterr().out
    monkeypatch.setattr(doctor, "device", lambda: ["torch sleeps: wake it"])
    assert doctor.main() == 1
    assert "- torch sleeps: wake it\n1 to do" in capsys.readouterr().out
