"""The thresholds in the rule files: what they say, and whether the rules can judge by them."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from swarmscope.errors import CommandError
from swarmscope.objectives import WORST_ENDPOINT, JudgedApart, Place, Threshold, limit_of
from swarmscope.project.places import DEFAULT_RULES, PROJECT_FILE
from swarmscope.project.settings import objective_kind, project
from swarmscope.project.threshold_settings import DEFAULT_SCENARIO, SEVERITIES
from swarmscope.project.threshold_values import EXPECTED_CONFIDENCE, confidence_of, is_vacuous, problem_with
from swarmscope.prometheus.compiled import CONFIDENCE_RECORD, JUDGED_APART_RECORD, PATTERN_LABEL, THRESHOLD_RECORD
from swarmscope.prometheus.rule_files import FileRule, read_rule_file

_EXPECTED = "expected labels scenario and either method or category, and vector(1)"


def judged_apart(rules: Iterable[FileRule]) -> tuple[JudgedApart, ...]:
    """Return what the rules judge apart; raise CommandError for a line that says nothing of the kind."""
    return tuple(_judged_apart(rule) for rule in rules if rule.name == JUDGED_APART_RECORD)


def _judged_apart(rule: FileRule) -> JudgedApart:
    labels = {name: str(value) for name, value in rule.labels.items() if value}
    subjects = set(labels) - {"scenario"}
    if "scenario" not in labels or subjects not in ({"method"}, {"category"}) or rule.expr.strip() != "vector(1)":
        given = ", ".join(f"{name}: {value}" for name, value in rule.labels.items()) or "no label"
        raise CommandError(f"{rule.path}: {JUDGED_APART_RECORD} with {given} is {rule.expr!r}: {_EXPECTED}")
    return JudgedApart(**labels)


#: What the rules of the package are called as the place of a threshold.
DEFAULT_SOURCE = "default"
_OBJECTIVE_RECORDS = ("loadtest:objective", "loadtest:run_objective")
#: From 0 to 1: a name that may be meant for another.
_SIMILAR = 0.7
_KEY = ("objective", "method", "name")
_LABELS = frozenset({"scenario", "objective", "bound", "severity", "method", "name"})
#: Of a line that says how sure a run has to be; `undecided` is that of the defaults, which then only warn.
_CONFIDENCE_LABELS = _LABELS - {"bound"} | {"undecided"}
_WARNS = "warns"
#: All that a file for one run may hold.
_THRESHOLD_RECORDS = (THRESHOLD_RECORD, CONFIDENCE_RECORD, JUDGED_APART_RECORD)
_EXPRESSION = re.compile(r"vector\(\s*([^()\s]+)\s*\)")
#: As `swarmscope.prometheus.compiled` writes a threshold for the endpoints of a pattern.
_OF_PATTERN = re.compile(r"\(.*\) \* 0 \+ (\S+)", re.DOTALL)


def thresholds_of(rules: Iterable[FileRule]) -> tuple[Threshold, ...]:
    """Return the thresholds among the rules; raise CommandError for one by which no run can be judged."""
    rules = tuple(rules)
    judged_apart(rules)  # a line that leaves out something else than it says would loosen the thresholds
    objectives = known_objectives(rules)
    found: dict[Threshold, FileRule] = {}
    for rule in rules:
        if rule.name == THRESHOLD_RECORD:
            threshold = threshold_of(rule)
            _require_judgeable(rule, threshold, objectives)
            _require_unique(rule, threshold, found)
            found[threshold] = rule
    confidences = _confidences(rules, [threshold.place for threshold in found])
    return tuple(replace(threshold, confidence=confidences.get(threshold.place)) for threshold in found)


def read_thresholds_file(path: Path) -> tuple[FileRule, ...]:
    """Return the rules of a file that may only hold thresholds; raise CommandError for any other."""
    rules = read_rule_file(path)
    require_thresholds_alone(path, rules)
    return rules


def require_thresholds_alone(path: Path, rules: Iterable[FileRule]) -> None:
    """Raise CommandError for a file that holds other rules than thresholds."""
    other = next((rule.name for rule in rules if rule.name not in _THRESHOLD_RECORDS), None)
    if other is not None:
        raise CommandError(
            f"{path} holds the rule {other}: expected lines of {', '.join(_THRESHOLD_RECORDS)} only; other rules of"
            f" yours go into a folder that {PROJECT_FILE} names (rules = 'FOLDER')"
        )


def known_objectives(rules: Iterable[FileRule]) -> tuple[str, ...]:
    """Return the names of what the rules measure; a share that a project counts is measured by a rule for all."""
    names = {rule.labels.get("objective", "") for rule in rules if rule.name in _OBJECTIVE_RECORDS}
    return tuple(sorted({*names, *project().objectives} - {""}))


def bound_of(objective: str) -> str | None:
    """Return the side that thresholds of an objective bound, max or min; None where either will do."""
    kind = objective_kind(objective)
    return None if kind is None else kind.bound


def in_force(thresholds: Iterable[Threshold], scenario: str) -> tuple[Threshold, ...]:
    """Return those of the scenario, and the default ones for objectives that it has no line of that severity for.

    The rules have it so, too: a warning takes no critical default away.
    """
    thresholds = tuple(thresholds)
    own = [threshold for threshold in thresholds if threshold.scenario == scenario]
    keys = {(threshold.key, threshold.severity) for threshold in own}
    default = (t for t in thresholds if t.scenario == DEFAULT_SCENARIO and (t.key, t.severity) not in keys)
    return (*own, *default)


def require_names(thresholds: Iterable[Threshold], scenario: str) -> None:
    """Raise CommandError when a threshold is set for a name that differs in case or dashes alone: it judges nothing."""
    sources = {threshold.scenario: threshold.source for threshold in thresholds}
    for name in (scenario, DEFAULT_SCENARIO):
        alike = sorted(other for other in sources if other != name and _folded(other) == _folded(name))
        if alike:
            there = f" in {sources[alike[0]]}" if sources[alike[0]] else ""
            raise CommandError(
                f"Thresholds are set for scenario {alike[0]!r}{there}, and they judge nothing in a run of {name!r}:"
                " names of scenarios are compared letter by letter; write both alike"
                if name == scenario
                else f"Thresholds are set for scenario {alike[0]!r}{there}, and they judge nothing: write {name!r}"
            )


def defaults_alone(rules: Iterable[FileRule], scenario: str) -> str:
    """Return a sentence where no threshold of its own judges the scenario; empty where one does."""
    is_set = any(rule.name == THRESHOLD_RECORD and rule.labels.get("scenario") == scenario for rule in rules)
    return "" if is_set else f"No threshold is set for scenario {scenario!r}: the defaults judge alone"


def vacuous_thresholds(thresholds: Iterable[Threshold]) -> Iterator[str]:
    """Yield those that can never be missed, a sentence each."""
    for threshold in thresholds:
        if is_vacuous(threshold.objective, threshold.value, threshold.bound):
            limit = limit_of(threshold.objective, threshold.bound, threshold.value)
            yield f"the threshold {threshold.title} {limit} can never be missed"


def unused_thresholds(
    thresholds: Iterable[Threshold], own: Iterable[Threshold], scenario: str, catalogue: Iterable[str]
) -> Iterator[str]:
    """Yield what may surprise who wrote the thresholds, a sentence each.

    ``own`` are those of a file for this run, ``catalogue`` the scenarios that are known beside it.
    """
    thresholds = tuple(thresholds)
    known = {scenario, DEFAULT_SCENARIO, *catalogue}
    given = sorted({threshold.scenario for threshold in own} - known)
    others = {threshold.scenario for threshold in thresholds} - known
    names = dict.fromkeys((*given, *get_close_matches(scenario, sorted(others), cutoff=_SIMILAR)))
    if names:
        yield f"thresholds of scenario {', '.join(map(repr, names))} judge nothing in a run of {scenario!r}"
    in_use = in_force(thresholds, scenario)
    for warning in (t for t in in_use if t.scenario == scenario and t.severity == "warning"):
        critical = next((t for t in in_use if t.key == warning.key and t.severity == "critical"), None)
        if critical is not None and critical.scenario == DEFAULT_SCENARIO:
            subject = " ".join(filter(None, warning.key))
            yield (
                f"the warning for {subject} does not take away the critical default of {critical.value:g}: a critical"
                f" line of scenario {scenario!r} would"
            )


def _folded(scenario: str) -> str:
    return re.sub(r"[\s._-]", "", scenario.casefold())


def threshold_of(rule: FileRule) -> Threshold:
    """Return the threshold that a rule sets; raise CommandError for labels or a value that none can have."""
    labels = {label: str(value) for label, value in rule.labels.items()}
    pattern = labels.pop(PATTERN_LABEL, "")
    _require_labels(rule, labels, _LABELS, ("scenario", "objective", "bound", "severity"))
    if pattern:
        labels["method"], _, labels["name"] = pattern.partition(" ")
    value = _value(rule, _OF_PATTERN if pattern else _EXPRESSION)
    return Threshold(
        labels["objective"],
        value,
        labels["bound"],
        labels["severity"],
        labels.get("method", ""),
        labels.get("name", ""),
        labels["scenario"],
        is_pattern=bool(pattern),
        source=_source(rule.path),
    )


def _require_labels(
    rule: FileRule, labels: Mapping[str, str], allowed: Collection[str], required: Iterable[str]
) -> None:
    strange = sorted(set(labels) - set(allowed))
    if strange:
        raise _mistake(rule, f"has the label {strange[0]!r}: expected {', '.join(sorted(allowed))}")
    missing = [label for label in required if not labels.get(label)]
    if missing:
        raise _mistake(rule, f"has no label {missing[0]!r}")


def place_of_confidence(rule: FileRule) -> Place:
    """Return the place of the threshold that a line with a confidence is for."""
    labels = {label: str(value) for label, value in rule.labels.items()}
    if pattern := labels.get(PATTERN_LABEL, ""):
        labels["method"], _, labels["name"] = pattern.partition(" ")
    scenario, severity, *key = (labels.get(label, "") for label in ("scenario", "severity", *_KEY))
    return (scenario, severity, (key[0], key[1], key[2]))


def _confidences(rules: Iterable[FileRule], places: Collection[Place]) -> dict[Place, float]:
    """Return how sure a run has to be, by the place of the threshold.

    Raise CommandError for a line that is for no threshold, or says nothing that a run can be.
    """
    found: dict[Place, FileRule] = {}
    for rule in rules:
        if rule.name != CONFIDENCE_RECORD:
            continue
        place = place_of_confidence(rule)
        labels = {label: str(value) for label, value in rule.labels.items() if label != PATTERN_LABEL}
        _require_labels(rule, labels, _CONFIDENCE_LABELS, ("scenario", "objective", "severity"))
        if labels.get("undecided", _WARNS) != _WARNS:
            raise _mistake(rule, f"has undecided {labels['undecided']!r}: expected {_WARNS}, or no such label")
        if place not in places:
            raise _mistake(rule, f"is for no threshold: expected a line {THRESHOLD_RECORD} with the same labels")
        if place in found:
            raise _mistake(rule, f"is set a second time: {found[place].path} has {found[place].expr} for it already")
        found[place] = rule
    return {place: _confidence(rule) for place, rule in found.items()}


def _confidence(rule: FileRule) -> float:
    match = (_OF_PATTERN if rule.labels.get(PATTERN_LABEL) else _EXPRESSION).fullmatch(rule.expr.strip())
    try:
        return confidence_of(float(match[1]) if match else math.nan)
    except ValueError:
        raise _mistake(rule, f"is {rule.expr!r}: with vector(NUMBER) {EXPECTED_CONFIDENCE}") from None


def _source(path: Path) -> str:
    """Return where a rule is written, as a person in the project's folder would say it."""
    if path.resolve().parent == DEFAULT_RULES.resolve():
        return DEFAULT_SOURCE
    root = project().root
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _value(rule: FileRule, expression: re.Pattern[str]) -> float:
    match = expression.fullmatch(rule.expr.strip())
    try:
        value = float(match[1]) if match else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise _mistake(rule, f"is {rule.expr!r}: expected vector(NUMBER), in seconds, bytes or as a share of 1")
    return value


