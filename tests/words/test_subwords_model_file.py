"""Reading fastText's files: a small one made by hand, and every way to break it."""

import struct
import tracemalloc
from contextlib import suppress
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.datasets import DataError
from tutor.words.subwords import bucket, model_file

DIM, BUCKETS = 4, 10


def entries(words, labels, pruned=-1):
    head = struct.pack(
        "<iiiqq", len(words) + len(labels), len(words), len(labels), 9, pruned
    )
    body = b"".join(
        word.encode() + b"\0" + struct.pack("<qb", 5, kind)
        for kind, group in enumerate((words, labels))
        for word in group
    )
    return head + body


def dense(values):
    return struct.pack("<qq", *values.shape) + values.astype("<f4").tobytes()


def made(words=("ab", "ba"), version=12):
    """Return the bytes of a dense skip-gram model and its two tables."""
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(len(words) + BUCKETS, DIM)).astype(np.float32)
    V = rng.normal(size=(len(words), DIM)).astype(np.float32)
    args = struct.pack("<12i", DIM, 5, 5, 1, 5, 1, 2, 2, BUCKETS, 3, 6, 100)
    head = (
        struct.pack("<ii", model_file.MAGIC, version) + args + struct.pack("<d", 1e-4)
    )
    data = head + entries(words, ()) + b"\0" + dense(Z) + b"\0" + dense(V)
    return data, Z, V


def quantised():
    """Return a pruned, quantised classifier, and the input rows it stands for.

    Parts of 3 and 1 numbers, as a last part may be narrower; lengths coded apart.
    """
    rng = np.random.default_rng(1)
    rows, parts = 3, 2  # one word, two kept n-grams
    codes = rng.integers(0, 256, (rows, parts)).astype(np.uint8)
    centroids = rng.normal(size=DIM * 256).astype(np.float32)
    norms, norm_codes = rng.random(256).astype(np.float32), np.array([7, 0, 255], "u1")
    args = struct.pack("<12i", DIM, 5, 5, 1, 5, 1, 3, 3, BUCKETS, 3, 3, 100)
    head = struct.pack("<ii", model_file.MAGIC, 12) + args + struct.pack("<d", 1e-4)
    kept = struct.pack("<4i", bucket("<ab", BUCKETS), 0, bucket("ab>", BUCKETS), 1)
    matrix = b"\1" + struct.pack("<qqi", rows, DIM, rows * parts) + codes.tobytes()
    matrix += struct.pack("<4i", DIM, parts, 3, 1) + centroids.tobytes()
    matrix += norm_codes.tobytes() + struct.pack("<4i", 1, 1, 1, 1) + norms.tobytes()
    V = rng.normal(size=(1, DIM)).astype(np.float32)
    data = head + entries(("ab",), ("__label__x",), 2) + kept
    data += b"\1" + matrix + b"\0" + dense(V)
    wide = centroids[: 3 * 256].reshape(256, 3)[codes[:, 0]]
    narrow = centroids[3 * 256 :].reshape(256, 1)[codes[:, 1]]
    return data, np.hstack([wide, narrow]) * norms[norm_codes][:, None]


def test_a_dense_model_is_read():
    data, Z, V = made()
    model = model_file.parse(data)
    assert model.words == ("ab", "ba")
    np.testing.assert_array_equal(model.inputs.values, Z)
    np.testing.assert_array_equal(model.outputs.values, V)
    rows = [0, *(2 + bucket(g, BUCKETS) for g in ("<ab", "<ab>", "ab>"))]
    np.testing.assert_array_equal(model.rows_of("ab"), rows)
    np.testing.assert_allclose(model.vector("ab"), Z[rows].mean(axis=0), atol=1e-6)
    assert repr(model).startswith("FastTextModel(skipgram: 2 words, 0 labels, 12 x 4")


def test_a_quantised_model_is_read():
    data, wanted = quantised()
    model = model_file.parse(data)
    np.testing.assert_allclose(model.inputs.rows([0, 1, 2]), wanted, atol=1e-6)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(1.01 * model.inputs.rows([0]), wanted[:1], atol=1e-6)
    assert model.rows_of("ab") == [0, 1, 2]
    assert max(map(max, filter(None, map(model.rows_of, ("xyz", "xxy", "zzz"))))) < 3


def test_a_word_without_rows_gives_zeros():
    data, _ = quantised()
    model = model_file.parse(data)
    lonely = next(
        w for w in map("".join, product("xyz", repeat=3)) if not model.rows_of(w)
    )
    assert not model.vector(lonely).any()


@pytest.mark.parametrize("make", [lambda: made()[0], lambda: quantised()[0]])
def test_every_truncation_is_an_error(make):
    data = make()
    for end in [*range(0, 200), *range(200, len(data), 97), len(data) - 1]:
        with pytest.raises(DataError, match="is no intact fastText model"):
            model_file.parse(data[:end])


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 250), st.binary(min_size=1, max_size=8))
def test_altered_bytes_give_a_model_or_a_data_error(place, change):
    """Nothing else may come out of a hostile header: no crash, no other error."""
    for data in (made()[0], quantised()[0]):
        broken = data[:place] + change + data[place + len(change) :]
        with suppress(DataError):
            assert isinstance(model_file.parse(broken), model_file.FastTextModel)


HUGE = struct.pack("<q", 1 << 60)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (64, struct.pack("<iii", 1 << 30, 1 << 30, 0)),  # entries
        (84, HUGE),  # kept n-grams
        (8, struct.pack("<i", 1 << 30)),  # dim
        (8 + 32, struct.pack("<i", -1)),  # buckets
    ],
)
def test_a_header_that_lies_allocates_nothing(place, value):
    data = bytearray(made()[0])
    data[place : place + len(value)] = value
    tracemalloc.start()
    with pytest.raises(DataError):
        model_file.parse(bytes(data))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_matrix_that_lies_allocates_nothing():
    data, Z, _ = made()
    place = data.index(dense(Z))
    broken = data[:place] + struct.pack("<qq", 1 << 40, DIM) + data[place + 16 :]
    tracemalloc.start()
    with pytest.raises(DataError, match="announced"):
        model_file.parse(broken)
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: b"junk" + d[4:], "a beginning of"),
        (lambda d: d[:4] + struct.pack("<i", 99) + d[8:], "version 99"),
        (lambda d: d.replace(b"ab\0", b"\xff\xfe\0", 1), "no UTF-8"),
    ],
)
def test_what_is_wrong_is_said(change, message):
    with pytest.raises(DataError, match=message):
        model_file.parse(change(made()[0]), "mine.bin")


def test_files_missing_or_too_long(tmp_path):
    path = tmp_path / "model.bin"
    with pytest.raises(DataError, match="cannot be read"):
        model_file.read(path)
    path.write_bytes(made()[0])
    assert model_file.read(path).words == ("ab", "ba")
    with pytest.raises(DataError, match="more than 10"):
        model_file.read(path, max_bytes=10)


def test_a_matrix_without_the_buckets_it_needs_is_refused():
    data, Z, _ = made()
    short = data.replace(dense(Z), dense(Z[:5]))
    with pytest.raises(DataError, match="5 input rows for 2 words"):
        model_file.parse(short)
