"""The stored study and what the chapter measures live, on small invented worlds."""

import json

import numpy as np

from tutor import claims
from tutor.claims.studies import stale
from tutor.closing.one_world import reference as rsa
from tutor.closing.one_world import spaces, stored
from tutor.closing.studies import one_world as study
from tutor.closing.studies import one_world_live as live
from tutor.closing.studies import one_world_subsets as subsets
from tutor.datasets.world import world
from tutor.embedding import Embedding
from tutor.house.setup import ROOT


def test_runs_are_paired_by_seed():
    assert study.paired([1, 2, 3], [9]) == [(1, 9), (2, 9), (3, 9)]
    assert study.neighbouring_runs([1, 2, 3]) == [(1, 2), (2, 3), (3, 1)]


def test_openings_are_the_first_sentences():
    text = "A dog barks. It runs! Does it? Yes."
    assert spaces.openings([text, ""]) == ["A dog barks. It runs! Does it?", ""]


def test_first_words_are_cut_at_spaces():
    assert spaces.first_words(["a b  c d", "e"], 2) == ["a b", "e"]


def test_a_name_of_several_words_has_their_mean():
    held = Embedding(("fire", "engine", "cat"), np.eye(3))
    found = spaces.composed(held, ["cat", "fire engine", "fire fire"])
    np.testing.assert_allclose(found, [[0, 0, 1], [0.5, 0.5, 0], [1, 0, 0]])


def test_names_share_a_piece_but_not_with_themselves():
    names = ["fire engine", "fire extinguisher", "engine", "cat"]
    expected = np.zeros((4, 4), bool)
    expected[[0, 1, 0, 2], [1, 0, 2, 0]] = True
    np.testing.assert_array_equal(subsets.sharing(names), expected)


def test_dealt_pieces_keep_who_shares_a_piece():
    names = ["fire engine", "fire", "engine"]
    found = [subsets.dealt_pieces(names, seed=seed) for seed in range(9)]
    for V in found:
        np.testing.assert_allclose(V[0], (V[1] + V[2]) / 2, atol=1e-6)
    assert len({V[1].tobytes() for V in found}) == 2  # either piece's vector


def test_neighbours_of_one_source_are_counted():
    S = rsa.similarities(np.repeat(np.eye(3)[:2], 4, axis=0))
    np.testing.assert_allclose(subsets.same_source(S, list("aaaabbbb"), k=3), 1)
    np.testing.assert_allclose(subsets.same_source(S, list("abababab"), k=3), 1 / 3)


def test_own_document_nearest_ties_are_no_find():
    X = np.eye(3)
    np.testing.assert_allclose(live.finds(X, X), 1)
    np.testing.assert_allclose(live.finds(np.ones((3, 2)), np.ones((3, 2))), 0)
    np.testing.assert_allclose(live.finds(X, X[[1, 0, 2]]), [0, 0, 1])


def test_chance_of_neighbours_inside_one_group_is_k_of_the_rest():
    rng = np.random.default_rng(0)
    A, B = (rsa.similarities(rng.normal(size=(60, 10))) for _ in range(2))
    found = live.chance_overlap(A, B, ["a"] * 60, k=6, shuffles=60).mean()
    np.testing.assert_allclose(found, 6 / 59, atol=0.02)


def test_kinds_only_keeps_each_kinds_vectors():
    X, groups = np.arange(12.0).reshape(6, 2), list("aababb")
    dealt = live.kinds_only(X, groups, seed=0)
    for name in "ab":
        rows = [i for i, g in enumerate(groups) if g == name]
        np.testing.assert_array_equal(
            np.sort(dealt[rows], axis=0), np.sort(X[rows], axis=0)
        )


def test_the_stored_study_is_of_this_code_and_these_concepts():
    kept = claims.stored("one_world-spaces")
    assert stale(kept) == []
    concepts = world().core()
    assert kept["coverage"] == world().coverage()
    runs = stored.trained(concepts.column("name"))
    for name, table in runs.items():
        assert table.shape[:2] == (kept["seeds"][name], len(concepts)), name
        assert table.shape[2] == kept["dims"][name]
        assert np.isfinite(table).all()


def test_the_stored_parts_are_of_these_vectors_and_this_code():
    kept, cut = (claims.stored(f"one_world-{n}") for n in ("spaces", "subsets"))
    assert stale(cut) == []
    assert cut["sha256"] == kept["sha256"]
    concepts = world().core()
    for name, mask in subsets.parts(concepts).items():
        assert cut["parts"][name]["concepts"] == int(mask.sum()), name
    for name, effect in kept["effects"].items():  # the same numbers by another way
        found = cut["parts"]["all"]["effects"][name]
        np.testing.assert_allclose(found["estimate"], effect["estimate"], atol=1e-6)
        np.testing.assert_allclose(found["low"], effect["low"], atol=1e-6)


def test_the_stored_agreement_follows_from_the_stored_vectors():
    kept = claims.stored("one_world-spaces")
    runs = stored.trained(world().core().column("name"))
    one, other = (study.tables_of(runs)[n] for n in (study.SGNS_NAME, study.WALKS_NAME))
    found = np.mean([rsa.agreement(*pair) for pair in study.paired(one, other)])
    expected = kept["agreement"][f"{study.SGNS_NAME} | {study.WALKS_NAME}"]
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_the_explorer_and_the_page_stay_small():
    """What a reader loads: 150 kB for the spaces, 1 MB for the whole page."""
    file = ROOT / "book" / "closing" / "one_world.ipynb"
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    shown = [
        "".join(output["data"]["text/html"])
        for cell in cells
        for output in cell.get("outputs", ())
        if "text/html" in output.get("data", {})
    ]
    (explorer,) = (html for html in shown if "ex-several" in html)
    assert len(explorer.encode()) <= 150_000
    assert file.stat().st_size <= 1_000_000
