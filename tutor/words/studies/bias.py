"""Studies of chapter ``words/bias``: spectra of pairs, what is kept, what remains.

All run live. Controls are directions made in the same way from random words, because a
number along one direction means what it exceeds along others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.datasets import debiasing, lexicons, models, texts
from tutor.embedding import Embedding
from tutor.words import bias, word2vec
from tutor.words.bias import lists
from tutor.words.studies.evaluation import cosines as cosines
from tutor.words.word2vec import Word2VecConfig

Floats = NDArray[np.float64]
Pair = tuple[str, str]

SEEDS = (1, 2, 3, 4, 5)
SIZE = 30_000
_PAIRS, _LABELS = 231, 232  # streams of the drawing
SKIP = bias.BiasConfig(unknown="skip")


def glove_vectors(extra: Sequence[str] = (), *, size: int = SIZE) -> Embedding:
    """Return GloVe's most frequent words, and ``extra`` ones behind them.

    Unknown extra words are left out; order is that of frequency throughout.
    """
    whole = models.glove(50)
    rows = {whole.row(word) for word in extra if word in whole}
    behind = [whole.keys[row] for row in sorted(rows) if row >= size]
    return whole.subset([*whole.keys[:size], *behind])


def wikipedia_vectors(seeds: Sequence[int] = SEEDS) -> list[Embedding]:
    """Return skip-gram vectors of Wikipedia's lead sections, one embedding a seed."""
    corpus = texts.course_part("wikipedia-leads-en")
    config = Word2VecConfig(dim=50, epochs=6)
    return [word2vec.fit(corpus, config, seed=seed).embedding for seed in seeds]


