"""Reads swarmscope.toml: what a project tests, and its scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from swarmscope.objectives import BUILT_IN, JudgedApart, Key, ObjectiveKind, Threshold
from swarmscope.project.objective_settings import read_objectives
from swarmscope.project.places import PROJECT, PROJECT_FILE
from swarmscope.project.scenario_settings import Mix, extended, lineage, read_mixes, read_scenario, require_one_meaning
from swarmscope.project.target_settings import Target, read_naming, read_target
from swarmscope.project.tested import RunLabels, TargetSettings, run_labels_of, tested_of
from swarmscope.project.threshold_settings import (
    DEFAULT_SCENARIO,
    THRESHOLD_KEYS,
    read_confidence,
    read_judged_apart,
    read_thresholds,
    with_confidence,
)
from swarmscope.project.toml_table import NO_TABLE, Table, TomlFile, table, text
from swarmscope.scenarios.catalogue import Catalogue
from swarmscope.scenarios.model import Scenario
from swarmscope_exporter.names import DEFAULT_NAMING, Naming


@dataclass(frozen=True)
class Project:
    """What swarmscope.toml says; without the file, nothing but its folder."""

    root: Path
    locustfile: Path
    catalogue: Catalogue = field(default_factory=Catalogue)
    host: str | None = None  #: what is tested where the command line says nothing else
    target: Target | None = None
    objectives: Mapping[str, ObjectiveKind] = field(default_factory=dict)
    alert_cases: Path | None = None  #: a Python file with what makes each alert fire
    rules: Path | None = None  #: a folder of rule files on top of those that come with the package
    naming: Naming = DEFAULT_NAMING  #: of requests
    thresholds: tuple[Threshold, ...] = ()  #: those of the scenarios, and of every one as scenario "default"
    judged_apart: tuple[JudgedApart, ...] = ()
    compiled_rules: Path | None = None  #: where these are written for a Prometheus that reads files of the project
    tested: TargetSettings = field(default_factory=TargetSettings)
    run_labels: RunLabels = field(default_factory=RunLabels)


@lru_cache(maxsize=1)
def project() -> Project:
    """Return the project of this process; raise CommandError for a file that cannot be read."""
    return read_project(PROJECT)


def objective_kind(name: str) -> ObjectiveKind | None:
    """Return what the project says of an objective, else the product; None for one that is known to rules alone."""
    own, built_in = project().objectives.get(name), BUILT_IN.get(name)
    if own is None or own.advice or built_in is None:
        return own or built_in
    return replace(own, advice=built_in.advice)


def read_project(root: Path) -> Project:
    """Return the project in a folder; raise CommandError, one line, for a file that cannot be read."""
    file = TomlFile.read(root / PROJECT_FILE)
    top = Table(file, (), file.content)
    locustfile = root / top.take("locustfile", text, "locustfile.py")
    folders = {key: top.take(key, text, "") for key in ("alert_cases", "rules", "compiled_rules")}
    run_labels = run_labels_of(top)
    mixes = read_mixes(top)
    objectives = read_objectives(top)
    of_target = top.take_table("target")
    host = of_target.take("host", text, "") or None
    tested = tested_of(of_target, root)
    naming = read_naming(of_target)
    target = read_target(of_target)
    of_every = read_thresholds(top, DEFAULT_SCENARIO, objectives, keys=("thresholds",))
    confidence = read_confidence(top)
    scenarios = top.take("scenarios", table, NO_TABLE)
    for taken in (top, of_target):
        taken.require_all_taken()
    lineages = {name: lineage(file, scenarios, name) for name in scenarios}
    found = {name: _scenario(file, scenarios, names, mixes) for name, names in lineages.items()}
    require_one_meaning(file, found.values())
    judged = [_judged_by(file, scenarios, names, objectives) for names in lineages.values()]
    return Project(
        root,
        locustfile,
        Catalogue(found),
        host,
        target,
        objectives,
        naming=naming,
        thresholds=with_confidence(
            chain(*of_every.values(), *(thresholds for thresholds, _ in judged)),
            confidence,
        ),
        judged_apart=tuple(chain(*(apart for _, apart in judged))),
        tested=tested,
        run_labels=run_labels,
        **{key: root / folder for key, folder in folders.items() if folder},
    )


def _scenario(file: TomlFile, scenarios: Mapping[str, Any], names: Sequence[str], mixes: Mapping[str, Mix]) -> Scenario:
    """Return the last of the scenarios, each of which extends the one before."""
    of_scenario = Table(file, ("scenarios", names[-1]), extended(scenarios, names, THRESHOLD_KEYS))
    of_scenario.take("extends", text, "")
    scenario = read_scenario(names[-1], of_scenario, mixes)
    of_scenario.require_all_taken()
    return scenario


def _judged_by(
    file: TomlFile, scenarios: Mapping[str, Any], names: Sequence[str], objectives: Mapping[str, ObjectiveKind]
) -> tuple[tuple[Threshold, ...], tuple[JudgedApart, ...]]:
    """Return what the last of the scenarios is judged by: what it says of a subject, else what it extends does."""
    thresholds: dict[Key, tuple[Threshold, ...]] = {}
    apart: tuple[JudgedApart, ...] = ()
    confidence: float | None = None
    for name in names:
        of_scenario = Table(file, ("scenarios", name), scenarios[name])
        thresholds |= read_thresholds(of_scenario, names[-1], objectives)
        said = read_judged_apart(of_scenario, names[-1])
        apart = apart if said is None else said
        closer = read_confidence(of_scenario)
        confidence = confidence if closer is None else closer
    return with_confidence(chain(*thresholds.values()), confidence), apart
