"""Controls of chapter ``multimodal/text_only`` around the mean shift, run on its page.

The noise of the chapter is one of four, chosen by pictures with labels; the shift is
one, and knows a direction. Here stand a shift that knows none, and one that may choose.
"""

from __future__ import annotations

from tutor.multimodal.studies.text_only import Outcome, outcome
from tutor.multimodal.studies.text_only_clouds import Clouds
from tutor.multimodal.text_only import MeanShift, random_shift, stretched

STRETCHES = (0.5, 1.0, 1.5, 2.25)
"""Lengths to choose from, in mean shifts; in proportion they are those of the noise."""


def shifts(clouds: Clouds, *, seed: int) -> dict[str, Outcome]:
    """Return the outcomes of a fixed random shift and of a mean shift that chooses.

    The random one is as long as the mean shift; its direction is drawn by ``seed``. The
    other takes its length from :data:`STRETCHES` by the validation pictures, as the
    noise does; the outcome's ``sigma`` is that factor.
    """
    images, texts, _ = clouds.part("train")
    mean = MeanShift.fit(images, texts)
    blind = random_shift(mean, seed=seed)
    return {
        "random shift": outcome(clouds, lambda _: blind, (0.0,), seed=seed),
        "shift, length chosen": outcome(
            clouds, lambda factor: stretched(mean, factor), STRETCHES, seed=seed
        ),
    }
