"""Benchmarks on a GPU: rows that build, chapters that exist, results that stay."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tutor import rates
from tutor.benchmarks import devices
from tutor.benchmarks.devices import word2vec
from tutor.house import bench

torch = pytest.importorskip("torch")
BOOK = Path(__file__).parents[2] / "book"
KERNEL = "words/word2vec: Triton"


@pytest.fixture(scope="module")
def built():
    """Return the full rows, built for the processor: nothing runs yet."""
    return devices.rows(False, "cpu")


def test_rows_name_their_chapter_and_size(built):
    assert max(Counter(row.name for row in built).values()) == 1
    for row in built:
        chapter, _, size = row.name.partition(": ")
        pages = [BOOK / f"{chapter}.ipynb", BOOK / f"{chapter}.md"]
        assert any(page.exists() for page in pages), row.name
        assert size
        assert row.threads == devices.CORES


def test_a_quick_run_has_a_row_of_every_chapter(built):
    quick = {row.name.partition(": ")[0] for row in devices.rows(True, "cpu")}
    assert quick == {row.name.partition(": ")[0] for row in built}


def test_what_is_stored_is_what_is_written(built):
    """A row whose name or size changed must be measured again."""
    kept = {row["name"] for row in rates.rows() if row["benchmark"] == "devices"}
    assert {n for n in kept if not n.startswith(KERNEL)} == {r.name for r in built}
    walkers = [f"{KERNEL}, {n:,} walkers" for n in word2vec.WALKERS]
    assert {n.rpartition(" walkers")[0] for n in kept if n.startswith(KERNEL)} == {
        name.removesuffix(" walkers") for name in walkers
    }


def test_one_row_on_the_processor(monkeypatch):
    """Both sides of a small one do the same work to the same end."""
    from tutor.benchmarks.devices import classifiers

    (row,) = (
        row
        for row in classifiers.rows(True, "cpu")
        if row.name.startswith("words/numbers")
    )
    record = bench.measure(row, most=0.0)
    assert record["ours"]["quality"].keys() == {"loss"}
    low, high = (f(rates.difference(record, "loss")) for f in (min, max))
    assert -1e-3 < low <= high < 1e-3


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_without_a_gpu_what_is_stored_stays(tmp_path, monkeypatch, capsys):
    path = tmp_path / "bench.json"
    kept = {"benchmark": "devices", "name": "words/x: y"}
    path.write_text(json.dumps({"rows": [kept]}))
    monkeypatch.setattr(bench.store, "__defaults__", (path,))
    monkeypatch.setattr(bench.rivals, "ensure", lambda: None)
    assert devices.rows(False) == []
    bench.main("devices")
    assert json.loads(path.read_text())["rows"] == [kept]
    assert "GPU rows need a CUDA device" in capsys.readouterr().out
