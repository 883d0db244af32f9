"""Benchmark of memory: word2vec from a memory map of 100 million tokens, and of 5.

The corpus on disk is course-en, several times over: vocabulary and tables are the same
at both sizes, so what the longer one takes more is what grows with the text. Each run
is a process of its own. Its peak is Linux' VmHWM, which also counts the pages of the
mapped file that happen to stay in memory; anonymous memory (RssAnon, looked at every
five milliseconds) leaves them out and is what a run needs.
"""

from __future__ import annotations

import atexit
import functools
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tutor.benchmarks import Row

THREADS = 2
LONG, SHORT = 100_000_000, 5_000_000
STATUS = Path("/proc/self/status")
MB = 1e6


def rows(quick: bool) -> list[Row]:
    """Return the row; ``quick`` takes a hundredth of corpus and copies.

    There is none where the system does not tell anonymous memory: elsewhere than Linux.
    """
    from tutor.datasets import texts

    if not STATUS.exists():
        return []
    corpus = texts.course_en()
    long, short = LONG, SHORT
    if quick:
        corpus = corpus.head(len(corpus.tokens) // 100, min_count=5)
        long, short = LONG // 100, SHORT // 100
    folder = tempfile.TemporaryDirectory(prefix="tutor-memory-")
    atexit.register(folder.cleanup)
    sizes = {
        name: write_repeated(corpus, tokens, Path(folder.name) / name)
        for name, tokens in (("long", long), ("short", short))
    }
    return [_row(corpus, Path(folder.name), sizes)]


def _row(corpus: Any, folder: Path, sizes: Mapping[str, int]) -> Row:
    @functools.cache
    def short() -> dict[str, float]:
        return measured(folder / "short")

    def quality(found: Mapping[str, float]) -> dict[str, float]:
        scores = {}
        for name, run in (("long", found), ("short", short())):
            text = f"{sizes[name] / 1e6:.3g} M tokens"
            scores[f"peak MB, {text}"] = run["peak"]
            scores[f"anonymous MB, {text}"] = run["anonymous"]
        return {**scores, "tables MB": found["tables"]}

    return Row(
        name=f"SGNS from a memory map, {THREADS} threads",
        ours=lambda: measured(folder / "long"),
        rival=None,
        rival_name="memory of our process at two sizes is compared, not speed",
        threads=THREADS,
        unit="tokens",
        work=float(sizes["long"]),
        quality=quality,
        notes=(
            f"course-en {sizes['long'] // len(corpus.tokens)} times over, "
            f"{len(corpus.vocabulary):,} words; defaults, one epoch. Bound: two copies "
            "of the tables, the noise deck while it is shuffled (36 MB), the "
            "libraries; not the corpus: tokens and borders of documents are mapped. "
            "(Counting and GloVe hold the "
            "table of seen cells besides, which grows with the text.) Peak counts "
            "pages of the mapped "
            "files, anonymous does not. The time is that of a new process, start "
            "included, and the rate by processor says nothing: the work is not in the "
            "process that is timed"
        ),
    )


# --- a corpus on disk ----------------------------------------------------------------
def write_repeated(corpus: Any, tokens: int, folder: Path) -> int:
    """Write whole copies of a corpus, ``tokens`` or a little more; return how many.

    Documents stay; counts are those of all copies.
    """
    from tutor.datasets.corpus import BUFFER

    copies = -(-tokens // len(corpus.tokens))
    folder.mkdir(parents=True)
    with (folder / "tokens").open("wb") as file:
        for _ in range(copies):
            for start in range(0, len(corpus.tokens), BUFFER):
                corpus.tokens[start : start + BUFFER].astype("<i4").tofile(file)
    ends = np.asarray(corpus.offsets[1:])
    starts = np.arange(copies)[:, None] * len(corpus.tokens)
    np.save(folder / "offsets.npy", np.append(0, (starts + ends).ravel()))
    np.save(folder / "counts.npy", corpus.vocabulary.counts * copies)
    words = "\n".join(corpus.vocabulary.words)
    (folder / "words.txt").write_text(words, encoding="utf-8")
    return copies * len(corpus.tokens)


def opened(folder: Path) -> Any:
    """Return the corpus of a folder, tokens and borders as maps of their files."""
    from tutor.datasets import Corpus
    from tutor.datasets.vocabulary import Vocabulary

    words = (folder / "words.txt").read_text(encoding="utf-8").split("\n")
    return Corpus(
        np.memmap(folder / "tokens", "<i4", "r"),
        np.load(folder / "offsets.npy", mmap_mode="r"),
        Vocabulary(words, np.load(folder / "counts.npy")),
        name="repeated",
    )


# --- one run in a process of its own -------------------------------------------------
def measured(folder: Path) -> dict[str, float]:
    """Train on the corpus of a folder in a new process; return megabytes by name."""
    return run_apart(__name__, str(folder), f"on {folder.name}")


def run_apart(module: str, argument: str, what: str) -> dict[str, float]:
    """Run a benchmark's module in a new process and return what it prints.

    Raises
    ------
    RuntimeError
        When it fails, with ``what`` it ran and what it wrote.
    """
    command = [sys.executable, "-m", module, argument]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the run {what} failed:\n{done.stderr}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def train(folder: Path) -> dict[str, float]:
    """Train for one epoch and return what this process held at most, in megabytes."""
    from tutor.words import word2vec

    corpus = opened(folder)
    config = word2vec.Word2VecConfig(epochs=1, threads=THREADS, deterministic=False)
    anonymous = peak_anonymous(lambda: word2vec.fit(corpus, config))
    return {
        "peak": memory("VmHWM"),
        "anonymous": anonymous,
        "tables": 2 * 4 * len(corpus.vocabulary) * config.dim / MB,
    }


def memory(name: str) -> float:
    """Return an entry of this process' status in megabytes."""
    for line in STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return 1024 * int(line.split()[1]) / MB
    raise RuntimeError(f"this system does not tell {name}")


def peak_anonymous(work: Callable[[], Any]) -> float:
    """Return the most anonymous memory seen while ``work`` ran, in megabytes."""
    seen, done = [memory("RssAnon")], threading.Event()

    def look() -> None:
        while not done.wait(0.005):
            seen.append(max(memory("RssAnon"), seen.pop()))

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        work()
    finally:
        done.set()
        watch.join()
    return seen[0]


if __name__ == "__main__":
    json.dump(train(Path(sys.argv[1])), sys.stdout)