# --- spectra -------------------------------------------------------------------------
def random_pairs(
    embedding: Embedding, pairs: Sequence[Pair], *, draw: int, seed: int = 0
) -> list[Pair]:
    """Return pairs of unrelated words, each about as frequent as the one it stands for.

    A word of rank r is replaced by one drawn from the ranks r/2 to 2r (at least 20
    wide); keys are in order of frequency. Unknown pairs are left out first.

    Raises
    ------
    ValueError
        If there are fewer keys than twice the words of the pairs, or than 20.
    """
    known = bias.known_pairs(embedding, pairs, unknown="skip").known
    ranks = embedding.rows([word for pair in known for word in pair])
    if len(embedding) < (need := max(20, 2 * len(ranks))):
        raise ValueError(
            f"{len(ranks)} words need {need} keys to draw from, got {len(embedding)}"
        )
    low = np.minimum(ranks // 2, len(embedding) - 20)
    wide = np.maximum(np.minimum(2 * ranks, len(embedding)) - low, 20)
    drawn, tries = np.zeros(len(ranks), dtype=np.int64), 0
    while len(set(drawn.tolist())) < len(drawn):  # again until no word comes twice
        where = np.arange(len(ranks)) + tries * len(ranks)
        u = sampling.uniform(seed, draw, _PAIRS, where)
        drawn, tries = low + (u * wide).astype(np.int64), tries + 1
    words = [embedding.keys[row] for row in drawn]
    return list(zip(words[::2], words[1::2], strict=True))


def random_subspaces(
    embedding: Embedding, pairs: Sequence[Pair], count: int, *, seed: int = 0
) -> list[bias.Subspace]:
    """Return the subspaces of ``count`` sets of `random_pairs`."""
    return [
        bias.pair_subspace(embedding, random_pairs(embedding, pairs, draw=i, seed=seed))
        for i in range(count)
    ]


def relation_pairs(embedding: Embedding, *, most: int = 40) -> dict[str, list[Pair]]:
    """Return the pairs of each category of the Google analogies that the keys hold."""
    found: dict[str, dict[Pair, None]] = {}
    for a, b, *_, category in lexicons.analogies("google").questions:
        pair = (b.lower(), a.lower())
        if all(word in embedding for word in pair):
            found.setdefault(category, {})[pair] = None
    return {category: list(pairs)[:most] for category, pairs in found.items()}


def relation_shares(
    embedding: Embedding, *, size: int = 10, draws: int = 20
) -> dict[str, float]:
    """Return the first share of ten pairs of each relation, a mean over draws."""
    found = {}
    for category, pairs in relation_pairs(embedding).items():
        values = []
        for i in range(draws):
            order = sampling.permutation(len(pairs), 0, epoch=i)[:size]
            chosen = [pairs[k] for k in order]
            values.append(bias.pair_subspace(embedding, chosen).shares[0])
        found[category] = float(np.mean(values))
    return found


# --- what is kept --------------------------------------------------------------------
def hard(embedding: Embedding, neutral: Sequence[str] = ()) -> bias.Debiased:
    """Debias with the ten pairs; the held-out pairs stay untouched, as a judge.

    ``neutral`` words are neutralised even where the rule calls them specific.
    """
    return bias.hard_debias(
        embedding,
        lists.DEFINITIONAL_PAIRS,
        specific=lists.specific_words() - set(neutral),
        equal=lists.DEFINITIONAL_PAIRS,
        config=SKIP,
    )


def published(embedding: Embedding, specific: Collection[str]) -> bias.Debiased:
    """Debias as the published program does: all its pairs, and a list of words."""
    given = debiasing.published()
    return bias.hard_debias(
        embedding,
        given.definitional,
        specific=specific,
        equal=given.equal,
        config=SKIP,
    )


def without_direction(
    embedding: Embedding, direction: Floats, neutral: Sequence[str] = ()
) -> Embedding:
    """Return the embedding with one direction neutralised in all but specific words.

    ``neutral`` words are neutralised as well, as in `hard`.
    """
    specific = lists.specific_words() - set(neutral)
    free = np.array([key not in specific for key in embedding.keys])
    changed = np.array(embedding.normalized().vectors, dtype=np.float64)
    changed[free] = bias.neutralize(changed[free], direction)
    return embedding.transform(lambda _: changed)


def signed(
    embedding: Embedding, X: Sequence[str], Y: Sequence[str], pairs: Sequence[Pair]
) -> Floats:
    """Return each target's association with the side it is expected on.

    That of Y is turned round: with sets of one size, the mean is half the numerator of
    WEAT's effect size.
    """
    sides = [embedding.subset(side).vectors for side in zip(*pairs, strict=True)]
    x, y = (bias.associations(embedding.subset(t).vectors, *sides) for t in (X, Y))
    return np.concatenate([x, -y])


class Proposals(NamedTuple):
    """Pairs the vectors propose, counted by published labels.

    ``gendered`` of them stand in a list of pairs; ``follows`` has an entry for each
    pair of professions whose stereotype scores differ: do the scores point its way?
    """

    pairs: int
    gendered: int
    professions: int
    follows: NDArray[np.bool_]


def proposals(embedding: Embedding, direction: Floats) -> Proposals:
    """Propose pairs among words with a label, and read the labels.

    The words: published professions that are not in the published specific list, and
    the words of all lists of pairs.
    """
    given = debiasing.published()
    specific = set(given.specific)
    score = {w: s for w, (_, s) in given.professions.items() if w not in specific}
    gendered = {
        frozenset(pair)
        for pair in (*lists.DEFINITIONAL_PAIRS, *lists.family_pairs(), *given.equal)
    }
    labelled = set(score).union(*gendered)
    words = [key for key in embedding.keys if key in labelled]
    found = bias.analogies(embedding.subset(words).vectors, direction)
    pairs = [
        (words[i], words[j]) for i, j in zip(found.first, found.second, strict=True)
    ]
    jobs = [(score[a], score[b]) for a, b in pairs if a in score and b in score]
    return Proposals(
        len(pairs),
        sum(frozenset(pair) in gendered for pair in pairs),
        len(jobs),
        np.array([a < b for a, b in jobs if a != b], dtype=bool),
    )


# --- what remains --------------------------------------------------------------------
class Remains(NamedTuple):
    """For each word: its side, and whether clusters and probes find it.

    ``rbf`` and ``permuted`` have one row a seed of the folds: (seeds, words). The two
    ``before`` are measured before the direction goes, the probe with the first seed.
    """

    sides: NDArray[np.bool_]
    clusters_before: NDArray[np.bool_]
    rbf_before: NDArray[np.bool_]
    clusters: NDArray[np.bool_]
    rbf: NDArray[np.bool_]
    permuted: NDArray[np.bool_]


def remains(
    embedding: Embedding,
    direction: Floats,
    *,
    count: int = 500,
    seeds: Sequence[int] = SEEDS,
) -> Remains:
    """Sort words by a direction, take it out, and look for the sides in what is left.

    The ``count`` neutral words furthest to each side; a clustering; a probe whose test
    words have no relative among its training words. ``permuted`` is the same probe with
    the sides dealt at random.
    """
    words = lists.neutral_words(embedding.keys)
    X = np.asarray(embedding.subset(words).normalized().vectors, dtype=np.float64)
    chosen = bias.extremes(X @ direction.ravel(), count)
    left = bias.neutralize(X[chosen.rows], direction)
    groups = bias.families([words[row] for row in chosen.rows])
    rbf, permuted = [], []
    for seed in seeds:
        options = {"kind": "rbf", "seed": seed}
        rbf.append(bias.probe_right(left, chosen.sides, groups, **options))
        dealt = chosen.sides[sampling.permutation(len(left), seed, epoch=_LABELS)]
        permuted.append(bias.probe_right(left, dealt, groups, **options))
    clusters = bias.cluster_right(left, chosen.sides)
    whole = X[chosen.rows]
    return Remains(
        chosen.sides,
        bias.cluster_right(whole, chosen.sides),
        bias.probe_right(whole, chosen.sides, groups, kind="rbf", seed=seeds[0]),
        clusters,
        np.array(rbf),
        np.array(permuted),
    )


# --- a test with numbers from outside ------------------------------------------------
class Census(NamedTuple):
    """Occupations an embedding knows, where they lie on a direction, and shares."""

    words: list[str]
    projections: Floats
    women: Floats


def census(
    embedding: Embedding, shares: Sequence[tuple[str, float]], direction: Floats
) -> Census:
    """Return the occupations that the keys hold, with projections and shares."""
    known = [(word, share) for word, share in shares if word in embedding]
    words = [word for word, _ in known]
    X = np.asarray(embedding.subset(words).normalized().vectors, dtype=np.float64)
    return Census(words, X @ direction.ravel(), np.array([s for _, s in known]))
