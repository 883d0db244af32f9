"""Claims: the decision rule, the marks on the page, what is stored, what is stale."""

import ast
import importlib.util
import json
import math
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor import claims
from tutor.claims import Claim, ClaimError, Measured
from tutor.claims.hashing import canonical, fingerprint, input_name, is_guard
from tutor.claims.stored import results_root
from tutor.claims.studies import Study, expand, imported, stale, studies
from tutor.claims.studies import run as run_study
from tutor.claims.verdict import paper_name
from tutor.datasets import world


@dataclass(frozen=True)
class Effect:
    """The six numbers a decision reads."""

    estimate: float
    low: float
    high: float
    per_seed: tuple[float, ...]
    items: int = 353
    level: float = 0.95


CLAIM = Claim(
    id="words-test",
    chapter="words/test",
    paper="levy2014neural",
    statement="A lies above B.",
    metric="Spearman, difference",
    control="shuffled pairs",
    falsifier="the interval lies below -0.02",
    margin=0.02,
    band=(-1, 1),
    band_reason="a correlation",
)


def seeds(value: float) -> tuple[float, ...]:
    return (value,) * 5


# Each row is one line of the table in tutor/claims/decision.py, read by hand.
@pytest.mark.parametrize(
    ("direction", "low", "high", "outcome"),
    [
        ("greater", 0.03, 0.08, claims.REPRODUCED),
        ("greater", 0.02, 0.08, claims.UNDECIDED),  # touches the margin
        ("greater", -0.01, 0.02, claims.TIE),
        ("greater", -0.02, 0.02, claims.TIE),  # both ends on the edge are inside
        ("greater", -0.01, 0.08, claims.UNDECIDED),
        ("greater", -0.08, -0.03, claims.NOT_REPRODUCED),
        ("less", -0.08, -0.03, claims.REPRODUCED),
        ("less", 0.03, 0.08, claims.NOT_REPRODUCED),
        ("less", -0.01, 0.01, claims.TIE),
        ("less", -0.08, 0.01, claims.UNDECIDED),
        ("equal", -0.01, 0.01, claims.REPRODUCED),
        ("equal", 0.03, 0.08, claims.NOT_REPRODUCED),
        ("equal", -0.08, -0.03, claims.NOT_REPRODUCED),
        ("equal", -0.01, 0.08, claims.UNDECIDED),
    ],
)
def test_rule(direction, low, high, outcome):
    middle = (low + high) / 2
    effect = Effect(middle, low, high, seeds(middle))
    assert replace(CLAIM, direction=direction).decide(effect).outcome == outcome


@pytest.mark.parametrize("direction", ["greater", "less"])
def test_one_seed_against_the_others_is_not_reproduced(direction):
    sign = 1 if direction == "greater" else -1
    per_seed = tuple(sign * v for v in (0.1, 0.1, 0.1, 0.1, -0.001))
    low, high = sorted((sign * 0.03, sign * 0.12))
    effect = Effect(sign * 0.08, low, high, per_seed)
    verdict = replace(CLAIM, direction=direction).decide(effect)
    assert verdict.outcome == claims.UNDECIDED


@given(
    st.floats(-1, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 0.5),
    st.floats(-1, 1),
)
def test_less_is_the_mirror_of_greater(middle, below, above, margin, threshold):
    """Turning every sign round and the direction with it changes no verdict."""
    low, high = middle - below, middle + above
    effect = Effect(middle, low, high, seeds(middle))
    mirror = Effect(-middle, -high, -low, seeds(-middle))
    greater = replace(CLAIM, margin=margin, threshold=threshold)
    less = replace(greater, direction="less", threshold=-threshold)
    outcome = claims.outcome_of(greater, effect)
    assert outcome == claims.outcome_of(less, mirror)
    assert (outcome == claims.UNDECIDED) or claims.needed_factor(greater, effect) >= 1


def test_threshold_moves_the_line():
    claim = replace(CLAIM, threshold=0.9, margin=0.01)
    effect = Effect(0.93, 0.92, 0.94, seeds(0.93))
    assert claim.decide(effect).outcome == claims.REPRODUCED
    tie = Effect(0.9, 0.895, 0.905, seeds(0.9))
    assert claim.decide(tie).outcome == claims.TIE
    below = Effect(0.5, 0.4, 0.6, seeds(0.5))
    assert claim.decide(below).outcome == claims.NOT_REPRODUCED


