"""Corpora tokenised once: built under a lock, landed whole, checked when opened."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.corpus import Corpus
from tutor.datasets.errors import CacheWarning, DamagedFileError, unwritable
from tutor.datasets.integrity import landing, sha256_file
from tutor.datasets.locks import locked
from tutor.datasets.paths import cache_root
from tutor.datasets.streaming import (
    pieces,
    read_arrays,
    read_meta,
    start_array,
    verify,
    write_borders,
    write_corpus,
)
from tutor.datasets.vocabulary import Vocabulary

IN_MEMORY = 1 << 24
"""Corpora up to this many tokens (64 MB) are held in memory, longer ones are mapped."""


@dataclass(frozen=True)
class Recipe:
    """How to make a corpus: its name, what it depends on, and its documents.

    ``key`` names everything the result depends on (rules, source hashes): another key
    is another cache entry. ``documents`` is called only when the cache has none.
    """

    name: str
    key: str
    documents: Callable[[], Iterable[Sequence[str]]]
    licence: str = ""
    citation: str = ""
    shuffle: bool = False

    @property
    def folder(self) -> Path:
        """Where the finished corpus lies."""
        return cache_root() / "corpora" / f"{self.name}-{self.key[:16]}"


def load(recipe: Recipe, *, min_count: int = 1) -> Corpus:
    """Return the corpus of a recipe, building it where the cache does not hold it.

    A damaged or half-written entry is made again. Two processes that ask at once wait
    for each other: one builds. Where the cache cannot be written, the corpus is built
    in a temporary folder, read into memory, and a :class:`CacheWarning` says how to do
    better.

    Parameters
    ----------
    recipe
        What to build.
    min_count
        Words that occur fewer times are left out, ≥ 1. Costs no new tokenisation.

    Raises
    ------
    ValueError
        When ``min_count`` is below 1 or leaves no word.
    """
    if min_count < 1:
        raise ValueError(f"min_count is {min_count}; it must be at least 1")
    if _intact(recipe) is None:
        try:
            with locked(recipe.folder.with_name(recipe.folder.name + ".lock")):
                if _intact(recipe) is None:
                    with landing(recipe.folder) as work:
                        _build(recipe, work)
        except OSError as error:
            if not unwritable(error):
                raise
            return _without_cache(recipe, min_count, error)
    try:
        return _view(recipe, recipe.folder, min_count)
    except OSError as error:
        if not unwritable(error):
            raise
        _warn(recipe, error)
        return _view(recipe, recipe.folder, min_count, in_memory=True)


def _intact(recipe: Recipe) -> Path | None:
    """Return the folder when it is finished, of this key, and undamaged."""
    meta = read_meta(recipe.folder)
    if meta is None or meta.get("key") != recipe.key:
        return None
    try:
        verify(recipe.folder)
    except DamagedFileError:
        return None
    return recipe.folder


def _build(recipe: Recipe, folder: Path) -> None:
    meta = {"name": recipe.name, "key": recipe.key}
    write_corpus(folder, recipe.documents(), shuffle=recipe.shuffle, meta=meta)


def _warn(recipe: Recipe, error: OSError) -> None:
    warnings.warn(
        f"the cache folder {cache_root()} cannot be written ({error.strerror}); "
        f"{recipe.name} is made again in every run. Remedy: set TUTOR_CACHE to a "
        "folder of yours, or free the disk",
        CacheWarning,
        stacklevel=5,
    )


def _without_cache(recipe: Recipe, min_count: int, error: OSError) -> Corpus:
    _warn(recipe, error)
    work = Path(tempfile.mkdtemp(prefix="tutor-"))
    try:
        _build(recipe, work)
        return _view(recipe, work, min_count, in_memory=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)


# --- the view that min_count asks for -------------------------------------------------
def _view(
    recipe: Recipe, folder: Path, min_count: int, *, in_memory: bool = False
) -> Corpus:
    tokens, offsets, counts, words = read_arrays(folder)
    in_memory = in_memory or len(tokens) <= IN_MEMORY
    v = int(np.searchsorted(-counts, -min_count, side="right"))
    if v == 0:
        raise ValueError(
            f"no word of {recipe.name} occurs min_count={min_count} times; the most "
            f"frequent occurs {counts[0]} times: lower min_count"
        )
    if v < len(words):
        lengths, kept = _cut(folder, tokens, offsets, v)
        documents = len(offsets) - 1
        if in_memory:
            offsets = np.cumsum(np.concatenate([[0], *lengths]), dtype=np.int64)
            tokens = np.concatenate(list(kept))
        else:
            offsets = _mapped(
                folder / f"view-{min_count}-offsets.npy",
                lambda path: write_borders(path, lengths, documents),
            )
            tokens = _mapped(
                folder / f"view-{min_count}.npy",
                lambda path: _write_tokens(path, kept, int(offsets[-1])),
            )
    elif in_memory:
        tokens, offsets = np.array(tokens), np.array(offsets)
    if in_memory:
        tokens.setflags(write=False)
    return Corpus(
        tokens,
        offsets,
        Vocabulary(words[:v], counts[:v]),
        name=recipe.name,
        licence=recipe.licence,
        citation=recipe.citation,
    )


def _cut(
    folder: Path, tokens: NDArray[np.int32], offsets: NDArray[np.int64], v: int
) -> tuple[Iterator[NDArray[np.int64]], Iterator[NDArray[np.int32]]]:
    """Return the documents' lengths and the tokens below ``v``, both piece by piece."""
    path = folder / "tokens.npy"
    skip = path.stat().st_size - tokens.nbytes
    kept = (part[part < v] for part in pieces(path, skip))
    return _lengths(pieces(path, skip), offsets, v), kept


def _lengths(
    parts: Iterator[NDArray[np.int32]], offsets: NDArray[np.int64], v: int
) -> Iterator[NDArray[np.int64]]:
    """Count the tokens below ``v`` of each document, piece by piece."""
    yield np.zeros(int(np.searchsorted(offsets, 1)) - 1, np.int64)
    start = begun = 0
    for part in parts:
        count = np.concatenate([[0], np.cumsum(part < v)])
        stop = start + len(part)
        low, high = np.searchsorted(offsets, (start + 1, stop + 1)).tolist()
        ends = count[offsets[low:high] - start]
        yield np.diff(ends, prepend=-begun)
        begun = int(count[-1] - ends[-1]) if len(ends) else begun + int(count[-1])
        start = stop


def _write_tokens(path: Path, parts: Iterator[NDArray[np.int32]], n: int) -> None:
    with path.open("wb") as out:
        start_array(out, n)
        for part in parts:
            part.tofile(out)


def _mapped(path: Path, write: Callable[[Path], None]) -> NDArray[Any]:
    """Write a file beside the corpus once, with its hash, then map it."""
    record = path.with_suffix(".sha256")
    with locked(path.with_suffix(".lock")):
        right = record.is_file() and path.is_file()
        if not right or sha256_file(path) != record.read_text(encoding="ascii"):
            unfinished = path.with_suffix(".part")
            write(unfinished)
            record.write_text(sha256_file(unfinished), encoding="ascii")
            unfinished.replace(path)
        view: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return view
