"""Walking a corpus: the windows of an epoch, and the NumPy training loop over them.

Everything random here is a pure function of (seed, epoch, position), so the Numba
kernels and torch meet the same windows and the same noise. Chapter:
``words/word2vec``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import sampling
from tutor.words.word2vec import reference
from tutor.words.word2vec.config import Word2VecConfig
from tutor.words.word2vec.huffman import HuffmanTree, huffman_tree

if TYPE_CHECKING:
    from tutor.datasets import Corpus
    from tutor.words.word2vec.reference import Float


class Plan(NamedTuple):
    """The fixed arrays of a run: what every backend reads and none writes.

    Attributes
    ----------
    tokens : (n,) int32
    offsets : (docs + 1,) int64
    keep : (vocab,) float64
        Keep probabilities of subsampling.
    deck : (cards,) int32
        Noise words; not used with hierarchical softmax.
    tree : HuffmanTree
        Paths of the words; empty with negative sampling.
    """

    tokens: NDArray[np.int32]
    offsets: NDArray[np.int64]
    keep: NDArray[np.float64]
    deck: NDArray[np.int32]
    tree: HuffmanTree


class Window(NamedTuple):
    """One window: its inputs, its labelled output rows, and the learning rate."""

    contexts: NDArray[np.int32]
    outputs: NDArray[np.int32]
    labels: NDArray[np.bool_]
    mask: NDArray[np.bool_]
    rate: float


def make_plan(corpus: Corpus, config: Word2VecConfig, *, seed: int = 0) -> Plan:
    """Return the fixed arrays of a run over ``corpus``.

    The noise deck holds about 2**20 cards, or 16 a word if that is more. The kernels
    index by token id and ask no question, so every id is looked at here.

    Raises
    ------
    ValueError
        If the corpus is empty, has one word only, or fewer words than ``negatives``,
        or if a token id lies outside the vocabulary.
    """
    counts = corpus.vocabulary.counts
    tokens = np.asarray(corpus.tokens, dtype=np.int32)
    if len(tokens) == 0:
        raise ValueError("the corpus is empty: give text, or lower min_count")
    if not 0 <= tokens.min() <= tokens.max() < len(counts):
        raise ValueError(
            f"token ids must lie in 0..{len(counts) - 1} (the vocabulary), got "
            f"{tokens.min()}..{tokens.max()}: build tokens and vocabulary together"
        )
    if len(counts) < 2:
        raise ValueError("the corpus has one word: word2vec needs at least two")
    deck, tree = np.zeros(1, np.int32), _no_tree()
    if config.objective == "hierarchical_softmax":
        tree = huffman_tree(counts)
    elif config.negatives >= len(counts):
        raise ValueError(
            f"negatives={config.negatives} noise words need a larger vocabulary than "
            f"{len(counts)} words: lower negatives or min_count"
        )
    else:
        size = max(1 << 20, 16 * len(counts))
        deck = sampling.noise_deck(
            counts, power=config.noise_power, size=size, seed=seed
        )
    return Plan(
        _frozen(tokens),
        _frozen(sampling.check_offsets(len(tokens), corpus.offsets)),
        sampling.keep_probability(counts, config.sample),
        deck,
        tree,
    )


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view: one type for the compiler, whatever the corpus held."""
    view = array.view()
    view.flags.writeable = False
    return view


def _no_tree() -> HuffmanTree:
    return HuffmanTree(
        np.zeros((0, 0), np.int32), np.zeros((0, 0), np.uint8), np.zeros(0, np.int32)
    )


def rate_at(config: Word2VecConfig, epoch: int, share: float) -> float:
    r"""Return the learning rate when ``share`` of this epoch's tokens are behind.

    .. math:: \eta = \eta_0 + (\eta_1 - \eta_0)\,\frac{\text{epoch} + \text{share}}
              {\text{epochs}}
    """
    first, last = config.learning_rate, config.min_learning_rate
    return first + (last - first) * ((epoch + share) / config.epochs)


def outputs_of(
    plan: Plan,
    config: Word2VecConfig,
    words: NDArray[np.int32],
    positions: NDArray[np.int64],
    *,
    seed: int,
    epoch: int,
) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return output rows, labels and mask of words at these positions.

    Negative sampling: the word and the noise of its position; hierarchical softmax:
    the inner nodes on the word's path.

    Shapes: ``words``, ``positions`` (n,) → three (n, outputs).
    """
    if config.objective == "hierarchical_softmax":
        length = plan.tree.lengths[words]
        mask = np.arange(plan.tree.nodes.shape[1]) < length[:, None]
        return plan.tree.nodes[words], plan.tree.codes[words] == 0, mask
    noise = sampling.noise(plan.deck, positions, config.negatives, seed, epoch)
    outputs = np.column_stack([words, noise])
    return outputs, reference.skipgram_labels(outputs), reference.distinct(outputs)


def pairs(
    plan: Plan, config: Word2VecConfig, *, seed: int = 0, epoch: int = 0
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Return the (center, context, position) arrays of one epoch, in corpus order."""
    return sampling.skipgram_pairs(
        plan.tokens,
        plan.offsets,
        window=config.window,
        dynamic=config.dynamic,
        keep=plan.keep,
        seed=seed,
        epoch=epoch,
    )


