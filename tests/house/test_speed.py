"""The page of benchmark rows: written from the stored files, nothing by hand."""

import json

import pytest

from tutor.house import pages, speed

ROW = {
    "benchmark": "word2vec",
    "name": "SGNS",
    "rival_name": "gensim",
    "unit": "tokens/s",
    "notes": "dim 100",
    "turns": 5,
    "ours": {
        "rate": 2.64e6,
        "seconds": [2.0, 2.0, 2.0],
        "quality": {"men": [0.45, 0.44, 0.46]},
    },
    "rival": {
        "rate": 296e3,
        "seconds": [17.0, 17.8, 19.0],
        "quality": {"men": [0.43, 0.44, 0.45]},
    },
    "times_as_fast": 8.92,
    "share_of_limit": 0.153,
    "date": "2026-11-25T00:00:00+00:00",
    "processor": "A processor",
    "cores": 2,
    "device": "none",
    "system": "Linux x86_64",
    "versions": {"numpy": "2.4.6"},
}


@pytest.fixture
def store(tmp_path):
    """Return a function that writes rows where the page looks for them."""
    folder = tmp_path / "data" / "results"
    folder.mkdir(parents=True)

    def write(*rows):
        (folder / "bench.json").write_text(json.dumps({"rows": rows}))
        return tmp_path

    return write


def test_a_row_shows_rates_ratio_scores_and_machine(store):
    text = speed.page(store(ROW))
    assert (
        "| SGNS | 2.64 million tokens/s | gensim: 296 thousand tokens/s "
        "| 8.9 [7.8, 10.3] | 15% |"
    ) in text
    scores = "0.450 (0.440 to 0.460) | 0.440 (0.430 to 0.450)"
    assert f"| SGNS | men | {scores} | 0.010 [−0.015, 0.035] |" in text
    assert "Measured on 2026-11-25, A processor, 2 cores, no GPU" in text


def test_a_row_without_rival_says_why(store):
    alone = {k: v for k, v in ROW.items() if k not in ("rival", "times_as_fast")}
    text = speed.page(store({**alone, "rival_name": "none is packaged"}))
    assert "| SGNS | 2.64 million tokens/s | none is packaged |  | 15% |" in text


def test_an_aim_stands_beside_what_was_measured(store):
    assert "| 8.9 [7.8, 10.3] (aim 10) | 15% |" in speed.page(
        store(ROW | {"aim": 10.0})
    )


def test_every_negative_number_has_the_same_sign(store):
    below = {**ROW["ours"], "quality": {"men": [-0.45, -0.44, -0.46]}}
    line = speed.page(store(ROW | {"ours": below})).split("| SGNS | men | ")[1]
    assert line.startswith("−0.450 (−0.460 to −0.440) |")
    assert "| −0.890 [" in line


def test_two_turns_have_no_interval_worth_showing(store):
    assert "| 8.9 | 15% |" in speed.page(store(ROW | {"turns": 2}))


def test_threads_are_shown_where_they_were_recorded(store):
    assert "- SGNS: dim 100." in speed.page(store(ROW))
    assert "- SGNS: 2 threads a side; dim 100." in speed.page(
        store(ROW | {"threads": 2})
    )
    assert "- SGNS: 1 thread a side; dim 100." in speed.page(
        store(ROW | {"threads": 1})
    )


def test_nothing_measured_is_said(tmp_path):
    assert speed.page(tmp_path) == "Nothing has been measured yet."


def test_the_book_shows_what_is_stored():
    text = pages.generated("appendix/speed")
    for row in speed.rows():
        assert row["name"] in text
