"""Fixtures of the data tests: an own cache, an own data root, small sources."""

import pytest


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """Point the cache at an empty folder of this test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("TUTOR_CACHE", str(folder))
    return folder


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """Point ``TUTOR_DATA`` at an empty folder of this test."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("TUTOR_DATA", str(folder))
    return folder
