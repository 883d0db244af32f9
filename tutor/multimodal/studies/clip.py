"""Studies of chapter ``multimodal/clip``: retrieval of families never seen in training.

A test concept counts as found in the mean of two questions: is its picture among the
ten nearest of its caption, and its caption among the ten nearest of its picture? The
values compared are tables (seeds, concepts). Settings were chosen on the validation
families by one seed that no test uses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tutor.claims.studies import Study
from tutor.datasets import emoji
from tutor.datasets.emoji import EmojiSet
from tutor.datasets.families import Split
from tutor.evaluate.statistics import paired_bootstrap
from tutor.multimodal import clip
from tutor.multimodal.clip import ClipConfig, ClipFit
from tutor.multimodal.studies.clip_controls import linear_control

Floats = NDArray[np.float64]

SEEDS = (1, 2, 3, 4, 5)
CHOOSING = 0
"""The seed that chose settings on the validation families."""
K = 10
FULL = ClipConfig()
"""The size of the dossier's prototype: 0.29 million parameters see pictures."""
SMALL = ClipConfig(
    size=16, channels=(16, 32, 32, 64, 64), word_dim=64, batch_size=64, steps=100
)
"""A tenth of the cost: pictures of 16 pixels, narrower, for what runs on the page."""
PAIRS = 12_800
"""Pictures with captions that each run of the batch study sees."""


# --- data ----------------------------------------------------------------------------
@lru_cache(maxsize=1)
def world() -> tuple[EmojiSet, Split]:
    """Return the set and its split by family, drawn at 32 pixels."""
    data = emoji.load(32)
    return data, data.split()


def part(name: str) -> EmojiSet:
    """Return ``train``, ``valid`` or ``test`` as a set of its own."""
    data, split = world()
    return data.subset(getattr(split, name))


def captions(data: EmojiSet, language: str = "en") -> list[str]:
    """Return every caption: name and keywords in English, else the name."""
    return [data.caption(row, language) for row in range(len(data))]


# --- values --------------------------------------------------------------------------
def encoded(model: clip.Encoders, data: EmojiSet) -> tuple[NDArray, NDArray]:
    """Return rows of pictures and of English captions."""
    return model.encode_image(data.images), model.encode_text(captions(data))


def found(images: NDArray, texts: NDArray, k: int = K) -> Floats:
    """Return for each concept the mean of both questions: 0, a half, or 1."""
    ranks = clip.retrieval_ranks(texts, images), clip.retrieval_ranks(images, texts)
    return np.asarray(np.mean([rank <= k for rank in ranks], axis=0), np.float64)


def values(models: Sequence[clip.Encoders], data: EmojiSet) -> Floats:
    """Return the table (seeds, concepts) of several runs."""
    return np.stack([found(*encoded(model, data)) for model in models])


def fits(
    data: EmojiSet, config: ClipConfig, *, seeds: Sequence[int] = SEEDS, **options: Any
) -> list[ClipFit]:
    """Return one run a seed."""
    return [clip.fit(data, config, seed=seed, **options) for seed in seeds]


# --- controls ------------------------------------------------------------------------
def control(name: str = "test", *, places: bool = True) -> Floats:
    """Return what a linear map from words to looks finds, (1, concepts)."""
    sets = part("train"), part("valid"), part(name)
    return found(*linear_control(*sets, K, places=places))[None]


# --- stored: the full size, and a frozen encoder -------------------------------------
def full() -> dict[str, Any]:
    """Train the full model five times; hold it against two frozen encoders."""
    from tutor.multimodal import frozen

    _, split = world()
    large = emoji.load(96).images
    test, train = part("test"), part("train")
    runs = fits(train, FULL)
    scratch = values(runs, test)
    tables = {"scratch": scratch, "control": control()}
    tables["colours"] = control(places=False)
    for name, random in (("imagenet", False), ("random", True)):
        pooled = frozen.features(large, random=random)
        models = fits(train, FULL, features=pooled[split.train])
        rows = [m.encode_image(pooled[split.test]) for m in models]
        texts = [m.encode_text(captions(test)) for m in models]
        tables[name] = np.stack([found(*p) for p in zip(rows, texts, strict=True)])
    both = [encoded(model, test) for model in runs]
    return {
        "concepts": len(test),
        "recall": {name: _means(table) for name, table in tables.items()},
        "ranks": {
            "recall@1": [round(clip.recall_at_k(t, i, 1), 4) for i, t in both],
            "recall@5": [round(clip.recall_at_k(t, i, 5), 4) for i, t in both],
        },
        "training recall": [
            round(float(found(*encoded(model, train)).mean()), 4) for model in runs
        ],
        "gap": [round(clip.modality_gap(i, t), 4) for i, t in both],
        "temperature": [round(model.temperature, 4) for model in runs],
        "scratch minus control": asdict(paired_bootstrap(scratch, tables["control"])),
        "scratch minus colours": asdict(paired_bootstrap(scratch, tables["colours"])),
        "imagenet minus scratch": asdict(paired_bootstrap(tables["imagenet"], scratch)),
        "random minus scratch": asdict(paired_bootstrap(tables["random"], scratch)),
    }


