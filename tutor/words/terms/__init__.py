"""Terms as units: extracted from a text, joined in it, learned, drawn as a map.

Modules: ``speech`` (parts of speech without a tagger), ``candidates`` (runs of the
pattern, counted), ``reference`` (C-value, NPMI), ``rewrite`` (a term becomes a token),
``ontology`` (likeness on an is-a graph, to judge by), ``graph`` (the semantic map).
Vectors are learned by :mod:`tutor.words.word2vec`, on NumPy, Numba, or torch.
Paper: Palagin, Velychko, Malakhov and Shchurov (2020); extraction after Frantzi,
Ananiadou and Mima (2000). Left out: the paper's annotation of the corpus, its web
services, and a tagger. Chapter: ``words/terms``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.words.terms.candidates import Candidates, find_candidates
from tutor.words.terms.config import TermsConfig
from tutor.words.terms.graph import neighbour_graph
from tutor.words.terms.ontology import Ontology, is_a_distance, wu_palmer
from tutor.words.terms.reference import c_value, nested, npmi
from tutor.words.terms.rewrite import rewrite
from tutor.words.terms.speech import parts_of_speech

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.training import Fit
    from tutor.words.word2vec import Word2VecConfig

__all__ = [
    "Candidates",
    "Ontology",
    "Terms",
    "TermsConfig",
    "c_value",
    "extract",
    "find_candidates",
    "fit",
    "is_a_distance",
    "neighbour_graph",
    "nested",
    "npmi",
    "parts_of_speech",
    "rewrite",
    "wu_palmer",
]


@dataclass(frozen=True, eq=False, repr=False)
class Terms:
    """Extracted terms, highest C-value first.

    Attributes
    ----------
    words : tuple of tuples of str
        The words of each term.
    counts : (n,) int64
        Occurrences, those inside longer candidates included.
    c_values, npmis : (n,) float64
    """

    words: tuple[tuple[str, ...], ...]
    counts: NDArray[np.int64]
    c_values: NDArray[np.float64]
    npmis: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        return f"Terms({len(self)}, C-value {self.c_values.min():.1f} or more)"


def extract(
    corpus: Corpus, speech: ArrayLike, config: TermsConfig | None = None
) -> Terms:
    r"""Return the candidates that are firm enough and stand by themselves.

    .. math:: \{a : C(a) \ge C_0,\; \mathrm{NPMI}(a) \ge N_0\}

    Parameters
    ----------
    corpus : Corpus
        With all its words: ``min_count=1``.
    speech : (vocabulary,) array
        See :func:`parts_of_speech`.
    config : TermsConfig or None

    Raises
    ------
    ValueError
        As :func:`find_candidates`; or if no candidate passes both thresholds.
    """
    config = config or TermsConfig()
    found = find_candidates(
        corpus, speech, longest=config.longest, min_count=config.min_count
    )
    values = c_value(found.lengths, found.counts, nested(found))
    parts = np.where(found.rows < 0, 0, corpus.vocabulary.counts[found.rows])
    firm = npmi(found.counts, parts, len(corpus.tokens))
    kept = np.flatnonzero(
        (values >= config.least_c_value) & (firm >= config.least_npmi)
    )
    if not len(kept):
        raise ValueError(
            f"none of {len(found)} candidates has a C-value of {config.least_c_value} "
            f"and an NPMI of {config.least_npmi}: lower one of them"
        )
    kept = kept[np.argsort(-values[kept], kind="stable")]
    names, rows = corpus.vocabulary.words, found.sequences()
    words = tuple(tuple(names[t] for t in rows[i]) for i in kept)
    return Terms(words, found.counts[kept], values[kept], firm[kept])


def fit(
    corpus: Corpus,
    terms: Terms,
    config: Word2VecConfig | None = None,
    *,
    joiner: str = "_",
    backend: str = "numba",
    seed: int = 0,
    device: str = "cpu",
) -> Fit:
    """Learn vectors of words and terms: word2vec on the rewritten corpus.

    Parameters
    ----------
    corpus : Corpus
        As it was given to :func:`extract`.
    terms : Terms
    config, backend, seed, device
        As of :func:`tutor.words.word2vec.fit`.
    joiner : str
        ``renal_cyst`` is the key of the term *renal cyst*.

    Raises
    ------
    ValueError, FloatingPointError
        As :func:`rewrite` and :func:`tutor.words.word2vec.fit`.
    """
    from tutor.words import word2vec

    rewritten = rewrite(corpus, terms.words, joiner=joiner)
    return word2vec.fit(rewritten, config, backend=backend, seed=seed, device=device)
