"""The benchmark runner: turns, medians, quality beside speed, results kept by name."""

import json

import pytest

from tutor.benchmarks import Row
from tutor.house import bench
from tutor.house.setup import HouseError


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


def test_turns_alternate_and_the_warm_up_is_left_out(clock):
    """Medians of (1, 2, 3) and (4, 4, 12) s; ratios 4, 2, 4."""
    record = bench.measure(row(clock, [9, 1, 2, 3], [9, 4, 4, 12]), turns=3)
    assert clock.order == ["ours", "rival"] * 4
    assert record["ours"]["seconds"] == [1, 2, 3]
    assert record["ours"]["rate"] == 50
    assert record["ours"]["rate_by_processor"] == 25
    assert record["rival"]["rate"] == 25
    assert record["times_as_fast"] == 4
    assert record["turns"] == 3


def test_slow_rows_take_at_least_two_turns(clock):
    record = bench.measure(row(clock, [50] * 9, [50] * 9), turns=5, most=120)
    assert record["turns"] == 2


def test_quality_is_scored_each_turn_outside_the_clock(clock):
    def score(result):
        clock.now += 1000
        return {"rho": 0.5 if result == "ours" else 0.25}

    record = bench.measure(row(clock, [1] * 4, [1] * 4, quality=score), turns=2)
    assert record["ours"]["quality"] == {"rho": [0.5, 0.5]}
    assert record["rival"]["quality"] == {"rho": [0.25, 0.25]}
    assert record["ours"]["seconds"] == [1, 1]
    assert "ours rho: 0.500" in bench.line(record)


def test_without_a_rival_the_reason_stands_there(clock):
    record = bench.measure(row(clock, [1] * 4, limit=200.0), turns=2)
    assert "rival" not in record
    assert record["share_of_limit"] == 0.5
    assert "no rival: no library does this" in bench.line(record)


def test_a_later_run_replaces_its_rows_only(tmp_path):
    path = tmp_path / "results" / "bench.json"
    bench.store([{"name": "b", "turns": 1}, {"name": "a", "turns": 1}], path)
    bench.store([{"name": "b", "turns": 2}], path)
    rows = json.loads(path.read_text())["rows"]
    assert rows == [{"name": "a", "turns": 1}, {"name": "b", "turns": 2}]
    assert list(path.parent.iterdir()) == [path]


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
