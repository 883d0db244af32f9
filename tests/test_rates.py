"""Stored rates: intervals, the words for a rate, and a chapter's table."""

import json

import numpy as np
import pytest
from scipy import stats

from tutor import rates

MACHINE = {
    "date": "2026-11-26T10:00:00+00:00",
    "processor": "a processor",
    "cores": 16,
    "device": "a GPU",
    "system": "Linux",
    "versions": {"python": "3.12.3", "torch": "2.11.0", "gensim": "4.4.0"},
}


def stored(name, ours=(1.0, 1.0, 1.0), rival=(2.0, 2.1, 1.9), **more):
    """Return a record of so many turns as the benchmark writes it."""

    def side(seconds, rho):
        quality = {"rho": [rho + 0.01 * i for i in range(len(seconds))]}
        return {"rate": 1e6 / seconds[0], "seconds": list(seconds), "quality": quality}

    return {
        "benchmark": "devices",
        "name": name,
        "unit": "tokens/s",
        "turns": len(ours),
        "ours": side(ours, 0.5),
        "rival": side(rival, 0.52),
        "rival_name": "numba, 16 threads",
        "times_as_fast": rival[0] / ours[0],
        **MACHINE,
        **more,
    }


@pytest.fixture
def folder(tmp_path):
    """Return a folder of results with two chapters and a row of another benchmark."""
    rows = [
        stored("words/x: 1,024 walkers", place=1),
        stored("words/x: 64 walkers", (4.0, 4.0), (1.0, 1.1), place=0),
        stored("words/y: alone", place=2),
        stored("words/x: of another benchmark", benchmark="x"),
    ]
    (tmp_path / "bench.json").write_text(json.dumps({"rows": rows}))
    return tmp_path


def test_the_difference_of_scores_has_the_interval_of_a_paired_t_test():
    ours, rival = [0.45, 0.44, 0.46, 0.41], [0.43, 0.44, 0.45, 0.42]
    record = {
        "ours": {"quality": {"rho": ours}},
        "rival": {"quality": {"rho": rival}},
    }
    mean, low, high = rates.difference(record, "rho")
    expected = stats.ttest_rel(ours, rival).confidence_interval(0.95)
    np.testing.assert_allclose((low, high), expected, rtol=1e-12)
    np.testing.assert_allclose(mean, 0.005, atol=1e-12)


def test_the_ratio_has_the_interval_of_a_paired_t_test_of_logarithms():
    ours, theirs = [2.0, 1.0, 2.0, 1.0], [9.0, 6.0, 11.0, 7.0]
    record = {"ours": {"seconds": ours}, "rival": {"seconds": theirs}}
    test = stats.ttest_rel(np.log(theirs), np.log(ours)).confidence_interval(0.95)
    np.testing.assert_allclose(rates.ratio_interval(record), np.exp(test), rtol=1e-12)


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (2.127e8, "213 million u/s"),
        (1.5e9, "1.5 billion u/s"),
        (1999, "2 thousand u/s"),
        (999_600, "1 million u/s"),
        (92.61, "92.6 u/s"),
    ],
)
def test_a_rate_has_three_digits(rate, text):
    assert rates.rate_text(rate, "u/s") == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(0.214, "0.21"), (4.04, "4.0"), (127.3, "127")]
)
def test_a_ratio_of_two_turns_has_no_interval(ratio, text):
    record = stored("x: y", (1.0, 1.0), (2.0, 2.0)) | {"times_as_fast": ratio}
    assert rates.ratio_text(record) == text


def test_the_table_of_a_chapter(folder, capsys):
    """In the order of measuring, nobody else's rows, the interval where it means."""
    rates.show("words/x", scores=["rho"], folder=folder)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(" | ")[-1] == "rho, GPU − processor"
    assert lines[1].split(" | ") == [
        "64 walkers",
        "250 thousand tokens/s",
        "1 million tokens/s",
        "numba, 16 threads",
        "0.25",
        "−0.020",
    ]
    assert lines[2].startswith("1,024 walkers | 1 million tokens/s | 500 thousand")
    assert lines[2].endswith("2.0 [1.8, 2.3] | −0.020 [−0.020, −0.020]")
    assert lines[3] == (
        "Measured on 2026-11-26: a GPU beside 16 cores of a processor; python 3.12.3, "
        "torch 2.11.0; 2 to 3 turns a side, warm-up excluded."
    )
    assert len(lines) == 4


def test_a_score_that_a_row_lacks_is_left_empty(folder, capsys):
    rates.show("words/y", scores=["tau"], folder=folder)
    assert capsys.readouterr().out.splitlines()[1].endswith("] | ")


def test_two_machines_are_both_named(tmp_path, capsys):
    old = {**MACHINE["versions"], "torch": "2.6.0"}
    rows = [stored("a/b: 1"), stored("a/b: 2", device="NVIDIA B1 80GB", versions=old)]
    (tmp_path / "bench.json").write_text(json.dumps({"rows": rows}))
    rates.show("a/b", folder=tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[1] for line in lines[1:3]] == [
        "1 million tokens/s (a)",
        "1 million tokens/s (B1)",
    ]
    assert "a GPU beside" in lines[3]
    assert "torch 2.11.0" in lines[3]
    assert "NVIDIA B1 80GB beside" in lines[4]
    assert "torch 2.6.0" in lines[4]


def test_a_chapter_without_rows_lists_those_that_have_some(folder):
    with pytest.raises(ValueError, match=r"'words/z' on a GPU.* words/x, words/y: run"):
        rates.show("words/z", folder=folder)


def test_nothing_stored_is_said(tmp_path):
    (tmp_path / "bench.json").write_text('{"rows": []}')
    with pytest.raises(ValueError, match="there are none: run `python -m tutor bench"):
        rates.show("words/x", folder=tmp_path)
