"""Every file an Embedding goes through: exact round trips, and files that lie."""

import contextlib
import json
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutor.embedding import Embedding

ODD = [
    "the",
    "new york",
    "New York City",
    "line\nbreak",
    "tab\there",
    "u.s.",
    " lead",
    "trail ",
    "[UNK]",
    "é",
    "e\u0301",
    "日本語",
    "no\u00a0break",
    "0",
    "#",
]


def made(keys, dim=3, dtype=np.float32):
    rng = np.random.default_rng(0)
    return Embedding(keys, rng.normal(size=(len(keys), dim)).astype(dtype))


def same(a, b):
    assert a.keys == b.keys
    assert a.vectors.dtype == b.vectors.dtype
    np.testing.assert_array_equal(a.vectors, b.vectors)


def test_same_can_fail():
    """Rung 9: the helper sees one changed bit."""
    a = made(["a", "b"])
    b = Embedding(a.keys, np.nextafter(a.vectors, np.float32(9)))
    with pytest.raises(AssertionError):
        same(a, b)
    with pytest.raises(AssertionError):
        same(a, Embedding(["a", "c"], a.vectors))


# --- folder --------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_folder_keeps_keys_vectors_meta(tmp_path, dtype):
    held = Embedding(ODD, made(ODD, dtype=dtype).vectors, {"corpus": "x", "dim": 3})
    again = Embedding.load(held.save(tmp_path / "m"))
    same(held, again)
    assert again.meta == held.meta
    assert sorted(p.name for p in (tmp_path / "m").iterdir()) == [
        "config.json",
        "model.safetensors",
        "modules.json",
        "tokenizer.json",
    ]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        unique=True,
        max_size=6,
    )
)
def test_any_key_survives_the_folder(tmp_path_factory, keys):
    held = made(keys)
    same(held, Embedding.load(held.save(tmp_path_factory.mktemp("m"))))


@pytest.mark.oracle
def test_folder_opens_in_model2vec(tmp_path):
    """Rung 6: each key, odd ones too, encodes to its own row; unknown words drop."""
    model2vec = pytest.importorskip("model2vec", reason="model2vec is not installed")
    held = made(ODD)
    model = model2vec.StaticModel.from_pretrained(held.save(tmp_path))
    for key in ODD:
        np.testing.assert_array_equal(model.encode(key), held[key], err_msg=repr(key))
    mean = (held["the"] + held["new york"] + held["u.s."]) / 3
    np.testing.assert_allclose(model.encode("the zebra new york u.s."), mean, rtol=1e-6)


@pytest.mark.oracle
def test_folder_opens_in_sentence_transformers(tmp_path):
    """Rung 6: each key encodes to its own row; unknown words count as zero rows."""
    library = pytest.importorskip(
        "sentence_transformers", reason="sentence-transformers is not installed"
    )
    held = made(ODD)
    model = library.SentenceTransformer(str(held.save(tmp_path)), device="cpu")
    for key in ODD:
        got = model.encode(key, show_progress_bar=False)
        np.testing.assert_array_equal(got, held[key], err_msg=repr(key))
    got = model.encode("the zebra", show_progress_bar=False)
    np.testing.assert_allclose(got, held["the"] / 2, rtol=1e-6)


@pytest.mark.oracle
def test_a_folder_model2vec_wrote_can_be_read(tmp_path):
    model2vec = pytest.importorskip("model2vec", reason="model2vec is not installed")
    held = made(["the", "cat"])
    model = model2vec.StaticModel.from_pretrained(held.save(tmp_path / "ours"))
    model.save_pretrained(tmp_path / "theirs")
    again = Embedding.load(tmp_path / "theirs")
    np.testing.assert_array_equal(again["cat"], held["cat"])


