"""Text-only training (CLOSE): a head learns from texts and is used on pictures.

Forms: ``reference`` (the head in NumPy with its gradients), ``torch`` (the same for CPU
and CUDA). Beside them: ``adapters`` (what is done to the texts: noise, shifts, maps)
and ``shifts`` (a shift that knows no direction, and one of another length). The dual
encoder is not touched: whatever returns unit rows for pictures and texts will do.
Chapter: ``multimodal/text_only``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tutor.multimodal.text_only.adapters import (
    Adapter,
    CovarianceNoise,
    GaussianAdapter,
    LinearAdapter,
    MeanShift,
    centred,
    check_rows,
    check_width,
)
from tutor.multimodal.text_only.reference import (
    Head,
    HeadConfig,
    head_gradients,
    head_loss,
    head_scores,
    initial_head,
)
from tutor.multimodal.text_only.shifts import random_shift, stretched

if TYPE_CHECKING:
    from tutor.training import History

__all__ = [
    "Adapter",
    "CovarianceNoise",
    "GaussianAdapter",
    "Head",
    "HeadConfig",
    "LinearAdapter",
    "MeanShift",
    "TextOnlyFit",
    "centred",
    "fit",
    "head_gradients",
    "head_loss",
    "head_scores",
    "initial_head",
    "random_shift",
    "stretched",
]


@dataclass(frozen=True, eq=False)
class TextOnlyFit:
    """A trained head: what `fit` returns. It is no table of vectors but a function.

    Attributes
    ----------
    head : named arrays
        Its numbers.
    classes : array
        The labels, in the order of the scores.
    history : History
        ``loss``, a row a step.
    config : HeadConfig
    seed : int
    backend : str
    """

    head: Head = field(repr=False)
    classes: NDArray[Any] = field(repr=False)
    history: History = field(repr=False)
    config: HeadConfig
    seed: int
    backend: str

    def __repr__(self) -> str:
        return (
            f"TextOnlyFit({self.head.W_1.shape[0]} dimensions, {len(self.classes)} "
            f"classes, backend={self.backend!r}, seed={self.seed})"
        )

    def scores(self, rows: ArrayLike) -> NDArray[np.floating]:
        """Return the scores of unit rows, of texts or pictures: (n, classes)."""
        R = check_rows("rows", rows)
        check_width(R, len(self.head.W_1))
        return head_scores(self.head, R)

    def predict(self, rows: ArrayLike) -> NDArray[Any]:
        """Return the label with the highest score for each unit row."""
        found: NDArray[Any] = self.classes[self.scores(rows).argmax(axis=1)]
        return found


def fit(
    texts: ArrayLike,
    labels: ArrayLike,
    adapter: Adapter | None = None,
    config: HeadConfig | None = None,
    *,
    backend: str = "numpy",
    seed: int = 0,
    device: str = "cpu",
) -> TextOnlyFit:
    r"""Train a head on text vectors through an adapter.

    .. math:: \min_\theta \; \mathbb E_\varepsilon \sum_i
              \ell\bigl(h_\theta(a(t_i, \varepsilon)), y_i\bigr)

    where :math:`a` is the adapter and :math:`h_\theta` the head. Pictures given in
    place of texts train the upper line that text-only training is held against.

    Parameters
    ----------
    texts : (n, dim) array
        Unit rows.
    labels : (n,) array
        One label a row, at least two different ones.
    adapter : Adapter or None
        None trains on the rows as they are.
    config : HeadConfig or None
    backend : {"numpy", "torch"}
    seed : int
        Fixes initial numbers, order and noise.
    device : str
        For torch: ``cpu``, ``cuda``, ``mps``.

    Raises
    ------
    ValueError
        For rows that are not unit rows, labels that do not pair, one class only, or an
        unknown backend or device.
    FloatingPointError
        If training diverged.
    """
    from tutor.training import History, check_backend

    check_backend(backend, ("numpy", "torch"))
    if backend == "numpy" and device != "cpu":
        raise ValueError(f"backend='numpy' runs on the cpu, not {device!r}: use torch")
    X, config = check_rows("texts", texts), config or HeadConfig()
    classes, y = np.unique(np.asarray(labels), return_inverse=True)
    if y.shape != (len(X),) or len(classes) < 2:
        raise ValueError(
            f"labels must be {len(X)} values, one a row, of at least two kinds; got "
            f"shape {np.shape(labels)} with {len(classes)} kinds"
        )
    adapter = adapter or GaussianAdapter(0.0)
    head = initial_head(X.shape[1], len(classes), config, seed=seed)
    if backend == "numpy":
        from tutor.multimodal.text_only import reference

        head, losses = reference.train(head, X, y, adapter, config, seed=seed)
    else:
        from tutor.multimodal.text_only import torch as twin

        model = twin.Head(head)
        losses = twin.train(model, X, y, adapter, config, seed=seed, device=device)
        head = model.numbers()
    if not np.isfinite(losses).all():
        raise FloatingPointError(
            f"the loss is not finite at step {int(np.argmin(np.isfinite(losses)))}: "
            f"lower learning_rate ({config.learning_rate})"
        )
    return TextOnlyFit(
        head, classes, History({"loss": tuple(losses)}), config, seed, backend
    )