def _require_judgeable(rule: FileRule, threshold: Threshold, objectives: tuple[str, ...]) -> None:
    objective, value = threshold.objective, threshold.value
    if objective not in objectives:
        raise _mistake(rule, f"is for an unknown objective: expected one of {', '.join(objectives) or 'none'}")
    expected_bound = bound_of(objective) or threshold.bound
    if threshold.bound not in {"min", "max"} or threshold.bound != expected_bound:
        wanted = expected_bound if expected_bound in {"min", "max"} else "min or max"
        raise _mistake(rule, f"has bound {threshold.bound!r}: expected {wanted}")
    if threshold.severity not in SEVERITIES:
        raise _mistake(rule, f"has severity {threshold.severity!r}: expected {' or '.join(SEVERITIES)}")
    problem = problem_with(objective, value)
    if problem:
        raise _mistake(rule, problem)
    _require_subject(rule, threshold)


def _require_subject(rule: FileRule, threshold: Threshold) -> None:
    of_endpoint = threshold.objective.startswith("endpoint_")
    of_transaction = threshold.objective.startswith("transaction_")
    of_all_endpoints = threshold.objective == WORST_ENDPOINT and not threshold.method and not threshold.name
    if of_endpoint and not of_all_endpoints and not (threshold.method and threshold.name):
        raise _mistake(rule, "speaks of an endpoint: expected labels method and name, such as GET and /api/items/{id}")
    if of_transaction and not threshold.name:
        raise _mistake(rule, "speaks of a transaction: expected its name in the label name")
    if (threshold.method and not of_endpoint) or (threshold.name and not (of_endpoint or of_transaction)):
        raise _mistake(rule, "speaks of all requests: expected no label method or name")


def _require_unique(rule: FileRule, threshold: Threshold, found: Mapping[Threshold, FileRule]) -> None:
    same = [other for other in found if other.place == threshold.place]
    if same:
        raise _mistake(rule, f"is set a second time: {found[same[0]].path} has {same[0].value:g} for it already")


def _mistake(rule: FileRule, what: str) -> CommandError:
    labels = rule.labels
    subject = " ".join(str(labels[label]) for label in _KEY if labels.get(label))
    kind = "confidence" if rule.name == CONFIDENCE_RECORD else "threshold"
    return CommandError(
        f"{rule.path}: the {kind} {subject or '(no objective)'} of scenario {labels.get('scenario') or '(none)'} {what}"
    )
