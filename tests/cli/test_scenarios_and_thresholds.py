"""What the commands `scenarios` and `thresholds` show, at 80 columns and elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from swarmscope.cli import scenarios, thresholds
from swarmscope.project.settings import Project, project, read_project
from tests.cli.command import call
from tests.cli.locust_csv import stats

TOML = """\
[scenarios.shop]
purpose = "Customers [bold]look[/bold]"
users = 50
run_time = "90m"
thresholds = { latency_p95 = "300ms", error_ratio = { warning = "1%", critical = "100%" } }
endpoints."* /orders*" = { latency_p95 = "400ms" }
[scenarios.own-shape]
aliases = ["shape"]
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    (tmp_path / "swarmscope.toml").write_text(TOML)
    return use(read_project(tmp_path), monkeypatch)


def use(found: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    for module in ("rule_files", "rule_sets", "thresholds", "judging"):
        monkeypatch.setattr(f"swarmscope.prometheus.{module}.project", lambda: found)
    for command in (scenarios, thresholds):
        monkeypatch.setattr(command, "project", lambda: found)
    return found


def test_scenarios_are_listed_with_their_size_and_what_they_are_for(own: Project) -> None:
    ended = call(scenarios.app)
    assert ended.exit_code == 0
    assert len(own.catalogue) == 2
    assert "shop 50 1h30m 1 4 Customers [bold]look[/bold]" in ended.words
    assert "own-shape, shape - - 1 defaults" in ended.words
    assert ended.words.endswith("What judges one, and where it is set: swarmscope thresholds SCENARIO")


def test_a_project_without_scenarios_is_told_how_to_add_one(
    own: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(replace(own, catalogue=read_project(tmp_path / "none").catalogue), monkeypatch)
    ended = call(scenarios.app)
    assert (ended.exit_code, ended.output) == (2, "")
    assert ended.error_line == "swarmscope.toml has no scenarios: add [scenarios.NAME] with users and run_time"


def test_what_judges_a_scenario_is_shown_with_its_place(own: Project) -> None:
    ended = call(thresholds.app, "shop")
    assert ended.exit_code == 0
    assert own.root.name not in ended.words
    for row in (
        "latency p95 ≤ 300 ms critical swarmscope.toml:5",
        "error ratio ≤ 1 % warning swarmscope.toml:5",
        "error ratio ≤ 100 % critical swarmscope.toml:5",
        "endpoint latency p95 * /orders* ≤ 400 ms critical swarmscope.toml:6",
        "availability ratio ≥ 99.9 % critical default",
    ):
        assert row in ended.words
    assert "Note: the threshold error_ratio ≤ 100 % can never be missed" in ended.words


def test_a_confidence_is_shown_where_it_is_not_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "swarmscope.toml").write_text(
        TOML.replace('"* /orders*" = {', '"* /orders*" = { confidence = 0,').replace(
            '"300ms"', '{ critical = "300ms", confidence = 0.999 }'
        )
    )
    use(read_project(tmp_path), monkeypatch)
    words = call(thresholds.app, "shop").words
    for row in (
        "Severity ┃ Confidence ┃ Where it is set",
        "latency p95 ≤ 300 ms critical 99.9 % swarmscope.toml:5",
        "error ratio ≤ 1 % warning swarmscope.toml:5",
        "endpoint latency p95 * /orders* ≤ 400 ms critical off swarmscope.toml:6",
        "availability ratio ≥ 99.9 % critical default",
    ):
        assert row in words
    assert "Confidence" not in call(thresholds.app, "own-shape").words


def test_without_a_name_every_scenario_is_shown_and_an_alias_is_one(own: Project) -> None:
    words = call(thresholds.app).words
    assert [f"{name}: what judges it" in words for name in own.catalogue.by_name] == [True, True]
    assert "Note: No threshold is set for scenario 'own-shape': the defaults judge alone" in words
    assert "latency p95 ≤ 500 ms critical default" in call(thresholds.app, "shape").words


def test_a_file_of_thresholds_is_shown_as_it_would_judge(own: Project, tmp_path: Path) -> None:
    labels = "scenario: shop, objective: latency_p95_seconds, bound: max, severity: critical"
    extra = tmp_path / "mine.yml"
    line = f"{{record: loadtest:threshold, labels: {{{labels}}}, expr: vector(1)}}"
    extra.write_text(f"groups: [{{name: a, rules: [{line}]}}]")
    words = call(thresholds.app, "shop", "--thresholds", str(extra)).words
    assert "latency p95 ≤ 1 s critical mine.yml" in words
    said = "mine.yml sets latency_p95_seconds of scenario shop to 1, in place of 0.3 in swarmscope.toml:5"
    assert f"Note: {said}" in words
    assert len(own.catalogue) == 2


@pytest.mark.parametrize("command", [scenarios.app, thresholds.app])
def test_tables_fit_80_columns(command: object) -> None:
    output = CliRunner(env={"COLUMNS": "80"}).invoke(command, []).stdout  # type: ignore[arg-type]
    assert max(map(len, output.splitlines())) <= 80
    assert "…" not in output


def test_an_unknown_scenario_is_answered_with_those_there_are(own: Project) -> None:
    ended = call(thresholds.app, "shp")
    assert ended.exit_code == 2
    assert ended.error_line == "unknown scenario 'shp': expected one of shop, own-shape, shape"
    assert len(own.catalogue) == 2


def test_figures_for_a_csv_are_refused_without_one() -> None:
    ended = call(thresholds.app, "smoke", "--p95", "100")
    assert ended.exit_code == 2
    assert ended.error_line == (
        "--scenario and figures judge a CSV of Locust's statistics: give one, or leave them out"
    )


def test_the_rules_of_the_project_are_written_where_it_says(own: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = call(thresholds.app, "--write")
    assert refused.error_line == (
        "swarmscope.toml names no file to write to: add compiled_rules = 'FOLDER/thresholds.yml'"
    )
    path = own.root / "rules" / "thresholds.yml"
    use(replace(own, compiled_rules=path), monkeypatch)
    ended = call(thresholds.app, "--write")
    assert (ended.exit_code, ended.output) == (0, f"Wrote {path}\n")
    assert path.read_text().startswith("# Generated from swarmscope.toml: ")


def test_this_repository_writes_what_is_committed() -> None:
    path = project().compiled_rules
    assert path is not None
    before = path.read_text()
    assert call(thresholds.app, "--write").exit_code == 0
    assert path.read_text() == before


@pytest.mark.parametrize(("limit", "exit_code"), [("400ms", 0), ("300ms", 1)])
def test_a_pattern_judges_each_endpoint_of_a_csv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, exit_code: int
) -> None:
    (tmp_path / "swarmscope.toml").write_text(TOML.replace("400ms", limit))
    use(read_project(tmp_path), monkeypatch)
    ended = call(thresholds.app, str(stats(tmp_path / "run_stats.csv")), "--scenario", "shop")
    assert ended.exit_code == exit_code, ended.output
    assert "endpoint latency p95 POST /orders" in ended.words


def test_a_pattern_that_no_endpoint_of_a_csv_matches_is_not_a_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "swarmscope.toml").write_text(TOML.replace("/orders*", "/admin/*"))
    use(read_project(tmp_path), monkeypatch)
    ended = call(thresholds.app, str(stats(tmp_path / "run_stats.csv")), "--scenario", "shop")
    assert ended.exit_code == 2
    assert "endpoint latency p95 * /admin/*" in ended.words


@pytest.mark.parametrize(
    ("limit", "exit_code"),
    [
        ("latency_p90 = '90ms'", 0),
        ("latency_p90 = '80ms'", 1),
        ("latency_p99_9 = '800ms'", 0),
        ("latency_max = '800ms'", 1),
    ],
)
def test_every_quantile_of_a_csv_can_be_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, exit_code: int
) -> None:
    (tmp_path / "swarmscope.toml").write_text(f"[scenarios.shop]\nthresholds = {{ {limit} }}\n")
    use(read_project(tmp_path), monkeypatch)
    ended = call(thresholds.app, str(stats(tmp_path / "run_stats.csv")), "--scenario", "shop")
    assert ended.exit_code == exit_code, ended.output