def test_meta_that_is_not_json_is_refused_before_anything_is_written(tmp_path):
    held = Embedding(["a"], [[1.0]], {"when": object()})
    with pytest.raises(ValueError, match="meta must be JSON-able"):
        held.save(tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_missing_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no config\.json"):
        Embedding.load(tmp_path)
    made(["a"]).save(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors"):
        Embedding.load(tmp_path)


class Bomb:
    """A pickle that would create a file when opened."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_damaged_safetensors_never_runs_and_never_allocates(tmp_path):
    good = made(["a", "b"]).save(tmp_path / "good")
    whole = (good / "model.safetensors").read_bytes()
    header = json.dumps(
        {"embeddings": {"dtype": "F32", "shape": [1 << 40, 64], "data_offsets": [0, 8]}}
    ).encode()
    lies = {
        "cut": whole[:-4],
        "longer": whole + b"xxxx",
        "huge header": struct.pack("<Q", 1 << 62) + whole[8:],
        "huge shape": struct.pack("<Q", len(header)) + header + b"\0" * 8,
        "pickle": pickle.dumps(Bomb(tmp_path / "ran")),
        "empty": b"",
    }
    for name, body in lies.items():
        (good / "model.safetensors").write_bytes(body)
        with pytest.raises(ValueError, match="damaged"):
            Embedding.load(good)
        assert not (tmp_path / "ran").exists(), name


@pytest.mark.parametrize(
    ("dtype", "shape", "size"),
    [
        ("BF16", [3, 2], 12),
        ("F8_E4M3", [3, 2], 6),
        ("C64", [3, 2], 48),
        ("BOOL", [3, 2], 6),
        ("F32", [], 4),
        ("F32", [3], 12),
        ("F32", [3, 1, 1], 12),
        ("F32", [0, 1 << 62], 0),
    ],
)
def test_strange_tensors_are_refused(tmp_path, dtype, shape, size):
    folder = made(["a", "b"]).save(tmp_path)
    tensor = {"dtype": dtype, "shape": shape, "data_offsets": [0, size]}
    header = json.dumps({"embeddings": tensor}).encode()
    body = struct.pack("<Q", len(header)) + header + bytes(size)
    (folder / "model.safetensors").write_bytes(body)
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        Embedding.load(folder)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("config.json", "{", "damaged"),
        ("config.json", '{"tutor": {"meta": [1]}}', "not a table"),
        ("tokenizer.json", '{"model": {"vocab": {"a": Infinity}}}', "no word list"),
        ("tokenizer.json", '{"model": {"vocab": {"a": 0.5}}}', "no word list"),
        ("config.json", "[" * 100_000, "damaged"),
        ("config.json", "[1]", "not a table"),
        ("tokenizer.json", "{}", "no word list"),
        ("tokenizer.json", "[]", "no word list"),
        ("tokenizer.json", '{"model": {"vocab": {"a": 0, "b": 0}}}', "2 words"),
        ("tokenizer.json", '{"model": {"vocab": {"a": 0}}}', "1 words, the matrix 3"),
        ("tokenizer.json", '{"model": {"vocab": {"a": "x"}}}', "no word list"),
    ],
)
def test_damaged_json_is_refused(tmp_path, name, text, message):
    folder = made(["a", "b"]).save(tmp_path)
    (folder / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        Embedding.load(folder)


# --- word2vec ------------------------------------------------------------------------
PLAIN = ["the", "u.s.", "é", "日本語", "0", "#", "[UNK]"]


@pytest.mark.parametrize("binary", [False, True])
def test_word2vec_keeps_every_bit(tmp_path, binary):
    held = made(PLAIN)
    path = held.to_word2vec(tmp_path / "v", binary=binary)
    same(held, Embedding.from_word2vec(path, binary=binary))


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("key", ["new york", "a\nb", "a\tb", "a\u00a0b", "a\rb"])
def test_word2vec_refuses_white_space_with_the_reason(tmp_path, key, binary):
    with pytest.raises(ValueError, match="ends a key at white space"):
        made(["a", key]).to_word2vec(tmp_path / "v", binary=binary)
    assert not (tmp_path / "v").exists()


@pytest.mark.parametrize("binary", [False, True])
@settings(max_examples=25, deadline=None)
@given(
    keys=st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
            lambda k: not any(c.isspace() for c in k)
        ),
        unique=True,
        max_size=5,
    )
)
def test_any_key_without_space_survives_word2vec(tmp_path_factory, keys, binary):
    held = made(keys)
    path = held.to_word2vec(tmp_path_factory.mktemp("v") / "v", binary=binary)
    same(held, Embedding.from_word2vec(path, binary=binary))


@pytest.mark.oracle
@pytest.mark.parametrize("binary", [False, True])
def test_gensim_reads_what_we_write_and_we_read_what_it_writes(tmp_path, binary):
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    held = made(PLAIN)
    ours = held.to_word2vec(tmp_path / "ours", binary=binary)
    theirs = models.KeyedVectors.load_word2vec_format(str(ours), binary=binary)
    assert tuple(theirs.index_to_key) == held.keys
    np.testing.assert_array_equal(theirs.vectors, held.vectors)
    theirs.save_word2vec_format(str(tmp_path / "theirs"), binary=binary)
    again = Embedding.from_word2vec(tmp_path / "theirs", binary=binary)
    assert again.keys == held.keys
    np.testing.assert_allclose(again.vectors, held.vectors, rtol=1e-6)


def test_beyond_float32_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"3\.4e38"):
        Embedding(["a"], [[1e300]]).to_word2vec(tmp_path / "v")


@pytest.mark.parametrize(
    ("body", "binary", "message"),
    [
        (b"", False, "does not begin with two numbers"),
        (b"one two\n", False, "does not begin with two numbers"),
        (b"9" * 5000 + b" 3\n", False, "does not begin with two numbers"),
        (b"1000000000000 300\na 1 2\n", False, "cannot fit its"),
        (b"1000000000000 300\na 1 2\n", True, "cannot fit its"),
        (b"-1 3\n", False, "cannot fit its"),
        (b"0 99999999999999\n", False, "cannot fit its"),
        (b"1 0\na\n", False, "cannot fit its"),
        (b"2 2\na 1 2\nb 1\n", False, "row 1 of 2: 1 numbers where 2"),
        (b"1 2\na 1 x\n", False, "row 0 of 1"),
        (b"1 2\na 1 2\nb 1 2\n", False, "goes on after the 1 rows"),
        (b"1 2\n\xff\xfe 1 2\n", False, "row 0 of 1"),
        (b"1 2\na \0\0\0\0\0", True, "cannot fit its"),
        (b"1 2\nabcdefghijklmn", True, "a key without an end"),
        (b"1 2\nabcdef \0\0\0\0\0", True, "5 bytes where 8"),
        (b"1 1\na nan\n", False, "NaN or infinite"),
        (b"1 1\na 1e39\n", False, "NaN or infinite"),
        (b"2 1\na 1\na 2\n", False, "2 keys but only 1 different"),
    ],
)
def test_damaged_word2vec_is_refused(tmp_path, body, binary, message):
    path = tmp_path / "v"
    path.write_bytes(body)
    with pytest.raises(ValueError, match=message):
        Embedding.from_word2vec(path, binary=binary)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.booleans())
def test_noise_is_refused_or_read_but_never_worse(tmp_path_factory, body, binary):
    """Bytes of any kind raise ValueError or give an Embedding; nothing else happens."""
    path = tmp_path_factory.mktemp("noise") / "v"
    path.write_bytes(b"2 3\n" + body)
    with contextlib.suppress(ValueError):
        Embedding.from_word2vec(path, binary=binary)


def test_a_hostile_pickle_is_not_opened(tmp_path):
    (tmp_path / "v").write_bytes(pickle.dumps(Bomb(tmp_path / "ran")))
    for binary in (False, True):
        with pytest.raises(ValueError, match="two numbers"):
            Embedding.from_word2vec(tmp_path / "v", binary=binary)
    assert not (tmp_path / "ran").exists()


# --- gensim --------------------------------------------------------------------------
@pytest.mark.oracle
def test_gensim_round_trip_and_its_neighbours_are_ours():
    pytest.importorskip("gensim", reason="gensim is not installed")
    held = made([*ODD, *map(str, range(1, 20))], dim=8)
    kv = held.to_gensim()
    same(held, Embedding.from_gensim(kv))
    for key in held.keys:
        theirs = [name for name, _ in kv.most_similar(key, topn=5)]
        assert [n.key for n in held.nearest(key, 5)] == theirs
    theirs = kv.most_similar(positive=["u.s.", "the"], negative=["é"], topn=3)
    ours = held.analogy("é", "u.s.", "the", k=3)
    assert [n.key for n in ours] == [name for name, _ in theirs]


@pytest.mark.oracle
def test_gensims_stale_norms_do_not_reach_us():
    """Its norms stay old when vectors are assigned: a "cosine" beyond 1."""
    pytest.importorskip("gensim", reason="gensim is not installed")
    kv = made(["a", "b", "c"]).to_gensim()
    kv.most_similar("a")
    kv.vectors = kv.vectors * np.float32(10)
    assert abs(kv.most_similar("a", topn=1)[0][1]) > 1
    read = Embedding.from_gensim(kv)
    assert abs(read.similarity("a", "b")) <= 1
    fresh = read.to_gensim()
    np.testing.assert_allclose(
        fresh.similarity("a", "b"), read.similarity("a", "b"), rtol=1e-5
    )


@pytest.mark.oracle
def test_gensim_integer_keys_are_refused():
    models = pytest.importorskip("gensim.models", reason="gensim is not installed")
    kv = models.KeyedVectors(2)
    kv.add_vectors([5, 6], np.eye(2, dtype=np.float32))
    with pytest.raises(TypeError, match="gensim key 5 is a int"):
        Embedding.from_gensim(kv)
