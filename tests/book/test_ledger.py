"""The page "What this book claims": made from the records of the notebooks alone."""

import json

import pytest

from tutor.house import ledger, pages
from tutor.house.setup import HouseError

RECORD = {
    "kind": "claim",
    "id": "one",
    "chapter": "words/b",
    "paper": "levy2014neural",
    "statement": "A | B lies above C.",
    "theirs": "",
    "metric": "Spearman",
    "control": "shuffled",
    "outcome": "reproduced",
    "needs": "",
    "estimate": 0.0512,
    "low": 0.03,
    "high": 0.08,
    "level": 0.95,
    "per_seed": [0.05] * 5,
    "items": 353,
    "digits": 2,
    "margin": 0.02,
    "settings_tried": 3,
    "source": "live",
    "stored": None,
}
KEPT = {"name": "x", "date": "2026-11-24", "command": "python -m tutor claims x"}


@pytest.fixture
def house(tmp_path):
    """Write two chapters with a claim each, and a bibliography with one paper."""
    book = tmp_path / "book"
    (book / "appendix").mkdir(parents=True)
    bib = "@article{levy2014neural,\n title={x}\n}\n"
    (book / "appendix" / "references.bib").write_text(bib)
    (tmp_path / "_toc.yml").write_text("  - file: words/b\n  - file: words/a\n")
    stored = RECORD | {
        "id": "two",
        "chapter": "words/a",
        "paper": "this course",
        "outcome": "undecided",
        "needs": "about 4 times as many seeds and items",
        "source": "stored",
        "stored": KEPT,
    }
    for name, record in (("b", RECORD), ("a", stored)):
        source = book / "source" / "words" / f"{name}.md"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text("# x\n")
        output = {
            "output_type": "display_data",
            "data": {},
            "metadata": {"tutor": record},
        }
        cell = {
            "cell_type": "code",
            "source": "",
            "metadata": {},
            "outputs": [output, {"output_type": "stream", "text": "x"}],
        }
        path = book / "words" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"cells": [cell]}))
    return tmp_path


def test_records_stand_in_reading_order(house):
    assert [record["id"] for record in ledger.records(house)] == ["one", "two"]


def test_every_column_comes_from_the_record(house):
    head, _, _, _, first, second = ledger.page(house).splitlines()
    assert head.startswith("2 claims: 1 reproduced, 1 undecided. 1 are computed live")
    assert first == (
        "| A \\| B lies above C. Metric: Spearman; control: shuffled. "
        "| [Levy 2014](#levy2014neural) | not verified | 0.05 "
        "| 0.03 to 0.08 (95 %; 5 seeds, 353 items; margin 0.02; 3 settings tried) "
        "| reproduced | live "
        "| [words/b](../words/b.ipynb) |"
    )
    assert "undecided; needs about 4 times" in second
    assert "stored 2026-11-24, `python -m tutor claims x`" in second
    assert "| this course |" in second


def test_a_changed_notebook_changes_the_page(house):
    before = ledger.page(house)
    path = house / "book" / "words" / "b.ipynb"
    path.write_text(path.read_text().replace("0.0512", "0.0712"))
    assert ledger.page(house) != before


def test_no_claim_yet(tmp_path):
    (tmp_path / "book" / "source").mkdir(parents=True)
    assert "No chapter" in ledger.page(tmp_path)


def test_the_site_builds_its_page_from_here():
    assert pages.generated("appendix/claims") == ledger.page()


def test_an_unknown_study_lists_what_there_is():
    with pytest.raises(HouseError, match="no study 'nope'; there are"):
        ledger.main("nope")
