"""An explorer with lines: its data, its lists, its honesty, its weight, bad input."""

import base64
import json
import re

import numpy as np
import pytest

from tutor.embedding import Embedding
from tutor.explorer import Explorer, Network, Trained, network, page

HOSTILE = "</script><script>alert(1)</script>"
EDGES = [("thing3", "thing1"), ("thing1", "thing2"), ("thing1", "thing3")]


def embedding(n=40, dim=6):
    vectors = np.random.default_rng(0).normal(size=(n, dim))
    return Embedding([f"thing{i}" for i in range(n)], vectors)


def sent(shown):
    """Return what the script reads of the lines: pairs, weights, the slider's ends."""
    html = shown._repr_html_()
    pattern = r'<script type="application/json" class="ex-edges"[^>]*>(.*?)</script>'
    data = json.loads(re.search(pattern, html, re.DOTALL)[1])
    packed = base64.b64decode(data["pairs"])
    rows = []
    for i in range(0, len(packed), 3):
        a, b, c = packed[i : i + 3]
        rows += [a | (b & 15) << 8, (b >> 4) | c << 4]
    pairs = np.array(rows).reshape(-1, 2)[: data["count"]]
    weights = np.frombuffer(base64.b64decode(data["weights"]), dtype=np.int8)
    return pairs, weights, (data["low"], data["high"])


def test_each_line_is_sent_once_with_its_cosine():
    shown = Network(embedding(), EDGES)
    pairs, weights, ends = sent(shown)
    np.testing.assert_array_equal(pairs, [[1, 2], [1, 3]])
    names = embedding()
    told = [names.similarity("thing1", other) for other in ("thing2", "thing3")]
    np.testing.assert_array_equal(weights, np.rint(100 * np.array(told)))
    assert ends == (weights.min(), weights.max())


def test_a_key_lists_what_it_is_joined_with_the_heaviest_first():
    shown = Network(embedding(), EDGES)
    listed = shown.listed(1)
    assert {row for row, _ in listed} == {2, 3}
    assert listed[0][1] > listed[1][1]
    (back,) = shown.listed(2)
    assert back == (1, dict(listed)[2])
    assert shown.listed(0) == []


def test_the_table_without_script_tells_connections_not_neighbours():
    html = Network(embedding(), EDGES)._repr_html_()
    row = re.search(r"<tr><th scope=\"row\"><bdi>thing2</bdi>.*?</tr>", html)[0]
    assert re.search(r"<bdi>thing1</bdi> -?\d\.\d\d</td></tr>$", row)
    assert row.count("<bdi>") == 2
    assert ">Connected to</th>" in html
    assert ">Nearest</th>" not in html
    assert "A line joins two keys" in html


def test_an_explorer_without_lines_has_none_of_it():
    """Its stored outputs stay as they are."""
    html = Explorer(embedding())._repr_html_()
    for part in ("ex-threshold", "ex-edges", "data-lines", "Connected"):
        assert part not in html
    assert ">Nearest</th>" in html


def test_no_edge_at_all_is_a_map_without_lines():
    shown = Network(embedding(), [])
    pairs, weights, ends = sent(shown)
    assert len(pairs) == len(weights) == 0
    assert ends == (100, 100)
    assert shown.listed(0) == []


def test_names_are_data_not_markup():
    hostile = Embedding([HOSTILE, "b", "c"], np.eye(3))
    html = Network(hostile, [(HOSTILE, "b")])._repr_html_()
    assert HOSTILE not in html


def test_trained_lines_are_marked():
    """Lines of trained vectors differ between machines, in number too."""
    bands = Trained(variance=(0.1, 0.9), trustworthiness=(0.3, 1), reason="a test")
    shown = Network(embedding(), EDGES, trained=bands)
    html = shown._repr_html_()
    assert 'class="ex-edges" data-measured' in html
    assert 'class="ex-rows" data-measured' in html
    assert repr(shown).startswith("Network(40 of 40 keys, 6 dimensions")
    assert "\u27e6" in repr(shown)


def test_most_lines_fit_the_page():
    many = embedding(n=300)
    keys = many.keys
    edges = [(keys[i], keys[j]) for i in range(300) for j in range(i + 1, 300)]
    html = Network(many, edges[: network.MOST])._repr_html_()
    assert len(html.encode()) <= 150_000
    assert " · 279 more</td>" in html  # thing0 is joined with all the others
    with pytest.raises(ValueError, match="4,001 edges; at most 4,000"):
        Network(many, edges[: network.MOST + 1])


@pytest.mark.parametrize(
    ("edges", "error", "words"),
    [
        ([("thing1", "cat")], KeyError, "cat"),
        ([("thing1",)], ValueError, "pair of keys"),
        (["ab"], ValueError, "pair of keys, got 'ab'"),
        ([("thing1", "thing1")], ValueError, "with itself"),
        ([("thing1", "thing2", "thing3")], ValueError, "pair of keys"),
    ],
)
def test_bad_input_is_named(edges, error, words):
    with pytest.raises(error, match=words):
        Network(embedding(), edges)


def test_an_edge_to_a_key_that_is_not_shown_is_named():
    with pytest.raises(KeyError, match=r"thing9.*raise limit"):
        Network(embedding(), [("thing1", "thing9")], limit=5)


def test_the_words_of_a_network_differ_from_those_of_a_map():
    assert not set(network.WORDS) & set(page.NEAREST)
