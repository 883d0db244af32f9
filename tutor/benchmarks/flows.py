"""Benchmark of chapter ``knowledge/flows``: all tails against torch.distributions.

Both sides score the same questions against all entities by the divergence of NFE-3, in
float32 and on one thread. Ours expands it into two matrix products; the rival takes the
library's divergence of broadcast normal variables and adds up the coordinates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tutor.benchmarks import Row


def rows(quick: bool) -> list[Row]:
    """Return the one row; ``quick`` takes a tenth of the entities."""
    entities, questions, dim = (135 if quick else 1350), 512, 24
    rng = np.random.default_rng(0)
    E = rng.normal(size=(entities, 2 * dim)).astype(np.float32)
    h, r = rng.normal(size=(2, questions, 2 * dim)).astype(np.float32)
    return [
        Row(
            name="NFE-3, scores of all tails",
            ours=_ours(E, h, r),
            rival=_torch(E, h, r),
            rival_name="torch.distributions.kl_divergence",
            threads=1,
            unit="scores",
            work=float(entities * questions),
            quality=lambda made: {"mean score": float(np.mean(made))},
            notes=(
                f"{questions} questions, {entities:,} entities, {dim} coordinates, "
                "float32, one thread. Not equal: the library's call is general and "
                "holds all coordinates of all pairs in memory"
            ),
        )
    ]


def _ours(E: Any, h: Any, r: Any) -> Callable[[], Any]:
    from tutor.knowledge.flows import matches, moves

    return lambda: matches.nfe3_match(moves.nfe3_query(h, r), E)


def _torch(E: Any, h: Any, r: Any) -> Callable[[], Any]:
    import torch
    from torch.distributions import Normal, kl_divergence

    def work() -> Any:
        torch.set_num_threads(1)
        wide = torch.nn.functional.softplus
        (hm, hs), (m, s), (tm, ts) = (torch.tensor(x).chunk(2, -1) for x in (h, r, E))
        moved = Normal((s * hm + m)[:, None], (wide(s) * wide(hs))[:, None])
        return -kl_divergence(moved, Normal(tm, wide(ts))).sum(-1).numpy()

    return work
