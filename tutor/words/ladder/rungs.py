r"""The rungs: each a function of the same text, the same setting and a seed.

A rung of your own is one function more; `tutor.words.ladder.climb` measures it like the
others, and `|` puts it beside them. Chapter ``context/bert`` does so with an encoder
that cuts words into pieces. Left out: representations that have no row for a word of
the vocabulary, such as codes of numbers. Chapter: ``words/ladder``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tutor import sampling
from tutor.words.ladder.config import LadderConfig
from tutor.words.ladder.rows import Rows
from tutor.words.ladder.rung import Rung

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from tutor.datasets import Corpus
    from tutor.embedding import Embedding
    from tutor.words.word2vec import Word2VecConfig


# --- nothing is learned --------------------------------------------------------------
def one_hot(corpus: Corpus, config: LadderConfig, seed: int) -> Rows:
    """Return the identity: a word is its own column and nothing else."""
    from scipy.sparse import identity

    words = corpus.vocabulary.words
    return Rows(words, identity(len(words), dtype=np.float32, format="csr"))


def random(corpus: Corpus, config: LadderConfig, seed: int) -> Embedding:
    """Return random vectors: what the length alone is worth."""
    from tutor.embedding import Embedding

    words = corpus.vocabulary.words
    return Embedding(words, sampling.initial_vectors(len(words), config.dim, seed))


def spelling(corpus: Corpus, config: LadderConfig, seed: int) -> Rows:
    """Return counts of the n-grams that a word is written with; it reads no text.

    Two million buckets, so that two n-grams hardly ever share a column.
    """
    words = corpus.vocabulary.words
    return Rows(words, _ngram_counts(words), outside=_ngram_counts)


def _ngram_counts(words: Sequence[str], buckets: int = 2_000_000) -> csr_matrix:
    from scipy.sparse import csr_matrix

    from tutor.words import subwords

    found = [subwords.bucket_rows(word, 3, 6, buckets) for word in words]
    edges = np.concatenate([[0], np.cumsum([len(f) for f in found])])
    columns = np.concatenate(found).astype(np.int32)
    counts = csr_matrix(
        (np.ones(len(columns), np.float32), columns, edges), (len(words), buckets)
    )
    counts.sum_duplicates()
    return counts


# --- counted -------------------------------------------------------------------------
def tfidf(corpus: Corpus, config: LadderConfig, seed: int) -> Rows:
    r"""Return word rows of the table words × documents, each document of length 1.

    .. math:: x_{wd} = \frac{n_{wd}\, i_w}{\sqrt{\sum_{w'} (n_{w'd}\, i_{w'})^2}},
              \qquad i_w = 1 + \ln \frac{1 + D}{1 + D_w}

    where :math:`n_{wd}` counts word w in document d, D is the number of documents and
    :math:`D_w` of those that hold w. Oracle: scikit-learn's ``TfidfTransformer``.
    """
    from scipy.sparse import csr_matrix, diags

    words = corpus.vocabulary.words
    tokens, offsets = np.array(corpus.tokens), np.array(corpus.offsets)
    counts = csr_matrix(
        (np.ones(len(tokens)), tokens, offsets), (len(corpus), len(words))
    )
    counts.sum_duplicates()  # in place: hence the copies above
    holding = np.bincount(counts.indices, minlength=len(words))
    idf = 1 + np.log((1 + len(corpus)) / (1 + holding))
    weighted = (counts @ diags(idf)).tocsr()
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    shrink = np.divide(1.0, length, np.zeros(len(length)), where=length > 0)
    return Rows(words, (diags(shrink) @ weighted).T.tocsr().astype(np.float32))


def _cooccurrence(corpus: Corpus, config: LadderConfig) -> csr_matrix:
    from tutor.words import counts

    return counts.cooccurrence(
        corpus,
        window=config.window,
        weighting="dynamic",
        backend=config.backend,
        threads=1 if config.backend == "numba" else None,
        device=config.device,
    )


def counted(corpus: Corpus, config: LadderConfig, seed: int) -> Rows:
    """Return rows of plain counts: how often each neighbour stands in the window."""
    counts = _cooccurrence(corpus, config).astype(np.float32)
    return Rows(corpus.vocabulary.words, counts)


def ppmi(corpus: Corpus, config: LadderConfig, seed: int) -> Rows:
    """Return rows of positive pointwise mutual information, a column a neighbour."""
    from tutor.words import counts

    matrix = counts.ppmi(_cooccurrence(corpus, config)).astype(np.float32)
    return Rows(corpus.vocabulary.words, matrix)


def ppmi_svd(corpus: Corpus, config: LadderConfig, seed: int) -> Embedding:
    """Return the strongest directions of those rows, singular values at power 1/2."""
    from tutor.words import counts

    return counts.factorize(
        _cooccurrence(corpus, config),
        corpus.vocabulary.words,
        counts.CountsConfig(dim=config.dim, window=config.window),
        backend=config.backend,
        seed=seed,
        device=config.device,
    ).embedding


# --- learned -------------------------------------------------------------------------
def _engine(config: LadderConfig, **changes: Any) -> Word2VecConfig:
    """Return word2vec's settings; the text is thinned already, so ``sample`` is 0."""
    from tutor.words.word2vec import Word2VecConfig

    return Word2VecConfig(
        dim=config.dim, window=config.window, sample=0, epochs=config.epochs, **changes
    )


def sgns(corpus: Corpus, config: LadderConfig, seed: int) -> Embedding:
    """Return skip-gram vectors, learned by telling neighbours from noise."""
    from tutor.words import word2vec

    how: Any = {"backend": config.backend, "device": config.device, "seed": seed}
    return word2vec.fit(corpus, _engine(config), **how).embedding


def cbow(corpus: Corpus, config: LadderConfig, seed: int) -> Embedding:
    """Return CBOW vectors: the mean of the neighbours guesses the word."""
    from tutor.words import word2vec

    how: Any = {"backend": config.backend, "device": config.device, "seed": seed}
    return word2vec.fit(corpus, _engine(config, architecture="cbow"), **how).embedding


def glove(corpus: Corpus, config: LadderConfig, seed: int) -> Embedding:
    """Return GloVe's sums of both vectors, fitted to logarithms of the same counts."""
    from tutor.words import glove as model

    return model.fit(
        _cooccurrence(corpus, config),
        model.GloVeConfig(
            dim=config.dim,
            window=config.window,
            epochs=config.epochs * 3 // 2,
            x_max=10,
        ),
        keys=corpus.vocabulary.words,
        backend=config.backend,
        seed=seed,
        device=config.device,
        threads=1 if config.backend == "numba" else None,
    ).embedding


def fasttext(corpus: Corpus, config: LadderConfig, seed: int) -> Rows:
    """Return means of n-gram vectors; the table of n-grams is what must be kept."""
    from tutor.words import subwords

    settings = subwords.SubwordConfig(
        dim=config.dim, window=config.window, sample=0, epochs=config.epochs
    )
    fit = subwords.fit(
        corpus, settings, backend=config.backend, seed=seed, device=config.device
    )
    known = np.asarray(fit.embedding.vectors)
    return Rows(fit.embedding.keys, known, outside=fit.vectors, stored=(fit.Z,))


def senses(corpus: Corpus, config: LadderConfig, seed: int) -> Embedding:
    r"""Return the mean of a word's sense vectors, each with its prior as weight.

    .. math:: w = \sum_s p_s\, u_{w,s}

    where :math:`p_s` is the share of the text in which sense s was meant.
    """
    from tutor.embedding import Embedding
    from tutor.words import senses as model

    settings = model.SensesConfig(engine=_engine(config))
    fit = model.fit(
        corpus, settings, backend=config.backend, seed=seed, device=config.device
    )
    first, block = fit.where
    vectors = np.array(fit.tables.U[first])
    many = np.flatnonzero(block)
    rows = first[many][:, None] + np.arange(settings.senses)
    weights = fit.priors[block[many] - 1].astype(vectors.dtype)
    vectors[many] = np.einsum("ws,wsd->wd", weights, fit.tables.U[rows])
    return Embedding(corpus.vocabulary.words, vectors)


def retrofitted(corpus: Corpus, config: LadderConfig, seed: int) -> Embedding:
    """Return skip-gram vectors moved towards their neighbours in WordNet."""
    from tutor.words.ladder.lexicon import towards_wordnet

    return towards_wordnet(sgns(corpus, config, seed))


# --- other text ----------------------------------------------------------------------
def packaged_glove(corpus: Corpus, config: LadderConfig, seed: int) -> Rows:
    """Return GloVe 6B: the same words, vectors of ten thousand times as much text."""
    from tutor.datasets import models

    big = models.glove()

    def look_up(words: Sequence[str]) -> Any:
        found = np.zeros((len(words), big.dim), np.float32)
        known = [i for i, word in enumerate(words) if word in big]
        found[known] = big.vectors[big.rows(words[i] for i in known)]
        return found

    words = corpus.vocabulary.words
    return Rows(words, look_up(words), outside=look_up, stored=(big.vectors,))


RUNGS = (
    Rung("random", random, note="control: random numbers"),
    Rung("spelling", spelling, seeded=False, note="control: reads no text"),
    Rung("one-hot", one_hot, 0, seeded=False),
    Rung("TF-IDF rows", tfidf, 1, seeded=False),
    Rung("PPMI rows", ppmi, 2, seeded=False),
    Rung("PPMI-SVD", ppmi_svd, 3),
    Rung("SGNS", sgns, 4),
    Rung("CBOW", cbow, 4),
    Rung("GloVe", glove, 5),
    Rung("fastText", fasttext, 6),
    Rung("counts", counted, seeded=False, note="side branch: neither weighed nor cut"),
    Rung("senses, averaged", senses, note="side branch: several vectors, averaged"),
    Rung("SGNS, retrofitted", retrofitted, note="side branch: a lexicon besides"),
    Rung("GloVe 6B", packaged_glove, seeded=False, note="other text"),
)
"""The rungs of part *words*; a later chapter joins its own to them by `|`."""


def named(*names: str) -> tuple[Rung, ...]:
    """Return rungs of `RUNGS` by name, in the order given.

    Raises
    ------
    KeyError
        For a name that no rung has.
    """
    by_name = {rung.name: rung for rung in RUNGS}
    for name in names:
        if name not in by_name:
            raise KeyError(f"no rung {name!r}; there are {', '.join(by_name)}")
    return tuple(by_name[name] for name in names)
