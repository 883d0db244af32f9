"""Benchmark of memory: a corpus of 100 million tokens made from text, and one of 5.

Documents of course-en come as text, several times over, are split by the tokenizer and
go through ``write_corpus`` to disk, as every corpus of the course does. The words are
the same at both sizes, so what the longer one takes more is what grows with the text
and not with its vocabulary. Memory is told as in ``tutor.benchmarks.memory``.
"""

from __future__ import annotations

import functools
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tutor.benchmarks import Row
from tutor.benchmarks.memory import LONG, SHORT, STATUS, peak_anonymous, run_apart


def rows(quick: bool) -> list[Row]:
    """Return the row; ``quick`` takes a hundredth of the text.

    There is none where the system does not tell anonymous memory: elsewhere than Linux.
    """
    if not STATUS.exists():
        return []
    share = 100 if quick else 1
    return [_row(LONG // share, SHORT // share)]


def _row(long: int, short: int) -> Row:
    small = functools.cache(lambda: measured(short))

    def quality(found: Mapping[str, float]) -> dict[str, float]:
        scores = {}
        for run in (found, small()):
            text = f"{run['tokens'] / 1e6:.3g} M tokens"
            scores[f"anonymous MB, {text}"] = run["anonymous"]
        return scores

    return Row(
        name="corpus on disk from text, streamed",
        ours=lambda: measured(long),
        rival=None,
        rival_name="memory of our process at two sizes is compared, not speed",
        threads=1,
        unit="tokens",
        work=float(long),
        quality=quality,
        notes=(
            "documents of course-en as text, over and over: splitting, counting, ids, "
            "shuffled documents, hashes. Bound: the vocabulary of all words, buffers "
            "of a million tokens or documents (which only the longer corpus fills), "
            "the libraries; neither the tokens nor the documents. The time is that of "
            "a new process, start included; the rate by processor says nothing, as the "
            "work is not in the process that is timed"
        ),
    )


def measured(tokens: int) -> dict[str, float]:
    """Write a corpus of that many tokens in a new process; return what it held."""
    return run_apart(__name__, str(tokens), f"of {tokens} tokens")


def repeated(corpus: Any, tokens: int) -> Iterator[str]:
    """Yield a corpus' documents as text, over and over, until ``tokens`` are given."""
    given = 0
    while given < tokens:
        for i in range(len(corpus)):
            words = corpus.words(i)
            yield " ".join(words)
            given += len(words)
            if given >= tokens:
                return


def write(tokens: int) -> dict[str, float]:
    """Write the corpus; return its size and the most this process held, in MB."""
    from tutor.datasets import streaming, texts
    from tutor.datasets.tokenizer import tokenize

    corpus = texts.course_en(min_count=1)
    with tempfile.TemporaryDirectory(prefix="tutor-streaming-") as name:
        folder = Path(name)
        documents = map(tokenize, repeated(corpus, tokens))
        held = peak_anonymous(
            lambda: streaming.write_corpus(folder, documents, shuffle=True)
        )
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    return {"tokens": meta["tokens"], "anonymous": held}


if __name__ == "__main__":
    json.dump(write(int(sys.argv[1])), sys.stdout)
