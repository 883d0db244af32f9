"""What chapter ``words/numbers`` measures of new users, and of axes with a meaning.

Nothing is stored: all of it runs live in the chapter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.datasets.antonyms import Opposites
from tutor.datasets.collections import noun_classes
from tutor.datasets.lexicons import wordnet
from tutor.datasets.ratings import FilmRatings
from tutor.embedding import Embedding
from tutor.evaluate.auc import auc
from tutor.sampling import integers, permutation, random_bits
from tutor.words.numbers import axes, personal

Table = NDArray[np.float64]
Whole = NDArray[np.int64]

STUDIES: Mapping[str, Any] = {}
OFFSET_RULES = ("complete", "none", "shrunk")
VECTOR_RULES = ("offset only", "complete", "none", "shrunk", "shuffled")
NEW_USERS = 300
_USERS, _TEST, _KEEP, _MIX, _ENDS = 139, 140, 141, 142, 143  # streams


# --- new users -----------------------------------------------------------------------
def new_users(data: FilmRatings) -> Whole:
    """Return the users whose ratings teach nothing but themselves, rising."""
    order = permutation(len(data.users), 0, stream=_USERS)
    return np.sort(order[:NEW_USERS])


def _places(user: Whole, bits: NDArray[np.uint64]) -> Whole:
    """Return the place of each rating in a random order of its user's ratings."""
    order = np.lexsort((bits, user))
    counts = np.bincount(user)
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    place = np.empty(len(user), dtype=np.int64)
    place[order] = np.arange(len(user)) - starts
    return place


def cold_start(
    data: FilmRatings, *, kept: int, seed: int
) -> tuple[dict[str, Table], dict[str, Table]]:
    r"""Return each new user's mean squared error under all rules, in stars².

    Known users' ratings give film means (shrunk) and the prior of tastes. Of a new
    user, three ratings in ten are tested (the same for every seed), and ``kept`` of the
    others are learned from. Rules for the offset come first, then rules for the taste
    in genres, with the shrunk offset.
    """
    new = new_users(data)
    row = np.full(len(data.users), -1)
    row[new] = np.arange(len(new))
    user = row[data.user]
    old = user < 0
    film, level = _film_means(data, old)
    residual = data.stars - level - film[data.film]
    features = _genre_features(data, old)

    learn, asked = _parted(user, kept, seed)
    means = personal.offsets(residual[learn], user[learn], len(new))
    rules: dict[str, Table] = {
        "complete": np.full(len(new), means.common),
        "none": means.own,
        "shrunk": means.shrunk,
    }
    first = {
        name: _by_user(residual, user, asked, rules[name]) for name in OFFSET_RULES
    }

    prior, common = _known_tastes(data, residual, features, old)
    left = residual - np.where(old, 0.0, means.shrunk[user])
    parts = personal.sums(features[learn], left[learn], user[learn], len(new))
    P, _ = personal.posterior(parts, prior)
    vectors: dict[str, Table] = {
        "offset only": np.zeros_like(P),
        "complete": np.broadcast_to(common, P.shape),
        "none": personal.own_vectors(parts),
        "shrunk": P,
        "shuffled": P[_derangement(len(new), seed)],
    }
    second = {}
    for name in VECTOR_RULES:
        taste = (features[asked] * vectors[name][user[asked]]).sum(axis=1)
        square = (left[asked] - taste) ** 2
        second[name] = _mean_by(square, user[asked], len(new))
    return first, second


def _parted(user: Whole, kept: int, seed: int) -> tuple[Whole, Whole]:
    """Return the ratings of new users to learn from, and those to test on."""
    at = np.flatnonzero(user >= 0)
    u = user[at]
    fixed = _places(u, random_bits(0, 0, _TEST, at))
    test = fixed < 0.3 * np.bincount(u)[u]
    key = random_bits(seed, 0, _KEEP, at)
    key[test] = np.uint64(2**64 - 1)  # the tested ones come last
    return at[(_places(u, key) < kept) & ~test], at[test]


