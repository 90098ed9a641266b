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
    """Wait until Prometheus has exactly these rules, and each evaluates without an error.

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
    _wait_for(lambda: _unhealthy(prometheus))


def _remedy(prometheus: PrometheusApi) -> str:
    with suppress(PrometheusUnavailableError):  # what only speaks its language need not know
        if not prometheus.last_reload_succeeded():
            return "it could not read what it found: see its log, or run promtool check rules"
    return "send its process SIGHUP or restart it, or name the folder that it reads with --rules"


def difference(prometheus: PrometheusApi, rules: tuple[FileRule, ...]) -> str:
    """Return what Prometheus has and the files have not, or the reverse, in words; empty when nothing."""
    loaded = prometheus.rules()
    # Most are written as Prometheus writes them: those it need not format, unless something differs.
    as_it_writes = {rule.query for rule in loaded} & {rule.expr for rule in rules}
    return _difference(
        loaded, rules, lambda query: query if query in as_it_writes else prometheus.formatted(query)
    ) and _difference(loaded, rules, prometheus.formatted)


def _difference(loaded: tuple[LoadedRule, ...], rules: tuple[FileRule, ...], formatted: Callable[[str], str]) -> str:
    there = [_Identity.of(rule, formatted(rule.query)) for rule in loaded]
    here = [_Identity.of(rule, formatted(rule.expr)) for rule in rules]
    for rule in sorted(set(here) - set(there), key=str):
        return f"{rule.title} is not loaded as the file has it{_how(rule, there)}"
    for rule in sorted(set(there) - set(here), key=str):
        return f"{rule.title} is loaded and in no file"
    return next(_group_differences(rules, here, loaded, there), "")


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
) -> Iterator[str]:
    """Of the same rules: groups that are evaluated more rarely, or in another order."""
    wanted = {rule.group: rule.interval_seconds for rule in rules}
    for each in loaded:
        interval, expected = each.evaluation_interval_seconds, wanted[each.group]
        if interval != expected if expected is not None else interval > INTERVAL_SECONDS:
            yield f"group {each.group} is evaluated every {interval:g} s, expected {expected or INTERVAL_SECONDS:g} s"
    files: dict[str, set[Path]] = defaultdict(set)
    for rule in rules:
        files[rule.group].add(rule.path)
    for group in (group for group, paths in files.items() if len(paths) == 1):
        if [rule for rule in here if rule.group == group] != [rule for rule in there if rule.group == group]:
            yield f"group {group} has its rules in another order, or one of them twice"


def _unhealthy(prometheus: PrometheusApi) -> str:
    # An error may pass: right after a restart, a query can still see the last samples of the run before.
    for rule in prometheus.rules():
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
