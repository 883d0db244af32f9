"""Tables of categories with a yes-or-no answer: late flights, liked films.

Only the columns that are known before the answer are offered. Every value is a text of
its own field; a missing value is the text ``unknown``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.datasets.errors import DataError
from tutor.datasets.frames import read_frame
from tutor.datasets.sources import file, source

Rows = NDArray[np.int64]
LATE_MINUTES = 15
LIKED = 4.0


@dataclass(frozen=True, eq=False)
class FieldTable:
    """Rows of categories, each with a label and a time.

    Attributes
    ----------
    name : str
    fields : tuple of str
        One name a column.
    values : tuple of tuples of str
        The distinct values of each field, in alphabetical order.
    codes : (rows, fields) int64 array
        Which value stands where; write-protected, as are the next two.
    labels : (rows,) bool array
    times : (rows,) int64 array
        When the row happened, in minutes or seconds; rows are in this order.

    Raises
    ------
    ValueError
        For shapes that do not fit, codes without a value, or rows out of order.
    """

    name: str
    fields: tuple[str, ...]
    values: tuple[tuple[str, ...], ...] = field(repr=False)
    codes: Rows = field(repr=False)
    labels: NDArray[np.bool_] = field(repr=False)
    times: Rows = field(repr=False)
    licence: str = field(default="", repr=False)
    citation: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        codes = np.array(self.codes, dtype=np.int64)
        labels, times = np.array(self.labels, dtype=bool), np.array(self.times)
        shape = (len(labels), len(self.fields))
        if codes.shape != shape or times.shape != labels.shape:
            raise ValueError(
                f"{self.name!r} has codes {codes.shape}, labels {labels.shape}, times "
                f"{times.shape}; expected codes {shape}"
            )
        sizes = np.array([len(v) for v in self.values])
        if (
            len(sizes) != len(self.fields)
            or (codes < 0).any()
            or (codes >= sizes).any()
        ):
            raise ValueError(f"{self.name!r} has codes without a value, or fields")
        if (np.diff(times) < 0).any():
            raise ValueError(f"the rows of {self.name!r} are not in order of time")
        for what, array in (("codes", codes), ("labels", labels), ("times", times)):
            array.setflags(write=False)
            object.__setattr__(self, what, array)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{name} {len(v):,}"
            for name, v in zip(self.fields, self.values, strict=True)
        )
        return f"FieldTable({self.name}: {len(self):,} rows; {counts})"


def flights() -> FieldTable:
    """Return flights that left New York City in 2013, each late by 15 minutes or not.

    327,346 rows in order of scheduled departure; the 9,430 that were cancelled or
    diverted have no arrival delay and are left out. Fields: carrier, aircraft (tail
    number), origin, destination, flight (carrier and number), hour, weekday. What is
    known only after departure is not among them. Chapter: ``systems/multiplexing``.

    Raises
    ------
    MissingCarrierError, DamagedFileError, UnsafeContentError
        With the remedy, the two hashes, or the name that was refused.
    """
    c = _columns("nycflights13", ("arr_delay", "sched_dep_time", "tailnum", "flight"))
    arrived = np.isfinite(c["arr_delay"])
    c = {name: column[arrived] for name, column in c.items()}
    day = (c["year"] - 1970).astype("datetime64[Y]").astype("datetime64[M]")
    day = (day + (c["month"] - 1)).astype("datetime64[D]") + (c["day"] - 1)
    hour, minute = np.divmod(c["sched_dep_time"], 100)
    days = day.astype(np.int64)
    times = (days * 24 + hour) * 60 + minute
    number = [f"{a} {n}" for a, n in zip(c["carrier"], c["flight"], strict=True)]
    columns: dict[str, ArrayLike] = {
        "carrier": c["carrier"],
        "aircraft": c["tailnum"],
        "origin": c["origin"],
        "destination": c["dest"],
        "flight": number,
        "hour": hour,
        "weekday": (days + 3) % 7,  # 1970 began on a Thursday; 0 is Monday
    }
    return _table("nycflights13", columns, c["arr_delay"] >= LATE_MINUTES, times)


def movielens() -> FieldTable:
    """Return MovieLens ratings (latest-small of 2016), each with four stars or fewer.

    100,004 rows in order of time. Fields: user, film, genres (the whole list as one
    value), year of the film, hour and weekday of the rating (UTC). The data may be used
    for research, not commercially. Chapter: ``systems/multiplexing``.

    Raises
    ------
    MissingCarrierError, DamagedFileError, UnsafeContentError
        With the remedy, the two hashes, or the name that was refused.
    """
    c = _columns("movielens-small", ("userId", "movieId", "rating", "timestamp"))
    year = [f"{y:.0f}" if np.isfinite(y) else "unknown" for y in c["year"]]
    times = c["timestamp"]
    columns: dict[str, ArrayLike] = {
        "user": c["userId"],
        "film": c["movieId"],
        "genres": c["genres"],
        "year": year,
        "hour": times // 3600 % 24,
        "weekday": (times // 86400 + 3) % 7,
    }
    return _table("movielens-small", columns, c["rating"] >= LIKED, times)


def split_by_time(
    table: FieldTable,
    *,
    within: str | None = None,
    shares: Sequence[float] = (0.7, 0.1, 0.2),
) -> tuple[Rows, Rows, Rows]:
    """Return row numbers of train, validation and test: the past, then the future.

    Parameters
    ----------
    table : FieldTable
    within : str or None
        A field: then each of its values is split by itself, so that each user's last
        ratings are the test. None splits all rows at two moments.
    shares : three floats
        Parts of the rows, summing to 1.

    Raises
    ------
    ValueError
        For another field, or shares that are no three parts of 1.
    """
    if len(shares) != 3 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"shares must be three parts of 1, got {tuple(shares)}")
    if within is not None and within not in table.fields:
        raise ValueError(f"no field {within!r}; there are {', '.join(table.fields)}")
    n = len(table)
    group = np.zeros(n, dtype=np.int64)
    if within is not None:
        group = table.codes[:, table.fields.index(within)]
    order = np.argsort(group, kind="stable")  # rows are in order of time already
    sizes = np.bincount(group)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    place = (np.arange(n) - starts + 0.5) / np.repeat(sizes, sizes)
    cuts = np.cumsum(shares)[:2]
    part = np.searchsorted(cuts, place)
    train, valid, test = (np.sort(order[part == k]) for k in range(3))
    return train, valid, test


def _columns(name: str, wanted: Sequence[str]) -> dict[str, NDArray]:
    path = file(name)
    found = read_frame(path)
    if missing := [column for column in wanted if column not in found]:
        raise DataError(f"{path} lacks the columns {', '.join(missing)}")
    return found


def _table(
    name: str, columns: dict[str, ArrayLike], labels: ArrayLike, times: ArrayLike
) -> FieldTable:
    """Put rows in order of time (a stable sort) and number the values."""
    order = np.argsort(np.asarray(times), kind="stable")
    values, codes = [], []
    for column in columns.values():
        texts = np.asarray(["unknown" if v is None or v != v else str(v)
                            for v in np.asarray(column)[order]])  # fmt: skip
        distinct, inverse = np.unique(texts, return_inverse=True)
        values.append(tuple(distinct.tolist()))
        codes.append(inverse)
    record = source(name)
    return FieldTable(
        name=name,
        fields=tuple(columns),
        values=tuple(values),
        codes=np.stack(codes, axis=1),
        labels=np.asarray(labels)[order],
        times=np.asarray(times, dtype=np.int64)[order],
        licence=record.licence,
        citation=record.citation,
    )
