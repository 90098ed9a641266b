"""Every query of every panel, asked of a real Prometheus that holds a run."""

from __future__ import annotations

import math
import re
import time
from dataclasses import replace
from typing import Any

import pytest
import requests

from grafana.source.verdict import FAIL, INCONCLUSIVE
from swarmscope.locust_plugin.objectives_tab import query_of, rows_of
from swarmscope.verdict.arrival_checks import arrival_checks
from swarmscope.verdict.read import RunReader
from tests.grafana.dashboard_files import Target, dashboards, filled, targets, variables
from tests.grafana.quick_rules import SCENARIO
from tests.grafana.stage import FIRST, SEARCH, SECOND, THIRD, Stage, unwrapped

# The stage evaluates every 500 ms, and takes long to set: one process has both files that are played on it.
pytestmark = [pytest.mark.real, pytest.mark.alone, pytest.mark.xdist_group("stage")]


def samples(answer: dict[str, Any]) -> list[float]:
    rows = answer["data"]["result"]
    pairs = [pair for row in rows for pair in row.get("values", [row.get("value")])]
    return [value for value in (float(text) for _, text in pairs) if not math.isnan(value)]


def test_every_query_is_answered_without_an_error_or_a_warning(stage: Stage) -> None:
    complaints = {}
    for target in targets():
        answer = stage.ask(target)
        complaint = answer.get("error") or answer.get("warnings")
        # Grafana shows these on the panel. The exporter of PostgreSQL names its counters without _total.
        infos = [info for info in answer.get("infos", []) if '"pg_stat_' not in info]
        if complaint or infos:
            complaints[str(target)] = complaint or infos
    assert complaints == {}


def test_every_query_has_data(stage: Stage) -> None:
    assert [str(target) for target in targets() if not samples(stage.ask(target))] == []


def test_the_objectives_of_locusts_web_interface_are_those_that_the_alerts_judge(stage: Stage) -> None:
    query = query_of(THIRD, stage.end - stage.begin + 1)
    answer = requests.post(
        f"{stage.prometheus.url}/api/v1/query", data={"query": query, "time": str(stage.end)}, timeout=20
    ).json()
    assert {"error", "warnings", "infos"} & set(answer) == set()
    whole, *rows = rows_of(answer["data"]["result"])
    assert whole.state == "failing"
    by_name = {row.objective: row for row in rows if row.severity == "critical"}
    assert by_name["latency p95"].state in {"firing", "fired"}
    assert "NaN" not in str(rows)
    asked = len(stage.prometheus.instant(f'loadtest:run_threshold{{run_id="{THIRD}"}}'))
    assert len([row for row in rows if row.threshold]) == asked > 20


def test_arrivals_are_read_for_the_ledger_and_all_accounted_for(stage: Stage) -> None:
    arrivals = RunReader(stage.prometheus, THIRD).read().arrivals
    assert arrivals is not None
    assert arrivals.lateness_p99_seconds
    assert [check.ok for check in arrival_checks(arrivals)] == [True]


def test_the_columns_of_a_table_have_the_same_labels_so_that_they_can_be_merged(stage: Stage) -> None:
    labels: dict[tuple[str, str], set[frozenset[str]]] = {}
    for target in targets():
        if target.kind in {"table", "xychart"}:
            rows = stage.ask(target)["data"]["result"]
            sets = {frozenset(row["metric"]) for row in rows}
            labels.setdefault((target.dashboard, target.panel), set()).update(sets)
    optional = {"endpoint", "unit"}  # an objective of the whole scenario has no endpoint, and not each has a unit
    assert {panel: len({names - optional for names in sets}) for panel, sets in labels.items()} == dict.fromkeys(
        labels, 1
    )


