r"""Who may look at whom: masks as tables of yes and no.

``allowed[i, j]`` says whether token i (a row of queries) may look at token j (a column
of keys). One encoder serves three uses, and only this table differs:

* *bidirectional*: everybody looks at everybody (BERT, sentence encoders);
* *causal*: nobody looks ahead, :math:`j \le i` (GPT);
* *prefix*: the first tokens see each other, the rest is causal (instructions, inputs
  of a generator).

On top of it a batch needs *padding*: nobody looks at what only fills up the table.
Chapter: ``context/attention``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Allowed = NDArray[np.bool_]
MASKS = ("bidirectional", "causal", "prefix")


def bidirectional(n: int) -> Allowed:
    """Return a table of yes. Shapes: → (n, n)."""
    return np.ones((n, n), dtype=bool)


def causal(n: int) -> Allowed:
    r"""Return :math:`a_{ij} = [j \le i]`: token i sees itself and what came before.

    Shapes: → (n, n), row i is the token that looks.
    """
    return np.tril(np.ones((n, n), dtype=bool))


def prefix(n: int, lengths: ArrayLike) -> Allowed:
    r"""Return :math:`a_{ij} = [j \le i] \lor [j < p]` for each prefix length p.

    Everybody sees the whole prefix; behind it the mask is causal. ``p = 0`` is the
    causal mask, ``p = n`` the bidirectional one.

    Shapes: ``lengths`` (batch,) → (batch, n, n); one number → (n, n).
    """
    p = np.asarray(lengths)[..., None, None]
    return np.asarray(causal(n) | (np.arange(n) < p))


def padding(n: int, lengths: ArrayLike) -> Allowed:
    """Return which keys are real: the first ``lengths`` of n.

    Shapes: ``lengths`` (batch,) → (batch, 1, n), the same for every row that looks.
    """
    return np.asarray(np.arange(n) < np.asarray(lengths)[:, None, None])


def allowed(
    kind: str,
    n: int,
    *,
    lengths: ArrayLike | None = None,
    prefixes: ArrayLike | None = None,
) -> Allowed:
    """Return the mask of a kind, with padding taken out.

    Parameters
    ----------
    kind : {"bidirectional", "causal", "prefix"}
    n : int
        Width of the table: the longest sequence of the batch.
    lengths : (batch,) int, optional
        Real tokens of each sequence, on the left; None: all n.
    prefixes : (batch,) int, optional
        For ``prefix`` only: how many tokens are seen by all.

    Returns
    -------
    (n, n) or (batch, n, n) bool
        No row is ever empty: the first token is real and, in each kind, seen by all.

    Raises
    ------
    ValueError
        For an unknown kind, prefixes without ``prefix`` or the other way round, and
        lengths outside 1 to n.
    """
    if kind not in MASKS:
        raise ValueError(f"unknown mask {kind!r}; there are {', '.join(MASKS)}")
    if (prefixes is not None) != (kind == "prefix"):
        raise ValueError(
            f"mask {kind!r} with prefixes={prefixes!r}: prefixes go with "
            "mask='prefix' and with no other"
        )
    if prefixes is not None:
        _check(prefixes, "prefixes", 0, n)
        table = prefix(n, prefixes)
    else:
        table = causal(n) if kind == "causal" else bidirectional(n)
    if lengths is None:
        return table
    _check(lengths, "lengths", 1, n)
    return np.asarray(table & padding(n, lengths))


def check_batch(table: Allowed, batch: int) -> None:
    """Refuse a mask made for another number of sequences."""
    if table.ndim == 3 and len(table) not in (1, batch):
        raise ValueError(
            f"lengths or prefixes for {len(table)} sequences, but the batch has "
            f"{batch}; give one number for each"
        )


def _check(values: ArrayLike, name: str, least: int, most: int) -> None:
    given: NDArray[Any] = np.asarray(values)
    if given.size == 0 or given.min() < least or given.max() > most:
        raise ValueError(
            f"{name} must lie between {least} and {most}, the width of the batch; got "
            f"{given.tolist()}"
        )
