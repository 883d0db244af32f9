"""Benchmarks: ours and the field's library on the same work, in the same run.

A module here offers ``rows(quick) -> list[Row]``; ``python -m tutor bench`` runs them
in turns (ours, rival, ours, rival, ...) after one warm-up each, and stores medians
together with the machine they were taken on. Only numbers of one run are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One comparison: the same work done by us and by a rival.

    Attributes
    ----------
    name : str
        What is measured, such as ``sgns 2 threads``.
    ours, rival : callable
        Do the work once, from the start; what they return goes to ``quality``. Called
        once to warm up, then once a turn: take another seed each time. A ``rival`` of
        None leaves ours alone.
    rival_name : str
        The library, with the function that was called; where there is none, why.
    unit : str
        What ``work`` counts: ``words``, ``pairs``, ``bytes``.
    work : float
        How much of it one call does; the rate is ``work`` by seconds.
    quality : callable, optional
        Scores of one result, taken each turn, so that speed is not bought with worse
        vectors.
    threads : int
        Threads that both sides may use: workers of their own are set to it by the row,
        BLAS and OpenMP by the runner, during every turn of either side. A row whose
        sides cannot be made equal says so in ``notes``.
    notes : str
        Batch, what was left out of the measured part, what is unequal.
    limit : float
        Work a second this machine could do at most (see ``notes``); 0 where unknown.
    aim : float
        How many times as fast as the rival we mean to be; 0 where we set no aim. It is
        shown beside what was measured, reached or not.
    turns : int
        Measured turns a side; more where a side's time swings.
    """

    name: str
    ours: Callable[[], Any]
    rival: Callable[[], Any] | None
    rival_name: str
    unit: str
    work: float
    quality: Callable[[Any], Mapping[str, float]] | None = None
    notes: str = ""
    limit: float = 0.0
    threads: int = 1
    aim: float = 0.0
    turns: int = 5
