"""Study of chapter ``closing/one_world``: every verdict again on parts of the world.

Every claim's effect is measured again on parts of the concepts: those that pass the
narrow rules, names of one word, texts of one source. Vectors stay those of all; means
are taken anew. Two more questions are asked: what names that share a word explain, and
what two sources of texts do to an agreement. Chapter: ``closing/one_world``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tutor import claims
from tutor.claims.studies import Study
from tutor.closing.one_world import reference as rsa
from tutor.closing.one_world import rotation, spaces, stored
from tutor.closing.studies import one_world as families
from tutor.closing.studies import one_world_live as live
from tutor.datasets import models
from tutor.datasets.world import World, world
from tutor.evaluate.statistics import paired_bootstrap
from tutor.sampling import permutation

if TYPE_CHECKING:
    from tutor.evaluate.statistics import Effect

Table = NDArray[np.float64]
Mask = NDArray[np.bool_]

WORD, GLOSS, TEXT = "GloVe-6B, word", "MiniLM, gloss", "MiniLM, text"
PICTURE, CLIP, PIXELS = "ImageNet, drawing", "own CLIP, drawing", "pixels, drawing"
SHUFFLES = 5
PIECES = 305
"""Stream of the orders in which pieces of names are dealt out."""


# --- the parts -----------------------------------------------------------------------
def parts(concepts: World) -> dict[str, Mask]:
    """Return which concepts each part holds."""
    form, source = (np.asarray(concepts.column(n)) for n in ("form", "source"))
    return {
        "all": np.ones(len(concepts), bool),
        "narrow rules": np.asarray(concepts.column("strict")),
        "one word": form == "single",
        "lead sections": source == "lead",
        "definitions": source == "definition",
    }


def effects(runs: Mapping[str, Table], concepts: World) -> dict[str, Effect]:
    """Return the effect of each claim of the chapter, by the end of its name."""
    tables = families.tables_of(runs)
    return live_effects(runs, concepts) | families.effects(tables)


def live_effects(X: Mapping[str, Table], concepts: World) -> dict[str, Effect]:
    """Return what the chapter measures in its cells, on these concepts."""
    kinds = concepts.column("kind")
    S = {n: rsa.similarities(X[n]) for n in (WORD, PICTURE, PIXELS, GLOSS, TEXT)}
    S["SIF, gloss"] = rsa.similarities(X["SIF, gloss"])
    orders = [rsa.shuffle_within(kinds, seed=s) for s in range(SHUFFLES)]
    dealt = [(S[PICTURE], S[WORD][np.ix_(o, o)]) for o in orders]
    unseen = live.unseen_by_clip(concepts)
    T = {n: rsa.similarities(X[n][unseen]) for n in (WORD, PICTURE, CLIP)}
    chance = live.chance_overlap(S[PICTURE], S[WORD], kinds)
    return {
        "links": paired_bootstrap(live.finds(X[GLOSS], X[TEXT])[None]),
        "pictures-words": rsa.agreement_effect(
            [(S[PICTURE], S[WORD])], dealt, pairs=rsa.pairs_within(kinds)
        ),
        "learned-pictures": rsa.agreement_effect(
            [(S[PICTURE], S[WORD])], [(S[PIXELS], S[WORD])]
        ),
        "captions": rsa.agreement_effect([(T[CLIP], T[WORD])], [(T[PICTURE], T[WORD])]),
        "encoder-or-text": rsa.agreement_effect(
            [(S[GLOSS], S[TEXT])], [(S[GLOSS], S["SIF, gloss"])]
        ),
        "rotation-words": searched(X[WORD], X[GLOSS], kinds),
        "rotation-pictures": searched(X[PICTURE], X[WORD], kinds),
        "neighbours": paired_bootstrap(
            rsa.neighbour_overlap(S[PICTURE], S[WORD])[None], chance[None]
        ),
    }


def searched(one: Table, other: Table, kinds: Sequence[str]) -> Effect:
    """Return 1 / rank by rotations less that of partners dealt out within kinds."""
    own, dealt = (
        np.stack(
            [
                rotation.transfer(one, other, seed=s, dealt=shuffled, groups=kinds)
                for s in families.SEEDS
            ]
        )
        for shuffled in (False, True)
    )
    return paired_bootstrap(own, dealt)


# --- names that share a word ---------------------------------------------------------
def composition(whole: World) -> dict[str, Any]:
    """Return what composing names does, on every concept with word and gloss.

    ``dealt`` keeps which names share a piece and nothing else: vectors of pieces are
    dealt out anew among the pieces before names are composed.
    """
    kept = World(tuple(c for c in whole.concepts if c.word))
    names = kept.column("word")
    V = spaces.words(kept)
    S = {
        GLOSS: rsa.similarities(spaces.minilm(kept.column("gloss"))),
        PICTURE: rsa.similarities(spaces.imagenet(kept)),
    }
    single = np.asarray(kept.column("form")) == "single"
    shared = sharing(names)
    W = rsa.similarities(V)
    chosen = {
        "every pair": rsa.all_pairs(len(kept)),
        "no word shared": rsa.all_pairs(len(kept)) & ~shared,
        "two single words": np.outer(single, single) & rsa.all_pairs(len(kept)),
    }
    dealt = [rsa.similarities(dealt_pieces(names, seed=s)) for s in range(20)]
    cosine = W[rsa.all_pairs(len(kept))]
    return {
        "concepts": len(kept),
        "composed": int((~single).sum()),
        "sharing": int(np.triu(shared).sum()),
        "cosine": round(float(W[shared].mean()), 4),
        "above": round(float((cosine < W[shared].mean()).mean()), 4),
        "agreement": {
            name: {
                pairs: round(rsa.agreement(W, table, mask), 4)
                for pairs, mask in chosen.items()
            }
            for name, table in S.items()
        },
        "dealt": {
            name: round(float(np.mean([rsa.agreement(D, table) for D in dealt])), 4)
            for name, table in S.items()
        },
    }


def sharing(names: Sequence[str]) -> Mask:
    """Return which two names have a piece in common: n names → (n, n)."""
    pieces = [set(name.split()) for name in names]
    found = np.array([[bool(a & b) for b in pieces] for a in pieces])
    np.fill_diagonal(found, False)
    return found


def dealt_pieces(names: Sequence[str], *, seed: int) -> Table:
    """Return composed vectors after GloVe's were dealt out anew among the pieces."""
    from tutor.embedding import Embedding

    keys = tuple(dict.fromkeys(piece for name in names for piece in name.split()))
    V = np.asarray(models.glove().subset(keys).vectors)
    order = permutation(len(keys), seed, stream=PIECES)
    return spaces.composed(Embedding(keys, V[order]), names)