def test_each_alert_that_fired_and_each_phase_has_one_note_at_the_moment_when_it_began(stage: Stage) -> None:
    alerts, phases, _ = dashboards()["run-overview"]["annotations"]["list"]
    fired, entered = (
        stage.ask(Target("", "", "", note["expr"], instant=False, kind=""))["data"]["result"]
        for note in (alerts, phases)
    )
    assert {"ramp", "spike", "recovery", "done"} <= {row["metric"]["phase"] for row in entered}
    assert {"ObjectiveMissed", "ObjectiveMissedOverRun"} <= {row["metric"]["alertname"] for row in fired}
    # A note is put where the value says, which is one moment however often it was written down.
    moments = [{float(value) / 1000 for _, value in row["values"]} for row in (*fired, *entered)]
    assert all(stage.begin - 5 < moment < stage.end for found in moments for moment in found)
    p95 = [row for row in fired if row["metric"].get("objective") == "latency_p95_seconds"]
    assert {row["metric"]["row"] for row in p95} == {"latency p95"}
    [spike] = [row for row in entered if row["metric"]["phase"] == "spike"]
    critical = min(float(v) / 1000 for row in p95 if row["metric"]["severity"] == "critical" for _, v in row["values"])
    assert float(spike["values"][0][1]) / 1000 < critical


def test_an_alert_is_named_by_its_symptom_and_what_it_is_of(stage: Stage) -> None:
    [target] = [t for t in targets() if (t.dashboard, t.panel) == ("run-overview", "Alerts")]
    rows = {row["metric"]["row"] for row in stage.ask(target)["data"]["result"]}
    assert {"latency p95", "endpoint latency p95 POST /api/auth/login", "no alert"} <= rows
    assert not any(row != row.strip() or "_" in row.split(" ")[0] for row in rows), rows


def test_scenarios_endpoints_and_workers_are_there_to_choose(stage: Stage) -> None:
    choices = {
        "run-overview": ("scenario", SCENARIO),
        "endpoints": ("endpoint", "/health"),
        "generator-health": ("worker", "1"),
    }
    for name, (variable, expected) in choices.items():
        query = variables(name)[variable]["query"]["query"]
        selector, label = query.removeprefix("label_values(").removesuffix(")").rsplit(", ", 1)
        offered = stage.prometheus.instant(f"group by ({label}) ({filled(selector, stage.values)})")
        assert expected in {row.labels[label] for row in offered}


def test_the_newest_run_is_offered_first(stage: Stage) -> None:
    values = stage.values | {"__range": f"{math.ceil(time.time() - stage.begin) + 60}s"}
    for name in dashboards():
        query = unwrapped(variables(name)["run_id"]["query"]["query"])
        offered = stage.prometheus.instant(filled(query, values))
        assert [row.labels["run_id"] for row in offered] == [THIRD, SECOND, FIRST]


def test_runs_of_the_time_range_come_before_newer_ones_and_without_any_the_newest_is_offered(stage: Stage) -> None:
    query = unwrapped(variables("run-overview")["run_id"]["query"]["query"])
    ended = stage.prometheus.value(f'last_over_time(loadtest_run_end_timestamp_seconds{{run_id="{SECOND}"}}[1h])')
    assert ended is not None
    for at, expected in ((ended, [SECOND, THIRD, FIRST]), (stage.end + 3600, [THIRD, SECOND, FIRST])):
        offered = stage.prometheus.instant(filled(query, stage.values | {"__range": "2s"}), at)
        assert [row.labels["run_id"] for row in offered] == expected, at - ended


def test_the_other_runs_of_a_comparison_leave_out_those_already_chosen(stage: Stage) -> None:
    found = variables("comparison")
    for name, expected in (("other_run_id", [SECOND, FIRST]), ("third_run_id", [FIRST])):
        offered = stage.prometheus.instant(filled(unwrapped(found[name]["query"]["query"]), stage.values))
        assert [row.labels["run_id"] for row in offered] == expected


def test_a_run_is_compared_with_the_newest_earlier_one_of_its_scenario_unless_another_is_chosen(stage: Stage) -> None:
    query = unwrapped(variables("comparison")["other_run_id"]["query"]["query"])
    offered = stage.prometheus.instant(filled(query, stage.values | {"run_id": SECOND}))
    assert [row.labels["run_id"] for row in offered] == [FIRST, THIRD]  # the third began after it