def _film_means(data: FilmRatings, old: NDArray[np.bool_]) -> tuple[Table, float]:
    """Return each film's shrunk mean above the mean of all known users' ratings."""
    level = float(data.stars[old].mean())
    found = personal.offsets(data.stars[old] - level, data.film[old], len(data.films))
    return found.shrunk, level


def _genre_features(data: FilmRatings, old: NDArray[np.bool_]) -> Table:
    """Return the genres of each rating's film, centred, mean squared length 1."""
    per_film = data.has_genre.astype(np.float64)
    known = per_film[data.film[old]]
    centred = per_film - known.mean(axis=0)
    scale = np.sqrt((centred[data.film[old]] ** 2).sum(axis=1).mean())
    features: Table = centred[data.film] / scale
    return features


def _known_tastes(
    data: FilmRatings, residual: Table, features: Table, old: NDArray[np.bool_]
) -> tuple[personal.Prior, Table]:
    """Return prior and common taste, learned from the known users alone."""
    names, user = np.unique(data.user[old], return_inverse=True)
    means = personal.offsets(residual[old], user, len(names))
    parts = personal.sums(
        features[old], residual[old] - means.shrunk[user], user, len(names)
    )
    _, prior = personal.learn_tastes(parts, [data.users[i] for i in names])
    return prior, personal.common_vector(parts)


def _by_user(residual: Table, user: Whole, asked: Whole, guess: Table) -> Table:
    square = (residual[asked] - guess[user[asked]]) ** 2
    return _mean_by(square, user[asked], len(guess))


def _mean_by(values: Table, group: Whole, count: int) -> Table:
    total = np.bincount(group, weights=values, minlength=count)
    means: Table = total / np.bincount(group, minlength=count)
    return means


def _derangement(n: int, seed: int) -> Whole:
    """Return a random order in which nobody keeps their own place."""
    order = permutation(n, seed, stream=_MIX)
    found = np.empty(n, dtype=np.int64)
    found[order] = np.roll(order, 1)
    return found


# --- axes ----------------------------------------------------------------------------
def nouns(embedding: Embedding, count: int = 3000) -> tuple[tuple[str, ...], Whole]:
    """Return the first words with one noun class and no other sense, and the class."""
    table, net = noun_classes(), wordnet()
    words: list[str] = []
    classes: list[int] = []
    for key in embedding.keys:
        senses = net.lookup(key) if key.isalpha() else ()
        found = {table.get(s.id, -1) for s in senses}
        if len(found) == 1 and -1 not in found:
            words.append(key)
            classes.append(found.pop())
        if len(words) == count:
            break
    return tuple(words), np.array(classes)


def frequent_opposites(
    pairs: Sequence[Opposites], embedding: Embedding, count: int
) -> tuple[Opposites, ...]:
    """Return the pairs whose rarer word is most frequent; no word stands twice."""
    rarest = sorted(
        pairs, key=lambda p: max(embedding.row(p.low), embedding.row(p.high))
    )
    chosen: list[Opposites] = []
    used: set[str] = set()
    for pair in rarest:
        if not used & {pair.low, pair.high}:
            chosen.append(pair)
            used |= {pair.low, pair.high}
        if len(chosen) == count:
            break
    return tuple(chosen)


def kept_promises(
    embedding: Embedding, pairs: Sequence[Opposites], directions: Table
) -> Table:
    """Return for each scale how well it parts the words beside its two ends: an AUC.

    The words beside the ends took no part in the direction.
    """
    found = []
    for pair, direction in zip(pairs, directions, strict=True):
        words = [*pair.near_low, *pair.near_high]
        V = embedding.vectors[embedding.rows(words)].astype(np.float64)
        labels = np.arange(len(words)) >= len(pair.near_low)
        found.append(auc(axes.on_scales(V, direction[None])[:, 0], labels))
    return np.array(found)


def random_ends(
    words: Sequence[str], count: int, seed: int
) -> tuple[tuple[str, str], ...]:
    """Return pairs of two different words drawn at random: scales without a meaning."""
    n = len(words)
    low = integers(seed, 0, _ENDS, np.arange(count), n)
    step = 1 + integers(seed, 1, _ENDS, np.arange(count), n - 1)
    return tuple((words[i], words[(i + s) % n]) for i, s in zip(low, step, strict=True))
