"""Studies of chapter ``words/counts``: what one change does, and SVD against SGNS.

The chapter calls the small functions live. :func:`svd_against_sgns` searches both
methods on validation pairs, which takes half an hour, and is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.datasets import lexicons, texts
from tutor.evaluate.statistics import paired_bootstrap, spearman
from tutor.sampling import permutation
from tutor.words import counts, word2vec
from tutor.words.counts import CountsConfig
from tutor.words.word2vec import Word2VecConfig

if TYPE_CHECKING:
    from tutor.datasets import Corpus

Pair = tuple[str, str, float]
Floats = NDArray[np.float64]

SEEDS = (1, 2, 3, 4, 5)
SVD_GRID = [
    CountsConfig(window=w, shift=k, eigenvalue_power=p)
    for w, k, p in product((2, 5, 10), (1.0, 5.0), (0.0, 0.5))
]
SGNS_GRID = [
    Word2VecConfig(window=w, epochs=e, sample=t)
    for w, e, t in product((2, 5, 10), (5, 10), (1e-3, 1e-4))
]


# --- pairs and cosines ---------------------------------------------------------------
def known(pairs: Sequence[Pair], *corpora: Corpus) -> list[Pair]:
    """Return the pairs whose two words every corpus has, in lower case."""
    lower = [(a.lower(), b.lower(), score) for a, b, score in pairs]
    return [
        pair
        for pair in lower
        if all(word in c.vocabulary for c in corpora for word in pair[:2])
    ]


def halves(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Split pairs at random into a half to choose settings on and a half to report."""
    order = permutation(len(pairs), seed=0)
    middle = len(pairs) // 2
    return [pairs[i] for i in order[:middle]], [pairs[i] for i in order[middle:]]


def cosines(vectors: Any, corpus: Corpus, pairs: Sequence[Pair]) -> Floats:
    """Return the cosine of each pair; ``vectors`` is an array or a csr_matrix.

    A word whose vector is zero has cosine 0 with everything.
    """
    left = vectors[corpus.vocabulary.ids([p[0] for p in pairs])]
    right = vectors[corpus.vocabulary.ids([p[1] for p in pairs])]
    if not isinstance(vectors, np.ndarray):
        inner, one, other = (
            np.asarray(x.multiply(y).sum(axis=1), dtype=np.float64).ravel()
            for x, y in ((left, right), (left, left), (right, right))
        )
    else:
        left, right = left.astype(np.float64), right.astype(np.float64)
        inner = np.einsum("nd,nd->n", left, right)
        one, other = (left**2).sum(axis=1), (right**2).sum(axis=1)
    lengths = np.sqrt(one * other)
    result: Floats = np.divide(inner, lengths, np.zeros(len(inner)), where=lengths > 0)
    return result


def gold(pairs: Sequence[Pair]) -> Floats:
    """Return the ratings of the pairs."""
    return np.array([pair[2] for pair in pairs])


# --- corpora -------------------------------------------------------------------------
def fifths(corpus: Corpus, *, parts: int = 5, min_count: int = 5) -> list[Corpus]:
    """Cut a corpus into disjoint parts: every fifth document, five times."""
    number = np.arange(len(corpus)) % parts
    return [corpus.subset(number == k, min_count=min_count) for k in range(parts)]


def shuffled(corpus: Corpus, *, seed: int = 0) -> Corpus:
    """Return the corpus with its tokens in random order: frequencies, no company."""
    order = permutation(len(corpus.tokens), seed=seed)
    return replace(corpus, tokens=np.asarray(corpus.tokens)[order])


# --- one change at a time ------------------------------------------------------------
def variants(
    corpus: Corpus, pairs: Sequence[Pair], *, seed: int, smoothing: float = 1.0
) -> dict[str, Floats]:
    """Return the cosines of the pairs for three powers and a random projection.

    Window 5 with dynamic weights, shift 1, 100 dimensions, three passes.
    """
    matrix = counts.cooccurrence(corpus, window=5, weighting="dynamic")
    association = counts.ppmi(matrix, smoothing=smoothing)
    svd = counts.truncated_svd(association, 100, iterations=3, seed=seed)
    random = np.random.default_rng(seed).normal(size=(matrix.shape[1], 100))
    vectors = {f"power {p:g}": counts.weighted(svd, p)[0] for p in (0.0, 0.5, 1.0)}
    vectors["random projection"] = association @ random
    return {name: cosines(v, corpus, pairs) for name, v in vectors.items()}


