"""An image encoder of others, frozen: EfficientNet-Lite0, trained on ImageNet.

``torch`` holds the network; its weights travel in a package that is never imported.
Features are computed once and kept by whoever asks. Chapter: ``multimodal/clip``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["efficientnet_lite0", "features"]


def efficientnet_lite0(*, random: bool = False, seed: int = 0) -> Any:
    """Return the encoder with its published weights, or as it was before training.

    Licence: Apache-2.0. Source: Tan and Le (2019). Chapter: ``multimodal/clip``.

    Parameters
    ----------
    random : bool
        Draw every filter anew with the spread of He et al. (2015); normalisation
        neither moves nor scales. The control of a pretrained encoder.
    seed : int
        Of those draws.

    Raises
    ------
    MissingCarrierError, DamagedFileError
        With the remedy, or the two hashes.
    """
    from tutor.multimodal.frozen import torch as network

    return network.load(random=random, seed=seed)


def features(
    images: NDArray[np.uint8], *, size: int = 96, device: str = "cpu", **options: Any
) -> NDArray[np.float32]:
    """Return pooled features of pictures (n, side, side, 3) → (n, 1280).

    Parameters
    ----------
    images : uint8 array
    size : int
        Pixels a side that the network sees; it was trained at 224, and at 96 it takes
        a fifth of the time.
    device : str
    **options
        As of `efficientnet_lite0`.
    """
    from tutor.multimodal.frozen import torch as network

    return network.pooled(efficientnet_lite0(**options), images, size, device)
