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


def test_a_damaged_data_set_is_told_apart_from_a_missing_one(
    monkeypatch, tmp_path, capsys
):
    """One file of one carrier has other bytes; the rest of the cache is empty."""
    from tutor.datasets.sources import catalogue

    monkeypatch.setenv("TUTOR_CACHE", str(tmp_path))
    monkeypatch.delenv("TUTOR_DATA", raising=False)
    fetched = [c for c in catalogue().carriers.values() if c.kind != "library"]
    record = next(
        s
        for s in catalogue().sources.values()
        if s.carrier == fetched[0].name and s.files
    )
    path = fetched[0].place / record.files[0].path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"other bytes")
    gaps = doctor.carriers()
    (gap,) = (g for g in gaps if g.startswith(f"{fetched[0].name} is "))
    assert gap.startswith(f"{fetched[0].name} is damaged: run `make data`")
    assert f"{fetched[0].name} {fetched[0].version}: damaged" in capsys.readouterr().out
    assert sum("is missing" in g for g in gaps) == len(fetched) - 1


@pytest.fixture
def own(monkeypatch, tmp_path):
    """Return an empty folder for own data, and an empty cache."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("TUTOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TUTOR_DATA", str(folder))
    return folder


def test_own_data_missing_asks_for_nothing(own, monkeypatch, capsys):
    assert doctor.own() == []
    out = capsys.readouterr().out
    assert str(own) in out
    assert "text8                 missing" in out
    monkeypatch.delenv("TUTOR_DATA")
    assert doctor.own() == []
    assert "not set (nothing needs it)" in capsys.readouterr().out


def test_own_data_found_and_damaged(own, monkeypatch, capsys):
    from tutor.datasets import text8

    monkeypatch.setattr(text8, "BYTES", 8)
    (own / "text8").write_bytes(b"the cat ")
    (own / "mine.txt").write_bytes(b"a b c")
    assert doctor.own() == []
    out = capsys.readouterr().out
    assert "text8                 found" in out
    assert "mine.txt              found, 0.0 MB" in out
    (own / "text8").write_bytes(b"the")
    (gap,) = doctor.own()
    assert "is not text8: expected 8 bytes" in gap
    assert gap.endswith("replace or delete the file")
    assert "text8                 damaged" in capsys.readouterr().out


def test_own_data_that_is_no_folder_is_a_gap(own, monkeypatch):
    monkeypatch.setenv("TUTOR_DATA", str(own / "nowhere"))
    (gap,) = doctor.own()
    assert "not a folder; set it" in gap


def test_a_driver_without_a_torch_for_it_names_the_remedy(monkeypatch):
    """A torch of the pinned version is kept by uv, so the folder has to go."""
    done = type("Done", (), {"returncode": 0, "stdout": "no CUDA device: …\n"})
    monkeypatch.setattr(doctor.subprocess, "run", lambda *a, **k: done)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "/bin/nvidia-smi")
    (gap,) = doctor.device()
    assert "delete the folder .venv and run `UV_TORCH_BACKEND=auto make setup`" in gap
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert doctor.device() == []


def test_the_device_is_named(capsys):
    pytest.importorskip("torch", reason="torch is not installed")
    doctor.device()
    assert "Device" in capsys.readouterr().out


def test_the_status_says_whether_something_is_to_do(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "version_of", lambda python: None)
    for name in ("machine", "packages", "carriers", "own", "device"):
        monkeypatch.setattr(doctor, name, list)
    assert doctor.main() == 0
    assert "Everything is in place." in capsys.readouterr().out
    monkeypatch.setattr(doctor, "device", lambda: ["torch sleeps: wake it"])
    assert doctor.main() == 1
    assert "- torch sleeps: wake it\n1 to do" in capsys.readouterr().out


def test_a_listed_set_of_own_data_is_found_missing_or_damaged(own, capsys):
    """Its files stand in sources.toml with their hashes: another text is damage."""
    assert doctor.own() == []
    assert "bengali-sentiment     missing" in capsys.readouterr().out
    folder = own / "bengali-sentiment"
    folder.mkdir()
    (folder / "train.pos").write_text("another text", encoding="utf-8")
    (gap,) = doctor.own()
    assert "replace the file" in gap
    assert "bengali-sentiment     damaged" in capsys.readouterr().out
