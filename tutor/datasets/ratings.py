"""What people said of single things: words on a scale of valence, films in stars.

Chapter: ``words/numbers``.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.errors import DataError
from tutor.datasets.frames import read_frame
from tutor.datasets.sources import file, source

Table = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RatedWords:
    """Words and what each of several people gave them.

    ``ratings`` is (words, people); a column is no one person. ``scale`` is the range.
    """

    words: tuple[str, ...] = field(repr=False)
    ratings: Table = field(repr=False)
    scale: tuple[float, float]
    licence: str = field(repr=False)
    citation: str = field(repr=False)

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        people = self.ratings.shape[1]
        return f"RatedWords({len(self):,} words, {people} ratings each)"

    @property
    def means(self) -> Table:
        """The mean rating of each word."""
        return np.asarray(self.ratings.mean(axis=1))


def valence() -> RatedWords:
    """Return the VADER lexicon: words, signs and emoticons rated from -4 to 4.

    7,506 different entries with ten ratings each; the first of a repeated entry is
    kept. Raises ``MissingCarrierError``, ``DamagedFileError`` with the remedy, and
    ``DataError`` for a line that is none.
    """
    path, record = file("vader-lexicon"), source("vader-lexicon")
    found: dict[str, list[float]] = {}
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        parts = line.split("\t")
        try:
            ten = [float(x) for x in ast.literal_eval(parts[3])]
        except (IndexError, SyntaxError, TypeError, ValueError) as error:
            raise DataError(f"{path}, line {number}: no rated word ({error})") from None
        if len(ten) != 10:
            raise DataError(f"{path}, line {number}: {len(ten)} ratings, not 10")
        found.setdefault(parts[0], ten)
    if len(lines) != record.rows:
        raise DataError(f"expected {record.rows} lines, read {len(lines)}")
    return RatedWords(
        words=tuple(found),
        ratings=np.array(list(found.values())),
        scale=(-4.0, 4.0),
        licence=record.licence,
        citation=record.citation,
    )


@dataclass(frozen=True, eq=False)
class FilmRatings:
    """Who gave which film how many stars; rows in the order of the file.

    Attributes
    ----------
    users, films : tuple of str
        Names of users and films: the numbers that the set gives them.
    genres : tuple of str
    user, film : (ratings,) int64 arrays
        Rows into ``users`` and ``films``.
    stars : (ratings,) array
        From 0.5 to 5 in halves.
    has_genre : (films, genres) bool array
    """

    users: tuple[str, ...] = field(repr=False)
    films: tuple[str, ...] = field(repr=False)
    genres: tuple[str, ...] = field(repr=False)
    user: Rows = field(repr=False)
    film: Rows = field(repr=False)
    stars: Table = field(repr=False)
    has_genre: NDArray[np.bool_] = field(repr=False)
    licence: str = field(repr=False)
    citation: str = field(repr=False)

    def __len__(self) -> int:
        return len(self.stars)

    def __repr__(self) -> str:
        return (
            f"FilmRatings({len(self):,} ratings: {len(self.users):,} users, "
            f"{len(self.films):,} films, {len(self.genres)} genres)"
        )

    def row(self, user: str) -> int:
        """Return the row of a user; an unknown one is a ``KeyError``."""
        if user not in self.users:
            raise KeyError(
                f"no user {user!r}; there are {len(self.users)}, from "
                f"{self.users[0]!r} to {self.users[-1]!r}"
            )
        return self.users.index(user)


def film_ratings() -> FilmRatings:
    """Return MovieLens (latest-small of 2016) with its stars and genres.

    100,004 ratings. The data may be used for research, not commercially. As a table
    of yes-or-no answers: ``tables.movielens()``.

    Raises
    ------
    MissingCarrierError, DamagedFileError, UnsafeContentError
        With the remedy, the two hashes, or the name that was refused.
    """
    record = source("movielens-small")
    path = file("movielens-small")
    frame = read_frame(path)
    wanted = ("userId", "movieId", "rating", "genres")
    if missing := [name for name in wanted if name not in frame]:
        raise DataError(f"{path} lacks the columns {', '.join(missing)}")
    users, user = np.unique(frame["userId"], return_inverse=True)
    films, first, film = np.unique(
        frame["movieId"], return_index=True, return_inverse=True
    )
    texts = [str(frame["genres"][i]).split("|") for i in first]
    genres = sorted({g for text in texts for g in text} - {"(no genres listed)"})
    return FilmRatings(
        users=tuple(str(int(u)) for u in users),
        films=tuple(str(int(f)) for f in films),
        genres=tuple(genres),
        user=user.astype(np.int64),
        film=film.astype(np.int64),
        stars=np.asarray(frame["rating"], dtype=np.float64),
        has_genre=np.array([[g in text for g in genres] for text in texts]),
        licence=record.licence,
        citation=record.citation,
    )
