r"""The machine that extends a list of specific words to a whole vocabulary.

As the published program: a linear support vector machine on unit vectors, seeds
against all other words, no weights for the classes; its words are added to the seeds.
Source: Bolukbasi et al. (2016) and their program. Chapter: ``words/bias``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tutor.geometry import unit_rows

if TYPE_CHECKING:
    from tutor.embedding import Embedding


class MachineList(NamedTuple):
    """Known seeds, and the further words that the machine marks, in order of keys."""

    seeds: tuple[str, ...]
    added: tuple[str, ...]


def machine_specific(
    embedding: Embedding,
    seeds: Collection[str],
    *,
    penalty: float = 1.0,
    balanced: bool = False,
) -> MachineList:
    """Return what a machine trained on seeds marks among all words.

    Parameters
    ----------
    embedding : Embedding
    seeds : collection of str
        Unknown ones are left out.
    penalty : float
        C [1].
    balanced : bool
        Let both classes weigh alike, which the published program does not.

    Raises
    ------
    ValueError
        If no key, or every key, is a seed.
    """
    from sklearn.svm import LinearSVC

    is_seed = np.array([key in seeds for key in embedding.keys])
    if not 0 < is_seed.sum() < len(is_seed):
        raise ValueError(
            f"{is_seed.sum()} of {len(is_seed)} keys are seeds: a machine needs words "
            "of both kinds"
        )
    X = unit_rows(np.asarray(embedding.vectors, dtype=np.float64))
    weights = "balanced" if balanced else None
    # dual=False: the same objective, solved faster where words outnumber dimensions
    machine = LinearSVC(C=penalty, class_weight=weights, dual=False, random_state=0)
    marked = machine.fit(X, is_seed).decision_function(X) > 0
    keys = np.array(embedding.keys, dtype=object)
    return MachineList(tuple(keys[is_seed]), tuple(keys[marked & ~is_seed]))