def test_the_load_of_compared_runs_begins_at_the_same_time(stage: Stage) -> None:
    begins = {
        row.labels["run_id"]: row.samples[0].value
        for row in stage.prometheus.instant(
            'max by (run_id) (last_over_time(loadtest_phase_start_timestamp_seconds{phase="ramp"}[7d]))'
        )
    }
    assert float(stage.values["other_shift"]) == pytest.approx(begins[THIRD] - begins[SECOND], abs=0.5)
    assert float(stage.values["third_shift"]) == pytest.approx(begins[THIRD] - begins[FIRST], abs=0.5)


def test_the_figures_of_the_overview_tell_a_run_that_failed(stage: Stage) -> None:
    figures = {t.panel: stage.ask(t) for t in targets() if t.dashboard == "run-overview" and t.instant}
    assert samples(figures["Verdict"]) == [FAIL]
    assert [row["metric"]["phase"] for row in figures["Phase"]["data"]["result"]] == ["done"]
    [first_breach] = samples(figures["First breach"])
    assert 0 < first_breach < stage.end - stage.begin


def test_verdict_and_first_breach_are_those_of_the_run_in_every_time_range(stage: Stage) -> None:
    for panel in ("Verdict", "First breach"):
        [target] = [t for t in targets() if (t.dashboard, t.panel) == ("run-overview", panel)]
        query = filled(target.expr, stage.values)
        asked = {
            at: stage.prometheus.instant(f"({query})", at)[0].samples[0].value
            for at in (stage.end - 3, stage.end, stage.end + 900, stage.end + 86_400)
        }
        assert len(set(asked.values())) == 1, (panel, asked)


def test_an_objective_counts_as_missed_exactly_when_it_is_beyond_its_threshold(stage: Stage) -> None:
    missed, run, threshold, headroom, _ = (
        {_subject(row["metric"]): float(row["value"][1]) for row in stage.ask(target)["data"]["result"]}
        for target in targets()
        if (target.dashboard, target.panel) == ("run-overview", "Objectives")
    )
    assert set(missed) == set(run) == set(headroom)
    for subject, value in run.items():
        beyond = value > threshold[subject] if "max" in subject else value < threshold[subject]
        assert missed[subject] == beyond == (headroom[subject] < 0), subject
        of_limit = value / threshold[subject]
        assert headroom[subject] == pytest.approx(1 - of_limit if "max" in subject else of_limit - 1), subject
    assert sum(missed.values()) > 1


def test_an_objective_of_a_table_has_words_and_a_unit_and_a_ratio_is_in_percent(stage: Stage) -> None:
    shown = {
        (row["metric"]["objective"], row["metric"].get("endpoint", "")): row["metric"].get("unit", "")
        for target in targets()
        if (target.dashboard, target.panel) == ("run-overview", "Objectives")
        for row in stage.ask(target)["data"]["result"]
    }
    assert shown["latency p95", ""] == "ms"
    assert shown["endpoint latency p95", "POST /api/chat"] == "ms"
    assert shown["recovery", ""] == "s"
    assert (shown["error ratio", ""], shown["throughput requests per second", ""]) == ("%", "/s")
    ratio = stage.prometheus.value(
        f'loadtest:run_threshold{{run_id="{THIRD}", objective="error_ratio", severity="critical"}}'
    )
    [limits] = [t for t in targets() if (t.dashboard, t.panel, t.ref) == ("run-overview", "Objectives", "C")]
    in_percent = [
        float(row["value"][1])
        for row in stage.ask(limits)["data"]["result"]
        if (row["metric"]["objective"], row["metric"]["severity"]) == ("error ratio", "critical")
    ]
    assert ratio is not None
    assert in_percent == [pytest.approx(ratio * 100)]


def _subject(labels: dict[str, str]) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in ("objective", "endpoint", "bound", "severity"))


