"""Thresholds in swarmscope.toml: the short form, in which the unit is part of the value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from swarmscope.objectives import BUILT_IN, JudgedApart, Key, ObjectiveKind, Threshold
from swarmscope.project.threshold_values import confidence_of, problem_with, value_of
from swarmscope.project.toml_table import Table, table

BOUNDS = ("max", "min")
SEVERITIES = ("critical", "warning")
#: The keys of a scenario that are read here.
THRESHOLD_KEYS = ("thresholds", "endpoints", "transactions", "judged_apart", "confidence")
DEFAULT_SCENARIO = "default"
ANY = "*"
_ENDPOINT, _TRANSACTION = "endpoint_", "transaction_"
_CONFIDENCE = "confidence"
#: Ends of names that the short form may leave out, the longest first.
_UNITS = ("_requests_per_second", "_per_second", "_seconds", "_bytes")

#: By what they are for: a later one, as of a scenario that extends another, takes the place of all of a subject.
Thresholds = dict[Key, tuple[Threshold, ...]]


@dataclass(frozen=True)
class _Subject:
    """What a table of thresholds is about: all requests, an endpoint or several, a transaction."""

    prefix: str = ""
    method: str = ""
    name: str = ""

    @property
    def is_pattern(self) -> bool:
        return self.prefix == _ENDPOINT and (self.method == ANY or ANY in self.name)


def read_thresholds(
    of_scenario: Table,
    scenario: str,
    kinds: Mapping[str, ObjectiveKind],
    keys: Collection[str] = ("thresholds", "endpoints", "transactions"),
) -> Thresholds:
    """Return the thresholds in these keys of a scenario; ``kinds`` are the objectives of the project.

    Raise CommandError for one that no run can be judged by.
    """
    known = {**BUILT_IN, **kinds}
    found: Thresholds = {}
    for part, subject in _parts(of_scenario, keys):
        confidence = read_confidence(part)
        for key in _filled(part, confidence):
            read = with_confidence(_Reader(part, key, subject, scenario, known).thresholds(), confidence)
            if read[0].key in found:
                raise part.file.mistake((*part.keys, key), f" sets {read[0].objective} a second time: leave out one")
            found[read[0].key] = read
    return found


def _parts(of_scenario: Table, keys: Collection[str]) -> Iterator[tuple[Table, _Subject]]:
    """Yield the tables of thresholds, each with what it is about."""
    if "thresholds" in keys:
        yield of_scenario.take_table("thresholds"), _Subject()
    if "endpoints" in keys:
        for key, part in of_scenario.take_tables("endpoints").items():
            yield part, _endpoint(part, key)
    if "transactions" in keys:
        for key, part in of_scenario.take_tables("transactions").items():
            yield part, _Subject(_TRANSACTION, name=key)


def _filled(part: Table, confidence: float | None) -> tuple[str, ...]:
    """Return the keys of a table; raise CommandError for one without, but for that of all requests."""
    keys = tuple(part)
    if not keys and confidence is not None:
        raise part.file.mistake(part.keys, " has a confidence and no threshold: expected both in one table")
    if not keys and part.keys[-1] != "thresholds":
        raise part.file.mistake(part.keys, " sets nothing: what a scenario inherits can be replaced, not taken away")
    return keys


def read_confidence(of_table: Table) -> float | None:
    """Return how sure a run has to be of the thresholds in a table; None where the table says nothing of it."""
    return of_table.take_optional(_CONFIDENCE, confidence_of)


def with_confidence(thresholds: Iterable[Threshold], confidence: float | None) -> tuple[Threshold, ...]:
    """Return the thresholds; those that say nothing of their confidence have this one."""
    return tuple(each if each.confidence is not None else replace(each, confidence=confidence) for each in thresholds)


def read_judged_apart(of_scenario: Table, scenario: str) -> tuple[JudgedApart, ...] | None:
    """Return what the latency of all requests leaves out; None where the scenario says nothing of it."""
    return of_scenario.take_optional("judged_apart", lambda value: _judged_apart(value, scenario))


def _judged_apart(value: Any, scenario: str) -> tuple[JudgedApart, ...]:
    if not isinstance(value, list):
        raise ValueError("expected a list such as ['WS', { category = 'streams' }]")  # noqa: TRY004  # as all mistakes
    return tuple(JudgedApart(scenario, **_apart(each)) for each in value)


def _apart(value: Any) -> dict[str, str]:
    if isinstance(value, str) and value:
        return {"method": value}
    names = set(value) if isinstance(value, dict) else set()
    if names not in ({"method"}, {"category"}) or not all(isinstance(text, str) and text for text in value.values()):
        raise ValueError(f"{value!r}: expected a type of requests such as 'WS', or {{ category = 'NAME' }}")
    return dict(value)


def _endpoint(of_endpoint: Table, key: str) -> _Subject:
    method, _, name = key.partition(" ")
    if not method or not name.strip():
        raise of_endpoint.file.mistake(
            of_endpoint.keys, ": expected a method and a name such as 'GET /items/{id}', or a pattern: '* /admin/*'"
        )
    return _Subject(_ENDPOINT, method, name.strip())


@dataclass(frozen=True)
class _Reader:
    """Reads one key of a table of thresholds."""

    table: Table
    key: str
    subject: _Subject
    scenario: str
    known: Mapping[str, ObjectiveKind]

    def thresholds(self) -> tuple[Threshold, ...]:
        """Return one for each severity."""
        return self.table.take(self.key, self._read)

    def _read(self, given: Any) -> tuple[Threshold, ...]:
        by_severity = dict(table(given)) if isinstance(given, dict) else {"critical": given}
        bound = by_severity.pop("bound", None)
        confidence = confidence_of(by_severity.pop(_CONFIDENCE)) if _CONFIDENCE in by_severity else None
        objective, bound = self._objective(bound)
        strange = next((key for key in by_severity if key not in SEVERITIES), None)
        if strange is not None or not by_severity:
            raise ValueError(
                f"expected a value, or a table with {', '.join(SEVERITIES)}, confidence and bound"
                + (": the 99.9th percentile is written p99_9" if strange == "9" else "")
            )
        read = [self._threshold(objective, bound, severity, value) for severity, value in by_severity.items()]
        return with_confidence(read, confidence)

    def _objective(self, bound: Any) -> tuple[str, str]:
        """Return the objective's name and bound; one that rules alone know has to say which."""
        if bound is not None and bound not in BOUNDS:
            raise ValueError(f"bound {bound!r}: expected {' or '.join(BOUNDS)}")
        names = short_names(self.known, self.subject.prefix)
        objective = names.get(self.key.replace("p99.9", "p99_9"))
        if objective is None:
            if bound is None:
                raise ValueError(
                    f"{self.key} is not a known objective: expected one of {', '.join(_shortest(names))}; one that only"
                    " rule files of yours know needs its full name and bound = 'max' or 'min'"
                )
            return self.key, str(bound)
        if bound not in {None, self.known[objective].bound}:
            raise ValueError(f"bound {bound!r}: expected {self.known[objective].bound}, as {objective} has it")
        return objective, self.known[objective].bound

    def _threshold(self, objective: str, bound: str, severity: str, given: Any) -> Threshold:
        value = value_of(objective, given)
        problem = problem_with(objective, value)
        if problem:
            raise ValueError(problem)
        line = self.table.file.line_of((*self.table.keys, self.key))
        return Threshold(
            objective,
            value,
            bound,
            severity,
            self.subject.method,
            self.subject.name,
            self.scenario,
            self.subject.is_pattern,
            source=f"{self.table.file.path.name}:{line}",
        )


