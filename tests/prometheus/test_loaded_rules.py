"""A run waits until Prometheus has loaded the rules on disk, and says what is missing when it has not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from swarmscope.errors import CommandError, PrometheusUnavailableError
from swarmscope.prometheus import loaded_rules
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.loaded_rules import Difference, difference, differences, require_loaded
from swarmscope.prometheus.rule_files import FileRule
from swarmscope.prometheus.series import LoadedRule

ON_DISK = (FileRule("own", "own:answer", "vector(2)", {}),)


class SlowPrometheus(PrometheusApi):
    """One that finds the rules on disk when it is asked for the ``after``-th time."""

    def __init__(self, after: int, *, knows_of_reloads: bool = True) -> None:
        super().__init__("http://unset")
        self.asked = 0
        self._after = after
        self._knows_of_reloads = knows_of_reloads

    def rules(self) -> tuple[LoadedRule, ...]:
        self.asked += 1
        query = "vector(2)" if self.asked >= self._after else "vector(1)"
        return (LoadedRule("own", "own:answer", query, "ok", "", {}, 2.0),)

    def formatted(self, query: str) -> str:
        return query

    def last_reload_succeeded(self) -> bool:
        if not self._knows_of_reloads:
            raise PrometheusUnavailableError("Prometheus at http://unset refused a query: not found")
        return True


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded_rules, "_LOADED_POLL_SECONDS", 0.0)


def test_it_asks_until_they_are_loaded() -> None:
    prometheus = SlowPrometheus(after=4)
    require_loaded(prometheus, ON_DISK, Path("rules"))
    assert prometheus.asked == 5  # once more for whether they evaluate


@pytest.mark.parametrize("knows_of_reloads", [True, False])
def test_after_the_deadline_it_names_the_rule_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, *, knows_of_reloads: bool
) -> None:
    monkeypatch.setattr(loaded_rules, "_LOADED_TIMEOUT_SECONDS", 0.0)
    prometheus = SlowPrometheus(after=1_000_000, knows_of_reloads=knows_of_reloads)
    with pytest.raises(CommandError) as error:
        require_loaded(prometheus, ON_DISK, Path("rules"))
    assert str(error.value) == (
        "Prometheus at http://unset has other rules than rules, and did not load these within 0 s: own/own:answer is"
        " not loaded as the file has it (its expr differs); send its process SIGHUP or restart it, or name the folder"
        " that it reads with --rules"
    )


class Loaded(PrometheusApi):
    """One that has these rules."""

    def __init__(self, *rules: LoadedRule) -> None:
        super().__init__("http://unset")
        self._rules = rules

    def rules(self) -> tuple[LoadedRule, ...]:
        return self._rules

    def formatted(self, query: str) -> str:
        return query


MINE = FileRule("own", "Mine", "up == 0", {"gate": "objective"}, is_alert=True, for_seconds=30.0)
ANSWER = FileRule("own", "own:answer", "vector(2)", {})


def loaded(rule: FileRule, **changed: Any) -> LoadedRule:
    fields: dict[str, Any] = {
        "for_seconds": rule.for_seconds,
        "evaluation_interval_seconds": 2.0,
        "labels": rule.labels,
    }
    same = {"group": rule.group, "name": rule.name, "query": rule.expr, "health": "ok", "last_error": ""}
    fields["is_alert"] = rule.is_alert
    return LoadedRule(**(same | fields | changed))


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ((loaded(MINE), loaded(ANSWER)), ""),
        ((loaded(MINE, evaluation_interval_seconds=0.5), loaded(ANSWER, evaluation_interval_seconds=0.5)), ""),
        (
            (loaded(MINE, for_seconds=300.0), loaded(ANSWER)),
            "own/Mine is not loaded as the file has it (for is 300 s, expected 30 s)",
        ),
        (
            (loaded(MINE, keep_firing_seconds=5.0), loaded(ANSWER)),
            "own/Mine is not loaded as the file has it (keep_firing_for is 5 s, expected 0 s)",
        ),
        (
            (loaded(MINE, labels={"gate": "validity"}), loaded(ANSWER)),
            "own/Mine is not loaded as the file has it (its labels differ)",
        ),
        (
            (loaded(MINE, labels={}, query="up == 1"), loaded(ANSWER)),
            "own/Mine is not loaded as the file has it (its expr differs, its labels differ)",
        ),
        (
            (loaded(MINE, group="theirs"), loaded(ANSWER)),
            "own/Mine is not loaded as the file has it (it is in group theirs)",
        ),
        ((loaded(ANSWER),), "own/Mine is not loaded as the file has it"),
        ((loaded(MINE), loaded(ANSWER), loaded(MINE, name="Other")), "own/Other is loaded and in no file"),
        ((loaded(ANSWER), loaded(MINE)), "group own has its rules in another order, or one of them twice"),
        (
            (loaded(MINE, evaluation_interval_seconds=15.0), loaded(ANSWER)),
            "group own is evaluated every 15 s, expected 2 s",
        ),
    ],
)
def test_whatever_makes_loaded_rules_laxer_than_the_files_is_named(there: tuple[LoadedRule, ...], said: str) -> None:
    assert difference(Loaded(*there), (MINE, ANSWER)) == said


THEIRS = FileRule("node", "instance:cpu", "vector(1)", {})
THEIR_ALERT = FileRule("node", "NodeDown", "up == 0", {"severity": "critical"}, is_alert=True)


@pytest.mark.parametrize("theirs", [THEIRS, THEIR_ALERT], ids=lambda rule: rule.name)
def test_rules_of_other_teams_that_no_verdict_reads_are_no_difference_and_need_not_be_healthy(theirs: FileRule) -> None:
    prometheus = Loaded(loaded(MINE), loaded(ANSWER), loaded(theirs, health="err", evaluation_interval_seconds=60.0))
    require_loaded(prometheus, (MINE, ANSWER), Path("rules"))
    assert difference(prometheus, (MINE, ANSWER)) == ""


@pytest.mark.parametrize(
    "theirs",
    [
        replace(THEIRS, name="loadtest:threshold"),
        replace(THEIRS, name="loadtest_users"),
        replace(THEIRS, name="ALERTS"),
        replace(THEIRS, name="up"),
        replace(THEIRS, name="prometheus_rule_evaluation_failures_total"),
        replace(THEIRS, name="own:answer"),
        replace(THEIRS, name="shop_queue"),
        replace(THEIR_ALERT, name="Mine"),
        replace(THEIR_ALERT, labels={"gate": "objective"}),
    ],
    ids=lambda rule: f"{rule.name} {rule.labels.get('gate', '')}",
)
def test_a_rule_of_another_group_that_could_change_a_verdict_is_a_difference(theirs: FileRule) -> None:
    queue = FileRule("own", "Queue", "shop_queue > 1", {"gate": "objective"}, is_alert=True)
    ours = (MINE, ANSWER, queue)
    assert difference(Loaded(*map(loaded, ours), loaded(theirs)), ours) == (
        f"node/{theirs.name} is loaded and in no file"
    )


def test_all_differences_are_told_each_with_its_group() -> None:
    there = (
        loaded(MINE, for_seconds=300.0),
        loaded(THEIRS, name="loadtest:threshold"),
        loaded(ANSWER, group="late", evaluation_interval_seconds=15.0),
    )
    late = replace(ANSWER, group="late")
    missing = replace(ANSWER, group="missing", name="own:other")
    assert differences(Loaded(*there), (MINE, late, missing)) == (
        Difference("missing", "missing/own:other is not loaded as the file has it"),
        Difference("own", "own/Mine is not loaded as the file has it (for is 300 s, expected 30 s)"),
        Difference("node", "node/loadtest:threshold is loaded and in no file"),
        Difference("late", "group late is evaluated every 15 s, expected 2 s"),
    )


def test_a_group_with_an_interval_of_its_own_has_to_have_that() -> None:
    slow = replace(MINE, interval_seconds=10.0)
    assert difference(Loaded(loaded(slow, evaluation_interval_seconds=10.0)), (slow,)) == ""
    assert difference(Loaded(loaded(slow, evaluation_interval_seconds=2.0)), (slow,)) == (
        "group own is evaluated every 2 s, expected 10 s"
    )


def test_only_what_the_files_spell_otherwise_is_formatted_and_one_expression_may_be_spelled_in_two_ways() -> None:
    class Formatting(PrometheusApi):
        formats: ClassVar[list[str]] = []

        def rules(self) -> tuple[LoadedRule, ...]:
            return tuple(LoadedRule("g", name, "x > 1", "ok", "", {}, 2.0) for name in ("plain", "wide"))

        def formatted(self, query: str) -> str:
            self.formats.append(query)
            return f"x\n  > {query.rsplit(maxsplit=1)[-1]}"

    def files(wide: str) -> tuple[FileRule, ...]:
        return (FileRule("g", "plain", "x > 1", {}), FileRule("g", "wide", wide, {}))

    assert difference(Formatting("http://unset"), files("x > 1")) == ""
    assert Formatting.formats == []
    assert difference(Formatting("http://unset"), files("x  >  1")) == ""
    assert difference(Formatting("http://unset"), files("x  >  2")) == (
        "g/wide is not loaded as the file has it (its expr differs)"
    )
