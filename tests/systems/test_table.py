"""Keys, salted hashes and tables: addresses, bytes, gradients, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numeric import differences

from tutor.systems.hashing import fingerprint, rows_of, salt, salted_hash64
from tutor.systems.multiplexing import MultiplexingConfig, make_table, vocabulary
from tutor.systems.multiplexing.tables import full_bytes
from tutor.systems.table import EmbeddingTable, Exact, Hashed, RowTable

FOUR = (("full", 1), ("hashed", 1), ("hashed", 2), ("fair", 1), ("unified", 2))


def columns(rows=400, sizes=(300, 40, 5), seed=0):
    """Return keys (rows, fields) of a small random table."""
    rng = np.random.default_rng(seed)
    drawn = [fingerprint([f"{t}.{v}" for v in rng.integers(0, n, rows)])
             for t, n in enumerate(sizes)]  # fmt: skip
    return np.stack(drawn, axis=1)


def config(method, lookups=1, **change):
    budget = 1.0 if method == "full" else 0.3
    settings = {"dim": 4, "budget": budget, "method": method, "lookups": lookups}
    return MultiplexingConfig(**{**settings, **change})


# --- keys and hashes -----------------------------------------------------------------
def test_fingerprint_is_blake2b():
    """Expected value: ``hashlib.blake2b(b"UA", digest_size=8)``, little end first."""
    import hashlib

    digest = hashlib.blake2b(b"UA", digest_size=8).digest()
    np.testing.assert_array_equal(
        fingerprint(["UA"]), np.array([int.from_bytes(digest, "little")], np.uint64)
    )


def test_hash_of_one_salt_never_merges_keys():
    keys = np.arange(50_000, dtype=np.uint64)
    np.testing.assert_equal(len(np.unique(salted_hash64(keys, 7))), len(keys))


def test_rows_are_uniform():
    """Chi-square of 100,000 consecutive keys in 100 rows: 99 expected, sd 14."""
    for s in (salt(0, 0, 0), salt(0, 3, 1)):
        count = np.bincount(rows_of(np.arange(100_000, dtype=np.uint64), s, 100))
        chi = ((count - 1000.0) ** 2 / 1000).sum()
        np.testing.assert_array_less(50, chi)
        np.testing.assert_array_less(chi, 160)


def test_salts_are_independent_functions():
    """Pairs of rows of two salts fill 20 x 20 cells evenly: 399 expected, sd 28."""
    keys = np.arange(40_000, dtype=np.uint64)
    pair = 20 * rows_of(keys, salt(0, 0, 0), 20) + rows_of(keys, salt(0, 0, 1), 20)
    chi = ((np.bincount(pair, minlength=400) - 100.0) ** 2 / 100).sum()
    np.testing.assert_array_less(chi, 540)
    same = 21 * rows_of(keys, salt(0, 0, 0), 20)
    chi = ((np.bincount(same, minlength=400) - 100.0) ** 2 / 100).sum()
    np.testing.assert_array_less(540, chi)  # alive: one salt twice is seen


def test_bad_keys_and_rows_are_refused():
    with pytest.raises(TypeError, match="must be uint64, got int64"):
        salted_hash64(np.array([1]), 0)
    with pytest.raises(ValueError, match="1 row or more, got 0: raise the budget"):
        rows_of(np.zeros(2, np.uint64), 0, 0)


# --- bytes ---------------------------------------------------------------------------
@pytest.mark.parametrize(("method", "lookups"), FOUR)
def test_bytes_are_those_of_the_arrays(method, lookups):
    table = make_table(vocabulary(columns()), config(method, lookups))
    total = 0
    for array in table.arrays.values():
        total += len(array.tobytes())
    np.testing.assert_equal(table.bytes, total)
    np.testing.assert_equal(table.lookup(columns()).shape, (400, 12))


def test_full_table_has_the_bytes_it_is_said_to_have():
    known = vocabulary(columns())
    np.testing.assert_equal(
        make_table(known, config("full")).bytes, full_bytes(known, 4)
    )


@given(
    budget=st.floats(0.05, 0.95),
    lookups=st.sampled_from([1, 2, 4]),
    method=st.sampled_from(["hashed", "fair", "unified"]),
)
@settings(max_examples=40, deadline=None)
def test_budget_is_kept_and_used(budget, lookups, method):
    """No table is above its budget, none leaves as much as three rows a field."""
    known = vocabulary(columns())
    lookups = 1 if method == "fair" else lookups
    made = make_table(known, config(method, lookups, budget=budget))
    limit = budget * full_bytes(known, 4)
    assert limit - 9 * 16 <= made.bytes <= limit


@pytest.mark.parametrize("method", ["hashed", "fair", "unified"])
def test_budget_of_zero_rows_is_refused(method):
    tiny = config(method, budget=1e-4)
    with pytest.raises(
        ValueError, match=r"leaves 0 rows of 16 bytes.*raise the budget"
    ):
        make_table(vocabulary(columns()), tiny)


# --- addresses -----------------------------------------------------------------------
def test_unseen_category_has_a_row_everywhere_and_none_of_its_own_in_full():
    seen, new = columns(), fingerprint(["never seen"])
    strange = np.repeat(new[:, None], 3, axis=1)
    full = make_table(vocabulary(seen), config("full"))
    np.testing.assert_array_equal(full.lookup(strange), np.zeros((1, 12)))
    one = make_table(vocabulary(seen), config("unified"))
    assert np.abs(one.lookup(strange)).max() > 0


def test_exact_rows_never_collide():
    keys = vocabulary(columns())[0]
    rows = Exact(0, 5, keys).rows(keys)
    np.testing.assert_array_equal(rows, 5 + np.arange(len(keys)))
    np.testing.assert_equal(Exact(0, 5, keys[:0]).rows(keys)[0], 5)


def test_fields_are_apart_or_shared_as_the_method_says():
    keys = columns()
    known = vocabulary(keys)
    for method, apart in (("hashed", True), ("fair", True), ("unified", False)):
        rows = make_table(known, config(method)).rows(keys)
        met = set(rows[:, 0]) & set(rows[:, 1])
        np.testing.assert_equal(not met, apart, err_msg=method)


def test_salts_decide_which_chunks_meet():
    keys = columns()
    known = vocabulary(keys)
    rows = {s: make_table(known, config("unified", 2, salts=s)).rows(keys)
            for s in ("chunk", "field", "none")}  # fmt: skip
    assert (rows["chunk"][:, 0] != rows["chunk"][:, 1]).any()
    np.testing.assert_array_equal(rows["field"][:, 0], rows["field"][:, 1])
    assert (rows["field"][:, 0] != rows["field"][:, 2]).any()
    np.testing.assert_equal(salt(1, 2, 3) == salt(1, 2, 3), True)
    np.testing.assert_equal(
        len({salt(1, t, c) for t in range(9) for c in range(4)}), 36
    )


# --- lookup and gradient -------------------------------------------------------------
@pytest.mark.parametrize(("method", "lookups"), FOUR)
def test_lookup_equals_the_loop(method, lookups):
    keys = columns(30)
    table = make_table(vocabulary(keys), config(method, lookups))
    answered = table.lookup(keys)
    for b, row in enumerate(keys):
        parts = [table.weights[p.rows(row[[p.field]])[0]] for p in table.places]
        np.testing.assert_array_equal(answered[b], np.concatenate(parts))


@pytest.mark.parametrize(("method", "lookups"), FOUR)
def test_gradient_equals_central_differences(method, lookups):
    keys = columns(12, sizes=(6, 4, 3))
    made = make_table(vocabulary(keys), config(method, lookups, budget=1.0))
    W = made.weights.astype(np.float64)
    table = RowTable(W, made.places, 3)
    slope = np.random.default_rng(1).normal(size=(12, table.width))
    (found,) = table.gradients(keys, slope)
    wanted = differences(
        lambda w: (RowTable(w, made.places, 3).lookup(keys) * slope).sum(), W
    )
    np.testing.assert_allclose(found, wanted, atol=1e-7)
    with pytest.raises(AssertionError):  # alive
        np.testing.assert_allclose(1.01 * found, wanted, atol=1e-7)


def test_gradient_of_shared_rows_adds_up():
    """By hand: both fields of the one row of keys read row 0, slopes (1, 2), (3, 4)."""
    places = (Hashed(0, 0, 1, np.uint64(1)), Hashed(1, 0, 1, np.uint64(2)))
    table = RowTable(np.zeros((1, 2)), places, 2)
    (G,) = table.gradients(np.zeros((1, 2), np.uint64), np.array([[1.0, 2, 3, 4]]))
    np.testing.assert_array_equal(G, [[4.0, 6.0]])


def test_torch_embedding_bag_is_the_same_lookup():
    torch = pytest.importorskip("torch", reason="torch is not installed")
    keys = columns(50)
    table = make_table(vocabulary(keys), config("unified", 2))
    bag = torch.nn.EmbeddingBag.from_pretrained(torch.tensor(table.weights), mode="sum")
    theirs = bag(torch.tensor(table.rows(keys).reshape(-1, 1))).reshape(50, -1)
    np.testing.assert_array_equal(table.lookup(keys), theirs.numpy())


# --- the interface -------------------------------------------------------------------
class Halves(EmbeddingTable):
    """A compressed table as another chapter would write one: float16 at rest."""

    fields, width = 1, 2

    def __init__(self):
        self.exact = np.ones((3, 2), dtype=np.float32)
        self.kept = self.exact.astype(np.float16)

    @property
    def arrays(self):
        return {"kept": self.kept}

    @property
    def trainable(self):
        return (self.exact,)

    def lookup(self, keys):
        return self.kept[(keys[:, 0] % np.uint64(3)).astype(int)].astype(np.float32)

    def gradients(self, keys, slope):
        G = np.zeros_like(self.exact)
        np.add.at(G, (keys[:, 0] % np.uint64(3)).astype(int), slope)
        return (G,)

    def settle(self):
        self.kept = self.exact.astype(np.float16)


def test_another_kind_of_table_trains_unchanged():
    from tutor.systems.multiplexing import Model, Split, reference, train

    keys = np.arange(300, dtype=np.uint64)[:, None]
    labels = keys[:, 0] % np.uint64(3) == 0
    split = Split(*[(keys, labels)] * 3)
    table = Halves()
    np.testing.assert_equal(table.bytes, 12)
    assert "12 bytes" in repr(table)
    model = Model(table, reference.initial_network(2, 4))
    made = train.train(
        split,
        MultiplexingConfig(epochs=20, batch_size=32, learning_rate=0.05),
        model=model,
    )
    np.testing.assert_allclose(made.aucs[-1], 1.0)


def test_wrong_keys_and_configs_name_the_remedy():
    table = make_table(vocabulary(columns()), config("unified"))
    with pytest.raises(ValueError, match=r"\(batch, 3\).*got shape \(400,\)"):
        table.lookup(columns()[:, 0])
    with pytest.raises(ValueError, match="with a row"):
        vocabulary(np.empty((0, 3), np.uint64))
    with pytest.raises(ValueError, match="one look-up a field, got 2"):
        make_table(vocabulary(columns()), config("full", 2))
    with pytest.raises(ValueError, match="set lookups=1"):
        make_table(vocabulary(columns()), config("fair", 2))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"method": "magic"}, "unknown method 'magic'; there are"),
        ({"salts": "sea"}, "unknown salts 'sea'"),
        ({"budget": 0.0}, "above 0 and at most 1, got 0"),
        ({"budget": 1.5}, "above 0 and at most 1, got 1.5"),
        ({"method": "full", "budget": 0.5}, "budget 1, got 0.5"),
        ({"dim": 10, "lookups": 4}, "cannot be cut into 4"),
        ({"lookups": 0}, "lookups must be 1 or more, got 0"),
        ({"hidden": -1}, "hidden must be 0 or more"),
        ({"power": 2.0}, "power must lie between 0 and 1"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
    ],
)
def test_config_refuses(change, words):
    with pytest.raises(ValueError, match=words):
        MultiplexingConfig(**change)
