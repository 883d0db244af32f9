"""Walking the documents: bags and windows of an epoch, and the NumPy loop over them.

Everything random is a function of (seed, epoch, position), so Numba and torch meet the
same bags and the same noise. Chapter: ``documents/paragraphs``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.documents.paragraphs import reference
from tutor.documents.paragraphs.config import ParagraphConfig
from tutor.documents.paragraphs.reference import Float, Parameters, Rows

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.datasets.vocabulary import Vocabulary

PROJECTION = 101
"""Stream of the initial projection; the others are those of ``tutor.sampling``."""
PROBE = 200
"""Documents whose loss is reported after each epoch."""


class Plan(NamedTuple):
    """The fixed arrays of a run: what every backend reads and none writes.

    Attributes
    ----------
    tokens : (n,) int32
    offsets : (docs + 1,) int64
    keep : (vocab,) float64
        Keep probabilities of subsampling.
    deck : (cards,) int32
        Noise words.
    """

    tokens: NDArray[np.int32]
    offsets: NDArray[np.int64]
    keep: NDArray[np.float64]
    deck: NDArray[np.int32]


def make_plan(corpus: Corpus, config: ParagraphConfig, *, seed: int = 0) -> Plan:
    """Return the fixed arrays of a run over ``corpus``.

    Raises
    ------
    ValueError
        If the corpus has no token, or fewer than two words.
    """
    counts = corpus.vocabulary.counts
    if len(corpus.tokens) == 0 or len(counts) < 2:
        raise ValueError(
            f"{len(corpus.tokens)} tokens of {len(counts)} words cannot be learned "
            "from: give more text, or lower min_count"
        )
    size = max(1 << 18, 16 * len(counts))
    deck = sampling.noise_deck(counts, power=config.noise_power, size=size, seed=seed)
    tokens = np.ascontiguousarray(corpus.tokens, dtype=np.int32)
    offsets = sampling.check_offsets(len(tokens), corpus.offsets)
    return Plan(
        _frozen(tokens),
        _frozen(offsets),
        sampling.keep_probability(counts, config.sample),
        deck,
    )


def new_documents(
    plan: Plan, vocabulary: Vocabulary, documents: Sequence[Sequence[str]]
) -> Plan:
    """Return a plan for unseen documents under the same vocabulary and noise.

    Words that the vocabulary lacks are left out; a document of none keeps its place.
    """
    parts = [[vocabulary.index(w) for w in d if w in vocabulary] for d in documents]
    edges = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    tokens = np.array([t for part in parts for t in part], dtype=np.int32)
    offsets = edges.astype(np.int64)
    return plan._replace(tokens=_frozen(tokens), offsets=_frozen(offsets))


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view: one type for the compiler, whatever came in."""
    view = array.view()
    view.flags.writeable = False
    return view


def initial_parameters(
    documents: int, vocab: int, config: ParagraphConfig, *, seed: int
) -> Parameters:
    """Return small random document vectors and words around, output rows of zeros.

    The projection of ``real-binary`` is uniform with variance 1 / dim; a code does not
    change when all of it is scaled. All float32.
    """
    dim, mixed = config.dim, config.code == "real-binary"
    D = sampling.initial_vectors(documents, dim, seed)
    W = np.zeros((0, dim), np.float32)
    if mixed:
        drawn = sampling.initial_vectors(config.bits, dim, seed, stream=PROJECTION)
        W = drawn * np.float32(np.sqrt(12 * dim))
    width = config.bits if mixed else dim
    V = np.zeros((vocab, width + 1), np.float32)
    U = np.zeros((0, dim), np.float32)
    if config.architecture == "dm":
        U = sampling.initial_vectors(vocab, dim, seed, stream=PROJECTION)
    return Parameters(D, V, W, U)


def initial_squares(parameters: Parameters, config: ParagraphConfig) -> Parameters:
    """Return AdaGrad's sums of squares at the start, one table for each parameter."""
    start = config.initial_square
    return Parameters(*(np.full_like(table, start) for table in parameters))


