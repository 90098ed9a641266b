"""Thresholds in swarmscope.toml: what the short form says, and what is said of what it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.errors import CommandError
from swarmscope.objectives import JudgedApart, ObjectiveKind, Threshold
from swarmscope.project.settings import Project, read_project
from swarmscope.project.threshold_values import value_of

OWN = "[objectives.queue_depth]\nexpr = 'max(my_queue_depth)'\nunit = 'count'\nbound = 'max'\n"


def project_of(folder: Path, text: str) -> Project:
    (folder / "swarmscope.toml").write_text(text)
    return read_project(folder)


def of_shop(folder: Path, keys: str, more: str = "") -> tuple[Threshold, ...]:
    return project_of(folder, f"{more}[scenarios.shop]\n{keys}\n").thresholds


def test_a_value_has_its_unit_and_the_key_is_the_objective_without_it(tmp_path: Path) -> None:
    keys = (
        "thresholds = { latency_p95 = '300ms', error_ratio = '1%', throughput = '500/s', availability_ratio = '99.9%',"
        " recovery = '1m', latency_drift_ratio = '150%', 'latency_p99.9' = '2s', latency_max_seconds = '5s' }"
    )
    assert [(each.objective, each.value, each.bound, each.severity) for each in of_shop(tmp_path, keys)] == [
        ("latency_p95_seconds", 0.3, "max", "critical"),
        ("error_ratio", 0.01, "max", "critical"),
        ("throughput_requests_per_second", 500, "min", "critical"),
        ("availability_ratio", 0.999, "min", "critical"),
        ("recovery_seconds", 60, "max", "critical"),
        ("latency_drift_ratio", 1.5, "max", "critical"),
        ("latency_p99_9_seconds", 2, "max", "critical"),
        ("latency_max_seconds", 5, "max", "critical"),
    ]


def test_a_threshold_knows_its_file_and_line(tmp_path: Path) -> None:
    found = of_shop(tmp_path, "users = 3\n[scenarios.shop.thresholds]\nerror_ratio = '1%'\nlatency_p50 = '1s'")
    assert [each.source for each in found] == ["swarmscope.toml:4", "swarmscope.toml:5"]


def test_a_warning_stands_alone_or_beside_a_critical_threshold(tmp_path: Path) -> None:
    found = of_shop(
        tmp_path,
        "thresholds = { latency_p99 = { warning = '1s' }, latency_p95 = { warning = '200ms', critical = '300ms' } }",
    )
    assert [(each.objective, each.severity, each.value) for each in found] == [
        ("latency_p99_seconds", "warning", 1),
        ("latency_p95_seconds", "warning", 0.2),
        ("latency_p95_seconds", "critical", 0.3),
    ]


def test_the_service_time_has_the_figures_of_latency_and_dropped_arrivals_are_a_share(tmp_path: Path) -> None:
    found = of_shop(
        tmp_path,
        "thresholds = { service_time_p95 = '300ms', service_time_p99_9 = '1s', dropped_arrivals_ratio = '0.1%' }\n"
        "endpoints.'GET /items/{id}' = { service_time_mean = '130ms', latency_max = '2s' }",
    )
    assert [(each.objective, each.bound, each.value) for each in found] == [
        ("service_time_p95_seconds", "max", 0.3),
        ("service_time_p99_9_seconds", "max", 1),
        ("dropped_arrivals_ratio", "max", 0.001),
        ("endpoint_service_time_mean_seconds", "max", 0.13),
        ("endpoint_latency_max_seconds", "max", 2),
    ]


def test_endpoints_and_transactions_have_thresholds_of_their_own(tmp_path: Path) -> None:
    found = of_shop(
        tmp_path,
        "endpoints.'GET /items/{id}' = { latency_p95 = '200ms', error_ratio = '5%' }\n"
        "endpoints.'* /admin/*' = { latency_p99_9 = '1s' }\n"
        "transactions.'check out' = { latency_p95 = '2s' }",
    )
    assert [(each.objective, each.method, each.name, each.is_pattern) for each in found] == [
        ("endpoint_latency_p95_seconds", "GET", "/items/{id}", False),
        ("endpoint_error_ratio", "GET", "/items/{id}", False),
        ("endpoint_latency_p99_9_seconds", "*", "/admin/*", True),
        ("transaction_p95_seconds", "", "check out", False),
    ]


def test_thresholds_of_the_project_are_for_every_scenario(tmp_path: Path) -> None:
    (found,) = project_of(tmp_path, "[thresholds]\nlatency_p95 = '1s'\n[scenarios.shop]\n").thresholds
    assert (found.scenario, found.value, found.source) == ("default", 1, "swarmscope.toml:2")


def test_a_scenario_that_extends_another_inherits_its_thresholds_key_by_key(tmp_path: Path) -> None:
    found = project_of(
        tmp_path,
        "[scenarios.a]\njudged_apart = ['WS']\n"
        "thresholds = { latency_p95 = { warning = '1s', critical = '2s' }, error_ratio = '1%' }\n"
        "endpoints.'GET /' = { latency_p50 = '1s', error_ratio = '2%' }\n"
        "[scenarios.b]\nextends = 'a'\nthresholds = { latency_p95_seconds = '3s' }\n"
        "endpoints.'GET /' = { latency_p50 = '2s' }\n"
        "[scenarios.c]\nextends = 'b'\njudged_apart = []\n",
    )
    for name in ("b", "c"):
        assert [
            (each.objective, each.severity, each.value, each.source)
            for each in found.thresholds
            if each.scenario == name
        ] == [
            ("latency_p95_seconds", "critical", 3, "swarmscope.toml:7"),
            ("error_ratio", "critical", 0.01, "swarmscope.toml:3"),
            ("endpoint_latency_p50_seconds", "critical", 2, "swarmscope.toml:8"),
            ("endpoint_error_ratio", "critical", 0.02, "swarmscope.toml:4"),
        ]
    assert found.judged_apart == (JudgedApart("a", method="WS"), JudgedApart("b", method="WS"))


def test_the_confidence_that_is_written_closest_to_a_threshold_is_its_own(tmp_path: Path) -> None:
    found = project_of(
        tmp_path,
        "confidence = 0.8\n[thresholds]\nlatency_p50 = '1s'\nlatency_p90 = { critical = '1s', confidence = 0 }\n"
        "[scenarios.a]\nthresholds = { latency_p95 = '1s' }\n"
        "[scenarios.b]\nconfidence = 0.99\n"
        "thresholds = { latency_p95 = { warning = '1s', critical = '2s', confidence = 0.5 }, error_ratio = '1%' }\n"
        "[scenarios.b.endpoints.'GET /']\nlatency_p95 = '1s'\nerror_ratio = { critical = '1%', confidence = 0.9 }\n"
        "confidence = 0\n[scenarios.b.transactions]\n"
        "pay = { latency_p95 = '1s', confidence = 0.6 }\n"
        "[scenarios.c]\nextends = 'b'\nthresholds = { throughput = '1/s' }\n"
        "endpoints.'GET /' = { latency_p95 = '2s' }\n"
        "[scenarios.d]\nextends = 'c'\nconfidence = 0.7\n",
    )
    own = [0.5, 0.5]  # a warning and a critical one
    assert {
        name: [each.confidence for each in found.thresholds if each.scenario == name]
        for name in ("default", "a", "b", "c", "d")
    } == {
        "default": [0.8, 0],
        "a": [0.8],
        "b": [*own, 0.99, 0, 0.9, 0.6],
        "c": [*own, 0.99, 0.99, 0.9, 0.6, 0.99],
        "d": [*own, 0.7, 0.7, 0.9, 0.6, 0.7],
    }


def test_where_nothing_is_said_a_threshold_has_no_confidence_of_its_own(tmp_path: Path) -> None:
    (found,) = of_shop(tmp_path, "thresholds = { latency_p95 = '1s' }")
    assert found.confidence is None


def test_a_type_or_a_category_is_judged_apart(tmp_path: Path) -> None:
    found = project_of(tmp_path, "[scenarios.shop]\njudged_apart = ['WS', { category = 'streams' }]\n")
    assert found.judged_apart == (JudgedApart("shop", method="WS"), JudgedApart("shop", category="streams"))


def test_a_metric_of_the_project_is_an_objective_with_its_unit_in_the_name(tmp_path: Path) -> None:
    found = project_of(
        tmp_path,
        OWN + "advice = 'Add workers.'\n"
        "[objectives.queue_wait]\nexpr = 'max(wait)'\nunit = 'seconds'\nbound = 'max'\n"
        "[objectives.hit_ratio]\nexpr = 'hits / reads'\nunit = 'ratio'\nbound = 'min'\n"
        "[scenarios.shop]\nthresholds = { queue_depth = 100, queue_wait = '1.7s', hit_ratio = '80%' }\n",
    )
    assert found.objectives["queue_depth"] == ObjectiveKind("max", "Add workers.", "max(my_queue_depth)")
    assert found.objectives["queue_depth"].source == f"{tmp_path / 'swarmscope.toml'}:2: objectives.queue_depth.expr"
    assert [(each.objective, each.value, each.bound) for each in found.thresholds] == [
        ("queue_depth", 100, "max"),
        ("queue_wait_seconds", 1.7, "max"),
        ("hit_ratio", 0.8, "min"),
    ]


def test_an_objective_that_rules_alone_know_needs_its_bound(tmp_path: Path) -> None:
    (found,) = of_shop(tmp_path, "thresholds = { queue_length = { critical = 5, bound = 'min' } }")
    assert (found.objective, found.value, found.bound) == ("queue_length", 5, "min")


@pytest.mark.parametrize(
    ("objective", "given", "value"),
    [
        ("latency_p95_seconds", "1.2ms", 0.0012),
        ("latency_p95_seconds", "0.3 s", 0.3),
        ("recovery_seconds", "1h", 3600),
        ("error_ratio", "0.1%", 0.001),
        ("error_ratio", "33.3%", 0.333),
        ("throughput_requests_per_second", "0.5/s", 0.5),
        ("heap_bytes", "64MiB", 67108864),
        ("heap_bytes", "1.5GiB", 1610612736),
        ("heap_bytes", "12B", 12),
        ("queue_depth", 3, 3),
        ("queue_depth", 0.5, 0.5),
    ],
)
def test_a_figure_is_exactly_the_number_that_is_written(objective: str, given: str | float, value: float) -> None:
    assert value_of(objective, given) == value


@pytest.mark.parametrize(
    ("keys", "line", "said"),
    [
        (
            "thresholds = { latency_p95 = 300 }",
            2,
            "thresholds.latency_p95 = 300: expected a time such as '300ms' or '1.5s', with one of the units ms,",
        ),
        (
            "thresholds = { latency_p95 = '300' }",
            2,
            (
                "thresholds.latency_p95 = '300': expected a time such as '300ms' or '1.5s', with one of the units"
                " ms, s, m, h"
            ),
        ),
        (
            "thresholds = { error_ratio = 0.01 }",
            2,
            "thresholds.error_ratio = 0.01: expected a percentage such as '1%', with one of the units %",
        ),
        (
            "thresholds = { throughput = '5%' }",
            2,
            "thresholds.throughput = '5%': expected a rate such as '500/s', with one of the units /s",
        ),
        (
            "\n[scenarios.shop.thresholds]\nlatency_p95 = '330ms'",
            4,
            "thresholds.latency_p95 = '330ms': is 0.33 s, which is not an edge of a bucket: expected 0.3 or 0.35",
        ),
        (
            "endpoints.'GET /' = { service_time_max = '330ms' }",
            2,
            "endpoints.\"GET /\".service_time_max = '330ms': is 0.33 s, which is not an edge of a bucket: expected 0.3",
        ),
        (
            "thresholds = { latency_max = '60s' }",
            2,
            "thresholds.latency_max = '60s': is 60 s, and times are told apart below 60 s only: expected at most 50",
        ),
        (
            "thresholds = { error_ratio = '101%' }",
            2,
            "thresholds.error_ratio = '101%': is 1.01: expected a share from 0",
        ),
        (
            "thresholds = { latency_p97 = '1s' }",
            2,
            "thresholds.latency_p97 = '1s': latency_p97 is not a known objective: expected one of auth_failure_ratio,",
        ),
        (
            "endpoints.'GET /' = { throughput = '1/s' }",
            2,
            (
                "endpoints.\"GET /\".throughput = '1/s': throughput is not a known objective:"
                " expected one of error_ratio, latency_max, latency_mean, latency_p50, latency_p90, latency_p95,"
                " latency_p99, latency_p99_9, service_time_max, service_time_mean, service_time_p50, service_time_p90,"
                " service_time_p95, service_time_p99, service_time_p99_9;"
            ),
        ),
        (
            "thresholds = { latency_p99.9 = '1s' }",
            2,
            (
                "thresholds.latency_p99 = {'9': '1s'}: expected a value, or a table with critical, warning, confidence"
                " and bound: the 99.9th percentile is written p99_9"
            ),
        ),
        (
            "thresholds = { error_ratio = { fatal = '1%' } }",
            2,
            (
                "thresholds.error_ratio = {'fatal': '1%'}: expected a value, or a table with critical, warning,"
                " confidence and bound"
            ),
        ),
        (
            "thresholds = { error_ratio = { critical = '1%', bound = 'min' } }",
            2,
            "thresholds.error_ratio = {'critical': '1%', 'bound': 'min'}: bound 'min': expected max, as error_ra",
        ),
        (
            "thresholds = { throughput = '1/s', throughput_requests_per_second = '2/s' }",
            2,
            "thresholds.throughput_requests_per_second sets throughput_requests_per_second a second time: leave",
        ),
        (
            "endpoints.GET = { latency_p95 = '1s' }",
            2,
            "endpoints.GET: expected a method and a name such as 'GET /items/{id}', or a pattern: '* /admin/*'",
        ),
        (
            "confidence = 95",
            2,
            "confidence = 95: expected a confidence from 0.5 to below 1, so 0.95 for 95 %, or 0 for off",
        ),
        ("confidence = 1", 2, "confidence = 1: expected a confidence from 0.5 to below 1, so 0.95 for 95 %, or 0"),
        ("confidence = true", 2, "confidence = True: expected a confidence from 0.5 to below 1"),
        ("confidence = '95%'", 2, "confidence = '95%': expected a confidence from 0.5 to below 1"),
        ("thresholds.confidence = 0.4", 2, "thresholds.confidence = 0.4: expected a confidence from 0.5 to below 1"),
        (
            "endpoints.'GET /'.latency_p95 = { critical = '1s', confidence = -1 }",
            2,
            "endpoints.\"GET /\".latency_p95 = {'critical': '1s', 'confidence': -1}: expected a confidence from 0.5 to",
        ),
        (
            "thresholds.latency_p95 = { confidence = 0.9 }",
            2,
            "thresholds.latency_p95 = {'confidence': 0.9}: expected a value, or a table with critical, warning, conf",
        ),
        (
            "endpoints.'GET /' = { confidence = 0 }",
            2,
            'endpoints."GET /" has a confidence and no threshold: expected both in one table',
        ),
        ("thresholds = { confidence = 0 }", 2, "thresholds has a confidence and no threshold: expected both in one"),
        ("thresholds = '1s'", 2, "thresholds = '1s': expected a table"),
        ("endpoints.'GET /' = {}", 2, 'endpoints."GET /" sets nothing: what a scenario inherits can be replaced, not'),
        ("endpoints.'GET /' = '1s'", 2, "endpoints.\"GET /\" = '1s': expected a table"),
        ("judged_apart = 'WS'", 2, "judged_apart = 'WS': expected a list such as ['WS', { category = 'streams' }]"),
        (
            "judged_apart = [{ name = 'a' }]",
            2,
            "judged_apart = [{'name': 'a'}]: {'name': 'a'}: expected a type of requests such as 'WS', or",
        ),
    ],
)
def test_a_mistake_names_the_line_the_key_what_was_given_and_what_is_allowed(
    tmp_path: Path, keys: str, line: int, said: str
) -> None:
    with pytest.raises(CommandError) as raised:
        of_shop(tmp_path, keys)
    assert str(raised.value).startswith(f"{tmp_path / 'swarmscope.toml'}:{line}: scenarios.shop.{said}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (
            "[objectives.depth]\nexpr = 'a'\nbound = 'max'\n",
            1,
            "depth.unit is missing: expected one of count, seconds,",
        ),
        ("[objectives.depth]\nunit = 'count'\nbound = 'max'\n", 1, "depth.expr is missing: a unit is that of a PromQL"),
        (
            OWN.replace("count", "counts"),
            3,
            "queue_depth.unit = 'counts': expected one of count, seconds, ratio, bytes,",
        ),
        (OWN.replace("max(my_queue_depth)", " "), 2, "queue_depth.expr = ' ': expected a PromQL expression such as"),
        (
            OWN.replace("queue_depth]", "wait_seconds]"),
            3,
            "wait_seconds.unit = 'count': the name wait_seconds says sec",
        ),
        (OWN.replace("queue_depth]", "'Queue depth']"), 1, '"Queue depth": expected a name of small letters, digits'),
        (OWN.replace("queue_depth]", "endpoint_depth]"), 1, "endpoint_depth: expected a name of small letters, digits"),
        (
            OWN.replace("queue_depth]", "recovery]").replace("count", "seconds"),
            1,
            "recovery: recovery_seconds is measured by Swarmscope: give yours another name",
        ),
        (OWN + "units = 'count'\n", 5, "queue_depth.units is not a known setting: expected expr, unit, bound and adv"),
    ],
)
def test_a_mistake_in_an_objective_is_named_likewise(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(CommandError) as raised:
        project_of(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path / 'swarmscope.toml'}:{line}: objectives.{said}")