def short_names(objectives: Iterable[str], prefix: str) -> dict[str, str]:
    """Return the objectives of a subject by every name that a table of it may use, the full name included."""
    other = tuple(one for one in (_ENDPOINT, _TRANSACTION) if one != prefix)
    own = [name for name in objectives if name.startswith(prefix) and (prefix or not _is_of_one(name, other))]
    shortened = {_without_unit(name.removeprefix(prefix)): name for name in own}
    named = {name.removeprefix(prefix): name for name in own}
    latency = {f"latency_{short}": name for short, name in shortened.items()} if prefix == _TRANSACTION else {}
    return {**latency, **shortened, **named, **{name: name for name in own}}


def _is_of_one(name: str, prefixes: Sequence[str]) -> bool:
    """Return whether an objective needs the name of its endpoint; errors may be those of each endpoint."""
    return name.startswith(tuple(prefixes)) and name != "endpoint_error_ratio"


def _without_unit(name: str) -> str:
    return name.removesuffix(next((unit for unit in _UNITS if name.endswith(unit)), ""))


def _shortest(names: Mapping[str, str]) -> list[str]:
    by_objective: dict[str, str] = {}
    for short, objective in names.items():
        if len(short) < len(by_objective.get(objective, short + " ")):
            by_objective[objective] = short
    return sorted(by_objective.values())
