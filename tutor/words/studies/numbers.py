"""What chapter ``words/numbers`` measures of numerals and of rated words.

Nothing is stored: all of it runs live in the chapter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.embedding import Embedding
from tutor.geometry import unit_rows
from tutor.sampling import integers, permutation, uniform
from tutor.words.numbers import encodings, probe
from tutor.words.numbers.config import NumberConfig, fill

Table = NDArray[np.float64]
Whole = NDArray[np.int64]
Code = Callable[[Any], Table]

STUDIES: Mapping[str, Any] = {}
INSIDE, OUTSIDE = 100_000, 1_000_000
CODES = (
    *("random", "frequency", "words", "digits", "value", "log", "waves"),
    *("float", "dice-2", "dice"),
)
TASKS = ("magnitude", "sum", "order")
_POOL, _DRAW, _PAIRS, _RATERS = 135, 136, 137, 138  # streams


# --- numbers -------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class World:
    """The numbers that are words: to train on, to test inside and outside.

    ``pool`` and ``inside`` part the numbers below 100,000 at random; ``outside`` holds
    those from there to a million, up to ten times as far.
    """

    embedding: Embedding = field(repr=False)
    pool: Whole = field(repr=False)
    inside: Whole = field(repr=False)
    outside: Whole = field(repr=False)

    def __repr__(self) -> str:
        return (
            f"World({len(self.pool):,} numbers to train on; to test, "
            f"{len(self.inside):,} inside and {len(self.outside):,} outside)"
        )


def world(embedding: Embedding, *, test: int = 1500) -> World:
    """Return the numerals of a vocabulary, parted once and for all."""
    values, _ = encodings.numerals(embedding)
    near = values[values < INSIDE]
    far = values[(values >= INSIDE) & (values < OUTSIDE)]
    order = permutation(len(near), 0, stream=_POOL)
    return World(
        embedding, np.sort(near[order[test:]]), np.sort(near[order[:test]]), far
    )


def code(name: str, embedding: Embedding, *, seed: int = 0, dim: int = 64) -> Code:
    """Return the function numbers → (n, dim) of a name in ``CODES``.

    Raises
    ------
    ValueError
        For another name.
    """
    config = NumberConfig(dim=dim, seed=seed)
    table: dict[str, Callable[..., Table]] = {
        "random": encodings.random_tokens,
        "frequency": partial(frequency, embedding=embedding),
        "words": partial(encodings.word_rows, embedding=embedding),
        "digits": encodings.digit_code,
        "value": encodings.value_code,
        "log": encodings.log_code,
        "waves": encodings.log_waves,
        "float": encodings.float_code,
        "dice-2": partial(encodings.dice, planar=True),
        "dice": encodings.dice,
    }
    if name not in table:
        raise ValueError(f"no code {name!r}; there are {', '.join(CODES)}")
    return partial(table[name], config=config)


def frequency(numbers: Whole, config: NumberConfig, *, embedding: Embedding) -> Table:
    """Return what a word gives away without a vector: log rank, and a comma or none.

    Small numbers are frequent and large ones are written with a comma: the control of
    trained vectors.
    """
    keys = encodings.numeral_keys(numbers, embedding)
    comma = np.array([float("," in key) for key in keys])
    columns = [np.log1p(embedding.rows(keys)), comma]
    return fill(np.stack(columns, axis=1), config.dim)


def magnitude(numbers: Whole) -> Table:
    """Return the target of the first probe: the decimal logarithm of 1 + x."""
    target: Table = np.log10(1.0 + np.asarray(numbers))
    return target


def pairs(numbers: Whole, count: int, seed: int) -> tuple[Whole, Whole]:
    """Return ``count`` pairs of two different numbers, drawn with replacement."""
    n = len(numbers)
    left = integers(seed, 0, _PAIRS, np.arange(count), n)
    step = 1 + integers(seed, 1, _PAIRS, np.arange(count), n - 1)
    return numbers[left], numbers[(left + step) % n]


def same_length(x: Whole, y: Whole) -> NDArray[np.bool_]:
    """Say which pairs have equally many digits."""
    left, right = (np.char.str_len(side.astype(str)) for side in (x, y))
    equal: NDArray[np.bool_] = left == right
    return equal


def one_run(
    at: World, name: str, kind: str, seed: int, *, rows: int = 2000
) -> dict[str, Table]:
    """Train the three probes of one code; return what each test item scored.

    Keys are task and place, ``"sum outside"``: absolute errors, in decades for the
    magnitude and in mean absolute deviations of the true sums for the sum; right (1)
    or wrong (0) for the order.
    """
    write = code(name, at.embedding, seed=seed)
    chosen = permutation(len(at.pool), seed, stream=_DRAW)[:rows]
    train = at.pool[chosen]
    learn = partial(probe.answers, kind, seed=seed)
    places = {"inside": at.inside, "outside": at.outside}
    found: dict[str, Table] = {}
    got = learn(write(train), magnitude(train), [write(x) for x in places.values()])
    for (place, x), guess in zip(places.items(), got, strict=True):
        found[f"magnitude {place}"] = np.abs(guess - magnitude(x))
    x, y = pairs(train, rows, seed)
    asked = {place: pairs(v, 1500, 999) for place, v in places.items()}
    both = [np.hstack([write(a), write(b)]) for a, b in asked.values()]
    got = learn(np.hstack([write(x), write(y)]), (x + y).astype(float), both)
    for (place, (a, b)), guess in zip(asked.items(), got, strict=True):
        true = (a + b).astype(float)
        found[f"sum {place}"] = np.abs(guess - true) / np.abs(true - true.mean()).mean()
    gaps = [write(a) - write(b) for a, b in asked.values()]
    got = learn(write(x) - write(y), np.sign(x - y).astype(float), gaps)
    for (place, (a, b)), guess in zip(asked.items(), got, strict=True):
        found[f"order {place}"] = ((guess > 0) == (a > b)).astype(float)
    return found


def all_runs(
    at: World,
    kind: str,
    *,
    names: Sequence[str] = CODES,
    seeds: Sequence[int] = range(5),
) -> dict[str, dict[str, Table]]:
    """Return for each code the scores (seeds, items) of every task and place."""
    found = {}
    for name in names:
        runs = [one_run(at, name, kind, seed) for seed in seeds]
        found[name] = {key: np.array([run[key] for run in runs]) for key in runs[0]}
    return found


def largest_seen(at: World) -> Table:
    """Return the errors outside of the answer "as large as any I was shown"."""
    top = magnitude(at.pool).max()
    error: Table = np.abs(magnitude(at.outside) - top)
    return error


def cosines_and_distances(
    *, planar: bool, dim: int = 64, seeds: Sequence[int] = range(5), count: int = 1000
) -> tuple[Table, Table]:
    """Return cosines (seeds, pairs) of DICE vectors, and the distances (pairs,).

    Pairs are drawn evenly over DICE's range; a seed is another basis.
    """
    x, y = uniform(0, 2, _PAIRS, np.arange(2 * count)).reshape(2, -1) * OUTSIDE
    found = []
    for seed in seeds:
        config = NumberConfig(dim=dim, seed=seed)
        a, b = (encodings.dice(v, config, planar=planar) for v in (x, y))
        found.append((a * b).sum(axis=1))
    return np.array(found), np.abs(x - y)


# --- rated words ---------------------------------------------------------------------
def known_words(words: Sequence[str], embedding: Embedding) -> Whole:
    """Return the rows of rated entries that are plain lower-case words with a vector.

    Emoticons and abbreviations with signs stay out.
    """
    kept = [
        i
        for i, w in enumerate(words)
        if w.isascii() and w.isalpha() and w.islower() and w in embedding
    ]
    return np.array(kept, dtype=np.int64)


def family(word: str, letters: int = 5) -> str:
    """Return the first letters of a word: relatives share them, and some others do."""
    return word[:letters]


def nearest_out_of_fold(X: Table, y: Table, fold: Whole, *, k: int = 5) -> Table:
    """Return the mean rating of each word's k nearest words in the other folds."""
    unit = unit_rows(np.asarray(X, dtype=np.float32))
    found = np.empty(len(y))
    for one in np.unique(fold):
        test, rest = np.flatnonzero(fold == one), np.flatnonzero(fold != one)
        cosines = unit[test] @ unit[rest].T
        near = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        found[test] = y[rest][near].mean(axis=1)
    return found


def explained(y: Table, predicted: Table, groups: Sequence[str]) -> Table:
    r"""Return one value a group whose mean over groups is :math:`R^2`.

    .. math:: 1 - G \, \frac{\sum_{i \in g} (y_i - \hat y_i)^2}
              {\sum_i (y_i - \bar y)^2}

    so that a bootstrap can draw whole families.
    """
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    square = np.bincount(member, weights=(y - predicted) ** 2, minlength=len(names))
    share: Table = 1 - len(names) * square / ((y - y.mean()) ** 2).sum()
    return share


def reliability(ratings: Table, *, seed: int = 0) -> float:
    r"""Return how well the mean of all raters would repeat with as many others.

    .. math:: \frac{2 r}{1 + r}

    with r the correlation of two random halves of each word's ratings (Spearman and
    Brown): the largest :math:`R^2` that any prediction can hope for.
    """
    n, people = ratings.shape
    order = uniform(seed, 0, _RATERS, np.arange(n * people)).reshape(n, people)
    mixed = np.take_along_axis(ratings, order.argsort(axis=1), axis=1)
    half = people // 2
    r = np.corrcoef(mixed[:, :half].mean(axis=1), mixed[:, half:].mean(axis=1))[0, 1]
    return float(2 * r / (1 + r))
