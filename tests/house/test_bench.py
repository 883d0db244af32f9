"""The benchmark runner: turns, medians, quality beside speed, results kept by name."""

import ast
import json
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from threadpoolctl import threadpool_info

from tutor.benchmarks import Row, _machine
from tutor.house import bench, speed
from tutor.house.setup import HouseError
from tutor.rates import ratio_interval


class Clock:
    """A clock that moves only when a side works."""

    def __init__(self):
        self.now, self.order = 0.0, []

    def side(self, name, seconds):
        def work():
            self.order.append(name)
            self.now += seconds[len([n for n in self.order if n == name]) - 1]
            return name

        return work


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(bench.time, "perf_counter", lambda: made.now)
    monkeypatch.setattr(bench.time, "process_time", lambda: 2 * made.now)
    return made


def row(clock, ours, rival=None, **more):
    return Row(
        name="sum",
        ours=clock.side("ours", ours),
        rival=clock.side("rival", rival) if rival else None,
        rival_name="library.sum" if rival else "no library does this",
        unit="words",
        work=100.0,
        **more,
    )


def test_an_aim_is_kept_and_shown_beside_the_ratio(clock):
    record = bench.measure(row(clock, [9, 1], [9, 4], aim=6.0, turns=1))
    assert record["aim"] == 6.0
    assert "4.00 times library.sum (25), aim 6" in bench.line(record)


def test_turns_alternate_and_the_warm_up_is_left_out(clock):
    """Medians of (1, 2, 3) and (4, 4, 12) s; ratios 4, 2, 4."""
    record = bench.measure(row(clock, [9, 1, 2, 3], [9, 4, 4, 12], turns=3))
    assert clock.order == ["ours", "rival"] * 4
    assert record["ours"]["seconds"] == [1, 2, 3]
    assert record["ours"]["rate"] == 50
    assert record["ours"]["rate_by_processor"] == 25
    assert record["rival"]["rate"] == 25
    assert record["times_as_fast"] == 4
    assert "aim" not in record
    assert record["turns"] == 3


def test_slow_rows_take_at_least_two_turns(clock):
    record = bench.measure(row(clock, [50] * 9, [50] * 9, turns=5), most=120)
    assert record["turns"] == 2


def test_quality_is_scored_each_turn_outside_the_clock(clock):
    def score(result):
        clock.now += 1000
        return {"rho": 0.5 if result == "ours" else 0.25}

    record = bench.measure(row(clock, [1] * 4, [1] * 4, quality=score, turns=2))
    assert record["ours"]["quality"] == {"rho": [0.5, 0.5]}
    assert record["rival"]["quality"] == {"rho": [0.25, 0.25]}
    assert record["ours"]["seconds"] == [1, 1]
    assert "ours rho: 0.500" in bench.line(record)


def test_the_ratio_has_an_interval_from_two_turns_on(clock):
    ours, theirs = [2.0, 1.0, 2.0, 1.0], [9.0, 6.0, 11.0, 7.0]
    record = bench.measure(row(clock, [1, *ours], [1, *theirs], turns=4))
    shown = "5.75 [{:.2f}, {:.2f}] times library.sum".format(*ratio_interval(record))
    assert shown in bench.line(record)


def test_without_a_rival_the_reason_stands_there(clock):
    record = bench.measure(row(clock, [1] * 4, limit=200.0, turns=2))
    assert "rival" not in record
    assert record["share_of_limit"] == 0.5
    assert "no rival: no library does this" in bench.line(record)


def stored(benchmark, name, turns=1):
    return {"benchmark": benchmark, "name": name, "turns": turns}


def test_a_later_run_replaces_its_rows_only(tmp_path):
    """Rows of two benchmarks may bear one name."""
    path = tmp_path / "results" / "bench.json"
    bench.store([stored("x", "b"), stored("x", "a"), stored("y", "b")], path)
    bench.store([stored("x", "b", 2)], path)
    rows = json.loads(path.read_text())["rows"]
    assert rows == [stored("x", "a"), stored("x", "b", 2), stored("y", "b")]
    assert list(path.parent.iterdir()) == [path]


def test_a_whole_run_drops_rows_that_are_no_more(tmp_path):
    path = tmp_path / "bench.json"
    bench.store([stored("x", "old name"), stored("x", "a"), stored("y", "b")], path)
    bench.store([stored("x", "a", 2), stored("x", "new name")], path, whole="x")
    rows = json.loads(path.read_text())["rows"]
    assert rows == [stored("x", "a", 2), stored("x", "new name"), stored("y", "b")]


def test_a_run_stores_whole_benchmarks(tmp_path, monkeypatch, clock):
    """From the command to the file: a renamed row leaves no trace, a quick run none."""
    path = tmp_path / "bench.json"
    monkeypatch.setattr(bench.store, "__defaults__", (path,))
    monkeypatch.setattr(bench, "names", lambda: ["x"])
    module = SimpleNamespace(rows=lambda quick: [row(clock, [1] * 20)])
    monkeypatch.setattr(bench, "import_module", lambda name: module)
    monkeypatch.setenv("TUTOR_BENCH", "quick")
    bench.main()
    assert not path.exists()
    monkeypatch.delenv("TUTOR_BENCH")
    bench.store([stored("x", "sum of old")], path)
    bench.main("x")
    (found,) = json.loads(path.read_text())["rows"]
    assert (found["benchmark"], found["name"], found["threads"]) == ("x", "sum", 1)


@pytest.mark.parametrize("threads", [1, 2])
def test_both_sides_work_with_the_threads_of_the_row(threads):
    """BLAS is set for the warm-up and every turn, ours and the rival's."""
    seen = []

    def work():
        pools = threadpool_info()
        seen.append({p["num_threads"] for p in pools if p["user_api"] == "blas"})

    both = Row("x", work, work, "y", "turns", 1.0, threads=threads, turns=2)
    before = threadpool_info()
    record = bench.measure(both)
    assert seen == [{threads}] * 6
    assert record["threads"] == threads
    assert threadpool_info() == before


def test_the_bounds_of_the_machine_are_measured():
    """Rates of this machine: at least a slow computer's, at most a fast one's."""
    assert 1e8 < _machine.matmul_speed(256) < 1e13
    assert 1e7 < _machine.addition_speed(count=1 << 18) < 1e11


def test_the_machine_is_named():
    found = bench.machine()
    assert found["cores"] >= 1
    assert found["processor"]
    assert {"python", "numpy", "numba"} <= set(found["versions"])


def test_an_unknown_benchmark_lists_those_there_are():
    with pytest.raises(HouseError, match="no benchmark nothing; there are: "):
        bench.main("nothing")


@pytest.mark.parametrize("name", bench.names())
def test_every_benchmark_offers_rows(name):
    module = __import__(f"tutor.benchmarks.{name}", fromlist=["rows"])
    assert callable(module.rows)


@pytest.mark.parametrize("name", bench.names())
def test_every_row_says_its_threads(name):
    """Else one side's BLAS would be held to one thread beside the other's workers."""
    source = Path(import_module(f"tutor.benchmarks.{name}").__file__)
    calls = [
        node
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Row"
    ]
    assert calls
    assert all("threads" in {key.arg for key in call.keywords} for call in calls)


@pytest.mark.parametrize("name", bench.names())
def test_every_benchmark_was_measured(name):
    """Else the page of speed would be silent about a part of the book."""
    assert [row for row in speed.rows() if row["benchmark"] == name]
