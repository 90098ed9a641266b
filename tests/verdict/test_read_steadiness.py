"""Windows of throughput and p50, from counts that were recorded, also by a real Prometheus."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from swarmscope.processes.ports import PortPicker
from swarmscope.processes.probes import http_ok
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Sample, Series
from swarmscope.stack.programs.prometheus import find_prometheus
from swarmscope.stack.prometheus_server import PrometheusServer
from swarmscope.verdict.evidence import RunFacts
from swarmscope.verdict.read_steadiness import read_steadiness, read_steadiness_of
from swarmscope.verdict.steadiness import P50, THROUGHPUT
from tests.verdict.builders import evidence

BEGIN, END = 1_769_860_800.0, 1_769_860_920.0
RUN_ID = "one"
#: The clock of the generator is behind by the age of a report.
_AGE = 3.0
Value = Callable[[float], float]
Counts = Mapping[tuple[str, str], Value]


def counts(rate: Value, quick_ratio: Value = lambda _: 1.0, users: Value = lambda _: 10.0) -> Counts:
    """Return what had been counted at a moment; requests take 100 ms or less, but those that are not quick 1 s."""

    def total(at: float, share: Value = lambda _: 1.0) -> float:
        seconds = range(round(at - _AGE - BEGIN) + 20)  # of which 20 are of the ramp
        return sum(rate(second - 20) * share(second - 20) for second in seconds)

    return {
        ("loadtest:count", 'of="requests"'): total,
        ("loadtest:count", 'of="clock_seconds"'): lambda at: at - _AGE,
        ("loadtest:count", 'of="latency_bucket",le="0.1"'): lambda at: total(at, quick_ratio),
        ("loadtest:count", 'of="latency_bucket",le="1"'): total,
        ("loadtest:count", 'of="latency_bucket",le="+Inf"'): total,
        ("loadtest_users_target", ""): lambda at: users(at - BEGIN),
    }


class Recorded:
    """Answers range queries as a Prometheus that holds these counts would."""

    def __init__(self, held: Counts) -> None:
        self.asked: list[tuple[str, float, float, float]] = []
        self._held = held

    def over_time(self, query: str, begin: float, end: float, step_seconds: float) -> tuple[Series, ...]:
        self.asked.append((query, begin, end, step_seconds))
        moments = [begin + step_seconds * step for step in range(int((end - begin) / step_seconds) + 1)]
        return tuple(
            Series(labels, tuple(Sample(moment, value(moment)) for moment in moments))
            for labels, value in self._rows(is_of_buckets="latency_bucket" in query)
        )

    def _rows(self, *, is_of_buckets: bool) -> Iterator[tuple[dict[str, str], Value]]:
        for (metric, labels), value in self._held.items():
            named = dict(pair.replace('"', "").split("=") for pair in labels.split(",") if pair)
            if is_of_buckets == ("le" in named):
                yield (named if metric == "loadtest:count" else {"of": "users"}), value


def recorded(held: Counts) -> tuple[Recorded, PrometheusApi]:
    prometheus = Recorded(held)
    return prometheus, cast(PrometheusApi, prometheus)


def test_a_steady_run_is_steady_from_the_beginning_and_asked_for_with_two_queries() -> None:
    prometheus, api = recorded(counts(lambda _: 50.0))
    found = read_steadiness(api, RUN_ID, BEGIN, END)
    assert found is not None
    assert (found.since_seconds, found.begin_seconds, found.shifts) == (BEGIN, BEGIN, ())
    assert found.window_seconds == 6.0
    assert [asked[1:] for asked in prometheus.asked] == [(BEGIN + 4, END, 6.0)] * 2


def test_a_warm_up_is_dated_by_the_clock_of_the_generator() -> None:
    _, api = recorded(counts(lambda at: 20.0 if at < 31 else 50.0))
    found = read_steadiness(api, RUN_ID, BEGIN, END)
    assert found is not None
    assert found.since_seconds == pytest.approx(BEGIN + 31, abs=6.0)
    assert found.shifts[0].objective == THROUGHPUT
    assert found.shifts[0].after == pytest.approx(50.0)


def test_p50_is_that_of_the_requests_of_each_window() -> None:
    # Until 31 s one in five is quick, so that the median is in the bucket up to 1 s: 3/8 of the way.
    _, api = recorded(counts(lambda _: 50.0, lambda at: 0.2 if at < 31 else 1.0))
    found = read_steadiness(api, RUN_ID, BEGIN, END)
    assert found is not None
    [shift] = found.shifts
    assert shift.objective == P50
    assert (shift.before, shift.after) == pytest.approx((0.1 + 0.9 * 3 / 8, 0.05))


@pytest.mark.parametrize("seconds", [0.0, 10.0, 21.0])
def test_what_is_too_short_is_not_even_asked_for(seconds: float) -> None:
    prometheus, api = recorded(counts(lambda _: 50.0))
    assert read_steadiness(api, RUN_ID, BEGIN, BEGIN + seconds) is None
    assert prometheus.asked == []


def test_a_short_run_has_fewer_windows() -> None:
    _, api = recorded(counts(lambda _: 50.0))
    found = read_steadiness(api, RUN_ID, BEGIN, BEGIN + 30)
    assert found is not None
    assert (found.windows, found.window_seconds) == (8, 3.0)


def test_a_run_whose_load_was_to_change_is_not_judged_by_it() -> None:
    _, stages = recorded(counts(lambda at: 1.0 * max(10, at), users=lambda at: 10.0 if at < 60 else 20.0))
    assert read_steadiness(stages, RUN_ID, BEGIN, END) is None
    ramp_that_is_seen_late = counts(lambda _: 50.0, users=lambda at: 5.0 if at < 3 else 10.0)
    assert read_steadiness(recorded(ramp_that_is_seen_late)[1], RUN_ID, BEGIN, END) is not None


def test_a_run_that_prometheus_holds_nothing_of_is_not_judged() -> None:
    _, api = recorded({})
    assert read_steadiness(api, RUN_ID, BEGIN, END) is None


@pytest.mark.parametrize(
    ("phases", "end"),
    [
        ({"steady": BEGIN, "stopping": END - 10, "done": END}, END - 10),
        ({"steady": BEGIN, "recovery": BEGIN + 80, "stopping": END}, BEGIN + 80),
        ({"steady": BEGIN}, END),
        ({"steady": BEGIN, "spike": BEGIN + 40, "stopping": END}, None),
        ({"ramp": BEGIN, "stopping": END}, None),
    ],
)
def test_the_judged_phase_is_read_unless_it_is_a_spike(phases: dict[str, float], end: float | None) -> None:
    prometheus, api = recorded(counts(lambda _: 50.0))
    run: RunFacts = replace(evidence().run, run_id=RUN_ID, phases=phases, end_seconds=END)
    assert (read_steadiness_of(api, run) is None) == (end is None)
    assert {asked[2] for asked in prometheus.asked} == ({end} if end else set())


@pytest.mark.real
def test_a_real_prometheus_says_the_same(tmp_path: Path) -> None:
    held = counts(lambda at: 20.0 if at < 31 else 50.0, lambda at: 0.2 if at < 31 else 1.0)
    programs = find_prometheus()
    (tmp_path / "counts.txt").write_text(_open_metrics(held))
    files = str(tmp_path / "counts.txt"), str(tmp_path / "data")
    backfill = [str(programs.promtool), "tsdb", "create-blocks-from", "openmetrics", *files]
    subprocess.run(backfill, check=True, capture_output=True, timeout=60)
    server = PrometheusServer(programs.prometheus, tmp_path, retention="100y")
    server.write_config({})
    ports = PortPicker(print)
    port = ports.pick("Prometheus")
    process = server.process(port, tmp_path / "prometheus.log")
    process.start()
    try:
        api = PrometheusApi(f"http://127.0.0.1:{port}")
        process.wait_ready(http_ok(port, "/-/ready"), 30)
        assert read_steadiness(api, RUN_ID, BEGIN, END) == read_steadiness(recorded(held)[1], RUN_ID, BEGIN, END)
        assert read_steadiness(api, "another", BEGIN, END) is None
    finally:
        process.stop()
        ports.release()


def _open_metrics(held: Counts) -> str:
    lines = []
    for metric in ("loadtest:count", "loadtest_users_target"):
        lines.append(f"# TYPE {metric} gauge")
        for (name, labels), value in held.items():
            if name == metric:
                every = ",".join(filter(None, (f'run_id="{RUN_ID}"', labels)))
                moments = range(round(BEGIN) - 10, round(END) + 1)
                lines += [f"{metric}{{{every}}} {value(at)!r} {at}" for at in moments]
    return "\n".join((*lines, "# EOF", ""))
