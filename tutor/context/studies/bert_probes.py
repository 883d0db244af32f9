"""Studies of chapter ``context/bert``: place, length of the text, and classes of nouns.

The chapter asks for the part of speech with :mod:`tutor.context.studies.bert`; here are
three more kinds of knowledge, under one rule. Settings were looked at on the ``pilot``
definitions and on the first quarter of the noun forms; what is measured is measured on
``held`` and on the other forms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor import sampling
from tutor.context.bert.probing import control_labels, fit_probe, predict
from tutor.context.bert.wordpiece import WordPiece
from tutor.context.studies.bert import SEEDS, states_at_each_depth
from tutor.datasets.collections import noun_classes
from tutor.datasets.examples import SenseExample, wordnet_examples

if TYPE_CHECKING:
    from tutor.context.bert.torch import MaskedLM

Floats = NDArray[np.floating[Any]]
Ids = NDArray[np.int64]

PLACES, WIDTH = 12, 2  # a place is drawn among so many; so many of them share a label
LENGTHS = 4  # labels of the length of a text, about equally frequent
LEAST = 3  # examples that a form of a noun must have
_PLACE, _WORDS = 77, 78  # streams: the place asked about, the order of the words


# --- place and length ----------------------------------------------------------------
class Placed(NamedTuple):
    """Texts with one place each, drawn without regard to how long the text is.

    Attributes
    ----------
    texts : list of int arrays
        With both ends; each has ``PLACES`` pieces or more between them.
    places : (texts,) int
        From 1 to ``PLACES``.
    types : tuple of str
        The piece that stands there.
    place, length : (texts,) int
        Labels: which ``WIDTH`` places, and which quarter of the lengths.
    """

    texts: list[Ids]
    places: Ids
    types: tuple[str, ...]
    place: Ids
    length: Ids


def placed(
    vocabulary: WordPiece, texts: Sequence[Ids], *, shuffled: bool = False
) -> Placed:
    """Draw a place among the first ``PLACES`` of each text that is long enough.

    Every place is as likely in a short text as in a long one, so the place says nothing
    about the length and the length nothing about the place. ``shuffled`` puts the
    pieces between both ends in a random order first: then no word has a usual place,
    and what is left of the place stands in the position vectors.

    Raises
    ------
    ValueError
        If fewer than ``LENGTHS`` texts are long enough.
    """
    long = [np.asarray(ids) for ids in texts if len(ids) >= PLACES + 2]
    if len(long) < LENGTHS:
        raise ValueError(
            f"{len(long)} of {len(texts)} texts have {PLACES} pieces between their "
            f"ends; give {LENGTHS} or more that do"
        )
    numbers = np.arange(len(long))
    if shuffled:
        long = [_shuffle(ids, number) for number, ids in enumerate(long)]
    places = 1 + sampling.integers(0, 0, _PLACE, numbers, PLACES)
    sizes = np.array([len(ids) for ids in long])
    edges = np.quantile(sizes, np.arange(1, LENGTHS) / LENGTHS)
    return Placed(
        long,
        places,
        tuple(vocabulary.pieces[x[p]] for x, p in zip(long, places, strict=True)),
        (places - 1) // WIDTH,
        np.searchsorted(edges, sizes, side="left"),
    )


def _shuffle(ids: Ids, number: int) -> Ids:
    inner = np.arange(1, len(ids) - 1)
    u = sampling.uniform(0, number, _WORDS, inner)
    return np.concatenate([ids[:1], ids[inner[np.argsort(u)]], ids[-1:]])


def placed_states(model: MaskedLM, task: Placed) -> Floats:
    """Return the state at each drawn place. Shapes: → (texts, layers + 1, dim)."""
    states = states_at_each_depth(model.encoder, task.texts, model.mask)
    return np.stack([s[:, p] for s, p in zip(states, task.places, strict=True)])


# --- classes of nouns ----------------------------------------------------------------
class Nouns(NamedTuple):
    """Examples of nouns whose form has several classes. Shapes: labels (n,) from 0."""

    examples: tuple[SenseExample, ...]
    labels: Ids


def nouns() -> tuple[Nouns, Nouns]:
    """Return marked nouns for looking, and others for measuring: no form is in both.

    WordNet's editors sorted the senses of nouns into 26 classes such as animal, act or
    feeling. A form counts if ``LEAST`` examples or more have it, in two classes or
    more: *bank* the object and *bank* the group. A quarter of the forms is for looking.
    """
    classes = noun_classes()
    forms: dict[str, list[SenseExample]] = defaultdict(list)
    for example in wordnet_examples():
        if example.pos == "n":
            forms[example.word.lower()].append(example)
    kept = [
        found
        for found in forms.values()
        if len(found) >= LEAST and len({classes[e.synset] for e in found}) > 1
    ]
    order = sampling.permutation(len(kept), seed=13)
    first = min(classes.values())
    parts = []
    for chosen in np.split(order, [len(order) // 4]):
        examples = tuple(e for i in chosen for e in kept[i])
        labels = np.array([classes[e.synset] - first for e in examples])
        parts.append(Nouns(examples, labels))
    return parts[0], parts[1]


# --- one rule for all of them --------------------------------------------------------
class Probed(NamedTuple):
    """For each test token and draw: is the probe right, its control, the word alone.

    Shapes: three of (seeds, test), 0 and 1.
    """

    accuracy: Floats
    control: Floats
    word: Floats


def usual(train: Sequence[str], labels: ArrayLike, test: Sequence[str]) -> Ids:
    """Return the label each word has most often in training: what the word alone says.

    A word that training lacks gets the label that is most frequent of all; ties go to
    the smaller label. Shapes: ``train`` n words, ``labels`` (n,) → (test,).
    """
    y = np.asarray(labels)
    if y.shape != (len(train),) or not len(train):
        raise ValueError(f"{len(train)} words need as many labels, got shape {y.shape}")
    counts: dict[str, Ids] = defaultdict(lambda: np.zeros(int(y.max()) + 1, np.int64))
    for word, label in zip(train, y.tolist(), strict=True):
        counts[word][label] += 1
    best = {word: int(found.argmax()) for word, found in counts.items()}
    plain = int(np.bincount(y).argmax())
    return np.array([best.get(word, plain) for word in test])


def probed(states: ArrayLike, types: Sequence[str], labels: ArrayLike) -> Probed:
    """Probe states for labels and for control labels, on test tokens drawn once.

    A third of the tokens is for testing, the same for every seed, so that an interval
    over tokens and seeds can be drawn. Each seed trains on another three quarters of
    the rest and has control labels of its own.

    Shapes: ``states`` (n, dim), ``types`` n words, ``labels`` (n,).
    """
    X, y = np.asarray(states, dtype=np.float64), np.asarray(labels)
    if not len(X) == len(types) == len(y):
        raise ValueError(f"{len(X)} states, {len(types)} words and {len(y)} labels")
    names = np.array(types)
    order = sampling.permutation(len(y), seed=14)
    test, rest = order[: len(y) // 3], order[len(y) // 3 :]
    rows = []
    for seed in SEEDS:
        train = rest[sampling.permutation(len(rest), seed)[: 3 * len(rest) // 4]]
        control = control_labels(types, y, seed=seed)
        found = [
            predict(fit_probe(X[train], wanted[train]), X[test]) == wanted[test]
            for wanted in (y, control)
        ]
        word = usual(names[train].tolist(), y[train], names[test].tolist())
        rows.append([*found, word == y[test]])
    return Probed(*np.array(rows, dtype=np.float64).swapaxes(0, 1))


def by_depth(
    states: Floats, types: Sequence[str], labels: ArrayLike
) -> tuple[Probed, ...]:
    """Probe every depth. Shapes: ``states`` (n, layers + 1, dim)."""
    return tuple(
        probed(states[:, depth], types, labels) for depth in range(states.shape[1])
    )


def gained(depths: Sequence[Probed], *, beyond_memory: bool = False) -> Floats:
    """Return the last depth minus the first: of the accuracy, or less its control.

    Shapes: → (seeds, test).
    """
    first, last = (
        found.accuracy - found.control if beyond_memory else found.accuracy
        for found in (depths[0], depths[-1])
    )
    return last - first
