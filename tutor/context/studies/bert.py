"""Studies of chapter ``context/bert``: hidden words, parts of speech, narrow cones.

Settings were looked at on the ``pilot`` definitions of
:func:`tutor.context.bert.glosses.glosses` and on their like; what is measured here is
measured on ``held``. ``bert_training`` trains the models and stores what they score.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import geometry, sampling
from tutor.context.attention import packed
from tutor.context.bert.glosses import glosses
from tutor.context.bert.probing import Selectivity, selectivity
from tutor.context.bert.wordpiece import INSIDE, MASK, WordPiece, split_words
from tutor.datasets import lexicons
from tutor.datasets.examples import SenseExample, wordnet_examples

if TYPE_CHECKING:
    from tutor.context.attention.torch import Encoder
    from tutor.context.bert.torch import MaskedLM

Floats = NDArray[np.floating[Any]]
Ids = NDArray[np.int64]

SEEDS = (1, 2, 3, 4, 5)
_PLACE, _PAIR = 75, 76  # streams: the hidden place of a text, the partner in a pair


# --- cloze: one word hidden ----------------------------------------------------------
class Cloze(NamedTuple):
    """Texts with one whole word hidden each.

    Attributes
    ----------
    texts : list of int arrays
        With both ends, nothing hidden yet.
    places : (texts,) int
    targets : (texts,) int
        What stands there.
    """

    texts: list[Ids]
    places: Ids
    targets: Ids


def whole_words(vocabulary: WordPiece, ids: Ids) -> Ids:
    """Return the places that hold a word of letters in one piece."""
    names = [vocabulary.pieces[i] for i in ids]
    return np.array(
        [
            p
            for p in range(1, len(ids) - 1)
            if names[p].isalpha() and not names[p + 1].startswith(INSIDE)
        ],
        dtype=np.int64,
    )


def cloze(vocabulary: WordPiece, texts: Sequence[Ids], seed: int) -> Cloze:
    """Draw one whole word of each text; a text without one is left out."""
    kept, places = [], []
    u = sampling.uniform(seed, 0, _PLACE, np.arange(len(texts)))
    for number, ids in enumerate(texts):
        found = whole_words(vocabulary, ids)
        if len(found):
            kept.append(ids)
            places.append(found[int(u[number] * len(found))])
    targets = [ids[p] for ids, p in zip(kept, places, strict=True)]
    return Cloze(kept, np.array(places), np.array(targets))


def guesses(model: MaskedLM, task: Cloze, *, objective: str = "masked") -> Ids:
    """Return the piece the model puts first at each hidden place.

    A model trained on hidden places reads the text with [MASK] there. One trained on
    the ``next`` piece answers at the place before, with nothing hidden: its causal mask
    keeps it from looking ahead.

    Shapes: → (texts,).
    """
    import torch

    found = np.empty(len(task.texts), dtype=np.int64)
    with torch.inference_mode():
        for piece in packed.batches([len(x) for x in task.texts], 4096):
            ids, lengths = packed.pad([task.texts[k] for k in piece])
            rows, at = np.arange(len(piece)), task.places[piece]
            if objective == "next":
                at = at - 1
            else:
                ids[rows, at] = MASK
            given = torch.as_tensor(ids, device=model.bias.device)
            states = model.encoder(given, lengths, mask=model.mask)[-1]
            scores = model.score_states(states[rows, at])
            found[piece] = scores.argmax(dim=1).cpu().numpy()
    return found


def right(model: MaskedLM, task: Cloze, *, objective: str = "masked") -> Floats:
    """Return 1 where the model's first guess is what stood there. Shapes: (texts,)."""
    found = guesses(model, task, objective=objective)
    return np.asarray((found == task.targets).astype(np.float64))


def most_frequent(vocabulary: WordPiece, texts: Sequence[Ids]) -> int:
    """Return the whole word that stands most often in texts: the unigram's answer."""
    counts: Counter[int] = Counter()
    for ids in texts:
        counts.update(ids[whole_words(vocabulary, ids)].tolist())
    return max(counts, key=lambda i: (counts[i], -i))


# --- probing: part of speech ---------------------------------------------------------
class Tagged(NamedTuple):
    """States of marked words at each depth, the words, and their parts of speech.

    Shapes: ``states`` (n, layers + 1, dim), ``words`` n, ``labels`` (n,) in 0 to 3.
    """

    states: Floats
    words: tuple[str, ...]
    labels: Ids


PARTS = ("n", "v", "a", "r")


def tagged_examples(count: int, *, least: int = 5) -> tuple[SenseExample, ...]:
    """Return examples whose marked word form is frequent and of several kinds.

    A form counts if it is marked in ``least`` examples or more, with two parts of
    speech or more: *run* the noun and *run* the verb. The first ``count`` of an order
    drawn once.
    """
    forms: dict[str, list[SenseExample]] = defaultdict(list)
    for example in wordnet_examples():
        forms[example.word.lower()].append(example)
    kept = [
        e
        for found in forms.values()
        if len(found) >= least and len({e.pos for e in found}) > 1
        for e in found
    ]
    order = sampling.permutation(len(kept), seed=12)[:count]
    return tuple(kept[i] for i in order)


