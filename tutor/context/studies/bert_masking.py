"""Stored study of chapter ``context/bert``: how much to hide, and what to show there.

``bert-masking`` trains models that hide 30 and 50 of 100 places, and one that hides 50
and always shows [MASK]. The model that hides 15 is the one that ``bert-training`` has
stored: the same settings, seeds and texts, so it is read and not trained again.

Two rules were written before the run, both on the share of hidden words found: hiding
50 teaches more than hiding 15 (interval above 0.01, and so ahead of the most frequent
word); with 50 hidden, showing [MASK] always finds more than 80/10/10 (interval above
0.01). The rest is reported beside them, and decides nothing.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tutor import claims
from tutor.claims import studies
from tutor.claims.studies import Study
from tutor.context.attention import packed
from tutor.context.bert.glosses import glosses
from tutor.context.bert.masking import Masked, MaskingConfig, mask_tokens
from tutor.context.bert.presets import RIVALS, encoded
from tutor.context.bert.pretrain import PretrainConfig, pretrain
from tutor.context.studies.bert import (
    Ids,
    cosines,
    mean_states,
    most_frequent,
    right,
)
from tutor.context.studies.bert_training import (
    _SCORING,
    _TRAINING,
    SEEDS,
    _tests,
    sides,
)
from tutor.evaluate.statistics import paired_bootstrap, spearman

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tutor.context.bert.torch import MaskedLM

Floats = NDArray[np.floating[Any]]

TEST_RATE = 0.15
_TEST_SEED = 1


def models() -> dict[str, PretrainConfig]:
    """Return the settings of what is trained here.

    With 15 of 100 hidden a model of this size is hardly ahead of the most frequent
    word, so what is shown is compared where 50 are.
    """
    mixed = RIVALS["rate 50"]
    only = replace(mixed.masking, mask_share=1.0, random_share=0.0)
    return {
        "rate 30": RIVALS["rate 30"],
        "rate 50": mixed,
        "only mask": replace(mixed, masking=only),
    }


def shown_in_tests() -> dict[str, MaskingConfig]:
    """Return two tests with the same places and answers, for all models alike."""
    return {
        "loss, [MASK] shown": MaskingConfig(TEST_RATE, mask_share=1, random_share=0),
        "loss, 80/10/10 shown": MaskingConfig(TEST_RATE),
    }


class Score(NamedTuple):
    """What one trained model scores: each an array over texts or pairs."""

    hits: Floats
    near: Floats
    losses: dict[str, Floats]


def text_losses(
    model: MaskedLM, texts: Sequence[Ids], shown: MaskingConfig, *, seed: int
) -> Floats:
    r"""Return each text's mean loss at its chosen places.

    .. math:: \ell_t = \frac{1}{m_t} \sum_{p\ \text{chosen}}
              \bigl(\log \sum_w e^{z_{tpw}} - z_{tp,x_{tp}}\bigr)

    Texts of which no place is chosen are left out; which these are depends on ``seed``
    and the rate alone, so that two models are scored on the same texts in one order.

    Parameters
    ----------
    model : MaskedLM
    texts : sequence of int arrays
    shown : MaskingConfig
    seed : int
        Of the draws; text and place are the rest of their address.

    Returns
    -------
    (texts with a chosen place,) float
    """
    import torch

    found = np.full(len(texts), np.nan)
    lengths = np.array([len(text) for text in texts])
    with torch.inference_mode():
        for piece in packed.batches(list(lengths), 2048):
            for length in np.unique(lengths[piece]):  # no padding, as in training
                group = np.asarray(piece)[lengths[piece] == length]
                masked = mask_tokens(
                    np.stack([texts[k] for k in group]), shown, model.config.vocab,
                    numbers=group, seed=seed,
                )  # fmt: skip
                found[group] = _row_means(model, masked, len(group))
    return np.asarray(found[~np.isnan(found)])


def _row_means(model: MaskedLM, masked: Masked, rows: int) -> Floats:
    """Return the mean loss of each row, NaN where no place of it is asked."""
    import torch
    from torch.nn import functional as F

    if not len(masked.targets):
        return np.full(rows, np.nan)
    *given, targets = (torch.as_tensor(x, device=model.bias.device) for x in masked)
    losses = F.cross_entropy(model.scores(*given), targets, reduction="none")
    total = np.bincount(masked.rows, losses.cpu().numpy(), minlength=rows)
    asked = np.bincount(masked.rows, minlength=rows)
    return np.where(asked > 0, total / np.maximum(asked, 1), np.nan)


def masking() -> dict[str, Any]:
    """Train each model over the seeds, and hold it against the stored ones."""
    import torch

    torch.set_num_threads(1)
    base, configs = base_hits(), models()
    pieces, task, pairs = _tests()
    texts = encoded(pieces, glosses().train)
    of_pairs = encoded(pieces, pairs.texts)
    scores: dict[str, list[Score]] = {name: [] for name in configs}
    for seed in SEEDS:
        for name, config in configs.items():
            model = pretrain(texts, config, seed=seed).model
            losses = {
                how: text_losses(model, task.texts, shown, seed=_TEST_SEED)
                for how, shown in shown_in_tests().items()
            }
            near = cosines(mean_states(model.encoder, of_pairs), pairs)
            scores[name].append(Score(right(model, task), near, losses))
    guess = most_frequent(pieces, texts)
    unigram = (task.targets == guess).astype(np.float64)
    return payload(scores, base, unigram, pairs.gold)


def base_hits() -> Floats:
    """Return the hits of the stored models that hide 15 of 100. Shapes: (seeds, texts).

    Raises
    ------
    ClaimError
        If what they were made from has changed since.
    """
    kept = claims.stored("bert-training")
    changed = studies.stale(kept)
    if changed:
        raise claims.ClaimError(
            f"bert-training was made from other code ({', '.join(changed)}): run "
            "python -m tutor claims bert-training first"
        )
    return np.array([[float(c) for c in row] for row in kept["hits of masked"]])


def payload(
    scores: dict[str, list[Score]], base: Floats, unigram: Floats, gold: Floats
) -> dict[str, Any]:
    """Return shares, losses and paired effects as plain JSON.

    Shapes: ``base`` (seeds, texts), ``unigram`` (texts,), ``gold`` (pairs,).
    """
    hits = {"rate 15": base}
    hits |= {name: np.stack([s.hits for s in runs]) for name, runs in scores.items()}
    near = {name: np.stack([s.near for s in runs]) for name, runs in scores.items()}
    losses = {
        how: {k: np.stack([s.losses[how] for s in v]) for k, v in scores.items()}
        for how in shown_in_tests()
    }
    effects = {
        "30 - 15": paired_bootstrap(hits["rate 30"], hits["rate 15"]),
        "50 - 15": paired_bootstrap(hits["rate 50"], hits["rate 15"]),
        "50 - 30": paired_bootstrap(hits["rate 50"], hits["rate 30"]),
        "50 - unigram": paired_bootstrap(hits["rate 50"], unigram),
        "only mask - 80/10/10": paired_bootstrap(hits["only mask"], hits["rate 50"]),
        "only mask - 80/10/10, similarity": paired_bootstrap(
            near["only mask"], near["rate 50"], gold=gold, statistic="spearman"
        ),
    }
    for how, of in losses.items():
        effects[f"only mask - 80/10/10, {how}"] = paired_bootstrap(
            of["only mask"], of["rate 50"]
        )
    return {
        "texts": base.shape[1],
        "tokens": RIVALS["rate 50"].tokens,
        "accuracy": {
            k: [round(float(x.mean()), 5) for x in v] for k, v in hits.items()
        },
        "similarity": {
            k: [round(spearman(x, gold), 5) for x in v] for k, v in near.items()
        },
        "loss": {
            how: {k: [round(float(x.mean()), 4) for x in v] for k, v in of.items()}
            for how, of in losses.items()
        },
        "effect": {name: asdict(effect) for name, effect in effects.items()},
    }


STUDIES = {
    "bert-masking": Study(
        run=masking,
        inputs=(
            *(*_TRAINING, *_SCORING, sides),
            *(models, shown_in_tests, text_losses, _row_means, base_hits, payload),
        ),
        data=("wordnet",),
    )
}