def _means(table: Floats) -> list[float]:
    return [round(float(value), 4) for value in table.mean(axis=1)]


# --- stored: losses and batch sizes --------------------------------------------------
def arm(loss: str, batch_size: int) -> ClipConfig:
    """Return the small model with this loss and batch, at equal pairs seen."""
    steps = PAIRS // batch_size
    return replace(SMALL, loss=loss, batch_size=batch_size, steps=steps)


def losses() -> dict[str, Any]:
    """Cross two losses and three batch sizes, and three temperatures, at equal pairs.

    The arms of temperature have batches of 64: learned from 0.07, fixed at 0.07, fixed
    at 0.01.
    """
    train, test = part("train"), part("test")
    arms = {
        f"{loss} {size}": arm(loss, size)
        for loss in ("infonce", "siglip")
        for size in (16, 64, 256)
    }
    for temperature in (0.07, 0.01):
        arms[f"fixed {temperature}"] = replace(
            arms["infonce 64"], temperature=temperature, learn_temperature=False
        )
    runs = {name: fits(train, config) for name, config in arms.items()}
    tables = {name: values(models, test) for name, models in runs.items()}
    pairs = {
        "siglip minus infonce at 16": ("siglip 16", "infonce 16"),
        "infonce 256 minus 16": ("infonce 256", "infonce 16"),
        "learned minus 0.01": ("infonce 64", "fixed 0.01"),
        "learned minus 0.07": ("infonce 64", "fixed 0.07"),
    }
    return {
        "recall": {name: _means(table) for name, table in tables.items()},
        "gap": {
            name: [round(clip.modality_gap(*encoded(m, test)), 4) for m in models]
            for name, models in runs.items()
        },
        **{
            name: asdict(paired_bootstrap(tables[one], tables[other]))
            for name, (one, other) in pairs.items()
        },
    }


# --- stored: fourteen languages ------------------------------------------------------
ENGLISH = ClipConfig(units="pieces", word_dim=64, steps=600)
MANY = replace(ENGLISH, languages=emoji.LANGUAGES)


def languages() -> dict[str, Any]:
    """Train on English, and on 14 languages; search unseen families in each.

    The image side is a linear map on frozen ImageNet features in both.
    """
    from tutor.multimodal import frozen

    _, split = world()
    pooled = frozen.features(emoji.load(96).images)
    test, train = part("test"), part("train")
    tables: dict[str, dict[str, Floats]] = {}
    for name, config in (("english", ENGLISH), ("many", MANY)):
        models = fits(train, config, features=pooled[split.train])
        tables[name] = {
            language: np.stack([_searched(m, pooled, test, language) for m in models])
            for language in emoji.LANGUAGES
        }
    others = emoji.LANGUAGES[1:]
    means = {k: np.mean([v[o] for o in others], axis=0) for k, v in tables.items()}
    return {
        "recall": {
            name: {language: _means(table) for language, table in columns.items()}
            for name, columns in tables.items()
        },
        "known": known_units(train, test),
        "many minus english, 13 languages": asdict(
            paired_bootstrap(means["many"], means["english"])
        ),
        "many minus english, in english": asdict(
            paired_bootstrap(tables["many"]["en"], tables["english"]["en"])
        ),
    }


def _searched(model: ClipFit, pooled: NDArray, test: EmojiSet, language: str) -> Floats:
    """Return whether each test picture is among the ten nearest of its name."""
    images = model.encode_image(pooled[world()[1].test])
    ranks = clip.retrieval_ranks(model.encode_text(test.names[language]), images)
    return np.asarray(ranks <= K, dtype=np.float64)


def known_units(train: EmojiSet, test: EmojiSet) -> Mapping[str, list[float]]:
    """Return by language the share of known words, and of known pieces, in test names.

    Words and pieces of the training names of the same language, and English keywords.
    """
    shares = {}
    for language in emoji.LANGUAGES:
        row = []
        for kind in ("words", "pieces"):
            known = clip.Vocabulary.of(captions(train, language), kind)
            row.append(np.mean([known.known(name) for name in test.names[language]]))
        shares[language] = [round(float(share), 3) for share in row]
    return shares


_CLIP = "tutor.multimodal.clip"
_INPUTS = (
    "tutor.multimodal.studies.clip",
    *(f"{_CLIP}.{name}" for name in ("batches", "config", "encoders", "measures")),
    *(f"{_CLIP}.{name}" for name in ("reference", "texts", "torch")),
    f"{_CLIP}:fit",
    *(f"tutor.datasets.{name}" for name in ("emoji", "families", "drawing")),
)
_DATA = ("openmoji-font", "emoji-names", "emoji-keywords", "emoji-categories")
_FROZEN = ("tutor.multimodal.frozen.torch", "tutor.multimodal.frozen:features")
STUDIES = {
    "clip-emoji": Study(
        run=full, inputs=(*_INPUTS, *_FROZEN), data=(*_DATA, "efficientnet-lite0")
    ),
    "clip-losses": Study(run=losses, inputs=_INPUTS, data=_DATA),
    "clip-languages": Study(
        run=languages, inputs=(*_INPUTS, *_FROZEN), data=(*_DATA, "efficientnet-lite0")
    ),
}
