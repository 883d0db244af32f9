"""Benchmarks of the same call on a GPU and on the processor beside it, by size.

A row's name begins with its chapter, ``words/word2vec: ...``; ``ours`` is the GPU, the
rival the package's form of the same work for this machine's processor, on all its cores
where that form has threads; the row names it. Sizes of one kind of work follow each
other, so that the chapter's table shows from which on a GPU wins. On a machine without
CUDA nothing is measured and what is stored stays.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import count
from typing import Any

from tutor.benchmarks import Row

PARTS = (
    "word2vec",
    "words",
    "classifiers",
    "transformers",
    "images",
    "graphs",
    "tables",
)
CORES = os.cpu_count() or 1
TURNS = 5


def rows(quick: bool, device: str = "cuda") -> list[Row]:
    """Return the rows of every part; none where there is no such device."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        return []
    found: list[Row] = []
    for part in PARTS:
        module = import_module(f"tutor.benchmarks.devices.{part}")
        found += module.rows(quick, device)
    return found


def row(
    chapter: str,
    size: str,
    *,
    gpu: Callable[[], Any],
    cpu: Callable[[], Any],
    cpu_name: str,
    unit: str,
    work: float,
    **more: Any,
) -> Row:
    """Return a row of ``chapter``: one call of ``work`` units on both devices.

    ``gpu`` and ``cpu`` return when their work is done (:func:`finished`), each call
    with another seed (:func:`seeds`). ``cpu_name`` tells backend and threads; ``more``
    are ``quality`` and ``notes`` of :class:`~tutor.benchmarks.Row`.
    """
    return Row(
        name=f"{chapter}: {size}",
        ours=gpu,
        rival=cpu,
        rival_name=cpu_name,
        unit=unit,
        work=work,
        threads=CORES,
        turns=TURNS,
        **more,
    )


def seeds() -> Iterator[int]:
    """Return seeds 0, 1, 2, ...: one a call."""
    return count()


def sides(
    gpu: Callable[..., Any], cpu: Callable[..., Any]
) -> dict[str, Callable[[], Any]]:
    """Return both sides of a row from calls that take ``seed``: another one a turn."""

    def turns(call: Callable[..., Any]) -> Callable[[], Any]:
        turn = seeds()
        return lambda: finished(call(seed=next(turn)))

    return {"gpu": turns(gpu), "cpu": turns(cpu)}


def last_loss(fit: Any) -> dict[str, float]:
    """Return the last loss of a run as its score: both sides did the same."""
    return {"loss": float(fit.history["loss"][-1])}


def finished(result: Any) -> Any:
    """Return ``result`` when the GPU has done all it was told to."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return result
