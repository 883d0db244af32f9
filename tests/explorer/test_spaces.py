"""An explorer of several spaces: its data, its honesty, its weight, bad input."""

import base64
import json
import re

import numpy as np
import pytest

from tutor.embedding import Embedding
from tutor.explorer import Explorer, Spaces, Trained, page

HOSTILE = "</script><script>alert(1)</script>"


def embedding(seed, n=40, dim=6):
    vectors = np.random.default_rng(seed).normal(size=(n, dim))
    return Embedding([f"thing{i}" for i in range(n)], vectors)


def spaces(**options):
    return Spaces({"words": embedding(0), "pictures": embedding(1)}, **options)


def several(shown):
    """Return what the script reads of all spaces."""
    html = shown._repr_html_()
    pattern = r'<script type="application/json" class="ex-several"[^>]*>(.*?)</script>'
    return json.loads(re.search(pattern, html, re.DOTALL)[1])


def test_each_space_carries_its_own_neighbours():
    shown = spaces(neighbours=3)
    for name, data in zip(shown.explorers, several(shown), strict=True):
        assert data["name"] == name
        assert f"{name}: 40 keys, 6 dimensions" in data["note"]
        assert "trustworthiness" in data["note"]
    first, second = several(shown)
    assert not {"xy", "near", "cosine"} & set(first)  # they stand on the map already
    order, scores = shown.explorers["pictures"].nearest
    rows = unpacked(second["near"], second["bits"], order.size)
    np.testing.assert_array_equal(rows.reshape(order.shape), order)
    assert second["cosine"] == page.pack.to_base64(page.hundredths(scores))


def unpacked(text, bits, count):
    """Return the numbers as the page's script does: three bytes from the first bit."""
    packed = [*base64.b64decode(text), 0, 0]
    found = []
    for i in range(count):
        byte, low = divmod(i * bits, 8)
        three = packed[byte] | packed[byte + 1] << 8 | packed[byte + 2] << 16
        found.append(three >> low & (2**bits - 1))
    return np.array(found)


def test_places_are_read_back_to_a_thousandth_of_the_width():
    shown = spaces()
    places = unpacked(several(shown)[1]["xy"], 10, 80).reshape(-1, 2)
    grid = page.pack.to_grid(shown.explorers["pictures"].coordinates)
    np.testing.assert_allclose(places * (9999 / 1023), grid, atol=9999 / 1023 / 2 + 1)


@pytest.mark.parametrize("bits", [1, 7, 9, 10, 16])
def test_packed_numbers_are_read_back(bits):
    numbers = np.random.default_rng(bits).integers(0, 2**bits, 37)
    packed = page.pack.to_bits(numbers, bits)
    assert len(packed) == -(-37 * bits // 8)
    found = unpacked(page.pack.to_base64(packed), bits, 37)
    np.testing.assert_array_equal(found, numbers)


def test_numbers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit 3 bits"):
        page.pack.to_bits([1, 8], 3)
    with pytest.raises(ValueError, match="between 1 and 16"):
        page.pack.to_bits([1], 17)


def test_neighbours_are_those_of_the_embedding():
    shown = spaces(neighbours=2)
    first = unpacked(several(shown)[1]["near"], 6, 1)[0]
    assert f"thing{first}" == embedding(1).nearest("thing0", 1)[0].key


def test_the_page_names_the_spaces_and_tells_without_script():
    html = spaces(told=["thing7"])._repr_html_()
    assert "<option>words</option><option>pictures</option>" in html
    table = html.split('class="ex-told"')[1].split("</tbody>")[0]
    assert table.count("<tr>") == 1
    for seed in (0, 1):
        near = embedding(seed).nearest("thing7", 3)
        told = ", ".join(f"<bdi>{n.key}</bdi>" for n in near)
        assert f"<td>{told}</td>" in table
    assert "<label>Space <select" in html


def test_one_space_alone_is_unchanged():
    """The explorer of one space has none of it: its stored outputs stay equal."""
    html = Explorer(embedding(0))._repr_html_()
    for part in ("ex-space", "ex-several", "data-spaces"):
        assert part not in html


def test_names_are_data_not_markup():
    hostile = Embedding([HOSTILE, "b", "c"], np.eye(3))
    shown = Spaces({HOSTILE: hostile, "other": hostile})
    assert HOSTILE not in shown._repr_html_()
    assert several(shown)[0]["name"] == page.pack.visible(HOSTILE)


def test_trained_spaces_are_marked_and_their_numbers_recorded():
    bands = Trained(variance=(0.1, 0.9), trustworthiness=(0.3, 1), reason="a test")
    shown = spaces(trained=bands)
    html = shown._repr_html_()
    assert 'class="ex-told" data-measured' in html
    assert 'class="ex-several" data-measured' in html
    assert len(shown._repr_mimebundle_()[1]["tutor"]["measured"]) == 2
    assert "\u27e6" in repr(shown)


@pytest.mark.parametrize(("count", "n", "neighbours"), [(7, 215, 8), (14, 361, 5)])
def test_many_spaces_fit_the_page(count, n, neighbours):
    many = {f"space {i}": embedding(i, n=n, dim=50) for i in range(count)}
    shown = Spaces(many, neighbours=neighbours)
    assert len(shown._repr_html_().encode()) <= 150_000


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Spaces({"a": embedding(0)}), ValueError, "two or more"),
        (
            lambda: Spaces({"a": embedding(0), "b": embedding(1, n=9)}),
            ValueError,
            "other keys",
        ),
        (lambda: spaces(told=["cat"]), KeyError, "cat"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
