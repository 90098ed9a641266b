"""What a run of a scenario is judged by, and what may surprise about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from swarmscope.errors import CommandError
from swarmscope.objectives import Threshold
from swarmscope.project.places import PROJECT_FILE
from swarmscope.project.settings import project
from swarmscope.project.threshold_settings import DEFAULT_SCENARIO
from swarmscope.prometheus.compiled import THRESHOLD_RECORD
from swarmscope.prometheus.rule_sets import RuleSet
from swarmscope.prometheus.thresholds import (
    defaults_alone,
    in_force,
    judged_apart,
    require_names,
    threshold_of,
    thresholds_of,
    unused_thresholds,
    vacuous_thresholds,
)


@dataclass(frozen=True)
class Judging:
    """The thresholds in force, each with where it is written.

    ``told`` is what may surprise, a sentence each; ``note`` says that nothing but the defaults judges.
    """

    thresholds: tuple[Threshold, ...]
    told: tuple[str, ...] = ()
    note: str = ""


def judging_thresholds(rules: RuleSet, scenario: str, catalogue: Iterable[str]) -> Judging:
    """Return what judges a run of the scenario; ``catalogue`` are the other names that thresholds may be for.

    Raise CommandError for thresholds that cannot judge.
    """
    thresholds = tuple(_with_lines(thresholds_of(rules.rules)))
    require_names(thresholds, scenario)
    added = [threshold_of(rule) for rule in rules.added if rule.name == THRESHOLD_RECORD]
    chosen = in_force(thresholds, scenario)
    if not chosen:
        raise CommandError(
            f"No threshold is in force for scenario {scenario!r}, not even a default: add thresholds to it in"
            f" {PROJECT_FILE}, or give a file with --thresholds"
        )
    concerned = (f" of scenario {scenario} ", f" of scenario {DEFAULT_SCENARIO} ")
    told = (
        *(line for line in rules.told if any(name in line for name in concerned)),
        *unused_thresholds(thresholds, added, scenario, catalogue),
        *vacuous_thresholds(chosen),
    )
    return Judging(chosen, told, defaults_alone(rules.rules, scenario))


def timed_endpoints(thresholds: Iterable[Threshold]) -> frozenset[tuple[str, str]] | None:
    """Return method and name of each endpoint whose times are judged; None where patterns say which these are."""
    chosen = [each for each in thresholds if each.objective.startswith(("endpoint_latency_", "endpoint_service_time_"))]
    return None if any(each.is_pattern for each in chosen) else frozenset((each.method, each.name) for each in chosen)


def apart_categories(rules: RuleSet) -> frozenset[str]:
    """Return the categories that the latency of all requests leaves out, in some scenario."""
    return frozenset(each.category for each in judged_apart(rules.rules) if each.category)


def _with_lines(thresholds: Iterable[Threshold]) -> Iterator[Threshold]:
    """Yield the thresholds; those of swarmscope.toml as it has them, with their lines."""
    written = {threshold: threshold for threshold in project().thresholds}
    yield from (written.get(threshold, threshold) for threshold in thresholds)
