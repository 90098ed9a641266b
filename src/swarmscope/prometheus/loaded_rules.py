"""Whether Prometheus has the rules that a run is to be judged by, and making it read them."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import requests

from swarmscope.errors import CommandError, PrometheusUnavailableError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.names import INTERVAL_SECONDS
from swarmscope.prometheus.rule_files import FileRule
from swarmscope.prometheus.series import LoadedRule

_FIRST_EVALUATION_TIMEOUT_SECONDS = 20.0
#: In Docker it looks for changed rules every 5 s.
_LOADED_TIMEOUT_SECONDS = 20.0
_LOADED_POLL_SECONDS = 0.5


def require_loaded(prometheus: PrometheusApi, rules: tuple[FileRule, ...], folder: Path) -> None:
    """Wait until Prometheus has exactly these rules for a verdict, and each evaluates without an error.

    It loads changed rules by itself, or is told to by a signal. Raise CommandError when it has not done so within
    20 s, and PrometheusUnavailableError.
    """
    deadline = time.monotonic() + _LOADED_TIMEOUT_SECONDS
    while differs := difference(prometheus, rules):
        if time.monotonic() > deadline:
            raise CommandError(
                f"Prometheus at {prometheus.url} has other rules than {folder}, and did not load these within"
                f" {_LOADED_TIMEOUT_SECONDS:g} s: {differs}; {_remedy(prometheus)}"
            )
        time.sleep(_LOADED_POLL_SECONDS)
    _wait_for(lambda: _unhealthy(prometheus, rules))


def _remedy(prometheus: PrometheusApi) -> str:
    with suppress(PrometheusUnavailableError):  # what only speaks its language need not know
        if not prometheus.last_reload_succeeded():
            return "it could not read what it found: see its log, or run promtool check rules"
    return "send its process SIGHUP or restart it, or name the folder that it reads with --rules"


def difference(prometheus: PrometheusApi, rules: tuple[FileRule, ...]) -> str:
    """Return the first of `differences` in words; empty when Prometheus has what a run is judged by."""
    return next((each.text for each in differences(prometheus, rules)), "")


@dataclass(frozen=True)
class Difference:
    """What Prometheus has and the files have not, or the reverse, in words."""

    group: str
    text: str


def differences(prometheus: PrometheusApi, rules: tuple[FileRule, ...]) -> tuple[Difference, ...]:
    """Return all differences between the files and what Prometheus has; rules that no verdict reads are not among them.

    Raise PrometheusUnavailableError.
    """
    loaded = judging_rules(prometheus.rules(), rules)
    # Most are written as Prometheus writes them: those it need not format, unless something differs.
    as_it_writes = {rule.query for rule in loaded} & {rule.expr for rule in rules}
    found = tuple(
        _differences(loaded, rules, lambda query: query if query in as_it_writes else prometheus.formatted(query))
    )
    return tuple(_differences(loaded, rules, prometheus.formatted)) if found else ()


#: Series that a verdict reads, beside those in the rules' own expressions.
_READ_BY_VERDICTS = re.compile(r"loadtest[_:].*|(prometheus|scrape)_.*|up|ALERTS.*")
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def judging_rules(loaded: Iterable[LoadedRule], rules: tuple[FileRule, ...]) -> tuple[LoadedRule, ...]:
    """Return the loaded rules without those that cannot change a verdict, as a shared Prometheus has for other teams.

    A rule of a group that the files do not know is one of these when it is an alert without a gate, or records a series
    that neither the files' expressions nor a verdict reads.
    """
    groups = {rule.group for rule in rules}
    names = {rule.name for rule in rules}
    names |= {name for rule in rules for name in _NAME.findall(rule.expr)}

    def can_judge(rule: LoadedRule) -> bool:
        return (
            rule.group in groups
            or rule.name in names
            or "gate" in rule.labels
            or (not rule.is_alert and _READ_BY_VERDICTS.fullmatch(rule.name) is not None)
        )

    return tuple(rule for rule in loaded if can_judge(rule))


def _differences(
    loaded: tuple[LoadedRule, ...], rules: tuple[FileRule, ...], formatted: Callable[[str], str]
) -> Iterator[Difference]:
    there = [_Identity.of(rule, formatted(rule.query)) for rule in loaded]
    here = [_Identity.of(rule, formatted(rule.expr)) for rule in rules]
    missing, unknown = set(here) - set(there), set(there) - set(here)
    for rule in sorted(missing, key=str):
        yield Difference(rule.group, f"{rule.title} is not loaded as the file has it{_how(rule, there)}")
    for rule in sorted(unknown, key=str):
        if not any((rule.group, rule.name) == (other.group, other.name) for other in missing):
            yield Difference(rule.group, f"{rule.title} is loaded and in no file")
    in_files = [(rule, each) for rule, each in zip(loaded, there, strict=True) if each not in unknown]
    yield from _group_differences(rules, here, [rule for rule, _ in in_files], [each for _, each in in_files])


@dataclass(frozen=True)
class _Identity:
    """What makes two rules the same; they may be spelled differently."""

    group: str
    name: str
    expr: str
    labels: frozenset[tuple[str, str]]
    for_seconds: float
    keep_firing_seconds: float

    @classmethod
    def of(cls, rule: FileRule | LoadedRule, expr: str) -> _Identity:
        labels = frozenset(rule.labels.items())
        return cls(rule.group, rule.name, expr, labels, rule.for_seconds, rule.keep_firing_seconds)

    @property
    def title(self) -> str:
        return f"{self.group}/{self.name}"


def _how(rule: _Identity, there: Iterable[_Identity]) -> str:
    """In what way the most similar of the loaded rules differs, in parentheses; empty where there is none."""
    named_alike = [other for other in there if other.name == rule.name]
    if not named_alike:
        return ""
    other = min(named_alike, key=lambda each: len(_differing(rule, each)))
    told = []
    for field in _differing(rule, other):
        if field in {"for", "keep_firing_for"}:
            attribute = "for_seconds" if field == "for" else "keep_firing_seconds"
            told.append(f"{field} is {getattr(other, attribute):g} s, expected {getattr(rule, attribute):g} s")
        elif field == "group":
            told.append(f"it is in group {other.group}")
        else:
            told.append(f"its {field} differ{'s' if field == 'expr' else ''}")
    return f" ({', '.join(told)})"


def _differing(one: _Identity, other: _Identity) -> list[str]:
    fields = {
        "group": one.group == other.group,
        "expr": one.expr == other.expr,
        "labels": one.labels == other.labels,
        "for": one.for_seconds == other.for_seconds,
        "keep_firing_for": one.keep_firing_seconds == other.keep_firing_seconds,
    }
    return [field for field, is_same in fields.items() if not is_same]


def _group_differences(
    rules: Iterable[FileRule], here: list[_Identity], loaded: Iterable[LoadedRule], there: list[_Identity]
) -> Iterator[Difference]:
    """Of the same rules: groups that are evaluated more rarely, or in another order."""
    wanted = {rule.group: rule.interval_seconds for rule in rules}
    for group, interval in dict.fromkeys((each.group, each.evaluation_interval_seconds) for each in loaded):
        expected = wanted[group]
        if interval != expected if expected is not None else interval > INTERVAL_SECONDS:
            text = f"group {group} is evaluated every {interval:g} s, expected {expected or INTERVAL_SECONDS:g} s"
            yield Difference(group, text)
    files: dict[str, set[Path]] = defaultdict(set)
    for rule in rules:
        files[rule.group].add(rule.path)
    for group in (group for group, paths in files.items() if len(paths) == 1):
        ours, theirs = ([rule for rule in side if rule.group == group] for side in (here, there))
        if ours != theirs and set(ours) == set(theirs):
            yield Difference(group, f"group {group} has its rules in another order, or one of them twice")


def _unhealthy(prometheus: PrometheusApi, rules: tuple[FileRule, ...]) -> str:
    # An error may pass: right after a restart, a query can still see the last samples of the run before.
    for rule in judging_rules(prometheus.rules(), rules):
        if rule.health == "err":
            return f"rule {rule.group}/{rule.name} fails: {rule.last_error}"
        if rule.health != "ok":
            return f"rule {rule.group}/{rule.name} was not evaluated"
    return ""


def _wait_for(missing: Callable[[], str]) -> None:
    deadline = time.monotonic() + _FIRST_EVALUATION_TIMEOUT_SECONDS
    while last := missing():
        if time.monotonic() > deadline:
            raise CommandError(f"After {_FIRST_EVALUATION_TIMEOUT_SECONDS:g} s {last}")
        time.sleep(0.2)


_LAST_RELOAD = re.compile(r"^prometheus_config_last_reload_(success_timestamp_seconds|successful) (\S+)$", re.MULTILINE)
_TIMEOUT_SECONDS = 10.0
_POLL_SECONDS = 0.05


def reload_rules(pid: int, url: str) -> bool:
    """Send SIGHUP, and return whether Prometheus could load what it then read; if not, it keeps what it had.

    Raise TimeoutError when it does not say within 10 s, and requests.RequestException when it does not answer.
    """
    before = _last_reload(url)
    os.kill(pid, signal.SIGHUP)
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while (after := _last_reload(url)) == before:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Prometheus at {url} says nothing of a reload within {_TIMEOUT_SECONDS:g} s")
        time.sleep(_POLL_SECONDS)
    return after["successful"] == 1


def _last_reload(url: str) -> dict[str, float]:
    """Return what its own metrics say, and not what it has scraped of them."""
    with requests.Session() as session:
        session.trust_env = False
        text = session.get(f"{url}/metrics", timeout=_TIMEOUT_SECONDS).text
    return {name: float(value) for name, value in _LAST_RELOAD.findall(text)}
