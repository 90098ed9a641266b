"""Thresholds are checked before anything is started: one that no rule can judge by would never be missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.errors import CommandError
from swarmscope.objectives import BUILT_IN, Threshold
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.project.settings import project
from swarmscope.prometheus.rule_files import (
    FileRule,
    name_beside_others,
    read_rule_file,
    rule_paths,
)
from swarmscope.prometheus.rule_sets import lay_out
from swarmscope.prometheus.thresholds import (
    defaults_alone,
    in_force,
    known_objectives,
    read_thresholds_file,
    require_names,
    thresholds_of,
    unused_thresholds,
    vacuous_thresholds,
)
from tests.prometheus.threshold_lines import OWN, RULES, line


def test_the_thresholds_of_this_repository_can_all_be_judged() -> None:
    thresholds = thresholds_of(RULES)
    assert len(thresholds) == len([rule for rule in RULES if rule.name == "loadtest:threshold"]) > 50
    assert Threshold("latency_p95_seconds", 0.2, "max", "critical", scenario="baseline") in thresholds


def test_objectives_are_those_that_the_rules_measure() -> None:
    objectives = known_objectives(RULES)
    assert {"latency_p95_seconds", "cache_hit_ratio", "recovery_seconds", "endpoint_latency_p95_seconds"} <= set(
        objectives
    )
    assert "" not in objectives


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (
            line("vector(0.33)"),
            ("latency_p95_seconds of scenario shop is 0.33 s, which is not an edge of a bucket: expected 0.3 or 0.35"),
        ),
        (
            line("vector(0.33)", objective="service_time_p99_9_seconds"),
            (
                "service_time_p99_9_seconds of scenario shop is 0.33 s, which is not an edge of a bucket:"
                " expected 0.3 or 0.35"
            ),
        ),
        (
            line("vector(120)"),
            (
                "latency_p95_seconds of scenario shop is 120 s, and times are told apart below 60 s only:"
                " expected at most 50"
            ),
        ),
        (
            line("vector(60)", objective="latency_max_seconds"),
            (
                "latency_max_seconds of scenario shop is 60 s, and times are told apart below 60 s only:"
                " expected at most 50"
            ),
        ),
        (
            line(bound="min"),
            "latency_p95_seconds of scenario shop has bound 'min': expected max",
        ),
        (
            line(bound="under"),
            "latency_p95_seconds of scenario shop has bound 'under': expected max",
        ),
        (
            line(severity="fatal"),
            "latency_p95_seconds of scenario shop has severity 'fatal': expected critical or warning",
        ),
        (
            line("0.3"),
            (
                "latency_p95_seconds of scenario shop is '0.3': expected vector(NUMBER), in seconds, "
                "bytes or as a share of 1"
            ),
        ),
        (
            line("vector(5)", objective="error_ratio"),
            "error_ratio of scenario shop is 5: expected a share from 0 to 1, so 0.05 for 5 %",
        ),
        (line(scenario=None), "latency_p95_seconds of scenario (none) has no label 'scenario'"),
        (
            line(endpoint="/orders"),
            (
                "latency_p95_seconds of scenario shop has the label 'endpoint': "
                "expected bound, method, name, objective, scenario, severity"
            ),
        ),
        (
            line(name="/orders", method="POST"),
            (
                "latency_p95_seconds POST /orders of scenario shop speaks of all requests: "
                "expected no label method or name"
            ),
        ),
        (
            line(objective="endpoint_latency_p95_seconds"),
            (
                "endpoint_latency_p95_seconds of scenario shop speaks of an endpoint: "
                "expected labels method and name, such as GET and /api/items/{id}"
            ),
        ),
        (
            line(objective="transaction_p95_seconds"),
            ("transaction_p95_seconds of scenario shop speaks of a transaction: expected its name in the label name"),
        ),
    ],
)
def test_a_threshold_by_which_nothing_can_be_judged_is_named_with_what_was_expected(
    wrong: FileRule, complaint: str
) -> None:
    with pytest.raises(CommandError) as error:
        thresholds_of([*RULES, wrong])
    assert str(error.value) == f"own.yml: the threshold {complaint}"


@pytest.mark.parametrize(("objective", "bound"), [(name, kind.bound) for name, kind in BUILT_IN.items()])
def test_a_threshold_on_the_side_where_nothing_can_be_missed_is_refused(objective: str, bound: str) -> None:
    wrong = "min" if bound == "max" else "max"
    with pytest.raises(CommandError) as error:
        thresholds_of([*RULES, line("vector(0.5)", objective=objective, bound=wrong)])
    assert (
        str(error.value) == f"own.yml: the threshold {objective} of scenario shop has bound {wrong!r}: expected {bound}"
    )


def test_an_objective_of_ones_own_rules_may_have_either_bound_and_no_other() -> None:
    formula = FileRule("own", "loadtest:objective", "vector(1)", {"objective": "queue_length"}, OWN)
    for bound in ("min", "max"):
        assert thresholds_of([*RULES, formula, line(objective="queue_length", bound=bound)])[-1].bound == bound
    with pytest.raises(CommandError, match=r"queue_length of scenario shop has bound 'under': expected min or max$"):
        thresholds_of([*RULES, formula, line(objective="queue_length", bound="under")])


def test_an_unknown_objective_is_named_with_the_known_ones() -> None:
    with pytest.raises(CommandError) as error:
        thresholds_of([*RULES, line(objective="latency_p97_seconds")])
    said = str(error.value)
    assert said.startswith("own.yml: the threshold latency_p97_seconds of scenario shop is for an unknown objective: ")
    assert said.endswith(f"expected one of {', '.join(known_objectives(RULES))}")


def test_the_same_threshold_twice_is_an_error_and_a_warning_beside_it_is_not() -> None:
    thresholds_of([*RULES, line(), line("vector(0.2)", severity="warning")])
    with pytest.raises(CommandError) as error:
        thresholds_of([*RULES, line(path=Path("first.yml")), line("vector(0.2)")])
    assert str(error.value) == (
        "own.yml: the threshold latency_p95_seconds of scenario shop is set a second time: first.yml has 0.3 for it"
        " already"
    )


@pytest.mark.parametrize("value", ["2.5", "0.5"])
def test_growth_may_be_more_than_all_of_it(value: str) -> None:
    growth = line(f"vector({value})", objective="target_memory_growth_ratio")
    assert thresholds_of([*RULES, growth])[-1].value == float(value)


def test_a_default_holds_where_the_scenario_has_no_line_for_that_objective() -> None:
    found = {t.objective: t.value for t in in_force(thresholds_of(RULES), "spike")}
    assert found["latency_p95_seconds"] == 1
    assert found["latency_p99_seconds"] == 2
    assert {t.scenario for t in in_force(thresholds_of(RULES), "unheard-of")} == {"default"}


def test_a_warning_of_the_scenario_takes_no_critical_default_away_and_a_critical_line_does() -> None:
    default = Threshold("error_ratio", 0.01, "max", "critical", scenario="default")
    warning = Threshold("error_ratio", 0.001, "max", "warning", scenario="shop")
    critical = Threshold("error_ratio", 0.05, "max", "critical", scenario="shop")
    assert in_force((default, warning), "shop") == (warning, default)
    assert in_force((default, warning, critical), "shop") == (warning, critical)


@pytest.mark.parametrize("name", ["Shop", "SHOP ", "sho-p", "s_hop"])
def test_a_scenario_that_differs_in_case_or_dashes_alone_is_refused(name: str) -> None:
    lines = [Threshold("error_ratio", 0.1, scenario=scenario, source="own.yml") for scenario in ("shop", name)]
    with pytest.raises(CommandError) as error:
        require_names(lines, "shop")
    assert str(error.value) == (
        f"Thresholds are set for scenario {name!r} in own.yml, and they judge nothing in a run of 'shop': names of"
        " scenarios are compared letter by letter; write both alike"
    )


def test_a_default_that_is_written_otherwise_is_refused() -> None:
    lines = [Threshold("error_ratio", 0.1, scenario=scenario, source="own.yml") for scenario in ("shop", "Default")]
    with pytest.raises(CommandError) as error:
        require_names(lines, "shop")
    assert str(error.value) == (
        "Thresholds are set for scenario 'Default' in own.yml, and they judge nothing: write 'default'"
    )


@pytest.mark.parametrize(
    ("scenario", "in_own_file", "said"),
    [
        ("shpo", True, "thresholds of scenario 'shpo' judge nothing in a run of 'shop'"),
        ("shpo", False, "thresholds of scenario 'shpo' judge nothing in a run of 'shop'"),
        ("checkout", True, "thresholds of scenario 'checkout' judge nothing in a run of 'shop'"),
        ("checkout", False, ""),
        ("shops", False, ""),  # one of the catalogue
        ("shops", True, ""),  # a file for several scenarios
        ("shop", True, ""),
        ("default", True, ""),
    ],
)
def test_thresholds_that_may_be_meant_for_this_run_and_are_not_are_told(
    scenario: str, in_own_file: bool, said: str
) -> None:
    rules = (Threshold("error_ratio", 0.1, "max", "critical", scenario="shop"),)
    line = (Threshold("latency_p95_seconds", 0.1, scenario=scenario),)
    own = line if in_own_file else ()
    told = list(unused_thresholds((*rules, *line), own, "shop", ("smoke", "shops")))
    assert told == ([said] if said else [])


def test_a_warning_beside_a_critical_default_is_told_and_beside_a_critical_line_is_not() -> None:
    default = Threshold("latency_p95_seconds", 0.5, "max", "critical", scenario="default")
    warning = Threshold("latency_p95_seconds", 0.3, "max", "warning", scenario="shop")
    critical = Threshold("latency_p95_seconds", 0.4, "max", "critical", scenario="shop")
    assert list(unused_thresholds((default, warning), (warning,), "shop", ())) == [
        (
            "the warning for latency_p95_seconds does not take away the critical default of 0.5: a critical line of"
            " scenario 'shop' would"
        )
    ]
    assert list(unused_thresholds((default, warning, critical), (warning, critical), "shop", ())) == []


def test_no_scenario_of_ours_has_anything_to_tell() -> None:
    thresholds = thresholds_of(RULES)
    for scenario in project().catalogue.names:
        name = project().catalogue.by_name[scenario].name if scenario in project().catalogue.by_name else "baseline"
        require_names(thresholds, name)
        assert list(unused_thresholds(thresholds, (), name, project().catalogue.names)) == []


def test_a_scenario_without_thresholds_is_judged_by_the_defaults_alone_and_says_so() -> None:
    default = Threshold("error_ratio", 0.1, "max", "critical", scenario="default")
    require_names([default], "shop")
    said = "No threshold is set for scenario 'shop': the defaults judge alone"
    assert defaults_alone([line(scenario="default")], "shop") == said
    assert defaults_alone([line(scenario="default"), line()], "shop") == ""


@pytest.mark.parametrize(
    ("threshold", "said"),
    [
        (Threshold("error_ratio", 1.0), "the threshold error_ratio ≤ 100 % can never be missed"),
        (Threshold("availability_ratio", 0.0, "min"), "the threshold availability_ratio ≥ 0 % can never be missed"),
        (
            Threshold("throughput_requests_per_second", 0.0, "min"),
            "the threshold throughput_requests_per_second ≥ 0.0/s can never be missed",
        ),
        (Threshold("error_ratio", 0.99), ""),
        (Threshold("error_ratio", 0.0), ""),
        (Threshold("latency_drift_ratio", 2.0), ""),
    ],
)
def test_a_threshold_that_can_never_be_missed_is_told(threshold: Threshold, said: str) -> None:
    assert list(vacuous_thresholds([threshold])) == ([said] if said else [])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "",
            "is not a Prometheus rule file: expected groups, each with a name and rules, each of these with record or",
        ),
        ("groups:\n - name: a\n   rules: [{expr: 1}]", "is not a Prometheus rule file: expected groups, each with a"),
        (
            "groups: [",
            (
                "is not YAML: while parsing a flow node did not find expected node content in"
                ' "<unicode string>", line 2, column 1'
            ),
        ),
    ],
)
def test_a_file_that_holds_no_rules_is_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "own.yml"
    path.write_text(text)
    with pytest.raises(CommandError) as error:
        read_rule_file(path)
    assert str(error.value).startswith(f"{path} {complaint}")
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"own.yml cannot be read: No such file or directory$"):
        read_thresholds_file(tmp_path / "own.yml")


def test_a_file_of_thresholds_may_hold_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    path.write_text("groups: [{name: a, rules: [{alert: Mine, expr: up}]}]")
    with pytest.raises(CommandError) as error:
        read_thresholds_file(path)
    assert str(error.value) == (
        f"{path} holds the rule Mine: expected lines of loadtest:threshold, loadtest:threshold_confidence,"
        " loadtest:judged_apart only; other rules of yours go into a folder that swarmscope.toml names"
        " (rules = 'FOLDER')"
    )


def test_an_error_ratio_may_be_of_each_endpoint_or_of_one() -> None:
    of = "endpoint_error_ratio"
    lines = [line(scenario="s", objective=of), line(scenario="s", objective=of, method="GET", name="/a")]
    assert [threshold.name for threshold in thresholds_of([*RULES, *lines])[-2:]] == ["", "/a"]
    with pytest.raises(CommandError, match="expected labels method and name"):
        thresholds_of([*RULES, line(scenario="s", objective="endpoint_error_ratio", method="GET")])


def test_thresholds_of_ones_own_are_laid_out_beside_the_rules_even_under_the_same_name(tmp_path: Path) -> None:
    own = tmp_path / "thresholds.yml"
    own.write_text("groups: []\n")
    folder = lay_out(DEFAULT_RULES, own, tmp_path / "rules")
    assert {path.name for path in folder.iterdir()} == {
        *(name_beside_others(path) for path in rule_paths(DEFAULT_RULES)),
        "swarmscope-thresholds.yml",
        "extra-thresholds.yml",
    }
    assert (folder / "thresholds.yml").read_text() == (DEFAULT_RULES / "thresholds.yml").read_text()