def tagged(
    model: MaskedLM, vocabulary: WordPiece, examples: Sequence[SenseExample]
) -> Tagged:
    """Read the marked words: the mean state of their pieces at each depth."""
    words = [before_and_word(e) for e in examples]
    texts = [np.array(vocabulary.encode(e.text, longest=64)) for e in examples]
    states = states_at_each_depth(model.encoder, texts, model.mask)
    rows = []
    for example, (before, mine), table in zip(examples, words, states, strict=True):
        cuts = vocabulary.cut([*before, mine])
        start = 1 + sum(len(cut) for cut in cuts[:-1])
        inside = table[:, start : start + len(cuts[-1])]
        if not inside.shape[1]:
            raise ValueError(f"the marked word of {example.text!r} was cut off")
        rows.append(inside.mean(axis=1))
    labels = np.array([PARTS.index(e.pos) for e in examples])
    return Tagged(np.stack(rows), tuple(mine for _, mine in words), labels)


def before_and_word(example: SenseExample) -> tuple[list[str], str]:
    """Return the words before the marked one, and the marked one as they are cut."""
    return split_words(example.text[: example.start]), example.word.lower()


def states_at_each_depth(
    encoder: Encoder, texts: Sequence[Ids], mask: str = "bidirectional"
) -> list[Floats]:
    """Return (layers + 1, length, dim) for each text, padding taken off."""
    import torch

    found: list[Any] = [None] * len(texts)
    with torch.inference_mode():
        for piece in packed.batches([len(x) for x in texts], 2048):
            ids, lengths = packed.pad([texts[k] for k in piece])
            given = torch.as_tensor(ids, device=encoder.tokens.device)
            states = torch.stack(encoder(given, lengths, mask=mask)).cpu().numpy()
            for row, k in enumerate(piece):
                found[k] = states[:, row, : lengths[row]]
    return found


def probe_depth(data: Tagged, depth: int) -> list[Selectivity]:
    """Probe the part of speech at one depth, once for each seed."""
    states = data.states[:, depth]
    return [selectivity(states, data.words, data.labels, seed=s) for s in SEEDS]


# --- similarity of definitions -------------------------------------------------------
class Pairs(NamedTuple):
    """Definitions in pairs, and how near their synsets are in the tree of nouns.

    Attributes
    ----------
    texts : tuple of str
    left, right : (pairs,) int
        Rows of ``texts``.
    gold : (pairs,)
        Wu and Palmer's similarity.
    """

    texts: tuple[str, ...]
    left: Ids
    right: Ids
    gold: Floats


def wu_palmer(paths: Sequence[set[str]], a: int, b: int) -> float:
    r"""Return :math:`2 c / (n_a + n_b)`: shared ancestors over all, itself counted."""
    return 2 * len(paths[a] & paths[b]) / (len(paths[a]) + len(paths[b]))


def noun_pairs(count: int, *, tries: int = 20) -> Pairs:
    """Pair ``count`` held-out noun definitions: each with a stranger and a relative.

    The relative is the nearest of ``tries`` definitions drawn at random.
    """
    split = glosses()
    net = lexicons.wordnet()
    texts = [t for t in split.held if split.synsets[t].startswith("n-")][:count]
    keys = [split.synsets[t] for t in texts]
    paths = [{key, *net.ancestors(key)} for key in keys]
    n = len(texts)
    drawn = sampling.integers(0, 0, _PAIR, np.arange(n * tries), n - 1)
    others = drawn.reshape(n, tries)
    others += others >= np.arange(n)[:, None]  # never itself
    near = np.array(
        [[wu_palmer(paths, i, int(j)) for j in row] for i, row in enumerate(others)]
    )
    rows = np.arange(n)
    best = others[rows, near.argmax(axis=1)]
    return Pairs(
        tuple(texts),
        np.concatenate([rows, rows]),
        np.concatenate([others[:, 0], best]),
        np.concatenate([near[:, 0], near.max(axis=1)]),
    )


def cosines(vectors: Floats, pairs: Pairs) -> Floats:
    """Return the cosine of each pair. Shapes: (texts, dim) → (pairs,)."""
    X = geometry.unit_rows(np.asarray(vectors, dtype=np.float64))
    return np.asarray((X[pairs.left] * X[pairs.right]).sum(axis=1))


def mean_states(encoder: Encoder, texts: Sequence[Any]) -> Floats:
    """Return the mean of the last states of each text. Shapes: → (texts, dim)."""
    states = packed.last_states(encoder, texts, tokens=2048)
    return np.stack([s.mean(axis=0) for s in states]).astype(np.float64)


def repairs(others: Floats) -> dict[str, Callable[[Floats], Floats]]:
    """Return the repairs of a narrow cone, each fitted on other texts' vectors.

    *centred*: without the mean; *all but the top*: also without the directions of
    largest variance, one for every hundred coordinates and at least one; *whitened*:
    variance 1 in every direction.
    """
    mean = others.mean(axis=0)
    top = geometry.principal_directions(others, max(1, round(others.shape[1] / 100)))
    centre, W = geometry.whitening(others, epsilon=1e-6)
    return {
        "raw": lambda X: X,
        "centred": lambda X: X - mean,
        "all but the top": lambda X: geometry.remove_directions(X - mean, top),
        "whitened": lambda X: (X - centre) @ W,
    }


def top_share(vectors: Floats) -> float:
    r"""Return :math:`s_1^2 / \sum_j s_j^2`, the mean not taken out."""
    power = np.linalg.svd(np.asarray(vectors, np.float64), compute_uv=False) ** 2
    return float(power[0] / power.sum())


def words_by_depth(states: Sequence[Floats], seed: int) -> Floats:
    """Return one token state a text, drawn between both ends: (layers + 1, texts, dim).

    What the mean cosine of random words is taken over.
    """
    u = sampling.uniform(seed, 0, _PLACE, np.arange(len(states)))
    picked = [
        s[:, 1 + int(x * (s.shape[1] - 2))] for s, x in zip(states, u, strict=True)
    ]
    return np.stack(picked, axis=1)
