"""What the pages say is there: links, folders, scenarios, metrics, settings, and examples that can be read."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from swarmscope.project.places import DEFAULT_RULES
from swarmscope.project.settings import project, read_project
from swarmscope.prometheus.rule_checks import checked_rules
from swarmscope.prometheus.thresholds import thresholds_of
from swarmscope_exporter.arrival_plan import ArrivalPlan
from swarmscope_exporter.custom import RECORDED_BY_USERS
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.phases import Phase
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run, RunVerdict
from tests.docs.shown_commands import DOCUMENTS
from tests.exporters.test_collector import registry_of
from tests.exporters.test_merge import RUN, snapshot
from tests.places import ROOT

DOCS = ROOT / "docs"
_LINK = re.compile(r"\]\(([^()\s]+)\)")
LINKS = [
    pytest.param(page, link, id=f"{page.relative_to(ROOT)}: {link}")
    for page in DOCUMENTS
    for link in dict.fromkeys(_LINK.findall(page.read_text()))
    if "://" not in link
]


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the ids of a page, and of its headings as GitHub makes them."""
    text = page.read_text()
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return frozenset(slugs | set(re.findall(r'id="([^"]+)"', text)))


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_leads_to_a_file_and_to_a_place_in_it(page: Path, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    assert target.exists()
    assert not anchor or anchor in anchors(target)


def test_the_index_and_the_readme_link_to_every_page() -> None:
    pages = {path.name for path in DOCS.glob("*.md")}
    assert set(re.findall(r"\]\((\w[\w-]*\.md)\)", (DOCS / "README.md").read_text())) == pages - {"README.md"}
    assert set(re.findall(r"\]\(docs/([\w-]+\.md)\)", (ROOT / "README.md").read_text())) == pages


def test_the_tree_of_the_readme_has_every_folder() -> None:
    [tree] = re.findall(r"^```\n(src/.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    listed = {line.split()[0].rstrip("/") for line in tree.splitlines()}
    assert all((ROOT / name).exists() for name in listed)
    hidden_or_made = re.compile(r"\..*|__pycache__|results")
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not hidden_or_made.fullmatch(path.name)}
    assert {name.split("/")[0] for name in listed} == folders | {"swarmscope.toml"}


def test_the_table_of_scenarios_has_their_users_aliases_and_run_times() -> None:
    row = re.compile(r"^\| `([\w-]+)`(?: \(`(\w+)`\))? \| ([^|]+) \| (\d+) (min|h) \|", re.MULTILINE)
    seconds = {"min": 60, "h": 3600}
    listed = {
        name: (max(map(int, re.findall(r"\d+", users))), tuple(filter(None, [alias])), int(time) * seconds[unit])
        for name, alias, users, time, unit in row.findall((DOCS / "scenarios.md").read_text())
    }
    scenarios = [project().catalogue.find(name) for name in listed]
    assert listed == {each.name: (each.users, each.aliases, each.run_time_seconds) for each in scenarios}


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)


def test_the_examples_of_scenarios_can_be_read(tmp_path: Path) -> None:
    [example] = _blocks("scenarios.md", "toml")
    (tmp_path / "swarmscope.toml").write_text(example)
    found = read_project(tmp_path)
    assert found.catalogue.names == ("smoke", "sale")
    assert [threshold.title for threshold in found.thresholds if threshold.scenario == "sale"] == [
        "latency_p95_seconds",
        "error_ratio",
        "endpoint_latency_p95_seconds GET /items/*",
    ]
    page = (DOCS / "scenarios.md").read_text()
    [objective] = re.findall(r"^```\n(\[objectives.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "swarmscope.toml").write_text(objective)
    assert [(each.objective, each.value) for each in read_project(tmp_path).thresholds] == [("queue_depth", 100)]


def test_the_examples_of_thresholds_can_be_read_in_both_forms(tmp_path: Path) -> None:
    first, *more = _blocks("thresholds.md", "toml")
    for example in (first, "".join(more)):
        (tmp_path / "swarmscope.toml").write_text(example)
        assert read_project(tmp_path).thresholds
    (tmp_path / "swarmscope.toml").write_text(first)
    short = {(each.objective, each.value, each.name) for each in read_project(tmp_path).thresholds}
    [lines] = _blocks("thresholds.md", "yaml")
    (tmp_path / "own.yml").write_text(lines)
    long = {
        (line.objective, line.value, line.name)
        for line in thresholds_of(checked_rules(DEFAULT_RULES, tmp_path / "own.yml"))
        if line.scenario == "shop"
    }
    assert long == {("latency_p95_seconds", 0.3, ""), ("endpoint_latency_p95_seconds", 0.5, "/orders")}
    assert long < short


def test_the_page_on_metrics_has_all_that_is_published_and_no_other() -> None:
    run = Run(RUN, "smoke", 1, Merge(RUN), planned_seconds=60.0)
    run.arrival_plan = ArrivalPlan(("0",))
    run.merge.update("0", snapshot(Recorder(), 1, has_intended_starts=True, missed_starts={"Reader": 1}))
    run.enter(Phase.DONE)
    run.verdict = RunVerdict("PASS")
    families = registry_of(run).collect()
    published = {f"{each.name}_total" if each.type == "counter" else each.name for each in families}
    rows = re.findall(r"^\| ([^|]+) \|", (DOCS / "metrics.md").read_text(), re.MULTILINE)
    names = set(re.findall(r"`(loadtest_\w+)`", " ".join(rows)))
    by_users = {name for name in names if name.removesuffix("_total") in RECORDED_BY_USERS}
    assert {name.removesuffix("_total") for name in by_users} == RECORDED_BY_USERS
    assert names - by_users == published


def test_the_page_on_settings_has_those_of_env_example() -> None:
    names = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    page = (DOCS / "settings.md").read_text()
    assert [name for name in names if f"`{name}`" not in page] == []


def test_the_lists_of_files_to_touch_name_files_that_are_there() -> None:
    named = re.findall(r"^\d\. `([a-z_./-]+)`", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert "src/swarmscope/objectives.py" in named
    assert [name for name in named if not (ROOT / name).exists()] == []
