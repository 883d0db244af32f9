"""Corpora tokenised once: built under a lock, landed whole, checked when opened."""

from __future__ import annotations

import errno
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.corpus import BUFFER, Corpus
from tutor.datasets.errors import CacheWarning, DamagedFileError
from tutor.datasets.integrity import landing, sha256_file
from tutor.datasets.locks import locked
from tutor.datasets.paths import cache_root
from tutor.datasets.streaming import read_arrays, read_meta, verify, write_corpus
from tutor.datasets.vocabulary import Vocabulary

_UNWRITABLE = {
    getattr(errno, name)
    for name in ("EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "ENOTDIR", "EEXIST")
}
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
            if error.errno not in _UNWRITABLE:
                raise
            return _without_cache(recipe, min_count, error)
    return _view(recipe, recipe.folder, min_count)


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


def _without_cache(recipe: Recipe, min_count: int, error: OSError) -> Corpus:
    warnings.warn(
        f"the cache folder {cache_root()} cannot be written ({error.strerror}); "
        f"{recipe.name} is built again in every run. Remedy: set TUTOR_CACHE to a "
        "folder of yours, or free the disk",
        CacheWarning,
        stacklevel=4,
    )
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
        offsets = _new_offsets(tokens, offsets, v)
        kept = int(offsets[-1])
        if in_memory:
            tokens = _fill(tokens, v, np.empty(kept, np.int32))
        else:
            tokens = _mapped(tokens, v, kept, folder / f"view-{min_count}.npy")
    elif in_memory:
        tokens = np.array(tokens)
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


def _new_offsets(
    tokens: NDArray[np.int32], offsets: NDArray[np.int64], v: int
) -> NDArray[np.int64]:
    """Count, buffer by buffer, the kept tokens before each document border."""
    moved = np.empty_like(offsets)
    before = 0
    for start in range(0, max(len(tokens), 1), BUFFER):
        part = np.concatenate([[0], np.cumsum(tokens[start : start + BUFFER] < v)])
        low, high = np.searchsorted(offsets, (start, start + BUFFER)).tolist()
        if start + BUFFER >= len(tokens):
            high = len(offsets)
        moved[low:high] = before + part[offsets[low:high] - start]
        before += int(part[-1])
    return moved


def _fill(
    tokens: NDArray[np.int32], v: int, out: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Copy the tokens below ``v`` to ``out``, buffer by buffer."""
    at = 0
    for start in range(0, len(tokens), BUFFER):
        part = tokens[start : start + BUFFER]
        part = part[part < v]
        out[at : at + len(part)] = part
        at += len(part)
    return out


def _mapped(
    tokens: NDArray[np.int32], v: int, kept: int, path: Path
) -> NDArray[np.int32]:
    """Write the view beside the corpus once, with its hash, then map it."""
    record = path.with_suffix(".sha256")
    with locked(path.with_suffix(".lock")):
        right = record.is_file() and path.is_file()
        if not right or sha256_file(path) != record.read_text(encoding="ascii"):
            part = path.with_suffix(".part")
            out = np.lib.format.open_memmap(part, "w+", np.int32, (kept,))
            _fill(tokens, v, out)
            out.flush()
            del out
            record.write_text(sha256_file(part), encoding="ascii")
            part.replace(path)
        view: NDArray[np.int32] = np.load(path, mmap_mode="r", allow_pickle=False)
    return view