def edges_of(positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where the pairs of each window begin, and the end of the last."""
    return np.append(np.flatnonzero(np.diff(positions, prepend=-1)), len(positions))


def windows(
    plan: Plan, config: Word2VecConfig, *, seed: int = 0, epoch: int = 0
) -> Iterator[Window]:
    """Yield the windows of one epoch in corpus order; those without context are left.

    Contexts come from left to right. All inputs of a window share its outputs.
    """
    centers, contexts, positions = pairs(plan, config, seed=seed, epoch=epoch)
    edges = edges_of(positions)
    words, places = centers[edges[:-1]], positions[edges[:-1]]
    rows, labels, mask = outputs_of(plan, config, words, places, seed=seed, epoch=epoch)
    total = len(plan.tokens)
    for i, place in enumerate(places):
        rate = rate_at(config, epoch, place / total)
        inputs = contexts[edges[i] : edges[i + 1]]
        yield Window(inputs, rows[i], labels[i], mask[i], rate)


def train_epoch(
    U: Float,
    V: Float,
    plan: Plan,
    config: Word2VecConfig,
    *,
    seed: int = 0,
    epoch: int = 0,
) -> None:
    """Train ``U`` and ``V`` in place for one epoch: the kernels' readable original.

    Skip-gram takes ``batch_pairs`` (default 2) contexts of a window a step; CBOW one
    window a step.
    """
    batch = config.batch_pairs or 2
    for window in windows(plan, config, seed=seed, epoch=epoch):
        contexts, outputs, labels, mask, rate = window
        if config.architecture == "cbow":
            exact = config.cbow_step == "exact"
            reference.cbow_step(
                U, V, contexts, outputs, labels, mask, rate, exact=exact
            )
            continue
        for start in range(0, len(contexts), batch):
            inputs = contexts[start : start + batch]
            n = len(inputs)
            rows = np.tile(outputs, (n, 1))
            same = np.tile(labels, (n, 1)), np.tile(mask, (n, 1))
            reference.skipgram_step(U, V, inputs, rows, *same, rate)


def probe_loss(
    U: Float,
    V: Float,
    plan: Plan,
    config: Word2VecConfig,
    *,
    seed: int = 0,
    tokens: int = 20_000,
) -> float:
    """Return the mean loss of a pair (CBOW: of a window) on a fixed slice of text.

    The slice is the middle of the corpus; its windows and noise are those of an
    epoch that is never trained on, the same after every epoch and for every backend.
    """
    start = max(0, (len(plan.tokens) - tokens) // 2)
    inner = np.clip(plan.offsets - start, 0, min(tokens, len(plan.tokens)))
    part = plan._replace(
        tokens=plan.tokens[start : start + tokens], offsets=np.unique(inner)
    )
    if len(part.offsets) < 2:
        return float("nan")
    total, count, epoch = 0.0, 0, config.epochs
    if config.architecture == "cbow":
        for window in windows(part, config, seed=seed, epoch=epoch):
            h = U[window.contexts].mean(axis=0, keepdims=True)
            total += reference.decisions_loss(
                h, V[window.outputs][None], window.labels, window.mask
            )
            count += 1
        return total / max(count, 1)
    centers, contexts, positions = pairs(part, config, seed=seed, epoch=epoch)
    for i in range(0, len(centers), 4096):
        cut = slice(i, i + 4096)
        rows, labels, mask = outputs_of(
            part, config, centers[cut], positions[cut], seed=seed, epoch=epoch
        )
        total += reference.decisions_loss(U[contexts[cut]], V[rows], labels, mask)
        count += len(rows)
    return total / max(count, 1)


class Run(NamedTuple):
    """The numbers of one epoch that the kernels need beside the plan."""

    window: int
    dynamic: bool
    negatives: int
    exact: bool
    subsample_key: np.uint64
    window_key: np.uint64
    card: int
    rate: float
    slope: float


def make_run(plan: Plan, config: Word2VecConfig, *, seed: int, epoch: int) -> Run:
    """Return the numbers of one epoch: keys of the streams, first card, rates."""
    tree = config.objective == "hierarchical_softmax"
    start = rate_at(config, epoch, 0.0)
    return Run(
        config.window,
        config.dynamic,
        0 if tree else config.negatives,
        config.cbow_step == "exact",
        sampling.stream_key(seed, epoch, sampling.SUBSAMPLE),
        sampling.stream_key(seed, epoch, sampling.WINDOW),
        0 if tree else sampling.noise_start(len(plan.deck), seed, epoch),
        start,
        rate_at(config, epoch, 1.0) - start,
    )
