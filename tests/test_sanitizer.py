"""What nbval may overlook: each rule masks what it is for, and nothing beside it."""

import configparser
import re
from pathlib import Path

import pytest

FILE = Path(__file__).parents[1] / "nbval_sanitize.cfg"


def rules() -> dict[str, tuple[str, str]]:
    parser = configparser.ConfigParser()
    parser.read(FILE, encoding="ascii")
    return {n: (parser[n]["regex"], parser[n]["replace"]) for n in parser.sections()}


def clean(text: str) -> str:
    """Apply the rules as nbval does: one after the other, over the whole text."""
    for regex, replace in rules().values():
        text = re.sub(regex, replace, text)
    return text


def test_file_is_ascii_and_holds_these_rules():
    FILE.read_text(encoding="ascii")
    assert set(rules()) == {
        "measured-text",
        "measured-html",
        "measured-map",
        "memory-address",
        "kernel-file",
    }


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("rho ⟦0.61⟧ on 353 pairs", "rho MEASURED on 353 pairs"),
        ("⟦-0.01⟧ to ⟦0.08⟧; 5 seeds", "MEASURED to MEASURED; 5 seeds"),
        ("about ⟦>1000⟧ times", "about MEASURED times"),
        (
            "<td><span data-measured>0.61</span>, 353</td>",
            "<td>MEASURED, 353</td>",
        ),
        ("<span data-measured>&gt;1000</span>", "MEASURED"),
        (
            '<tbody class="ex-rows" data-measured>\n<tr>1</tr>\n</tbody><p>2</p>',
            "MEASURED</tbody><p>2</p>",
        ),
        (
            '<script type="application/json" class="ex-a" data-measured>1</script>2',
            "MEASURED</script>2",
        ),
        ("<f at 0x7f3a5c0012b0>", "<f at ADDRESS>"),
        ("/tmp/ipykernel_123/456.py:3: UserWarning", "CELL UserWarning"),
    ],
)
def test_masks(text, cleaned):
    got = clean(text)
    assert got == cleaned or got == cleaned.replace("CELL", "CELL:3:")


@pytest.mark.parametrize(
    "text",
    [
        "0.61",
        "640x480",
        "size 640x48000000",
        "color 0xdeadbeef",
        "⟦reproduced⟧",
        '<tbody class="ex-rows"><tr>1</tr></tbody>',
        '<tbody class="other" data-measured><tr>1</tr></tbody>',
        "⟦0.61",
        "⟦0.61 and 0.62⟧",
        "⟦⟧",
        "0.61⟧ ⟦",
        "<span>0.61</span>",
        "<span data-measured>reproduced</span>",
        "<span data-measured>0.61</span",
        "Verdict: reproduced",
        "took 3 s, 12 ms",
        "/content/course/book",
        "2.13.0+cpu",
        "<Figure size 640x480 with 1 Axes>",
    ],
)
def test_leaves_alone(text):
    assert clean(text) == text


def test_a_changed_number_outside_a_marker_stays_visible():
    stored = "Measured: ⟦0.61⟧, 5 seeds, 353 items. Verdict: reproduced"
    assert clean(stored) == clean(stored.replace("0.61", "0.62"))
    for old, new in [("353", "354"), ("5 seeds", "6 seeds"), ("reproduced", "tie")]:
        assert clean(stored) != clean(stored.replace(old, new))
