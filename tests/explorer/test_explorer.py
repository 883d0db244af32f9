"""The Explorer without a browser: numbers, honesty, safety and weight of its output."""

import base64
import configparser
import dataclasses
import doctest
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import tutor.explorer
from tutor.claims import ClaimError
from tutor.embedding import Embedding
from tutor.explorer import Explorer, Trained, layout, pack, page

HOSTILE = [
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=alert(1)>",
    "quote\" and 'apostrophe'",
    "&amp; <!-- comment",
    "new\nline\ttab",
    "\u05e9\u05dc\u05d5\u05dd",  # right-to-left
    "abc\u202etxt.exe",  # an override of the writing direction
    "\U0001f1fa\U0001f1f3 \U0001f469\u200d\U0001f52c",  # emoji with a joiner
    "line\u2028separator",
    "nul\x00",
    "   ",
    "long " * 40,
    "${x} $note `tick`",
]


def cloud(n=60, dim=12, seed=0, groups=3):
    """Return n points around a few centres, as an Embedding."""
    rng = np.random.default_rng(seed)
    centres = 2 * rng.normal(size=(groups, dim))
    vectors = centres[np.arange(n) % groups] + rng.normal(size=(n, dim))
    return Embedding([f"word{i}" for i in range(n)], vectors)


def payload(explorer):
    """Return the data that the page's script reads."""
    html = explorer._repr_html_()
    found = re.search(r'<script type="application/json" class="ex-data">(.*?)</s', html)
    return json.loads(found[1])


def decode(text, kind):
    return np.frombuffer(base64.b64decode(text), dtype=kind)


# --- map -----------------------------------------------------------------------------
def test_map_is_principal_components_of_unit_rows():
    """Oracle: scikit-learn's PCA, up to the sign that we fix."""
    decomposition = pytest.importorskip("sklearn.decomposition")
    explorer = Explorer(cloud())
    pca = decomposition.PCA(2)
    theirs = pca.fit_transform(explorer.rows)
    signs = np.sign((theirs * explorer.coordinates).sum(axis=0))
    np.testing.assert_allclose(explorer.coordinates, theirs * signs, atol=1e-9)
    assert explorer.distortion.variance == pytest.approx(
        pca.explained_variance_ratio_.sum(), abs=1e-12
    )


def test_distortion_is_scikit_learns_trustworthiness():
    """Oracle: scikit-learn."""
    manifold = pytest.importorskip("sklearn.manifold")
    explorer = Explorer(cloud(200))
    expected = manifold.trustworthiness(
        explorer.rows, explorer.coordinates, n_neighbors=12
    )
    assert explorer.distortion.trustworthiness == pytest.approx(expected, abs=1e-12)


def test_map_does_not_turn_with_the_sign_of_the_eigenvectors():
    """A rotation of the space leaves the picture where it was, up to axis flips."""
    embedding = cloud()
    again = Embedding(embedding.keys, embedding.vectors[:, ::-1])
    first, second = Explorer(embedding).coordinates, Explorer(again).coordinates
    np.testing.assert_allclose(np.abs(first), np.abs(second), atol=1e-9)
    assert Explorer(embedding)._repr_html_() == Explorer(embedding)._repr_html_()


def test_given_coordinates_are_used_and_rounded_to_the_grid():
    """Corners by hand: one scale for both axes, the shorter one in the middle."""
    embedding = cloud(3)
    explorer = Explorer(embedding, reduce=[[0, 0], [4, 0], [4, 2]])
    grid = decode(payload(explorer)["xy"], "<u2").reshape(-1, 2)
    np.testing.assert_array_equal(grid, [[0, 2500], [9999, 2500], [9999, 7499]])
    assert explorer.distortion.variance is None
    assert "given coordinates" in explorer._repr_html_()


def test_page_neighbours_are_those_of_the_full_vectors():
    """Oracle: Embedding.nearest among the same keys."""
    embedding = cloud(50)
    explorer = Explorer(embedding, neighbours=5, limit=40)
    data = payload(explorer)
    near = unpack_12_bits(decode(data["near"], np.uint8))[: 40 * 5].reshape(40, 5)
    cosine = decode(data["cosine"], np.int8).reshape(40, 5)
    shown = embedding.subset(embedding.keys[:40])
    for row, key in enumerate(shown.keys):
        expected = shown.nearest(key, 5)
        assert [shown.keys[i] for i in near[row]] == [n.key for n in expected]
        np.testing.assert_allclose(
            cosine[row] / 100, [n.score for n in expected], atol=0.00501
        )