def test_control_takes_a_reproduction_away_and_nothing_else():
    good = Effect(0.05, 0.03, 0.08, seeds(0.05))
    tie = Effect(0.0, -0.01, 0.01, seeds(0.0))
    assert CLAIM.decide(good, control_explains=True).outcome == claims.NOT_REPRODUCED
    assert CLAIM.decide(tie, control_explains=True).outcome == claims.TIE
    assert "control shows" in str(CLAIM.decide(good, control_explains=True))


def test_undecided_says_what_it_would_take():
    # half-width .06, distance from the margin .03: (.06/.03)^2 = 4
    effect = Effect(0.05, -0.01, 0.11, seeds(0.05))
    verdict = CLAIM.decide(effect)
    assert verdict.factor == pytest.approx(4)
    assert "about ⟦4⟧ times as many seeds" in str(verdict)
    on_edge = CLAIM.decide(Effect(0.02, -0.01, 0.05, seeds(0.02)))
    assert math.isinf(on_edge.factor)
    assert "⟦>1000⟧" in str(on_edge)
    assert CLAIM.decide(Effect(0.05, 0.03, 0.08, seeds(0.05))).factor is None


def test_leaving_the_band_raises_and_names_the_numbers():
    claim = replace(CLAIM, band=(0.0, 0.04), band_reason="five seeds, doubled")
    with pytest.raises(ClaimError, match=r"0\.05.*0 to 0\.04 \(five seeds, doubled\)"):
        claim.decide(Effect(0.05, 0.03, 0.08, seeds(0.05)))
    with pytest.raises(ClaimError, match="nan"):
        Measured(float("nan"), band=(0, 1), reason="a share")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"band_reason": " "}, "no reason"),
        ({"band": (1, 0)}, "no interval"),
        ({"band": (0, float("inf"))}, "no interval"),
    ],
)
def test_a_band_needs_a_reason_and_two_ends(change, message):
    with pytest.raises(ClaimError, match=message):
        replace(CLAIM, **change).decide(Effect(0.05, 0.03, 0.08, seeds(0.05)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"direction": "up"}, "greater"),
        ({"margin": -1}, "margin"),
        ({"margin": float("nan")}, "margin"),
        ({"control": " "}, "control"),
        ({"settings_tried": 0}, "settings_tried"),
    ],
)
def test_a_claim_states_everything_first(change, message):
    with pytest.raises(ClaimError, match=message):
        replace(CLAIM, **change)


def test_a_claim_shows_its_rule_before_it_is_measured():
    text = repr(CLAIM)
    assert text.startswith("Claim words-test: A lies above B.\n  Claimed by: Levy 2014")
    assert "Rule: reproduced if the whole interval lies above 0.02" in text
    assert "Falsified by: the interval lies below -0.02" in text


def test_few_seeds_need_a_reason():
    few = Effect(0.05, 0.03, 0.08, (0.05,) * 3)
    with pytest.raises(ClaimError, match="at least 5"):
        CLAIM.decide(few)
    verdict = replace(CLAIM, seeds_reason="one run takes 25 s").decide(few)
    assert "one run takes 25 s" in str(verdict)
    with pytest.raises(ClaimError, match="2 seeds"):
        replace(CLAIM, seeds_reason="lazy").decide(replace(few, per_seed=(0.1, 0.2)))
    exact = replace(CLAIM, seeds_reason="nothing is random here")
    assert exact.decide(replace(few, per_seed=(0.05,))).outcome == claims.REPRODUCED


def test_interval_must_hold_its_estimate():
    with pytest.raises(ClaimError, match="does not hold"):
        CLAIM.decide(Effect(0.5, 0.03, 0.08, seeds(0.5)))


def test_an_interval_of_no_width_may_differ_in_the_last_bit():
    value = 0.1 + 0.2  # 0.30000000000000004
    exact = Effect(0.3, value, value, (0.3,) * 5)
    assert CLAIM.decide(exact).outcome == claims.REPRODUCED


