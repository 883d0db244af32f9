"""Corpora on disk: equal to those in memory, cached once, damaged never read."""

import json
import multiprocessing
import random
import sys
import time

import numpy as np
import pytest

from tutor.datasets import CacheWarning, Corpus, cache, corpus, streaming
from tutor.datasets.integrity import landing
from tutor.sampling import permutation


def _documents(n=300, seed=0):
    draw = random.Random(seed)
    return [
        [f"w{int(draw.paretovariate(0.7)) % 50}" for _ in range(draw.randrange(12))]
        for _ in range(n)
    ]


def _recipe(documents, **more):
    return cache.Recipe("small", "a" * 64, lambda: iter(documents), **more)


@pytest.mark.parametrize("least", [1, 2, 5])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("buffer", [1, 7, 1 << 20])
@pytest.mark.parametrize("memory", [0, 1 << 24])
def test_disk_equals_memory(own_cache, monkeypatch, least, shuffle, buffer, memory):
    """Streamed in buffers of any size, mapped or not, it is the corpus in memory."""
    monkeypatch.setattr(streaming, "BUFFER", buffer)
    monkeypatch.setattr(cache, "IN_MEMORY", memory)
    documents = _documents()
    order = permutation(len(documents), 0) if shuffle else range(len(documents))
    expected = Corpus.from_documents([documents[i] for i in order], min_count=least)
    for _ in range(2):
        found = cache.load(_recipe(documents, shuffle=shuffle), min_count=least)
        assert found.sha256 == expected.sha256
    for array in (found.tokens, found.offsets):
        assert isinstance(array, np.memmap) == (memory == 0)