def unpack_12_bits(data):
    """Return the numbers in a run of 12-bit values: the page's rule, in Python."""
    a, b, c = data.astype(int).reshape(-1, 3).T
    return np.stack([a | (b & 15) << 8, b >> 4 | c << 4], axis=1).ravel()


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8])
def test_12_bits_hold_every_number_below_4096(count):
    values = np.random.default_rng(count).integers(0, 4096, count)
    packed = pack.to_12_bits(values)
    np.testing.assert_array_equal(unpack_12_bits(packed)[:count], values)
    assert len(packed) == 3 * ((count + 1) // 2)


def test_ties_go_to_the_smaller_row():
    rows = np.array([[1.0, 0], [0, 1], [0, 1], [0, 1]])
    order, _ = layout.nearest_rows(rows, 3)
    np.testing.assert_array_equal(order[:2], [[1, 2, 3], [2, 3, 0]])


# --- analogy -------------------------------------------------------------------------
def test_quantisation_moves_an_entry_by_at_most_half_a_step():
    rows = np.random.default_rng(1).normal(size=(100, 50))
    rows[0] = 0
    packed = pack.quantise(rows).astype(float)
    peaks = np.abs(rows).max(axis=1, keepdims=True)
    error = np.abs(packed * peaks / 127 - rows)
    assert np.all(error <= peaks / 254 + 1e-12)
    assert np.all(packed[0] == 0)


def test_quantised_cosines_are_within_a_hundredth():
    """With 50 dimensions the error of a cosine stays well below the two shown digits.

    The bound: an entry errs by at most peak/254, a row of length 1 with peak p by at
    most p sqrt(50)/254 < 0.014 at p = 0.5, and a cosine by about that times sqrt(2) in
    the worst case; random signs leave a tenth of it.
    """
    explorer = Explorer(cloud(300, 50))
    small = explorer.analogy_vectors.astype(float)
    small /= np.linalg.norm(small, axis=1, keepdims=True)
    assert np.max(np.abs(small @ small.T - explorer.rows @ explorer.rows.T)) < 0.01


def test_agreement_is_measured_and_can_fail():
    explorer = Explorer(cloud(100, 30))
    assert explorer.agreement > 0.9
    broken = np.roll(explorer.analogy_vectors, 1, axis=0)
    assert pack.agreement(explorer.rows, broken) < 0.2
    assert f"{100 * explorer.agreement:.0f} % of 500" in explorer._repr_html_()


def test_wide_vectors_are_projected_and_say_so():
    explorer = Explorer(cloud(80, 200), analogy=30)
    assert explorer.analogy_vectors.shape == (30, 30)  # the rank of 30 rows
    explorer = Explorer(cloud(80, 200))
    assert explorer.analogy_vectors.shape == (80, 50)
    assert "Knows 80 keys, as 50 numbers of 8 bits each" in explorer._repr_html_()


def test_summary_does_not_depend_on_the_signs_of_the_library(monkeypatch):
    rows = Explorer(cloud(30, 80)).rows
    expected = pack.summary(rows, 10)
    svd = np.linalg.svd
    monkeypatch.setattr(
        np.linalg, "svd", lambda *a, **k: [-part for part in svd(*a, **k)]
    )
    np.testing.assert_array_equal(pack.summary(rows, 10), expected)


def test_offset_answers_follow_embedding_analogy():
    """Oracle: Embedding.analogy on the same keys."""
    embedding = cloud(40, 10)
    rows = Explorer(embedding).rows
    triples = np.random.default_rng(0).permuted(np.tile(np.arange(40), (30, 1)), axis=1)
    triples = triples[:, :3]
    for (a, b, c), answer in zip(
        triples, pack.offset_answers(rows, triples), strict=True
    ):
        expected = embedding.analogy(*(embedding.keys[i] for i in (a, b, c)))
        assert embedding.keys[answer] == expected[0].key


def test_analogy_takes_a_list_and_asks_its_first_three():
    explorer = Explorer(cloud(), analogy=["word5", "word9", "word5", "word1"])
    np.testing.assert_array_equal(explorer.analogy_rows, [5, 9, 1])
    for name, word in (("a", "word5"), ("b", "word9"), ("c", "word1")):
        assert f'<input name="{name}" value="{word}"' in explorer._repr_html_()
    assert "ex-analogy" not in re.sub(
        r"(?s)<(style|script)>.*?</\1>", "", Explorer(cloud(), analogy=0)._repr_html_()
    )


# --- output --------------------------------------------------------------------------
class Elements(HTMLParser):
    """Collects start tags and attributes, as a browser would see them."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]


def test_hostile_keys_titles_and_groups_stay_text():
    vectors = np.random.default_rng(0).normal(size=(len(HOSTILE), 5))
    friendly = Explorer(Embedding([f"k{i}" for i in range(len(HOSTILE))], vectors))
    tame = Elements(friendly._repr_html_())
    explorer = Explorer(Embedding(HOSTILE, vectors), title=HOSTILE[0], analogy=HOSTILE)
    wild = Elements(explorer._repr_html_())
    assert wild.tags == tame.tags
    assert not [a for a in wild.attributes if a[1].startswith("on") or a[1] == "src"]
    assert payload(explorer)["names"] == [pack.visible(key) for key in HOSTILE]
    grouped = Explorer(
        Embedding(HOSTILE, vectors), groups=[HOSTILE[i % 4] for i in range(13)]
    )
    assert "<img" not in grouped._repr_html_()


def test_visible_names_have_no_controls_and_an_end():
    shown = [pack.visible(key) for key in HOSTILE]
    assert shown[4] == "new line tab"
    assert shown[6] == "abctxt.exe"
    assert shown[9] == "nul\ufffd"
    assert shown[10] == "(blank)"
    assert len(shown[11]) == 60
    assert shown[11].endswith("…")
    assert pack.visible("half \ud800") == "half \ufffd"
    assert pack.visible("cafe\u0301") == "café"


def test_nothing_in_the_output_points_to_another_place():
    html = Explorer(cloud())._repr_html_()
    names = {name for _, name, _ in Elements(html).attributes}
    assert not names & {"src", "href", "action", "srcset", "id"}
    for word in ("http:", "https:", "//cdn", "import(", "fetch(", "url(", "@import"):
        assert word not in html
    assert (
        page.asset("map.js").count("</") == page.asset("explorer.js").count("</") == 0
    )


def test_two_thousand_words_stay_below_150_kb():
    """English running words have 4 to 5 letters, the 2,000 commonest about 6."""
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    keys = ["".join(rng.choice(letters, 8)) for _ in range(2000)]
    explorer = Explorer(Embedding(keys, rng.normal(size=(2000, 100))))
    assert len(explorer._repr_html_().encode()) < 150_000


def test_every_number_of_the_caption_comes_from_the_data():
    explorer = Explorer(cloud(), limit=50)
    kept = explorer.distortion
    html = explorer._repr_html_()
    assert "50 of 60 keys, 12 dimensions" in html
    assert f"{100 * kept.variance:.0f} % of the variance" in html
    assert f"trustworthiness {kept.trustworthiness:.2f} (12 neighbours" in html


def test_repr_says_sizes_and_distortion():
    text = repr(Explorer(cloud(), limit=50))
    assert text.startswith("Explorer(50 of 60 keys, 12 dimensions; map: ")
    assert "% of the variance, trustworthiness 0." in text
    given = repr(Explorer(cloud(2), reduce=np.zeros((2, 2))))
    assert given == ("Explorer(2 of 2 keys, 12 dimensions; map: too few points to say)")


def test_table_stands_in_the_html_with_group_and_neighbours():
    explorer = Explorer(cloud(30), groups=["<a>", "b", "c"] * 10, neighbours=2)
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", explorer._repr_html_(), re.S)
    assert len(rows) == 25
    order, scores = explorer.nearest
    assert rows[0].startswith('<tr><th scope="row"><bdi>word0</bdi></th><td>&lt;a&gt;')
    assert f"<bdi>word{order[0, 1]}</bdi> {scores[0, 1]:.2f}" in rows[0]
    assert payload(explorer)["groups"] == ["<a>", "b", "c"]


def test_example_of_the_docstring():
    assert doctest.testmod(tutor.explorer) == (0, 3)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("dim", [1, 2, 5])
def test_smallest_embeddings_have_an_output(n, dim):
    html = Explorer(cloud(n, dim))._repr_html_()
    assert f"{n} of {n} keys" in html


def test_equal_and_zero_rows_have_an_output():
    for vectors in (np.zeros((6, 3)), np.ones((6, 3)), np.full((6, 3), 1e300)):
        explorer = Explorer(Embedding(list("abcdef"), vectors))
        grid = decode(payload(explorer)["xy"], "<u2")
        assert np.ptp(grid) == 0


# --- trained vectors -----------------------------------------------------------------
BANDS = Trained(
    variance=(0.2, 0.8),
    trustworthiness=(0.5, 1.0),
    agreement=(0.5, 1.01),
    reason="made up for this test",
)


def sanitised(html):
    """Apply the rules of the notebook comparison."""
    rules = configparser.ConfigParser()
    rules.read(Path(__file__).parents[2] / "nbval_sanitize.cfg", encoding="ascii")
    for name in rules.sections():
        html = re.sub(rules[name]["regex"], rules[name]["replace"], html)
    return html


def test_trained_vectors_may_differ_a_little_between_machines():
    embedding = cloud()
    noise = 1e-3 * np.random.default_rng(9).normal(size=embedding.vectors.shape)
    other = Embedding(embedding.keys, embedding.vectors + noise)
    here, there = (Explorer(e, trained=BANDS)._repr_html_() for e in (embedding, other))
    assert here != there
    assert sanitised(here) == sanitised(there)
    assert "principal components" in sanitised(here)
    fixed = Explorer(embedding)._repr_html_()
    assert sanitised(fixed) == fixed  # nothing is overlooked when vectors are fixed


def test_trained_numbers_are_marked_and_recorded():
    explorer = Explorer(cloud(), trained=BANDS)
    data, metadata = explorer._repr_mimebundle_()
    texts = [record["text"] for record in metadata["tutor"]["measured"]]
    assert re.findall("<span data-measured>(.*?)</span>", data["text/html"]) == texts
    assert re.findall("\u27e6(.*?)\u27e7", data["text/plain"]) == texts[:2]
    assert Explorer(cloud())._repr_mimebundle_()[1] == {}


def test_trained_numbers_outside_their_band_raise_at_once():
    narrow = dataclasses.replace(BANDS, trustworthiness=(0.1, 0.2))
    with pytest.raises(ClaimError, match="outside its band"):
        Explorer(cloud(), trained=narrow)
    with pytest.raises(ValueError, match="has no band for variance, which this map"):
        Explorer(cloud(), trained=dataclasses.replace(BANDS, variance=None))


# --- bad input -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"limit": 0}, "limit must be a whole number, 1 to 4096, got 0"),
        ({"limit": 1.5}, "limit must be a whole number"),
        ({"limit": True}, "limit must be a whole number"),
        ({"neighbours": 21}, "neighbours must be a whole number, 1 to 20, got 21"),
        ({"reduce": "umap"}, "reduce must be \"pca\" or an array .* got 'umap'"),
        ({"reduce": np.zeros((5, 2))}, r"\(60, 2\).*got \(5, 2\)"),
        ({"reduce": np.zeros((60, 3))}, r"got \(60, 3\)"),
        ({"reduce": np.full((60, 2), np.nan)}, "must be finite"),
        ({"groups": ["a"]}, "groups must name one group a key, 60 in all; got 1"),
        ({"groups": [str(i) for i in range(60)]}, "at most 8 groups .* got 60"),
        ({"analogy": -1}, "analogy must be a whole number, 0 or more"),
        ({"analogy": "word1"}, "analogy must be a number or a list of keys"),
    ],
)
def test_bad_arguments_say_what_was_expected(arguments, message):
    with pytest.raises(ValueError, match=message):
        Explorer(cloud(), **arguments)


def test_unknown_keys_are_named():
    with pytest.raises(KeyError, match="analogy names 'nobody', which is not among"):
        Explorer(cloud(), analogy=["word1", "nobody"])
    with pytest.raises(KeyError, match="'word59', which is not among the 50 shown"):
        Explorer(cloud(), limit=50, analogy=["word59", "word1", "word2"])


def test_a_full_analogy_box_says_how_much_it_holds():
    with pytest.raises(ValueError, match="room for 400 keys of this width, got 401"):
        Explorer(cloud(500, 60), analogy=[f"word{i}" for i in range(401)])


def test_no_keys_are_refused():
    class Nothing:
        keys = ()
        vectors = np.zeros((0, 3))

    with pytest.raises(ValueError, match="needs at least 1"):
        Explorer(Nothing())