def test_display_marks_numbers_and_only_them():
    effect = Effect(0.0512, 0.03, 0.0849, seeds(0.05))
    data, metadata = CLAIM.decide(effect)._repr_mimebundle_()
    record = metadata["tutor"]
    assert re.findall("⟦(.*?)⟧", data["text/plain"]) == ["0.05", "0.03", "0.08"]
    spans = re.findall("<span data-measured>(.*?)</span>", data["text/html"])
    assert spans == [m["text"] for m in record["measured"]]
    assert "Verdict: reproduced" in re.sub("⟦.*?⟧", "", data["text/plain"])
    assert "<script" not in data["text/html"]
    assert "background" not in data["text/html"]
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["estimate"] == 0.0512
    assert record["source"] == "live"


def test_html_is_escaped():
    claim = replace(CLAIM, statement="a < b & c")
    page = claim.decide(Effect(0.05, 0.03, 0.08, seeds(0.05))).to_html()
    assert "a &lt; b &amp; c" in page


def test_measured_display():
    value = Measured(-0.001, band=(-1, 1), reason="a correlation")
    assert str(value) == "⟦0.00⟧"  # never -0.00
    assert f"{value}" == "⟦0.00⟧"
    assert value.html == "<span data-measured>0.00</span>"
    assert value.record()["value"] == -0.001
    with pytest.raises(ClaimError, match="no reason"):
        Measured(0.5, band=(0, 1))
    with pytest.raises(ClaimError, match="digits"):
        Measured(0.5, band=(0, 1), reason="x", digits=9)
    with pytest.raises(ClaimError, match="format"):
        f"{value:.3f}"


def test_summary_lists_verdicts():
    verdict = CLAIM.decide(Effect(0.05, 0.03, 0.08, seeds(0.05)))
    text = str(claims.summary(verdict))
    assert text.splitlines()[1] == "A lies above B. | Levy 2014 | reproduced | live"
    assert "reproduced" in claims.summary(verdict)._repr_mimebundle_()["text/html"]


def test_paper_name():
    assert paper_name("levy2014neural") == "Levy 2014"
    assert paper_name("this course") == "this course"


# --- stored results -----------------------------------------------------------------


def test_store_and_read(tmp_path):
    made = claims.store(
        "try-1", {"rho": 0.5}, inputs=[Measured, "tutor.claims"], root=tmp_path
    )
    assert claims.stored("try-1", root=tmp_path) == made
    assert made["rho"] == 0.5
    assert made.command == "python -m tutor claims try-1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", made.date)
    assert set(made.inputs) == {"tutor.claims", "tutor.claims.measured:Measured"}
    assert made.stale() == []
    assert {"cpu", "cores"} <= set(made.machine)
    assert "numpy" in made.versions
    with pytest.raises(KeyError, match="offers"):
        made["missing"]
    effect = Effect(0.05, 0.03, 0.08, seeds(0.05))
    verdict = CLAIM.decide(effect, stored=made)
    assert f"stored ({made.date}, python -m tutor claims try-1)" in str(verdict)
    assert verdict.record()["stored"]["name"] == "try-1"


def test_a_record_says_what_it_took(tmp_path, monkeypatch):
    """A study that is run keeps whole seconds beside the cores; no part of its hash."""
    study = Study(run=lambda: {"v": 1}, inputs=["tutor.claims.measured"])
    monkeypatch.setattr(Study, "dependencies", lambda self: ["tutor.claims.measured"])
    monkeypatch.setattr("tutor.claims.studies.studies", lambda: {"timed": study})
    made = run_study("timed", root=tmp_path)
    kept = json.loads((tmp_path / "timed.json").read_text(encoding="utf-8"))
    assert kept["seconds"] == {"wall": 0, "processor": 0}
    assert kept["machine"]["cores"] >= 1
    assert made.stale() == []
    claims.store(
        "long",
        1,
        inputs=["tutor.claims.measured"],
        seconds={"wall": 71.6, "processor": 140.2},
        root=tmp_path,
    )
    kept = json.loads((tmp_path / "long.json").read_text(encoding="utf-8"))
    assert kept["seconds"] == {"wall": 72, "processor": 140}


