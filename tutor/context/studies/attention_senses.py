"""Stored study of chapter ``context/attention``: senses of all ambiguous lemmas."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tutor.claims.studies import Study
from tutor.context.studies.attention import (
    PILOT,
    neighbour_bags,
    picks_same,
    reader,
    shuffled_example,
    triplets,
    word_states,
)
from tutor.evaluate.statistics import paired_bootstrap


def senses() -> dict[str, Any]:
    """Decide the triplets of every ambiguous lemma but those of the pilot.

    ``effect`` holds the last state against the bag of neighbours, against form and
    place (the state before the first block), and against itself in shuffled sentences.
    """
    import torch

    torch.set_num_threads(1)
    model, drawn = reader(), triplets(10**6, first=PILOT)
    mixed = [shuffled_example(e, 1, i) for i, e in enumerate(drawn.pool)]
    states = word_states(model, drawn.pool)
    shares = {
        "state": picks_same(states[:, -1], drawn),
        "form and place": picks_same(states[:, 0], drawn),
        "bag": picks_same(neighbour_bags(model, drawn.pool), drawn),
        "shuffled": picks_same(word_states(model, mixed)[:, -1], drawn),
    }
    others = [name for name in shares if name != "state"]
    return {
        "lemmas": int(drawn.query.shape[1]),
        "examples": len(drawn.pool),
        "share": {
            k: [round(float(x), 5) for x in v.mean(1)] for k, v in shares.items()
        },
        "effect": {
            name: asdict(paired_bootstrap(shares["state"], shares[name]))
            for name in others
        },
    }


_INPUTS = (
    "tutor.context.attention.config",
    "tutor.context.attention.masks",
    "tutor.context.attention.packed",
    "tutor.context.attention.pretrained",
    "tutor.context.attention.torch",
    "tutor.datasets.examples",
    "tutor.evaluate.statistics",
    *(triplets, word_states, neighbour_bags, picks_same, shuffled_example),
)
STUDIES = {
    "attention-senses": Study(
        run=senses, inputs=_INPUTS, data=("minilm-l6-v2", "wordnet")
    )
}