@pytest.mark.parametrize("n", [1, 2, 99, 100, 101, 1234])
@pytest.mark.parametrize("buffer", [1, 100, 1 << 20])
def test_the_order_drawn_in_slices_is_the_permutation(monkeypatch, n, buffer):
    monkeypatch.setattr(streaming, "BUFFER", buffer if n < 1000 else max(buffer, 100))
    slices = list(streaming._permuted(n))
    np.testing.assert_array_equal(np.concatenate(slices), permutation(n, 0))
    assert len(slices) == -(-n // streaming.BUFFER)


def test_many_empty_documents_are_no_tokens_and_keep_their_numbers(own_cache):
    """A document of no tokens counts, at either end and across buffers."""
    documents = [[], [], ["a", "b"], [], ["a"], [], []]
    found = cache.load(_recipe(documents), min_count=2)
    assert np.diff(found.offsets).tolist() == [0, 0, 1, 0, 1, 0, 0]


def test_documents_are_read_once_only(own_cache):
    """The second call must not tokenise again."""
    calls = []

    def documents():
        calls.append(1)
        yield ["a", "b"]

    recipe = cache.Recipe("once", "k", documents)
    for least in (1, 1):
        cache.load(recipe, min_count=least)
    assert calls == [1]


def test_another_key_is_another_entry(own_cache):
    cache.load(cache.Recipe("x", "1", lambda: [["a"]]))
    second = cache.load(cache.Recipe("x", "2", lambda: [["b"]]))
    assert second.vocabulary.words == ("b",)


def test_an_empty_corpus_leaves_nothing(own_cache):
    with pytest.raises(ValueError, match="empty"):
        cache.load(_recipe([[]]))
    assert not [p for p in (own_cache / "corpora").iterdir() if p.is_dir()]


def test_a_line_break_in_a_word_is_refused(own_cache):
    with pytest.raises(ValueError, match="line break"):
        cache.load(_recipe([["a\nb"]]))


@pytest.mark.parametrize("least", [0, 1000])
def test_min_count_is_checked(own_cache, least):
    with pytest.raises(ValueError, match="min_count"):
        cache.load(_recipe(_documents()), min_count=least)


# --- damage --------------------------------------------------------------------------
def _flip(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def _truncate(path):
    path.write_bytes(path.read_bytes()[:-4])


@pytest.mark.parametrize("harm", [_flip, _truncate, lambda p: p.unlink()])
@pytest.mark.parametrize("name", [*streaming.FILES, "meta.json"])
def test_a_damaged_entry_is_built_again(own_cache, name, harm):
    recipe = _recipe(_documents())
    right = cache.load(recipe).sha256
    harm(recipe.folder / name)
    assert cache.load(recipe).sha256 == right
    streaming.verify(recipe.folder)


def test_a_damaged_view_is_made_again(own_cache, monkeypatch):
    monkeypatch.setattr(cache, "IN_MEMORY", 0)
    recipe = _recipe(_documents())
    right = cache.load(recipe, min_count=3).sha256
    for name in ("view-3.npy", "view-3-offsets.npy"):
        _flip(recipe.folder / name)
        assert cache.load(recipe, min_count=3).sha256 == right


def test_a_build_that_dies_leaves_no_entry(own_cache):
    """Half-written means not there; the next call builds, and sweeps up."""

    def dying():
        yield ["a", "b"]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.load(cache.Recipe("small", "a" * 64, dying))
    recipe = _recipe(_documents())
    (recipe.folder.parent / f".part-{recipe.folder.name}-killed").mkdir()
    cache.load(recipe)
    assert not list(recipe.folder.parent.glob(".part-*"))


def test_a_foreign_record_is_not_trusted(own_cache):
    """A folder of another key under the same name is replaced."""
    recipe = _recipe(_documents())
    cache.load(recipe)
    meta = recipe.folder / "meta.json"
    record = json.loads(meta.read_text())
    meta.write_text(json.dumps(record | {"key": "other"}))
    assert cache.load(recipe).sha256 == Corpus.from_documents(_documents()).sha256


def test_landing_replaces_whole_or_not_at_all(tmp_path):
    target = tmp_path / "x"
    with landing(target) as work:
        (work / "a").write_text("1")
    with pytest.raises(FileNotFoundError), landing(target) as work:
        (work / "never" / "made").write_text("2")
    assert (target / "a").read_text() == "1"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


# --- a cache that cannot be written --------------------------------------------------
def test_an_unwritable_cache_warns_and_works(tmp_path, monkeypatch):
    """A file stands where the folder should be: no right to write, even for root."""
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("TUTOR_CACHE", str(blocked / "cache"))
    documents = _documents()
    with pytest.warns(CacheWarning, match="set TUTOR_CACHE"):
        found = cache.load(_recipe(documents), min_count=2)
    assert found.sha256 == Corpus.from_documents(documents, min_count=2).sha256


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_cache_whose_parent_cannot_be_made_warns_and_works(monkeypatch):
    monkeypatch.setenv("TUTOR_CACHE", "/proc/nowhere/cache")
    documents = _documents()
    with pytest.warns(CacheWarning, match="set TUTOR_CACHE"):
        found = cache.load(_recipe(documents), min_count=2)
    assert found.sha256 == Corpus.from_documents(documents, min_count=2).sha256


# --- two at once ---------------------------------------------------------------------
def _load_slowly(folder, seconds, queue):
    import os
    import time

    os.environ["TUTOR_CACHE"] = folder
    built = []

    def documents():
        built.append(1)
        for document in _documents():
            time.sleep(seconds / 300)
            yield document

    found = cache.load(cache.Recipe("small", "a" * 64, documents))
    queue.put((len(built), found.sha256))


def test_two_processes_build_once(own_cache):
    """Both ask at the same moment; one builds, both get the same corpus."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    arguments = (str(own_cache), 1.0, queue)
    both = [context.Process(target=_load_slowly, args=arguments) for _ in range(2)]
    for process in both:
        process.start()
    results = [queue.get(timeout=120) for _ in both]
    for process in both:
        process.join()
    assert sum(built for built, _ in results) == 1
    assert {h for _, h in results} == {Corpus.from_documents(_documents()).sha256}


def test_a_process_killed_half_way_leaves_the_lock_and_no_entry(own_cache):
    """Killed by the system, not by an exception: nothing of it runs to the end."""
    context = multiprocessing.get_context("spawn")
    arguments = (str(own_cache), 60.0, context.Queue())
    process = context.Process(target=_load_slowly, args=arguments)
    process.start()
    begun = time.monotonic()
    while not list(own_cache.rglob(".part-*")) and time.monotonic() - begun < 60:
        time.sleep(0.02)
    assert list(own_cache.rglob(".part-*"))
    process.kill()
    process.join(timeout=30)
    assert process.exitcode not in (0, None)
    found = cache.load(cache.Recipe("small", "a" * 64, _documents))
    assert found.sha256 == Corpus.from_documents(_documents()).sha256
    assert not list(own_cache.rglob(".part-*"))


def test_the_buffer_is_the_stated_one():
    assert corpus.BUFFER == streaming.BUFFER == 1 << 20