def rate_at(config: ParagraphConfig, epoch: int) -> float:
    r"""Return the learning rate of an epoch: from :math:`\eta` to a tenth of it."""
    behind = epoch / max(1, config.epochs - 1)
    return config.learning_rate * (1 - 0.9 * min(1.0, behind))


# --- bags and windows ----------------------------------------------------------------
def kept_tokens(
    plan: Plan, document: int, *, seed: int, epoch: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return a document's tokens that survive subsampling, and their positions."""
    first, last = plan.offsets[document : document + 2]
    tokens = plan.tokens[first:last]
    kept = sampling.subsample(tokens, plan.keep, seed, epoch, start=int(first))
    return tokens[kept], first + np.flatnonzero(kept)


def tally(words: Rows, noise: Rows) -> tuple[Rows, Float, Float]:
    """Return the different rows among both, and how often each is in either.

    Shapes: (n,), (m,) → rows (k,), counts (k,), counts (k,) float32.
    """
    rows, where = np.unique(np.concatenate([words, noise]), return_inverse=True)
    own, other = where[: len(words)], where[len(words) :]
    p, q = (np.bincount(part, minlength=len(rows)) for part in (own, other))
    return rows, p.astype(np.float32), q.astype(np.float32)


def bag_of(
    plan: Plan, config: ParagraphConfig, document: int, *, seed: int, epoch: int
) -> tuple[Rows, Float, Float]:
    """Return a document's bag in this epoch: its kept words, K noise words for each."""
    words, positions = kept_tokens(plan, document, seed=seed, epoch=epoch)
    noise = sampling.noise(plan.deck, positions, config.negatives, seed, epoch)
    return tally(words, noise.ravel())


def windows_of(
    plan: Plan, config: ParagraphConfig, document: int, *, seed: int, epoch: int
) -> Iterator[tuple[Rows, tuple[Rows, Float, Float]]]:
    """Yield the words around, and the small bag, of each kept word of a document."""
    words, positions = kept_tokens(plan, document, seed=seed, epoch=epoch)
    noise = sampling.noise(plan.deck, positions, config.negatives, seed, epoch)
    reach = config.window
    for t in range(len(words)):
        left, right = words[max(0, t - reach) : t], words[t + 1 : t + 1 + reach]
        yield np.concatenate([left, right]), tally(words[t : t + 1], noise[t])


def train_epoch(
    parameters: Parameters,
    squares: Parameters,
    plan: Plan,
    config: ParagraphConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
    frozen: bool = False,
) -> None:
    """Train the tables in place for one epoch: the kernels' readable original.

    With ``frozen`` only the document vectors move: that is how unseen documents get
    theirs.
    """
    rate = rate_at(config, epoch)
    for i in range(len(plan.offsets) - 1):
        if config.architecture == "dbow":
            bag = bag_of(plan, config, i, seed=seed, epoch=epoch)
            options: dict[str, Any] = {"code": config.code, "frozen": frozen}
            reference.dbow_step(parameters, squares, i, bag, rate, **options)
            continue
        for contexts, bag in windows_of(plan, config, i, seed=seed, epoch=epoch):
            reference.dm_step(
                parameters, squares, i, contexts, bag, rate, frozen=frozen
            )


def probe_loss(
    parameters: Parameters, plan: Plan, config: ParagraphConfig, *, seed: int = 0
) -> float:
    """Return the mean loss of a word on the first documents.

    Subsampling and noise are those of an epoch that is never trained on, the same
    after every epoch and for every backend.
    """
    D, V, W, U = parameters
    total, count = 0.0, 0.0
    for i in range(min(PROBE, len(plan.offsets) - 1)):
        if config.architecture == "dbow":
            h = reference.hidden(D[i], W, config.code)
            bag = bag_of(plan, config, i, seed=seed, epoch=config.epochs)
            inputs = [(h, bag)]
        else:
            found = windows_of(plan, config, i, seed=seed, epoch=config.epochs)
            inputs = [(reference.window_mean(D[i], U[c]), bag) for c, bag in found]
        for h, (rows, p, q) in inputs:
            total += reference.bag_loss(h, V[rows], p, q)
            count += float(np.sum(p))
    return total / max(count, 1.0)
