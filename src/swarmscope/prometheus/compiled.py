"""The thresholds and objectives of swarmscope.toml as a plain Prometheus rule file."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import yaml

from swarmscope.objectives import JudgedApart, ObjectiveKind, Threshold
from swarmscope.project.places import PROJECT_FILE
from swarmscope.project.settings import Project
from swarmscope.project.threshold_settings import ANY, DEFAULT_SCENARIO
from swarmscope.prometheus.names import TARGET_COUNTER
from swarmscope.prometheus.patterns import is_closer

THRESHOLD_RECORD = "loadtest:threshold"
#: How sure a run has to be of a threshold; where there is none, as sure as by default.
CONFIDENCE_RECORD = "loadtest:threshold_confidence"
#: A threshold whose pattern no endpoint matches.
UNMATCHED_RECORD = "loadtest:unmatched_threshold"
JUDGED_APART_RECORD = "loadtest:judged_apart"
OWN_METRIC_RECORD = "loadtest:own_metric"
#: What the file is called beside the others of a run.
COMPILED_FILE = "swarmscope-thresholds.yml"
THRESHOLDS_GROUP, METRICS_GROUP = "loadtest-project-thresholds", "loadtest-project-objectives"
TARGET_GROUP = "loadtest-project-target"
PATTERN_LABEL = "pattern"
#: What a run is judged by: an alert proof has a table of its own instead.
JUDGING_RECORDS = (THRESHOLD_RECORD, CONFIDENCE_RECORD, UNMATCHED_RECORD, JUDGED_APART_RECORD)
_PLAIN = re.compile(r"[\w/][\w./:()-]*", re.ASCII)
HEADER = f"""\
# Generated from {PROJECT_FILE}: edit that, then run `swarmscope thresholds --write`.
"""


@dataclass(frozen=True)
class CompiledRule:
    """A recording rule; ``part`` is the heading that it stands under."""

    part: str
    record: str
    labels: dict[str, str]
    expr: str

    @property
    def text(self) -> str:
        """The rule on one line."""
        labels = ", ".join(f"{label}: {_scalar(value)}" for label, value in self.labels.items())
        return f"{{record: {self.record}, labels: {{{labels}}}, expr: {_scalar(self.expr)}}}"


def _scalar(text: str) -> str:
    """Return a text as YAML has it on one line: without quotes where it is still that text."""
    is_plain = _PLAIN.fullmatch(text) is not None and yaml.safe_load(f"[{text}]") == [text]
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def compiled(project: Project, set_elsewhere: Collection[Threshold] = (), apart: Collection[JudgedApart] = ()) -> str:
    """Return the rule file of a project, empty when it has nothing to say.

    ``set_elsewhere`` are thresholds of rule files that take the place of those of the project, and ``apart`` what these
    judge apart already: two rules must not record the same series.
    """
    taken = {threshold.place for threshold in set_elsewhere}
    own = [threshold for threshold in project.thresholds if threshold.place not in taken]
    left_out = [each for each in project.judged_apart if each not in apart]
    groups = {
        THRESHOLDS_GROUP: [*_judged_apart(left_out), *_thresholds(own, (*own, *set_elsewhere))],
        METRICS_GROUP: list(_metrics(project)),
        TARGET_GROUP: list(_target_counter(project)),
    }
    parts = [line for name, rules in groups.items() if rules for line in _group(name, rules)]
    return "\n".join([f"{HEADER}groups:", *parts, ""]) if parts else ""


def _group(name: str, rules: Iterable[CompiledRule]) -> Iterator[str]:
    yield f"  - name: {name}"
    yield "    rules:"
    for index, (part, of_part) in enumerate(groupby(rules, key=lambda rule: rule.part)):
        yield from ([""] if index else [])
        yield f"      # {part}"
        yield from (f"      - {rule.text}" for rule in of_part)


def _judged_apart(left_out: Iterable[JudgedApart]) -> Iterator[CompiledRule]:
    for each in left_out:
        kind = "method" if each.method else "category"
        labels = {"scenario": each.scenario, kind: each.method or each.category}
        yield CompiledRule("judged apart", JUDGED_APART_RECORD, labels, "vector(1)")


def _thresholds(own: Iterable[Threshold], every: Collection[Threshold]) -> Iterator[CompiledRule]:
    for threshold in own:
        part = "every scenario" if threshold.scenario == DEFAULT_SCENARIO else threshold.scenario
        about = {"scenario": threshold.scenario, "objective": threshold.objective}
        endpoint = {label: text for label, text in (("method", threshold.method), ("name", threshold.name)) if text}
        judged = {"bound": threshold.bound, "severity": threshold.severity}
        pattern = {PATTERN_LABEL: f"{threshold.method} {threshold.name}"}
        labels = {**about, **judged, **pattern} if threshold.is_pattern else {**about, **endpoint, **judged}
        yield CompiledRule(part, THRESHOLD_RECORD, labels, _expression(threshold, threshold.value, every))
        if threshold.confidence is not None:
            unbound = {label: text for label, text in labels.items() if label != "bound"}
            yield CompiledRule(part, CONFIDENCE_RECORD, unbound, _expression(threshold, threshold.confidence, every))
        if threshold.is_pattern:
            unmatched = f"vector({threshold.value:.15g}) unless on () ({_requests(threshold)} > 0)"
            yield CompiledRule(part, UNMATCHED_RECORD, {**about, **endpoint, **judged}, unmatched)


def _expression(threshold: Threshold, value: float, every: Iterable[Threshold]) -> str:
    """Return a value; of a pattern's threshold for each endpoint that it is for."""
    if not threshold.is_pattern:
        return f"vector({value:.15g})"
    matching = f"sum by (method, name) ({_matching(threshold, every)} and on (run_id) loadtest:run) > 0"
    return f"({matching}) * 0 + {value:.15g}"


