"""Documents, tables and exact search on a GPU and on the processor.

Paragraph vectors learn from Wikipedia's lead sections. MovieLens does not reach every
machine, so the ratings are drawn: its fields, sizes and skewed counts, with a taste for
each user and film. Chapters: ``documents/paragraphs``, ``systems/multiplexing``,
``appendix/speed``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor.benchmarks import Row
from tutor.benchmarks.devices import finished, last_loss, row, sides

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tutor.datasets import Corpus
    from tutor.datasets.tables import FieldTable

FIELDS = {
    "user": 671,
    "film": 9066,
    "genres": 900,
    "year": 104,
    "hour": 24,
    "weekday": 7,
}
"""The fields of MovieLens and about how many values each has."""
RATINGS = 100_000
DIM, K, QUERIES = 100, 10, 1000


def rows(quick: bool, device: str = "cuda") -> list[Row]:
    """Return the rows; ``quick`` takes the smallest size of each with less work."""
    return [
        *_paragraphs(quick, device),
        *_multiplexing(quick, device),
        *_neighbours(quick, device),
    ]


# --- paragraph vectors ---------------------------------------------------------------
def _paragraphs(quick: bool, device: str) -> list[Row]:
    """Return PV-DBOW with binary codes, by documents and by documents a step."""
    from tutor.datasets import Corpus
    from tutor.documents.studies.paragraphs import leads

    sizes = [(1000, 64, 5), (6500, 64, 2), (6500, 1024, 2)]
    if quick:
        sizes = [(200, 64, 1)]
    texts = leads(database=sizes[-1][0], queries=1).database

    @cache
    def corpus(n: int) -> Corpus:
        return Corpus.from_documents(texts[:n], min_count=5, name="leads")

    return [_pv(corpus(n), batch, epochs, device) for n, batch, epochs in sizes]


def _pv(corpus: Corpus, batch: int, epochs: int, device: str) -> Row:
    from tutor.documents import paragraphs as pv

    config = pv.ParagraphConfig(dim=64, code="binary", epochs=epochs)
    batched = pv.ParagraphConfig(
        dim=64, code="binary", epochs=epochs, batch_documents=batch
    )
    gpu = partial(pv.fit, corpus, batched, backend="torch", device=device)
    return row(
        "documents/paragraphs",
        f"binary codes, {len(corpus):,} documents, {batch:,} a step",
        **sides(gpu, partial(pv.fit, corpus, config)),
        cpu_name="numba, one thread",
        unit="words",
        work=float(len(corpus.tokens) * epochs),
        quality=last_loss,
        notes=(
            f"lead sections of Wikipedia, {config.dim} bits, {config.negatives} noise "
            f"words, passes: {epochs}. Not equal: numba takes one document a step; "
            "beside the GPU Python makes the bags, one document after the other"
        ),
    )


# --- a table for several fields ------------------------------------------------------
def _ratings(copies: int) -> FieldTable:
    """Return drawn ratings; ``copies`` multiplies users, films and rows.

    A value's chance falls with its rank, as the counts of users and films do.
    """
    from tutor.datasets.tables import FieldTable

    rng, n = np.random.default_rng(0), RATINGS * copies
    grown = {"user": copies, "film": copies}
    sizes = {name: size * grown.get(name, 1) for name, size in FIELDS.items()}
    codes = np.stack(
        [(size * rng.random(n) ** 3).astype(np.int64) for size in sizes.values()],
        axis=1,
    )
    users, films = (rng.normal(size=sizes[name]) for name in ("user", "film"))
    z = users[codes[:, 0]] + films[codes[:, 1]]
    values = tuple(
        tuple(f"{name} {i}" for i in range(size)) for name, size in sizes.items()
    )
    labels = rng.random(n) < 1 / (1 + np.exp(-z))
    return FieldTable("drawn", tuple(sizes), values, codes, labels, np.arange(n))


def _multiplexing(quick: bool, device: str) -> list[Row]:
    """Return the shared table by ratings, then by batch, then by size of the table."""
    if quick:
        return [_shared(1, 1024, 1, 0.1, device)]
    return [
        _shared(1, 1024, 2, 0.1, device),
        _shared(1, 8192, 4, 0.1, device),
        _shared(5, 8192, 1, 0.1, device),
        _shared(5, 8192, 1, 1.0, device),
    ]


def _shared(copies: int, batch: int, epochs: int, budget: float, device: str) -> Row:
    from tutor.datasets.tables import split_by_time
    from tutor.systems import multiplexing

    backend = "numpy" if budget < 1 else "torch"  # whose threads share a large table
    config = multiplexing.MultiplexingConfig(
        budget=budget, batch_size=batch, epochs=epochs
    )

    @cache
    def data() -> tuple[FieldTable, tuple[NDArray[np.int64], ...]]:
        ratings = _ratings(copies)
        return ratings, split_by_time(ratings, within="user")

    def fit(**options: Any) -> Any:
        return multiplexing.fit(*data(), config, **options)

    return row(
        "systems/multiplexing",
        f"{RATINGS * copies:,} ratings, {batch:,} a batch, table of {budget:.0%}",
        **sides(
            partial(fit, backend="torch", device=device), partial(fit, backend=backend)
        ),
        cpu_name=f"{backend}, all cores",
        unit="ratings",
        work=0.7 * RATINGS * copies * epochs,
        quality=lambda run: {"AUC": max(run.history["auc"])},
        notes=(
            "rows drawn with the fields of MovieLens"
            + (f", {copies} times as many users and films" if copies > 1 else "")
            + f"; epochs: {epochs}; the table's share is of a full table's bytes. "
            "Keys, addresses and order are made on the processor on both sides"
            + (", the addresses by numpy in every step" if backend == "numpy" else "")
        ),
    )


# --- exact search --------------------------------------------------------------------
def _neighbours(quick: bool, device: str) -> list[Row]:
    """Return exact search by rows."""
    sizes = (10_000,) if quick else (10_000, 100_000, 1_000_000)
    return [_top(n, device) for n in sizes]


def _top(n: int, device: str) -> Row:
    from tutor.neighbours import top_rows

    @cache
    def data() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rng = np.random.default_rng(0)
        queries = rng.standard_normal((QUERIES, DIM), dtype=np.float32)
        return queries, rng.standard_normal((n, DIM), dtype=np.float32)

    def quality(found: Any) -> Mapping[str, float]:
        return {"mean score of the last": float(np.mean(found[0][:, -1]))}

    return row(
        "appendix/speed",
        f"exact top {K} of {n:,} rows",
        gpu=lambda: finished(top_rows(*data(), K, backend="torch", device=device)),
        cpu=lambda: top_rows(*data(), K, backend="torch"),
        cpu_name="torch, all cores",
        unit="queries",
        work=float(QUERIES),
        quality=quality,
        notes=(
            f"{QUERIES:,} queries at once, rows of {DIM} float32 drawn at random. "
            f"Each call copies all rows to the GPU ({4 * DIM * n / 1e6:,.0f} MB): "
            "rows that stay there would be searched faster; both sides look for "
            "numbers that are not finite first, on the processor"
        ),
    )
