"""What a classifier or a clustering still finds: probes with families kept whole.

A probe is trained on some words and asked about others. Words of one family (*teach*,
*teacher*) never stand on both sides: a probe would only recognise the relatives.
Scikit-learn is imported by the functions that need it. Chapter: ``words/bias``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling

Matrix = NDArray[np.float64]
KINDS = ("linear", "rbf")
STEM = 4


class Extremes(NamedTuple):
    """Rows of the words furthest to each side of a direction, and their side."""

    rows: NDArray[np.int64]
    sides: NDArray[np.bool_]


def families(words: Sequence[str], *, letters: int = STEM) -> list[str]:
    """Return the family of each word: its first letters.

    Crude on purpose: it puts more words together than belong together, which only makes
    a held-out test harder. It misses relatives that begin differently (*happy*,
    *unhappy*), which makes one easier.
    """
    if letters < 1:
        raise ValueError(f"letters must be 1 or more, got {letters}")
    return [word[:letters] for word in words]


def extremes(projections: ArrayLike, count: int) -> Extremes:
    """Return the ``count`` rows of lowest and of highest projection.

    ``sides`` is True for the high ones. Ties go to the lower row.
    """
    p = np.asarray(projections, dtype=np.float64)
    if p.ndim != 1 or not np.isfinite(p).all():
        raise ValueError(f"projections must be finite and (n,), got shape {p.shape}")
    if not 1 <= count <= len(p) // 2:
        raise ValueError(
            f"count must lie between 1 and {len(p) // 2} (half of {len(p)} words), "
            f"got {count}"
        )
    order = np.argsort(p, kind="stable")
    rows = np.concatenate([order[:count], order[-count:]])
    return Extremes(rows, np.arange(2 * count) >= count)


def folds(groups: Sequence[str], count: int = 5, *, seed: int = 0) -> NDArray[np.int64]:
    """Return the fold of each row; a group is never cut.

    Groups are visited in a random order of ``seed`` and go to the smallest fold.
    """
    names = sorted(set(groups))
    if not 2 <= count <= len(names):
        raise ValueError(
            f"folds must lie between 2 and {len(names)} (the number of families), "
            f"got {count}"
        )
    members = dict.fromkeys(names, 0)
    for group in groups:
        members[group] += 1
    filled, place = [0] * count, {}
    for i in sampling.permutation(len(names), seed):
        place[names[i]] = int(np.argmin(filled))
        filled[place[names[i]]] += members[names[i]]
    return np.array([place[group] for group in groups], dtype=np.int64)


def probe_scores(
    vectors: ArrayLike,
    labels: ArrayLike,
    groups: Sequence[str],
    *,
    kind: str = "linear",
    penalty: float = 1.0,
    seed: int = 0,
) -> Matrix:
    """Return each word's decision value from a machine that never met its family.

    A support vector machine a fold, five folds. Columns are scaled by mean and spread
    of the training words; classes are weighted to count alike.

    Parameters
    ----------
    vectors : "n dim" array
    labels : "n" array of 0 and 1
    groups : sequence of str
        See `families`.
    kind : {"linear", "rbf"}
    penalty : float
        C [1], as published for the linear one.
    seed : int
        Which families share a fold.

    Shapes: → (n,), above 0 for class 1.

    Raises
    ------
    ValueError
        For another kind, lengths that differ, or a fold whose rest has one class only.
    """
    X = np.asarray(vectors, dtype=np.float64)
    y = np.asarray(labels).astype(bool)
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; there are {', '.join(KINDS)}")
    if X.ndim != 2 or not len(X) == len(y) == len(groups):
        raise ValueError(
            f"one label and one group a vector, got {X.shape}, {y.shape} and "
            f"{len(groups)} groups"
        )
    fold = folds(groups, seed=seed)
    found = np.empty(len(y))
    for number in range(fold.max() + 1):
        test = fold == number
        if len(np.unique(y[~test])) < 2:
            raise ValueError(
                f"without fold {number} all words have one label: give more families"
            )
        machine = _machine(kind, penalty).fit(X[~test], y[~test])
        found[test] = machine.decision_function(X[test])
    return found


def probe_right(
    vectors: ArrayLike, labels: ArrayLike, groups: Sequence[str], **options: Any
) -> NDArray[np.bool_]:
    """Return for which words `probe_scores` finds the right class: (n,) bool."""
    right: NDArray[np.bool_] = (
        probe_scores(vectors, labels, groups, **options) > 0
    ) == np.asarray(labels).astype(bool)
    return right


def cluster_right(
    vectors: ArrayLike, labels: ArrayLike, *, seed: int = 0
) -> NDArray[np.bool_]:
    """Return which words k-means with two clusters puts on their side: (n,) bool.

    Clusters are matched to labels in the better of the two ways, so the share is never
    below one half.
    """
    from sklearn.cluster import KMeans

    y = np.asarray(labels).astype(bool)
    X = np.asarray(vectors, dtype=np.float64)
    if X.ndim != 2 or len(X) != len(y) or len(np.unique(y)) < 2:
        raise ValueError(
            f"needed one label a vector and both classes, got {X.shape} and {y.shape}"
        )
    found = KMeans(2, n_init=10, random_state=seed).fit_predict(X).astype(bool)
    same: NDArray[np.bool_] = found == y
    return same if same.mean() >= 0.5 else ~same


def _machine(kind: str, penalty: float) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC, LinearSVC

    if kind == "rbf":
        machine = SVC(C=penalty, class_weight="balanced")
    else:
        machine = LinearSVC(
            C=penalty, class_weight="balanced", max_iter=20_000, random_state=0
        )
    return make_pipeline(StandardScaler(), machine)
