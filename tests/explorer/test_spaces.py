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
        alone = page._data(
            shown.explorers[name],
            list(shown.explorers[name].keys),
            page.pack.to_grid(shown.explorers[name].coordinates),
        )
        assert data["name"] == name
        for part in ("xy", "near", "cosine"):
            assert data[part] == alone[part]
        assert f"{name}: 40 keys, 6 dimensions" in data["note"]
        assert "trustworthiness" in data["note"]


def test_neighbours_are_those_of_the_embedding():
    shown = spaces(neighbours=2)
    packed = base64.b64decode(several(shown)[1]["near"])
    first = packed[0] | (packed[1] & 15) << 8
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


def test_seven_spaces_of_two_hundred_things_fit_the_page():
    many = {f"space {i}": embedding(i, n=215, dim=50) for i in range(7)}
    assert len(Spaces(many)._repr_html_().encode()) <= 150_000


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
