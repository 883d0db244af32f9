"""One face for every dual encoder: ours, and a published one through transformers.

Whatever has ``encode_image`` and ``encode_text`` with unit rows of one width can take
the place of our small model in every cell. Chapter: ``multimodal/clip``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tutor.geometry import unit_rows
from tutor.multimodal.clip.texts import Vocabulary, flat
from tutor.training import History

Rows = NDArray[np.float32]


@runtime_checkable
class Encoders(Protocol):
    """Two encoders into one space; both return unit rows (n, dim)."""

    def encode_image(self, images: NDArray[np.uint8]) -> Rows:
        """Return one row a picture (n, side, side, 3)."""

    def encode_text(self, texts: Sequence[str]) -> Rows:
        """Return one row a text."""


@dataclass(frozen=True, eq=False)
class ClipFit:
    """A trained dual encoder: what `fit` returns.

    It is no table of vectors, as other chapters' ``Fit``, but two functions to them.

    Attributes
    ----------
    module : torch.nn.Module
        :class:`tutor.multimodal.clip.torch.Clip`, in evaluation mode.
    vocabulary
        The units of text that it knows.
    history : History
        ``loss`` and ``temperature``, a row a step.
    config : ClipConfig
    seed : int
    """

    module: Any = field(repr=False)
    vocabulary: Vocabulary = field(repr=False)
    history: History = field(repr=False)
    config: Any
    seed: int

    def __repr__(self) -> str:
        total = sum(p.numel() for p in self.module.parameters())
        return (
            f"ClipFit({self.config.loss}: {len(self.vocabulary)} {self.config.units}, "
            f"{total:,} parameters, temperature {self.temperature:.2g}, "
            f"seed={self.seed})"
        )

    @property
    def temperature(self) -> float:
        """The temperature at the end of training."""
        return float(self.module.temperature.detach())

    def encode_image(self, images: NDArray) -> Rows:
        """Return unit rows of pictures, or of ready-made features (n, features)."""
        from tutor.multimodal.clip import torch as twin

        given = np.asarray(images)
        if given.ndim == 2:
            wanted = getattr(self.module.image.head, "in_features", None)
            if not hasattr(self.module.image, "norm") or given.shape[1] != wanted:
                raise ValueError(
                    f"images have shape {given.shape}; this model was trained on "
                    "pictures (n, side, side, 3), or on features of another width"
                )
            return twin.encode(self.module.image, given.astype(np.float32))
        return twin.encode(self.module.image, twin.ink(given, self.config.size))

    def encode_text(self, texts: Sequence[str]) -> Rows:
        """Return unit rows of texts; unknown units are skipped.

        A text without any known unit gets the row of an empty text, the same for all.
        """
        from tutor.multimodal.clip import torch as twin

        if isinstance(texts, str):
            raise TypeError(f"texts must be several; write [{texts!r}]")
        return twin.encode(
            self.module.text, *flat([self.vocabulary.ids(t) for t in texts])
        )


@dataclass(frozen=True, eq=False)
class TransformersEncoders:
    """A ``transformers`` CLIP or SigLIP with its processor, as `Encoders`.

    Parameters
    ----------
    model : transformers.CLIPModel
    processor : callable
        ``processor(images=..., return_tensors="pt")`` and
        ``processor(text=..., padding=True, return_tensors="pt")``, as
        ``AutoProcessor.from_pretrained`` returns it.
    batch_size : int
    """

    model: Any = field(repr=False)
    processor: Any = field(repr=False)
    batch_size: int = 64

    def encode_image(self, images: NDArray[np.uint8]) -> Rows:
        """Return unit rows of pictures (n, side, side, 3)."""
        return self._rows(self.model.get_image_features, list(images), "images")

    def encode_text(self, texts: Sequence[str]) -> Rows:
        """Return unit rows of texts."""
        return self._rows(
            self.model.get_text_features, list(texts), "text", padding=True
        )

    def _rows(self, call: Any, items: list[Any], name: str, **options: Any) -> Rows:
        import torch

        found = []
        self.model.eval()
        for start in range(0, len(items), self.batch_size):
            part = {name: items[start : start + self.batch_size]}
            ready = self.processor(**part, return_tensors="pt", **options)
            with torch.no_grad():
                out = call(**{k: v.to(self.model.device) for k, v in ready.items()})
            out = out if isinstance(out, torch.Tensor) else out.pooler_output
            found.append(out.float().cpu().numpy())
        rows: Rows = unit_rows(np.concatenate(found)).astype(np.float32)
        return rows