def test_a_run_has_its_verdict_in_the_table_of_runs(stage: Stage) -> None:
    asked = {t.ref: stage.ask(t) for t in targets() if t.panel == "Runs that Prometheus holds"}
    verdicts = {row["metric"]["run_id"]: float(row["value"][1]) for row in asked["A"]["data"]["result"]}
    assert verdicts == {FIRST: INCONCLUSIVE, SECOND: INCONCLUSIVE, THIRD: FAIL}


def test_searches_are_offered_by_the_part_of_the_id_that_their_steps_share(stage: Stage) -> None:
    search = variables("capacity")["search"]
    [offered] = stage.prometheus.instant(filled(unwrapped(search["query"]["query"]), stage.values))
    assert re.findall(search["regex"].strip("/"), f'{{search="{offered.labels["search"]}"}} 1 1000') == [SEARCH]


def test_the_steps_of_a_search_are_told_apart_wherever_the_time_range_begins(stage: Stage) -> None:
    narrow = replace(stage, values=stage.values | {"__range": "2s"})
    for each in (stage, narrow):
        table = {
            target.ref: {row["metric"]["step"]: float(row["value"][1]) for row in each.ask(target)["data"]["result"]}
            for target in targets()
            if (target.dashboard, target.panel) == ("capacity", "Steps of the search")
        }
        verdict, load, p95 = (table[ref] for ref in "ABC")
        assert verdict == {"01": INCONCLUSIVE, "02": INCONCLUSIVE, "03": FAIL}
        assert set(load) == set(verdict)
        assert p95["01"] < 0.1 < p95["03"]


def test_the_load_of_a_step_is_how_many_arrivals_a_second_were_due(stage: Stage) -> None:
    [target] = [t for t in targets() if (t.dashboard, t.panel) == ("capacity", "Load")]
    arrivals, seconds = (
        stage.prometheus.value(f'last_over_time(loadtest:counted{{of="{of}", window="run", run_id="{THIRD}"}}[1h])')
        for of in ("arrivals_scheduled", "clock_seconds")
    )
    assert arrivals
    assert seconds
    assert samples(stage.ask(target)) == [pytest.approx(arrivals / seconds, rel=0.01)]


def test_without_arrivals_the_load_of_a_step_is_its_users(stage: Stage) -> None:
    [target] = [t for t in targets() if (t.dashboard, t.panel) == ("capacity", "Load")]
    closed = replace(target, expr=re.sub("arrivals_scheduled(_total)?", "of_nothing", target.expr))
    assert samples(stage.ask(closed)) == [7]


def test_the_latest_step_of_a_search_is_the_one_that_began_last(stage: Stage) -> None:
    asked = {t.panel: stage.ask(t) for t in targets() if t.dashboard == "capacity" and t.kind == "stat"}
    assert [row["metric"]["step"] for row in asked["Latest step"]["data"]["result"]] == ["03"]
    assert [row["metric"]["phase"] for row in asked["Phase"]["data"]["result"]] == ["done"]
    assert samples(asked["Verdict of the latest step"]) == [FAIL]


def test_each_step_has_a_note_where_it_begins_to_be_judged(stage: Stage) -> None:
    *_, steps = dashboards()["capacity"]["annotations"]["list"]
    rows = stage.ask(Target("", "", "", steps["expr"], instant=False, kind=""))["data"]["result"]
    moments = {row["metric"]["step"]: {float(value) / 1000 for _, value in row["values"]} for row in rows}
    [moment] = moments["03"]
    assert stage.begin < moment < stage.end


def test_before_during_and_after_a_spike_are_told_apart(stage: Stage) -> None:
    [target] = [t for t in targets() if (t.dashboard, t.panel, t.ref) == ("spike", "Before, during, after", "D")]
    p95 = {row["metric"]["part"]: float(row["value"][1]) for row in stage.ask(target)["data"]["result"]}
    assert p95["1 before"] < 0.1
    assert p95["2 during"] > 1.5
    assert p95["3 after"] < p95["2 during"]