def _matching(threshold: Threshold, every: Iterable[Threshold]) -> str:
    """Return the requests to endpoints that a pattern is for: those that no closer threshold is for."""
    closer = dict.fromkeys(_requests(other) for other in every if is_closer(other, threshold))
    return f"({_requests(threshold)} unless ({' or '.join(closer)}))" if closer else _requests(threshold)


def _requests(threshold: Threshold) -> str:
    """Return the selector of the requests that the method and name of a threshold match."""
    matchers = [_matcher("method", threshold.method, threshold), _matcher("name", threshold.name, threshold)]
    return f"loadtest_requests_total{{{', '.join(filter(None, [_equals('scenario', threshold.scenario), *matchers]))}}}"


def _matcher(label: str, text: str, threshold: Threshold) -> str:
    if not threshold.is_pattern or ANY not in text:
        return _equals(label, text)
    if text == ANY:
        return ""
    return f"{label}=~{_quoted('.*'.join(map(_escaped, text.split(ANY))))}"


def _escaped(text: str) -> str:
    """Return a text as RE2, the language of Prometheus, matches it literally."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def _equals(label: str, text: str) -> str:
    return f"{label}={_quoted(text)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _metrics(project: Project) -> Iterator[CompiledRule]:
    for name, kind in project.objectives.items():
        if kind.expr:
            labels = {"objective": name, "bound": kind.bound}
            yield CompiledRule("metrics of the project", OWN_METRIC_RECORD, labels, worst_of(kind))


def _target_counter(project: Project) -> Iterator[CompiledRule]:
    if project.tested.requests_total:
        yield CompiledRule("requests that the target has counted", TARGET_COUNTER, {}, project.tested.requests_total)


def worst_of(kind: ObjectiveKind) -> str:
    """Return the expression of an objective with one series: of several the worst one counts."""
    end_of_comment = "\n" if "#" in kind.expr else ""
    return f"{kind.bound}({kind.expr}{end_of_comment})"
