"""How the series of a run are asked for: in batches of bounded size that together are all of them, each once."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from swarmscope.prometheus import archive
from swarmscope.prometheus.archive import Wanted, copy_series
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import StoredSeries
from swarmscope.prometheus.series_file import SeriesReader

END = 1_764_510_000.0


class Holding(PrometheusApi):
    """Holds a sample every 2 s of each series; answers by name, run and one more matcher of each query."""

    def __init__(self, *series: dict[str, str]) -> None:
        super().__init__("http://127.0.0.1:9")
        self.series = series
        self.asked: list[tuple[str, float, float, int]] = []

    def with_timeout(self, timeout_seconds: float) -> PrometheusApi:  # noqa: ARG002  # as it is called
        return self

    def labels_of_series(self, *_: Any) -> tuple[dict[str, str], ...]:
        return tuple(self.series)

    def stored(self, selector: str, begin_seconds: float, end_seconds: float) -> tuple[StoredSeries, ...]:
        matchers = re.findall(r'"?(\w+)"?(=~?)"((?:[^"\\]|\\.)*)"', selector)
        found = [
            labels
            for labels in self.series
            if all(
                re.fullmatch(value.replace("\\\\", "\\"), labels.get(label, ""))
                if how == "=~"
                else labels.get(label, "") == value
                for label, how, value in matchers
            )
        ]
        times = tuple(range(int(begin_seconds) * 1000 + 2000, int(end_seconds) * 1000 + 1, 2000))
        self.asked.append((selector, begin_seconds, end_seconds, len(found) * len(times)))
        return tuple(StoredSeries(labels, times, ("1",) * len(times)) for labels in found)


def copied(prometheus: Holding, seconds: float, **changed: Any) -> list[StoredSeries]:
    file = io.StringIO()
    copy_series(prometheus, [Wanted(("{}",), END - seconds, END, **changed)], file)
    file.seek(0)
    return list(SeriesReader(file))


def samples(series: list[StoredSeries]) -> dict[tuple[tuple[str, str], ...], int]:
    found: dict[tuple[tuple[str, str], ...], int] = {}
    for each in series:
        key = tuple(sorted(each.labels.items()))
        found[key] = found.get(key, 0) + len(each.values)
    return found


def buckets(endpoints: int) -> list[dict[str, str]]:
    return [
        {"__name__": "seconds_bucket", "run_id": "r", "job": "loadtest", "name": f"/a.b/{{{number}}}", "le": f"{le}"}
        for number in range(endpoints)
        for le in range(1, 51)
    ]


def test_few_series_of_a_run_are_one_query() -> None:
    prometheus = Holding(*({"__name__": f"metric_{number}", "run_id": "r"} for number in range(100)))
    assert samples(copied(prometheus, 60)) == {tuple(sorted(each.items())): 30 for each in prometheus.series}
    assert len(prometheus.asked) == 1


def test_many_series_of_one_name_are_cut_by_the_label_with_the_most_values_and_a_long_time_into_parts() -> None:
    prometheus = Holding(*buckets(60))
    found = copied(prometheus, 4000)
    assert samples(found) == {tuple(sorted(each.items())): 2000 for each in prometheus.series}
    assert max(count for *_, count in prometheus.asked) <= archive._MAX_SAMPLES
    assert len(prometheus.asked) == 6 * 5
    # The buckets of an endpoint stand beside each other, in their order.
    assert [each.labels["le"] for each in found[:50]] == [f"{le}" for le in range(1, 51)]


def test_of_what_belongs_to_no_run_only_what_is_kept_is_written() -> None:
    ours = {"__name__": "ALERTS", "alertname": "Ours"}
    prometheus = Holding(ours, {"__name__": "ALERTS", "alertname": "Theirs"})
    found = copied(prometheus, 60, is_kept=lambda labels: labels["alertname"] == "Ours")
    assert [each.labels for each in found] == [ours]
    ((selector, *_),) = prometheus.asked
    assert '"alertname"=~"Ours"' in selector


@pytest.mark.parametrize("value", ["a|b", "x.y", 'quote"', "line\nbreak", ""])
def test_a_label_with_characters_of_expressions_is_asked_for_literally(value: str) -> None:
    selector = next(archive._parts_of(("", ""), "up", [{"__name__": "up", "x": value, "y": "1"}])).selector
    assert re.escape(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") in selector
