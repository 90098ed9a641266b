"""The load waits for the API's own counter, and the verdict for its last reading; whole runs are in tests/runs."""

from __future__ import annotations

import pytest

from swarmscope.errors import CommandError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Sample, Series
from swarmscope.run import preflight
from swarmscope.run import wait_until_final as barrier

API = "127.0.0.1:8000"
NOW, STARTED = 1000.0, 998.0
LOOKED_BACK = STARTED + 6.0  #: from then on nothing of the Prometheus before is seen


class Prometheus(PrometheusApi):
    """One that was started two seconds ago, and scrapes ``instances``; each question finds two seconds more passed."""

    def __init__(self, instances: dict[str, str]) -> None:
        super().__init__("http://p.test")
        self.instances = instances
        self.until = NOW - 4
        self.asked = 0

    def instant(self, query: str, at_seconds: float | None = None) -> tuple[Series, ...]:
        assert (query, at_seconds) == ("time()", None)
        return (Series({}, (Sample(NOW, NOW),)),)

    def started_seconds(self) -> float:
        return STARTED

    def targets(self, job: str) -> dict[str, str]:
        assert job == "api"
        self.asked += 1
        self.until += 2
        return self.instances

    def raw(self, selector: str, *_: float | None) -> tuple[Series, ...]:
        if selector.startswith("scrape_duration_seconds"):
            return ()
        late = 0.5 if selector == "loadtest:target_requests_total" else 0.0  # a rule copies what was scraped
        times = [NOW - 10 + 2 * number + late for number in range(40)]
        samples = tuple(Sample(at, 1.0) for at in times if at <= self.until)
        return tuple(Series({"instance": instance}, samples) for instance in self.instances)


def nothing_ended() -> None:
    return


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_POLL_SECONDS", 0.0)


def test_the_load_waits_for_a_reading_that_holds_nothing_of_the_prometheus_before() -> None:
    prometheus = Prometheus({API: "up"})
    preflight.wait_until_target_read(prometheus, nothing_ended, expected=True)
    assert prometheus.until == LOOKED_BACK + 2  # scraped then, and copied by the rule half a second later
    assert prometheus.asked == 5


def test_an_api_that_nothing_scrapes_is_waited_for_only_where_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    preflight.wait_until_target_read(Prometheus({}), nothing_ended, expected=False)
    monkeypatch.setattr(preflight, "_TARGET_READ_TIMEOUT_SECONDS", 0.01)
    with pytest.raises(CommandError) as missed:
        preflight.wait_until_target_read(Prometheus({}), nothing_ended, expected=True)
    assert str(missed.value) == (
        "Prometheus at http://p.test lacks an instance of the API to scrape (job api) after 0.01 s: does that address"
        " serve /metrics? Give another with --api-metrics, or take the job's target away"
    )


def test_what_is_needed_and_ends_meanwhile_ends_the_wait() -> None:
    def ended() -> None:
        raise CommandError("Prometheus ended by itself")

    with pytest.raises(CommandError, match=r"^Prometheus ended by itself$"):
        preflight.wait_until_target_read(Prometheus({API: "up"}), ended, expected=True)


def test_the_verdict_waits_for_the_last_reading_of_an_api_that_answers_and_of_no_other() -> None:
    prometheus = Prometheus({API: "up"})
    missing = [barrier._target_unread(prometheus, NOW) for _ in range(3)]
    assert missing == [f"a good scrape of the API at {API}", f"the request counter of the API at {API}", ""]
    assert barrier._target_unread(Prometheus({API: "down"}), NOW) == ""
