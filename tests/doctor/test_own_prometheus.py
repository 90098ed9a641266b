"""doctor --prometheus-url names everything that a Prometheus lacks, and nothing of one that is fit."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from swarmscope.doctor import own_prometheus
from swarmscope.doctor.findings import Finding, Level, fail, ok, warn
from swarmscope.doctor.own_prometheus import OwnPrometheus
from swarmscope.doctor.scrape_probe import ExporterAddress
from swarmscope.errors import PrometheusUnavailableError
from swarmscope.prometheus.client import PrometheusApi
from tests.doctor.made import RULES, MadePrometheus, group, loaded, target

TO_RULES = "add the rule files that --write writes to rule_files, and reload Prometheus"
TO_SCRAPE = "add the scrape configuration that --write writes, and reload Prometheus"
TO_INTERVAL = "set scrape_interval and scrape_timeout of the job to 2s"


@pytest.fixture(autouse=True)
def _port_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ExporterAddress, "in_use", False)


def findings(prometheus: PrometheusApi, exporter: ExporterAddress | None = None) -> list[Finding]:
    return list(OwnPrometheus(prometheus, RULES, exporter or ExporterAddress()).findings())


def wrong(prometheus: PrometheusApi, exporter: ExporterAddress | None = None) -> list[Finding]:
    return [finding for finding in findings(prometheus, exporter) if finding.level is not Level.OK]


def test_of_a_fit_one_each_part_is_named() -> None:
    found = findings(MadePrometheus())
    assert found[:-1] == [
        ok("reachable", "Prometheus answers at http://prometheus.test"),
        ok("version", "3.5.3"),
        ok("rules", "3 rules in 2 groups are loaded, as in the files"),
        ok("reload", "on SIGHUP; POST /-/reload is off"),
        ok("scrape of 127.0.0.1:9646", "up: an exporter answers there now"),
        ok("job prometheus", "scrapes localhost:9090"),
        ok("job api", "scrapes api:8080"),
        ok("look-back", "6s"),
        ok("exemplars", "are stored"),
        ok("evaluation", "every 2s"),
    ]
    assert (found[-1].what, found[-1].level) == ("clock", Level.OK)


def test_of_one_that_lacks_everything_each_part_is_named_in_one_go() -> None:
    prometheus = MadePrometheus(ahead_seconds=90.0)
    prometheus.answers |= {
        "/api/v1/status/buildinfo": {"version": "2.53.0"},
        "/api/v1/status/runtimeinfo": {"reloadConfigSuccess": False, "lastConfigTime": "2026-01-01T12:00:00Z"},
        "/api/v1/status/flags": {"query.lookback-delta": "5s"},
        "/api/v1/status/config": {"yaml": "global: {evaluation_interval: 15s, rule_query_offset: 30s}"},
        "/api/v1/rules": {"groups": []},
    }
    prometheus.scrape()
    assert wrong(prometheus)[:-1] == [
        fail("version", "2.53.0; needed: 3.5 or later", "install a later one"),
        fail("rules", "2 of 2 groups are not loaded: shop, watch", TO_RULES),
        fail(
            "reload",
            "its last reload failed, so it keeps an older configuration",
            "see its log, or run promtool check config on its configuration, then reload it",
        ),
        fail("job loadtest", "not there; needed: 127.0.0.1:9646 every 2 s", TO_SCRAPE),
        fail(
            "job prometheus",
            "not there; needed: Prometheus itself, for failed and missed rule evaluations",
            TO_SCRAPE,
        ),
        fail("look-back", "5s; needed: 6s or more, which is three scrapes", "start it with --query.lookback-delta=6s"),
        warn(
            "exemplars",
            "are not stored: latency panels have no links to traces",
            "start it with --enable-feature=exemplar-storage if you send traces",
        ),
        warn(
            "rule_query_offset",
            "30s by default: rules would miss the end of a run",
            "load the groups that --write writes, which set query_offset to 0s",
        ),
    ]
    clock = wrong(prometheus)[-1]
    assert (clock.level, clock.found) == (Level.FAIL, "90.00 s ahead of this machine; needed: at most 1 s")


def test_one_that_is_away_is_one_finding() -> None:
    class Away(PrometheusApi):
        def version(self) -> str:
            raise PrometheusUnavailableError("Prometheus at http://away did not answer (connection refused)")

    assert findings(Away("http://away")) == [
        fail(
            "reachable",
            "Prometheus at http://away did not answer (connection refused)",
            "start it, or give its address with --prometheus-url",
        )
    ]


def test_what_it_refuses_to_tell_is_not_taken_for_fit() -> None:
    prometheus = MadePrometheus()
    prometheus.answers["/api/v1/status/flags"] = None
    refused = "not known: Prometheus at http://prometheus.test refused a query: no /api/v1/status/flags"
    assert wrong(prometheus) == [
        fail("reload", refused, "let this machine use its HTTP API"),
        fail("options", refused, "let this machine use its HTTP API"),
    ]


def test_rules_that_differ_are_named_group_by_group_with_what_differs() -> None:
    prometheus = MadePrometheus()
    prometheus.answers["/api/v1/rules"] = {
        "groups": [
            group("shop", loaded(RULES[0], query="vector(9)"), loaded(RULES[1], duration=300.0)),
            group("watch", loaded(RULES[2]), interval=15.0),
        ]
    }
    remedy = "replace its file by the one that --write writes"
    assert wrong(prometheus) == [
        fail(
            "rules of group shop",
            "shop/Slow is not loaded as the file has it (for is 300 s, expected 30 s); shop/loadtest:threshold is not"
            " loaded as the file has it (its expr differs)",
            remedy,
        ),
        fail("rules of group watch", "group watch is evaluated every 15 s, expected 2 s", remedy),
    ]


def test_a_rule_that_fails_is_named_with_its_error() -> None:
    prometheus = MadePrometheus()
    prometheus.answers["/api/v1/rules"]["groups"][1]["rules"][0] |= {"health": "err", "lastError": "out of memory"}
    assert wrong(prometheus) == [fail("rule watch/Watched", "fails: out of memory", "see its log, then reload it")]


def test_rules_of_other_teams_are_no_obstacle_unless_they_fail() -> None:
    prometheus = MadePrometheus()
    theirs = {"name": "instance:cpu", "query": "1", "health": "ok", "type": "recording"}
    prometheus.answers["/api/v1/rules"]["groups"].append(group("node", theirs, interval=60.0))
    assert ok("rules of others", "1, none of which decides a verdict") in findings(prometheus)
    theirs["health"] = "err"
    assert wrong(prometheus) == [
        warn(
            "rules of others",
            "1 fail: node/instance:cpu",
            "fix them: any rule that fails during a run makes it inconclusive",
        )
    ]


def test_a_group_of_another_project_that_sets_thresholds_is_to_be_taken_out() -> None:
    prometheus = MadePrometheus()
    theirs = loaded(RULES[0], labels={"scenario": "bank"})
    prometheus.answers["/api/v1/rules"]["groups"].append(group("bank", theirs, theirs))
    assert wrong(prometheus) == [
        fail(
            "rules of group bank",
            "bank/loadtest:threshold is loaded and in no file",
            "take its file out of rule_files: it is of another project, or of an earlier version of this one",
        )
    ]


def test_a_reload_over_http_is_told_where_it_is_on() -> None:
    prometheus = MadePrometheus()
    prometheus.answers["/api/v1/status/flags"]["web.enable-lifecycle"] = "true"
    assert ok("reload", "on SIGHUP or POST /-/reload") in findings(prometheus)


@pytest.mark.parametrize(
    ("exporters", "expected"),
    [
        (
            [target("loadtest", "127.0.0.1:9646", scrapeInterval="1m")],
            [fail("job loadtest", "scrapes 127.0.0.1:9646 every 60 s; needed: 2 s", TO_INTERVAL)],
        ),
        (
            [target("loadtest", "127.0.0.1:7")],
            [
                fail(
                    "job loadtest",
                    "scrapes 127.0.0.1:7; needed: 127.0.0.1:9646",
                    "change its target, or give runs its port with --exporter-port",
                )
            ],
        ),
        (
            [target("loadtest", "127.0.0.1:9646"), target("loadtest", "127.0.0.1:9647", health="down")],
            [
                fail(
                    "job loadtest",
                    "has 2 targets: 127.0.0.1:9646, 127.0.0.1:9647; needed: 127.0.0.1:9646 alone",
                    "take the others away: a failed scrape of any target makes a run inconclusive",
                )
            ],
        ),
    ],
)
def test_a_job_that_scrapes_something_else_or_too_rarely_or_too_much_is_named(
    exporters: list[dict[str, Any]], expected: list[Finding]
) -> None:
    prometheus = MadePrometheus()
    prometheus.scrape(*exporters, target("prometheus", "localhost:9090"))
    assert wrong(prometheus) == expected


def test_targets_of_a_reload_a_moment_ago_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    prometheus = MadePrometheus()
    found = prometheus.targets_made
    prometheus.scrape()
    now = datetime.now(tz=UTC).isoformat()
    prometheus.answers["/api/v1/status/runtimeinfo"]["lastConfigTime"] = now
    monkeypatch.setattr("swarmscope.doctor.own_prometheus.time.sleep", lambda _: prometheus.scrape(*found))
    assert wrong(prometheus) == []


def test_an_exporter_of_another_port_or_name_is_looked_for_by_its_port() -> None:
    prometheus = MadePrometheus()
    prometheus.scrape(target("loadtest", "host.docker.internal:9700"), target("prometheus", "localhost:9090"))
    assert wrong(prometheus, ExporterAddress(9700, "0.0.0.0")) == []


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1.26, ok("scrape of 127.0.0.1:9646", "arrived after 1.3 s, every 2 s; it is up during runs only")),
        (
            None,
            fail(
                "scrape of 127.0.0.1:9646",
                "did not reach 127.0.0.1:9646 on this machine within 6 s (connection refused)",
                "let Prometheus reach this machine: --exporter-host names the interface, in a container not 127.0.0.1",
            ),
        ),
    ],
)
def test_between_runs_a_scrape_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, seconds: float | None, expected: Finding
) -> None:
    waited: list[float] = []

    def first_scrape(_: ExporterAddress, timeout_seconds: float) -> float | None:
        waited.append(timeout_seconds)
        return seconds

    monkeypatch.setattr(own_prometheus, "first_scrape", first_scrape)
    prometheus = MadePrometheus()
    down = target("loadtest", "127.0.0.1:9646", health="down", lastError="connection refused")
    prometheus.scrape(down, target("prometheus", "localhost:9090"))
    assert expected in findings(prometheus)
    assert waited == [6.0]


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        (
            "up",
            warn(
                "scrape of 127.0.0.1:9646",
                "up: port 9646 of this machine is in use by locust (pid 7)",
                "wait for the end of that run: one beside it would take a port that is not scraped",
            ),
        ),
        (
            "down",
            fail(
                "scrape of 127.0.0.1:9646",
                "port 9646 is in use by locust (pid 7), which Prometheus cannot scrape (status 404)",
                "stop that program, or choose another port with --exporter-port here, in the job and for runs",
            ),
        ),
    ],
)
def test_a_port_in_use_is_told_with_its_program(
    monkeypatch: pytest.MonkeyPatch, health: str, expected: Finding
) -> None:
    monkeypatch.setattr(ExporterAddress, "in_use", True)
    monkeypatch.setattr(own_prometheus, "holder", lambda _: "locust (pid 7)")
    prometheus = MadePrometheus()
    prometheus.scrape(
        target("loadtest", "127.0.0.1:9646", health=health, lastError="status 404"),
        target("prometheus", "localhost:9090"),
    )
    assert wrong(prometheus) == [expected]


def _without(job: str) -> Callable[[dict[str, Any]], bool]:
    return lambda each: each["labels"]["job"] != job


def test_a_prometheus_that_scrapes_itself_rarely_or_in_vain_is_named() -> None:
    prometheus = MadePrometheus()
    others = list(filter(_without("prometheus"), prometheus.targets_made))
    itself = target("prometheus", "localhost:9090", scrapeInterval="15s", health="down", lastError="refused")
    prometheus.scrape(*others, itself)
    assert wrong(prometheus) == [
        fail("job prometheus", "scrapes localhost:9090 every 15 s; needed: 2 s", TO_INTERVAL),
        fail("job prometheus", "localhost:9090 is down: refused", "give it the address of Prometheus itself"),
    ]


def test_a_job_api_is_optional_and_a_broken_one_is_a_warning() -> None:
    prometheus = MadePrometheus()
    others = list(filter(_without("api"), prometheus.targets_made))
    prometheus.scrape(*others)
    optional = "not there, and not needed: with it, the ledger ends at your API's own request counter"
    assert ok("job api", optional) in findings(prometheus)
    prometheus.scrape(*others, target("api", "api:8080", health="down", lastError="no such host"))
    assert wrong(prometheus) == [
        warn(
            "job api",
            "api:8080 is down: no such host",
            "start your API, or take the target away: a run waits for a reading of it",
        )
    ]


def test_a_long_look_back_is_a_warning_as_runs_can_be_judged_with_it() -> None:
    prometheus = MadePrometheus()
    prometheus.answers["/api/v1/status/flags"]["query.lookback-delta"] = "5m"
    assert wrong(prometheus) == [
        warn(
            "look-back",
            "5m, best 6s: after a restart of Prometheus it takes series of an earlier run for current",
            "start a Prometheus for load tests alone with --query.lookback-delta=6s; in a shared one wait 5m after a"
            " restart",
        )
    ]


def test_the_address_of_an_exporter_on_every_interface_is_the_name_of_this_machine() -> None:
    assert ExporterAddress().scraped == "127.0.0.1:9646"
    assert ExporterAddress(9700, "0.0.0.0").scraped == f"{socket.gethostname()}:9700"
    assert ExporterAddress(9700, "fd00::1").scraped == "[fd00::1]:9700"
