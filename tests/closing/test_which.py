"""The closing table and the page of advice: words that rest on the ledger, or fall."""

import re

import pytest

from tutor.claims import ClaimError
from tutor.closing import costs, families, which
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


# --- costs ---------------------------------------------------------------------------
def test_a_cost_is_the_stored_rate_or_not_yet_measured():
    rates = {row["name"]: row for row in speed.rows()}
    for family in families.FAMILIES:
        rate, unit = costs.cost(family.bench, rates)
        if not family.bench:
            assert (rate, unit) == ("", costs.NOT_MEASURED)
            continue
        side = "rival" if rates[family.bench]["benchmark"] == "devices" else "ours"
        assert rate.value == rates[family.bench][side]["rate"] / 1e3
        assert rates[family.bench]["unit"] in unit
    with pytest.raises(ClaimError, match="no row"):
        costs.cost("gone", rates)


def test_no_family_with_a_rate_of_its_own_chapter_is_called_unmeasured():
    names = [row["name"] for row in speed.rows()]
    for family in families.FAMILIES:
        if family.gpu:
            assert family.gpu in names
        if not family.bench:  # bags of words: their chapter has rows of other work only
            assert family.name.startswith("bags")


def test_costs_on_devices_show_both_sides_of_a_row():
    rates = {row["name"]: row for row in speed.rows()}
    own = [(f.name, f.gpu) for f in families.FAMILIES]
    shown = costs.on_devices(own, rates)
    for (name, work), row in zip(own, shown, strict=True):
        assert row[0] == name
        assert len(row) == len(costs.DEVICES_HEADER)
        if work:
            assert row[2].value == rates[work]["rival"]["rate"] / 1e3
            assert row[4].value == rates[work]["ours"]["rate"] / 1e3
        else:
            assert row[1] == costs.NOT_MEASURED
    with pytest.raises(ClaimError, match="on a GPU"):
        costs.on_devices([("walks", "DeepWalk walks, 1 thread")], rates)
