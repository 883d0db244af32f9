"""fastText against the field: gensim, the fastText library, regex's clusters."""

from dataclasses import replace

import numpy as np
import pytest

from tutor.datasets import bengali, lexicons, texts
from tutor.embedding import Embedding
from tutor.evaluate import similarity
from tutor.words import subwords
from tutor.words.subwords import SubwordConfig, model_file

WORDS = ("a", "the", "banana", "unphotographable", "naïve", "বাংলা", "ক্ষমা", "日本", "🙂")
BUCKETS = 12_345


@pytest.mark.parametrize("sizes", [(3, 6), (1, 2), (5, 5)])
def test_rows_are_gensim_s(sizes):
    """By gensim's own implementation of the program's n-grams and hash, in C."""
    gensim = pytest.importorskip("gensim.models.fasttext", reason="no gensim")
    for word in WORDS:
        theirs = gensim.ft_ngram_hashes(word, *sizes, BUCKETS)
        ours = subwords.bucket_rows(word, *sizes, BUCKETS)
        np.testing.assert_array_equal(np.sort(ours), np.sort(theirs))


def test_vectors_of_unknown_words_are_gensim_s():
    """Our rows in gensim's table give gensim's vectors; 1 % is seen."""
    gensim = pytest.importorskip("gensim.models", reason="gensim is not installed")
    model = gensim.FastText(
        [["banana", "bandana", "cabana"]] * 9,
        vector_size=8,
        sg=1,
        min_count=1,
        bucket=BUCKETS,
        workers=1,
        seed=1,
        epochs=2,
    )
    for word in (w for w in WORDS if w != "banana"):  # that one is known
        rows = subwords.bucket_rows(word, 3, 6, BUCKETS)
        ours = model.wv.vectors_ngrams[rows].mean(axis=0)
        np.testing.assert_allclose(ours, model.wv[word], atol=1e-6)
        with pytest.raises(AssertionError):
            np.testing.assert_allclose(1.01 * ours, model.wv[word], atol=1e-6)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Return the library, a model it trained on a few words, and the model's file."""
    fasttext = pytest.importorskip("fasttext", reason="fasttext is not installed")
    folder = tmp_path_factory.mktemp("fasttext")
    corpus = folder / "text"
    corpus.write_text("banana bandana cabana বাংলা নাম\n" * 40, encoding="utf-8")
    model = fasttext.train_unsupervised(
        str(corpus), dim=7, minCount=1, bucket=BUCKETS, epoch=2, thread=1, verbose=0
    )
    model.save_model(str(folder / "model.bin"))
    return fasttext, model, folder / "model.bin"


def test_rows_are_the_library_s(library):
    """Named and numbered in the same order, words before buckets."""
    _, model, path = library
    ours = model_file.read(path)
    assert list(ours.words) == model.get_words()
    for word in (*WORDS, "banana", "বাংলা"):
        names, rows = model.get_subwords(word)
        np.testing.assert_array_equal(ours.rows_of(word), rows)
        own = [word] if word in ours.words else []
        assert [*own, *subwords.ngrams(word)] == names


def test_a_dense_model_is_read_to_the_bit(library):
    _, model, path = library
    ours = model_file.read(path)
    np.testing.assert_array_equal(ours.inputs.values, model.get_input_matrix())
    np.testing.assert_array_equal(ours.outputs.values, model.get_output_matrix())


def test_a_quantised_model_is_read_as_the_library_reads_it():
    """lid.176.ftz: rows of words known and unknown, and what the codes stand for."""
    fasttext = pytest.importorskip("fasttext", reason="fasttext is not installed")
    from tutor.datasets.sources import file

    path = file("lid-176")
    ours, theirs = model_file.read(path), fasttext.load_model(str(path))
    assert list(ours.labels) == theirs.get_labels()
    for word in WORDS:
        rows = theirs.get_subwords(word)[1]
        np.testing.assert_array_equal(ours.rows_of(word), rows)
        for row in rows:
            np.testing.assert_allclose(
                ours.inputs.rows([row])[0], theirs.get_input_vector(int(row)), atol=1e-5
            )


def test_graphemes_are_regex_s():
    """Every word of the packaged Bengali, and every pair of signs of six scripts."""
    regex = pytest.importorskip("regex", reason="regex is not installed")
    found = [w for text in bengali.names().texts for w in text.split()]
    rng = np.random.default_rng(0)
    for block in (0x900, 0x980, 0xA80, 0xB00, 0xC00):
        letters = [chr(block + i) for i in (0x15, 0x17, 0x30, 0x3C, 0x3E, 0x3F, 0x4D)]
        for _ in range(300):
            found.append("".join(rng.choice([*letters, "a", "\u200d"], 6)))
    for word in found:
        assert subwords.graphemes(word) == regex.findall(r"\X", word), word.encode(
            "unicode_escape"
        )


@pytest.mark.slow
@pytest.mark.parametrize("max_n", [6, 0])
def test_as_good_as_gensim(max_n):
    """MEN after two epochs on 0.4 million tokens, mean of two seeds: within .06."""
    gensim = pytest.importorskip("gensim.models", reason="gensim is not installed")
    corpus = texts.course_en().head(400_000, min_count=5)
    men = lexicons.similarity("men")
    config = SubwordConfig(dim=50, epochs=2, max_n=max_n, buckets=100_000)
    documents = [corpus.words(i) for i in range(len(corpus))]
    rhos = []
    for seed in (1, 2):
        ours = subwords.fit(corpus, replace(config), seed=seed).embedding
        model = gensim.FastText(
            documents,
            vector_size=50,
            sg=1,
            min_count=1,
            max_n=max_n,
            sample=1e-3,
            alpha=0.05,
            bucket=100_000,
            workers=1,
            seed=seed,
            epochs=2,
        )
        theirs = Embedding(model.wv.index_to_key, model.wv.vectors)
        rhos.append([similarity.correlate(e, men).rho for e in (ours, theirs)])
    mine, rival = np.mean(rhos, axis=0)
    assert mine > 0.1, rhos
    assert mine > rival - 0.06, rhos
