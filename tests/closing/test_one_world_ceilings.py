"""Ceilings of neighbours and rotation, all trained runs, and who has no ceiling."""

import numpy as np
import pytest
from two_concepts import Concepts

from tutor import claims
from tutor.claims.studies import stale
from tutor.closing import one_world as ow
from tutor.closing.one_world import ceilings as noise
from tutor.closing.one_world import every, stored
from tutor.closing.studies import one_world as first
from tutor.closing.studies import one_world_compared as compared
from tutor.closing.studies import one_world_families as families
from tutor.closing.studies import one_world_settings as settings
from tutor.closing.studies import one_world_subsets as subsets
from tutor.datasets.errors import DamagedFileError, DataError
from tutor.datasets.texts import WikipediaLead
from tutor.datasets.world import world
from tutor.graphs.graph import Graph


def runs(noise, seeds=3, n=60, dim=6):
    """Return runs of a family: one cloud, turned anew and blurred in each."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, dim))
    turns = [np.linalg.qr(rng.normal(size=(dim, dim)))[0] for _ in range(seeds)]
    return np.stack([X @ Q + noise * rng.normal(size=X.shape) for Q in turns])


# --- ceilings ------------------------------------------------------------------------
def test_runs_of_one_shape_have_a_ceiling_of_one():
    """A turn changes no pair and no neighbour, and one rotation undoes it."""
    found = noise.ceilings(runs(noise=0.0), k=5, dim=6)
    for how, effect in found.items():
        np.testing.assert_allclose(effect.estimate, 1, atol=1e-9, err_msg=how)


def test_ceilings_fall_with_noise_down_to_chance():
    n = 60
    clean, blurred, lost = (
        noise.ceilings(runs(s, n=n), k=5, dim=6) for s in (0.2, 0.7, 1e3)
    )
    chance = noise.by_chance(n, k=5)
    for how in chance:
        values = [found[how].estimate for found in (clean, blurred, lost)]
        assert values[0] > values[1] > values[2], how
        np.testing.assert_allclose(values[2], chance[how], atol=0.08, err_msg=how)
        assert clean[how].low > blurred[how].high, how


def test_chance_by_pencil():
    """11 concepts, 5 neighbours: 5 of 10; 10 concepts in fifths: (1 + 1/2) / 2."""
    np.testing.assert_allclose(noise.by_chance(11, k=5)["neighbours"], 0.5)
    np.testing.assert_allclose(noise.by_chance(10)["rotation"], 0.75)


def test_neighbours_and_rotation_are_those_of_the_reference():
    X, Y, Z = table = runs(noise=0.4)
    found = noise.shared_neighbours(noise.beside_next(table), k=4)
    for row, (A, B) in zip(found, ((X, Y), (Y, Z), (Z, X)), strict=True):
        S, T = ow.similarities(A), ow.similarities(B)
        np.testing.assert_array_equal(row, ow.neighbour_overlap(S, T, 4))
    turned = noise.found_by_rotation(noise.beside_next(table), dim=6)
    np.testing.assert_array_equal(turned[1], ow.transfer(Y, Z, seed=2, dim=6))


def test_families_stand_side_by_side_run_by_run():
    table, one = runs(noise=0.1), runs(noise=0.1)[0]
    pairs = noise.beside(table, one)
    assert len(pairs) == 3
    for (X, Y), expected in zip(pairs, table, strict=True):
        np.testing.assert_array_equal(X, expected)
        np.testing.assert_array_equal(Y, one)


@pytest.mark.parametrize("shape", [(1, 9, 3), (9, 3)])
def test_one_run_has_no_ceiling(shape):
    with pytest.raises(ValueError, match="two runs"):
        noise.ceilings(np.zeros(shape))


# --- all runs ------------------------------------------------------------------------
def test_seeds_of_a_family_in_both_files_are_put_together():
    one, other = {"a": np.zeros((2, 3, 4)), "b": np.ones((1, 3, 2))}, np.ones((3, 3, 4))
    found = every.joined(one, {"a": other, "c": other})
    assert [len(found[name]) for name in "abc"] == [5, 1, 3]
    np.testing.assert_array_equal(found["a"][:2], 0)
    np.testing.assert_array_equal(found["a"][2:], 1)
    with pytest.raises(ValueError, match="same concepts"):
        every.joined(one, {"b": other})


def test_a_missing_file_names_its_own_command(monkeypatch, tmp_path):
    names = world().core().column("name")
    monkeypatch.setattr(every, "path", lambda: tmp_path / "gone.safetensors")
    with pytest.raises(DataError, match="tutor claims one_world-families"):
        every.trained(names)
    (tmp_path / "gone.safetensors").write_bytes(b"other")
    with pytest.raises(DamagedFileError):
        every.trained(names)


def test_every_space_has_a_ceiling_or_a_reason():
    kept = claims.stored("one_world-compared")
    for name in kept["spaces"]:
        assert (name in kept["ceilings"]) != (name in every.ONE_RUN), name
    assert set(every.ONE_RUN) <= set(kept["spaces"])
    for name, count in kept["seeds"].items():
        assert (count > 1) == (name in kept["ceilings"])


def test_glove_has_as_many_seeds_as_skip_gram_and_none_twice():
    kept = claims.stored("one_world-compared")
    assert kept["seeds"]["GloVe, word"] == kept["seeds"]["SGNS, word"] == 5
    assert (*first.FEW, *settings.GLOVE_SEEDS) == first.SEEDS == settings.SEEDS
    assert settings.GLOVE == first.GLOVE
    table = every.trained(world().core().column("name"))["GloVe, word"]
    assert len({run.tobytes() for run in table}) == 5


# --- the stored studies --------------------------------------------------------------
def test_the_stored_families_are_of_this_code_and_these_concepts():
    kept = claims.stored(every.RECORD)
    assert stale(kept) == []
    names = world().core().column("name")
    held = stored.read(every.path(), names, kept["sha256"])
    for name, table in held.items():
        assert table.shape == (kept["seeds"][name], len(names), kept["dims"][name])
        assert np.isfinite(table).all()
    assert set(np.unique(held["binary codes, text"])) == {0.0, 1.0}


def test_the_stored_comparison_is_of_these_vectors_and_this_code():
    kept = claims.stored("one_world-compared")
    assert stale(kept) == []
    records = (stored.RECORD, every.RECORD)
    assert kept["sha256"] == [claims.stored(name)["sha256"] for name in records]


def test_the_stored_comparison_agrees_with_the_first_study():
    """All but GloVe of the course, which had two seeds there."""
    kept, before = (claims.stored(f"one_world-{n}") for n in ("compared", "spaces"))
    for pair, value in before["agreement"].items():
        if "GloVe, word" not in pair:
            a, b = pair.split(" | ")
            there = kept["pairs"].get(pair, kept["pairs"].get(f"{b} | {a}"))
            np.testing.assert_allclose(there, value, atol=2e-4, err_msg=pair)
    for name, effect in before["ceilings"].items():
        if name != "GloVe, word":
            again = kept["ceilings"][name]["pairs"]["estimate"]
            np.testing.assert_allclose(again, effect["estimate"], atol=1e-6)
    for name in ("SGNS, word", "SVD, word"):
        again = kept["halves"][name]["pairs"]
        np.testing.assert_allclose(again, before["halves"][name], atol=2e-3)


def test_stored_effects_follow_from_the_stored_vectors():
    kept = claims.stored("one_world-compared")
    concepts = world().core()
    table = every.trained(concepts.column("name"))
    for name, effect in compared.effects(table).items():
        held = kept["parts"]["all"][name]
        np.testing.assert_allclose(held["estimate"], effect.estimate, atol=1e-3)
    assert set(kept["parts"]) == set(subsets.parts(concepts))


# --- around --------------------------------------------------------------------------
def test_around_leaves_no_row_alone():
    """A ring: no two of the rows touch, so each brings a neighbour, the better one."""
    graph = Graph.from_edges(
        [f"n{i}" for i in range(12)], [(i, (i + 1) % 12) for i in range(12)]
    )
    rows = [0, 2, 7]
    kept = families.around(graph, rows, 6)
    assert kept[:3] == rows
    assert kept[3:5] == [1, 6]  # 1 touches both 0 and 2; of 6 and 8 the lower
    assert len(set(kept)) == 6
    assert not set(graph.subgraph(kept).isolated()) & {0, 1, 2}
    with pytest.raises(ValueError, match="raise it"):
        families.around(graph, rows, 4)


def test_codes_of_the_concepts_are_bits(monkeypatch):
    leads = [WikipediaLead(f"t{i}", f"word{i} animal is a", "x") for i in range(9)]
    monkeypatch.setattr(families.texts, "wikipedia_leads", lambda: leads)
    monkeypatch.setattr(settings, "SEEDS", (1, 2))
    table = families.code_runs(Concepts())["binary codes, text"]
    assert table.shape == (2, 2, settings.CODES.bits)
    assert set(np.unique(table)) <= {0.0, 1.0}