def test_store_refuses_what_cannot_be_kept(tmp_path):
    with pytest.raises(ClaimError, match="JSON"):
        claims.store("x", {"v": float("nan")}, inputs=["tutor.claims"], root=tmp_path)
    with pytest.raises(ClaimError, match="JSON"):
        claims.store("x", {"v": object()}, inputs=["tutor.claims"], root=tmp_path)
    with pytest.raises(ClaimError, match="inputs"):
        claims.store("x", 1, inputs=[], root=tmp_path)
    with pytest.raises(ClaimError, match="file name"):
        claims.store("../x", 1, inputs=["tutor.claims"], root=tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ClaimError, match="there: nothing"):
        claims.stored("x", root=tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"name": "x"}', "[" * 100_000])
def test_damaged_result_is_named_with_its_remedy(tmp_path, text):
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    with pytest.raises(ClaimError, match=r"x\.json is damaged .* claims x`"):
        claims.stored("x", root=tmp_path)


def module(tmp_path: Path, monkeypatch, name: str, source: str) -> None:
    (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


def test_hash_ignores_words_and_sees_formulas(tmp_path, monkeypatch):
    base = 'def f(x):\n    """Doc."""\n    return x + 1\n\ndef g(x):\n    return 0\n'
    reworded = (
        '"""Module."""\n# a comment\n\ndef f(x):\n    """Other words."""\n'
        "    return (x + 1)\n\ndef g(x):\n    return 0\n"
    )
    changed = base.replace("x + 1", "x - 1")
    other = base.replace("return 0", "return 2")
    for name, text in {
        "h_base": base,
        "h_words": reworded,
        "h_sign": changed,
        "h_other": other,
    }.items():
        module(tmp_path, monkeypatch, name, text)
    assert fingerprint("h_base:f") == fingerprint("h_words:f")
    assert fingerprint("h_base:f") != fingerprint("h_sign:f")
    assert fingerprint("h_base:f") == fingerprint("h_other:f")
    assert fingerprint("h_base") != fingerprint("h_other")
    with pytest.raises(ClaimError, match="gone"):
        fingerprint("h_base:missing")
    with pytest.raises(ClaimError, match="gone"):
        fingerprint("no_such_module_here")


def test_stale_result_is_named(tmp_path, monkeypatch):
    module(tmp_path, monkeypatch, "h_moving", "def f(x):\n    return x + 1\n")
    made = claims.store("x", 1, inputs=["h_moving:f"], root=tmp_path / "results")
    assert made.stale() == []
    module(tmp_path, monkeypatch, "h_moving", "def f(x):\n    return x - 1\n")
    assert claims.stored("x", root=tmp_path / "results").stale() == [
        "h_moving:f: changed"
    ]
    (tmp_path / "h_moving.py").write_text("", encoding="utf-8")
    assert made.stale() == ["h_moving:f: gone"]


def test_canonical_form_is_pinned():
    """The same text on every supported Python, or artefacts would look stale there."""
    tree = ast.parse('def f(x: int = 1):\n    "doc"\n    return f"{x!r:>3}" or [*x]\n')
    assert canonical(tree) == (
        "Module(body=[FunctionDef(name='f', args=arguments(args=[arg(arg='x', "
        "annotation=Name(id='int', ctx=Load()))], defaults=[Constant(value=1)]), "
        "body=[Return(value=BoolOp(op=Or(), values=[JoinedStr(values=["
        "FormattedValue(value=Name(id='x', ctx=Load()), conversion=114, "
        "format_spec=JoinedStr(values=[Constant(value='>3')]))]), List(elts=["
        "Starred(value=Name(id='x', ctx=Load()), ctx=Load())], ctx=Load())]))])])"
    )


_BARE = "def f(x):\n    return x + 1\n"


@pytest.mark.parametrize(
    "guard",
    [
        "if x < 0:\n        raise ValueError('below 0')",
        "if x < 0:\n        raise ValueError('another word')",
        "if len(x) > 3 and not all(x):\n        raise ValueError",
        "if x is None:\n        said = repr(x)\n        raise TypeError(said)",
        "if x < 0:\n        raise ValueError\n    elif x > 9:\n        raise KeyError",
        "assert x.shape == (3,)",
    ],
)
def test_guards_are_not_hashed(guard):
    """What can only stop a run decides no number of a run that came to its end."""
    guarded = _BARE.replace("    return", f"    {guard}\n    return")
    assert canonical(ast.parse(guarded)) == canonical(ast.parse(_BARE))


@pytest.mark.parametrize(
    "statement",
    [
        "if x < 0:\n        x = 0",
        "if x < 0:\n        return 0\n        raise ValueError",
        "if x < 0:\n        raise ValueError\n    else:\n        x = 2",
        "if (x := 2) < 0:\n        raise ValueError",
        "if x.pop() < 0:\n        raise ValueError",
        "if next(x) < 0:\n        raise ValueError",
        "assert x.pop()",
        "raise ValueError",
        "while x < 0:\n        raise ValueError",
        "if x < 0:\n        for y in x:\n            break\n        raise ValueError",
    ],
)
def test_what_can_change_a_number_is_hashed(statement):
    """Where a statement may do more than stop, it is code like any other."""
    changed = _BARE.replace("    return", f"    {statement}\n    return")
    assert canonical(ast.parse(changed)) != canonical(ast.parse(_BARE))


def test_no_hashed_code_goes_on_after_a_guard():
    """A guard that somebody catches would decide what comes next; nobody does.

    Two kinds of handler may go on: one for a library that is not there, and one that
    makes a cached file again. Neither is about a number.
    """
    names = {
        name.partition(":")[0]
        for path in results_root().glob("*.json")
        for name in json.loads(path.read_text()).get("inputs", ())
    }
    assert len(names) > 100
    caught, guards = [], 0
    for name in sorted(names):
        tree = ast.parse(Path(importlib.util.find_spec(name).origin).read_text())
        guards += sum(map(is_guard, ast.walk(tree)))
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler):
                ends = isinstance(node.body[-1], ast.Raise)
                gone = ast.unparse(node.type or ast.Constant(None)) == "ImportError"
                if not (ends or gone or name.startswith("tutor.datasets.")):
                    caught.append(f"{name}:{node.lineno}")
    assert not caught
    assert guards > 300


