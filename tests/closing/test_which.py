"""The closing table and the page of advice: words that rest on the ledger, or fall."""

import re

import pytest

from tutor.claims import ClaimError
from tutor.closing import families, which
from tutor.house import ledger, pages, speed


@pytest.fixture(scope="module")
def records():
    return ledger.records()


def test_every_cited_claim_stands_with_its_verdict(records):
    """The page goes red when a claim is missing or its verdict has changed."""
    page = which.page(records)
    for advice in which.ADVICE:
        assert advice.advice in page
        for support in advice.support:
            assert f"`{support.claim}`" in page
    assert len(families.closing_table(records, speed.rows())) == len(families.FAMILIES)


def test_the_page_is_added_when_the_book_is_built(records):
    assert pages.generated("closing/which") == which.page(records)


@pytest.mark.parametrize("part", ["advice", "table"])
@pytest.mark.parametrize("change", ["gone", "verdict", "twice"])
def test_a_changed_ledger_is_found(records, part, change):
    if part == "advice":
        name = which.ADVICE[0].support[0].claim
    else:
        name = families.FAMILIES[0].failure.claim
    others = [r for r in records if r["id"] != name]
    (own,) = (r for r in records if r["id"] == name)
    changed = {
        "gone": others,
        "verdict": [*others, {**own, "outcome": "tie"}],
        "twice": [*records, own],
    }[change]
    words = {"gone": "not in the ledger", "verdict": "'tie' now", "twice": "two claims"}
    written = {
        "advice": lambda: which.page(changed),
        "table": lambda: families.closing_table(changed, speed.rows()),
    }
    with pytest.raises(ClaimError, match=words[change]):
        written[part]()


def test_a_benchmark_row_that_is_gone_is_found(records):
    with pytest.raises(ClaimError, match="no row"):
        families.closing_table(records, [])


def test_no_number_is_typed_into_the_advice():
    """Figures stand in the table below the advice, where the ledger writes them."""
    for advice in which.ADVICE:
        words = advice.advice.replace("at 15 of 100", "").replace("hiding 15", "")
        assert re.findall(r"\b[\d.,]*\d\b", words) == []


def test_families_name_chapters_of_their_claims(records):
    known = families.by_id(records)
    for family in families.FAMILIES:
        assert known[family.score.claim]["chapter"] == family.chapter
