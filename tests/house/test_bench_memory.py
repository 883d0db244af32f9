"""The benchmark of memory: copies on disk, a run in a process of its own, its peak."""

import mmap
import time

import numpy as np
import pytest

from tutor.benchmarks import memory
from tutor.datasets import Corpus

pytest.importorskip("numba", reason="numba is not installed")
pytestmark = pytest.mark.skipif(
    not memory.STATUS.exists(), reason="only Linux tells anonymous memory"
)


@pytest.fixture
def corpus():
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(9)]
    documents = [[words[i] for i in rng.integers(0, 9, n)] for n in (30, 0, 5)]
    return Corpus.from_documents(documents, name="toy")


def test_copies_keep_documents_and_vocabulary(corpus, tmp_path):
    assert memory.write_repeated(corpus, 80, tmp_path / "three") == 3 * 35
    found = memory.opened(tmp_path / "three")
    assert isinstance(found.tokens, np.memmap)
    np.testing.assert_array_equal(found.tokens, np.tile(corpus.tokens, 3))
    np.testing.assert_array_equal(
        np.diff(found.offsets), np.tile(np.diff(corpus.offsets), 3)
    )
    assert found.vocabulary.words == corpus.vocabulary.words
    np.testing.assert_array_equal(np.bincount(found.tokens), found.vocabulary.counts)


def test_the_row_reports_both_sizes(corpus, tmp_path):
    sizes = {
        name: memory.write_repeated(corpus, tokens, tmp_path / name)
        for name, tokens in (("long", 350), ("short", 35))
    }
    row = memory._row(corpus, tmp_path, sizes)
    assert row.rival is None
    assert row.work == 350
    scores = row.quality(row.ours())
    assert len(scores) == 5
    tables = scores.pop("tables MB")
    np.testing.assert_allclose(tables, 2 * 4 * 9 * 100 / 1e6)
    assert min(scores.values()) > 20  # Python and NumPy alone
    for text in ("0.00035 M tokens", "3.5e-05 M tokens"):
        assert scores[f"peak MB, {text}"] >= scores[f"anonymous MB, {text}"]


def test_anonymous_memory_is_seen_and_mapped_files_are_not(tmp_path):
    """A peak that is gone at the end counts; pages of a file do not."""
    size = 64_000_000
    path = tmp_path / "zeros"
    with path.open("wb") as file:
        file.truncate(size)

    def hold():
        """Hold new pages: an array may come from what the process has freed before."""
        kind = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        with mmap.mmap(-1, size, flags=kind) as held:
            for start in range(0, size, mmap.PAGESIZE):
                held[start] = 1
            time.sleep(0.2)  # long enough to be looked at on a busy machine

    def read():
        np.memmap(path, np.uint8, "r").sum()

    before = memory.memory("RssAnon")
    assert memory.peak_anonymous(hold) > before + 50
    assert memory.peak_anonymous(read) < before + 20


def test_a_failed_run_says_why(tmp_path):
    with pytest.raises(RuntimeError, match=r"failed:\n(.|\n)*words\.txt"):
        memory.measured(tmp_path)


def test_an_unknown_entry_is_named():
    with pytest.raises(RuntimeError, match="does not tell VmNothing"):
        memory.memory("VmNothing")