# --- two sources of texts ------------------------------------------------------------
def sources(runs: Mapping[str, Table], concepts: World) -> dict[str, Any]:
    """Return what lead sections and definitions do to agreements of their readers.

    ``cut`` reads of each lead only as many words as the middle definition has.
    """
    source = concepts.column("source")
    told = spaces.openings(concepts.texts())
    lead = np.asarray(source) == "lead"
    counts = np.array([len(text.split()) for text in told])
    middle = int(np.median(counts[~lead]))
    short = spaces.first_words(told, middle)
    cut = [a if is_lead else b for a, b, is_lead in zip(short, told, lead, strict=True)]
    same = rsa.pairs_within(source)
    X = {name: np.reshape(V, (-1, *V.shape[-2:]))[0] for name, V in runs.items()}
    views = {TEXT: X[TEXT], "cut": spaces.minilm(cut)}
    S = {name: rsa.similarities(V) for name, V in views.items()}
    others = {n: rsa.similarities(X[n]) for n in (WORD, GLOSS, PICTURE)}
    walks = rsa.similarities(X[families.WALKS_NAME])
    return {
        "words": {"lead": int(np.median(counts[lead])), "definition": middle},
        "agreement": {
            name: {
                "as read": round(rsa.agreement(S[TEXT], table), 4),
                "leads cut": round(rsa.agreement(S["cut"], table), 4),
                "pairs of one source": round(rsa.agreement(S[TEXT], table, same), 4),
            }
            for name, table in others.items()
        },
        "neighbours": {
            name: round(same_source(table, source), 4)
            for name, table in (*S.items(), (families.WALKS_NAME, walks))
        },
        "chance": round(float(same[rsa.all_pairs(len(same))].mean()), 4),
    }


def same_source(S: Table, source: Sequence[str], k: int = 10) -> float:
    """Return the share of each concept's k neighbours with a text of its source."""
    names = np.asarray(source)
    return float((names[rsa.neighbours(S, k)] == names[:, None]).mean())


# --- the study -----------------------------------------------------------------------
def cut_world() -> dict[str, Any]:
    """Measure every claim on each part of the concepts, and the two controls."""
    import torch

    torch.set_num_threads(1)
    whole = world()
    concepts = whole.core()
    runs = stored.trained(concepts.column("name")) | spaces.fixed(concepts)
    found = {}
    for name, mask in parts(concepts).items():
        rows = np.flatnonzero(mask)
        part = World(tuple(concepts.concepts[i] for i in rows))
        cut = {space: V[..., rows, :] for space, V in runs.items()}
        found[name] = {
            "concepts": len(part),
            "effects": {n: asdict(e) for n, e in effects(cut, part).items()},
        }
    return {
        "sha256": claims.stored(stored.RECORD)["sha256"],
        "parts": found,
        "composition": composition(whole),
        "sources": sources(runs, concepts),
    }


_ONE = "tutor.closing.one_world"
STUDIES = {
    "one_world-subsets": Study(
        run=cut_world,
        inputs=(
            *(f"{_ONE}.{n}" for n in ("reference", "rotation", "spaces", "stored")),
            *(f"tutor.datasets.world{end}" for end in ("", "_links", "_texts")),
            *("tutor.datasets.world_graph", "tutor.datasets.graphs"),
            *("tutor.closing.studies.one_world_live", families.tables_of),
            *(families.effects, families.against, families.paired),
            *(families.neighbouring_runs, parts, effects, live_effects, searched),
            *(composition, sharing, dealt_pieces, sources, same_source),
        ),
        data=(
            *("course-en", "wordnet", "openmoji-font", "emoji-names"),
            *("emoji-categories", "glove-6b-50d", "minilm-l6-v2"),
            *("efficientnet-lite0", "wikipedia-leads-en"),
        ),
    ),
}