def svd_and_sgns(
    corpus: Corpus, pairs: Sequence[Pair], *, epochs: int, seeds: Sequence[int] = SEEDS
) -> tuple[Floats, Floats]:
    """Return the cosines of both methods at equal window and dim, a seed a row."""
    matrix = counts.cooccurrence(corpus, window=5, weighting="dynamic")
    words, config = corpus.vocabulary.words, CountsConfig()
    left, right = [], []
    for seed in seeds:
        svd = counts.factorize(matrix, words, config, seed=seed)
        sgns = word2vec.fit(corpus, Word2VecConfig(epochs=epochs), seed=seed)
        left.append(cosines(svd.embedding.vectors, corpus, pairs))
        right.append(cosines(sgns.embedding.vectors, corpus, pairs))
    return np.array(left), np.array(right)


# --- stored: the same search for both, then five seeds -------------------------------
def svd_against_sgns() -> dict[str, Any]:
    """Choose each method's setting on half of MEN; compare them on the other half.

    Twelve settings a side, seed 0; then seeds 1 to 5 of the chosen one, measured on
    the test half of MEN and on all of WordSim-353.
    """
    corpus = texts.course_en()
    choose, report = halves(known(lexicons.similarity("men").pairs, corpus))
    tests = {
        "men": report,
        "wordsim": known(lexicons.similarity("wordsim353").pairs, corpus),
    }
    found: dict[str, Any] = {"validation items": len(choose)}
    runs = {}
    for side, make, grid in (
        ("svd", _svd(corpus), SVD_GRID),
        ("sgns", _sgns(corpus), SGNS_GRID),
    ):
        best, tried = _search(make, grid, corpus, choose)
        vectors = [make(best, seed) for seed in SEEDS]
        scores = {
            test: np.array([cosines(v, corpus, pairs) for v in vectors])
            for test, pairs in tests.items()
        }
        runs[side] = scores
        rho = {
            test: [float(spearman(row, gold(tests[test]))) for row in table]
            for test, table in scores.items()
        }
        found[side] = {"tried": tried, "chosen": _differs(best, grid), **rho}
    for test, pairs in tests.items():
        effect = paired_bootstrap(
            runs["svd"][test],
            runs["sgns"][test],
            gold=gold(pairs),
            statistic="spearman",
        )
        found[f"effect {test}"] = asdict(effect)
    return found


def _svd(corpus: Corpus) -> Callable[[Any, int], Floats]:
    matrices = {
        w: counts.cooccurrence(corpus, window=w, weighting="dynamic")
        for w in {c.window for c in SVD_GRID}
    }
    words = corpus.vocabulary.words

    def make(config: CountsConfig, seed: int) -> Any:
        fit = counts.factorize(matrices[config.window], words, config, seed=seed)
        return fit.embedding.vectors

    return make


def _sgns(corpus: Corpus) -> Callable[[Any, int], Floats]:
    def make(config: Word2VecConfig, seed: int) -> Any:
        return word2vec.fit(corpus, config, seed=seed).embedding.vectors

    return make


def _search(
    make: Callable[[Any, int], Floats],
    grid: Sequence[Any],
    corpus: Corpus,
    pairs: Sequence[Pair],
) -> tuple[Any, list[dict[str, Any]]]:
    """Return the best setting of a grid on the pairs, and all that were tried."""
    scores = [
        float(spearman(cosines(make(config, 0), corpus, pairs), gold(pairs)))
        for config in grid
    ]
    tried = [
        {**_differs(config, grid), "rho": round(score, 4)}
        for config, score in zip(grid, scores, strict=True)
    ]
    return grid[int(np.argmax(scores))], tried


def _differs(config: Any, grid: Sequence[Any]) -> dict[str, Any]:
    """Return the fields of a config that the grid varies."""
    values = [asdict(other) for other in grid]
    return {
        name: value
        for name, value in asdict(config).items()
        if len({repr(other[name]) for other in values}) > 1
    }


STUDIES = {
    "counts-svd-sgns": Study(
        run=svd_against_sgns,
        inputs=[
            "tutor.words.counts.reference",
            "tutor.words.counts.svd",
            "tutor.words.counts.chunks",
            "tutor.words.counts.fast",
            "tutor.words.word2vec.config",
            "tutor.words.word2vec.walk",
            "tutor.words.word2vec.fast",
            "tutor.evaluate.statistics",
            "tutor.words.studies.counts",
        ],
        data=["course-en", "men", "wordsim353"],
    )
}
