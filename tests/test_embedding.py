"""Embedding: what it refuses, what it answers, and that no one can change it."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tutor.embedding import Embedding, Neighbour
from tutor.spelling import closest_spellings

KEYS = ["king", "queen", "man", "woman", "apple"]
VECTORS = np.array([[3, 3, 0], [3, -3, 0], [1, 1, 0], [1, -1, 0], [0, 0, 2.0]])


@pytest.fixture
def royal():
    return Embedding(KEYS, VECTORS, {"made by": "hand"})


# --- what it refuses -----------------------------------------------------------------
@pytest.mark.parametrize(
    ("keys", "vectors", "message"),
    [
        (["a", "b", "a"], np.eye(3), "3 keys but only 2 different.*'a'"),
        (["a", "b"], np.eye(3), "2 keys but 3 rows"),
        (["a"], np.zeros(3), r"rank 1 with shape \(3,\)"),
        (["a"], np.zeros((1, 0)), r"shape \(1, 0\)"),
        (["a"], np.zeros((1, 2, 2)), "rank 3"),
        (["a", "b"], [[0.0, 1.0], [np.nan, 1.0]], r"1 of 2 rows.*'b' \(row 1\)"),
        (["a", "b"], [[np.inf, 1.0], [0, -np.inf]], r"2 of 2 rows.*'a' \(row 0\)"),
        (["a", ""], np.eye(2), "row 1 is empty"),
        (["a", "\ud83d"], np.eye(2), "surrogate"),
    ],
)
def test_constructor_refuses_with_the_numbers(keys, vectors, message):
    with pytest.raises(ValueError, match=message):
        Embedding(keys, vectors)


def test_keys_must_be_strings():
    with pytest.raises(TypeError, match="int 7 at row 1"):
        Embedding(["a", 7], np.eye(2))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda e: Embedding("abc", np.eye(3)), "keys must be several keys.*'abc'"),
        (lambda e: Embedding(["a"], [[1.0]], 5), "meta must be a mapping, got 5"),
        (lambda e: e.subset("king"), "keys must be several keys"),
        (lambda e: e.rows("king"), "keys must be several keys"),
        (lambda e: e.nearest("king", 2.5), "k must be a whole number, got 2.5"),
    ],
)
def test_wrong_kinds_are_refused(royal, ask, message):
    with pytest.raises(TypeError, match=message):
        ask(royal)


def test_complex_vectors_are_refused_not_halved():
    with pytest.raises(ValueError, match="must be real"):
        Embedding(["a"], [[1 + 2j]])


def test_numpy_strings_become_plain_keys():
    held = Embedding(np.array(["a", "b"]), np.eye(2))
    assert [type(key) for key in held.keys] == [str, str]
    assert repr(held) == "Embedding(2 x 2: 'a', 'b')"


def test_nothing_can_change_it(royal):
    source = VECTORS.copy()
    held = Embedding(KEYS, source)
    source[:] = 0
    np.testing.assert_array_equal(held.vectors, VECTORS)
    with pytest.raises(ValueError, match="read-only"):
        royal.vectors[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        royal["king"][0] = 0
    with pytest.raises(ValueError, match="WRITEABLE"):
        royal.vectors.setflags(write=True)
    with pytest.raises(AttributeError):
        royal.keys = ()
    with pytest.raises(TypeError):
        royal.meta["made by"] = "machine"


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floating_types_are_kept(dtype):
    assert Embedding(["a"], np.ones((1, 2), dtype)).vectors.dtype == dtype
    assert Embedding(["a"], np.ones((1, 2), int)).vectors.dtype == np.float64


# --- looking up ----------------------------------------------------------------------
def test_repr_says_class_and_sizes(royal):
    assert repr(royal) == "Embedding(5 x 3: 'king', 'queen', 'man', ...)"
    assert repr(Embedding(["a"], [[1.0]])) == "Embedding(1 x 1: 'a')"


def test_is_a_mapping_of_keys(royal):
    assert len(royal) == 5
    assert royal.dim == 3
    assert list(royal) == KEYS
    assert "king" in royal
    assert "kong" not in royal
    assert 3 not in royal
    np.testing.assert_array_equal(royal["apple"], [0, 0, 2])
    np.testing.assert_array_equal(royal.rows(["woman", "king"]), [3, 0])
    assert royal.rows([]).dtype == np.int64


def test_unknown_key_names_the_three_closest_spellings(royal):
    with pytest.raises(KeyError, match=r"'kinng' is not among the 5 keys.*'king', "):
        royal["kinng"]
    assert closest_spellings("quen", KEYS)[0] == "queen"
    assert len(closest_spellings("", KEYS)) == 3
    assert closest_spellings("x", []) == []


def test_suggestions_in_a_long_list_are_close():
    keys = [f"word{i}" for i in range(30_000)] + ["Embedding", "embeddings"]
    assert closest_spellings("embeding", keys)[:2] == ["Embedding", "embeddings"]
    assert len(closest_spellings("zzzzzzzzzzzzzzzzzzzzzzzzz", keys)) == 3


# --- nearest, analogy ----------------------------------------------------------------
def test_nearest_leaves_the_query_out_and_breaks_ties_by_row(royal):
    assert royal.nearest("king", 2) == (Neighbour("man", 1.0), Neighbour("queen", 0.0))
    names = [n.key for n in royal.nearest([0, 0, 1.0])]
    assert names == ["apple", "king", "queen", "man", "woman"]
    assert royal.nearest("king", 1, exclude=["man"])[0].key == "queen"
    assert len(royal.nearest("king", 99)) == 4
    assert royal.nearest("king", 3, exclude=KEYS) == ()


@pytest.mark.parametrize(
    ("query", "k", "exclude", "error", "message"),
    [
        ("king", 0, (), ValueError, "at least 1"),
        ([1.0, 2.0], 1, (), ValueError, r"\(3,\), got shape \(2,\)"),
        ([1.0, np.nan, 0], 1, (), ValueError, "finite"),
        ("king", 1, ["kong"], KeyError, "kong"),
        ("king", 1, "man", TypeError, "several keys"),
    ],
)
def test_nearest_refuses(royal, query, k, exclude, error, message):
    with pytest.raises(error, match=message):
        royal.nearest(query, k, exclude)


def test_analogy_never_returns_its_inputs(royal):
    """Solve man : king :: woman : queen: king - man + woman points along queen."""
    assert royal.analogy("man", "king", "woman")[0].key == "queen"
    answers = royal.analogy("king", "king", "king", k=10)
    assert "king" not in {a.key for a in answers}
    assert len(answers) == 4


def test_zero_vectors_have_cosine_zero():
    held = Embedding(["a", "zero"], [[1.0, 0], [0, 0]])
    assert held.similarity("a", "zero") == 0.0
    assert held.nearest("zero") == (Neighbour("a", 0.0),)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_cosine_survives_very_small_and_very_large_vectors(scale):
    held = Embedding(["a", "b"], np.array([[1, 0], [1, 1.0]]) * scale)
    np.testing.assert_allclose(held.similarity("a", "b"), 0.5**0.5, rtol=1e-12)


matrices = st.integers(1, 12).flatmap(
    lambda n: st.integers(1, 5).flatmap(
        lambda d: arrays(np.float64, (n, d), elements=st.integers(-3, 3))
    )
)


@settings(max_examples=60, deadline=None)
@given(matrices, st.integers(1, 15))
def test_nearest_equals_the_loop(vectors, k):
    """Rung 1: sorting all cosines one by one by (-score, row)."""
    keys = [f"k{i}" for i in range(len(vectors))]
    held = Embedding(keys, vectors)
    scores = [round(held.similarity("k0", key), 6) for key in keys[1:]]
    order = sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:k]
    got = held.nearest("k0", k)
    assert [n.key for n in got] == [keys[1:][i] for i in order]
    np.testing.assert_allclose(
        [n.score for n in got], [scores[i] for i in order], atol=1e-6
    )


# --- making another ------------------------------------------------------------------
def test_subset_truncate_transform_normalized(royal):
    two = royal.subset(["apple", "king"])
    assert two.keys == ("apple", "king")
    np.testing.assert_array_equal(two["king"], royal["king"])
    assert two.meta == royal.meta
    np.testing.assert_array_equal(royal.truncate(2).vectors, VECTORS[:, :2])
    np.testing.assert_array_equal(royal.transform(np.ones((3, 1)))["king"], [6])
    np.testing.assert_array_equal(royal.transform(lambda v: 2 * v)["man"], [2, 2, 0])
    lengths = np.linalg.norm(royal.normalized().vectors, axis=1)
    np.testing.assert_allclose(lengths, 1, rtol=1e-12)
    with pytest.raises(ValueError, match="between 1 and 3, got 4"):
        royal.truncate(4)
    with pytest.raises(ValueError, match=r"\(3, any\), got \(2, 2\)"):
        royal.transform(np.eye(2))
    with pytest.raises(ValueError, match="5 keys but 4 rows"):
        royal.transform(lambda v: v[:4])
    with pytest.raises(KeyError):
        royal.subset(["nobody"])


def test_pickle_keeps_it_locked(royal):
    again = pickle.loads(pickle.dumps(royal))
    assert again.keys == royal.keys
    np.testing.assert_array_equal(again.vectors, royal.vectors)
    with pytest.raises(ValueError, match="read-only"):
        again.vectors[0] = 0


def test_empty_embedding_is_allowed_and_answers_nothing():
    empty = Embedding([], np.empty((0, 3)))
    assert empty.nearest([1.0, 0, 0]) == ()
    with pytest.raises(KeyError, match="0 keys"):
        empty["a"]


def test_to_torch_copies():
    pytest.importorskip("torch", reason="torch is not installed")
    held = Embedding(["a", "b"], np.eye(2, dtype=np.float32))
    layer = held.to_torch(freeze=False)
    assert layer.weight.requires_grad
    layer.weight.data[:] = 7
    np.testing.assert_array_equal(held.vectors, np.eye(2))
    assert not held.to_torch().weight.requires_grad