def test_input_names():
    assert input_name(claims) == "tutor.claims"
    assert input_name(Claim.decide) == "tutor.claims.decision:Claim.decide"
    with pytest.raises(ClaimError, match="named function"):
        input_name(lambda: 1)


def test_study_names_what_it_rests_on():
    named = Study(seeds, inputs=["tutor.claims"])
    assert "tutor.claims" in named.dependencies()
    found = imported("tutor.claims.studies")
    assert "tutor.datasets.sources" in found
    assert not any(name.startswith("tutor.claims") for name in found)


def test_a_study_rests_on_what_its_modules_use():
    """Files of an algorithm are followed to the shared pieces that they use."""
    named = Study(
        seeds, inputs=["tutor.words.word2vec.fast"], data=["course-en"]
    ).dependencies()
    assert {"tutor.words.fast", "tutor.sampling.fast"} <= set(named)
    assert "tutor.datasets.tokenizer" in named
    assert not {"tutor.words.word2vec", "tutor.embedding", "tutor.plot"} & set(named)
    by_statistics = Study(seeds, inputs=["tutor.evaluate.statistics"]).dependencies()
    assert "tutor.evaluate.correlation" in by_statistics


def test_stored_results_name_all_code_they_rest_on():
    for name, study in studies().items():
        if (claims.results_root() / f"{name}.json").exists():
            kept = set(claims.stored(name).inputs)
            assert set(study.dependencies()) - kept == set(), name


def test_some_names_stand_for_several_sources():
    assert "gcide" in expand("course-en")
    assert expand("men") == ("men",)
    assert expand("world") == world.SOURCES


def test_every_study_is_named_like_a_file_and_knows_its_inputs():
    for name, study in studies().items():
        assert re.fullmatch(r"[a-z0-9_-]+", name), name
        for item in study.dependencies():
            fingerprint(item)


def test_stored_results_are_fresh():
    """A result whose code or data changed since is remade, or it goes."""
    names = set(studies())
    for path in sorted(claims.results_root().glob("*.json")):
        if path.stem in names:
            result = claims.stored(path.stem)
            remedy = f"run `{result.command}` again"
            assert not stale(result), f"{path.name}: {stale(result)}; {remedy}"
