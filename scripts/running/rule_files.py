"""The rule files on disk, and whether Prometheus has loaded exactly them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.errors import CommandError, PrometheusUnavailableError
from scripts.judging.completeness import WATCH_ALERT
from scripts.prometheus_api import LoadedRule, PrometheusApi
from scripts.yaml_text import UnreadableYamlError, load_yaml

_FIRST_EVALUATION_TIMEOUT_SECONDS = 20.0
#: In Docker it looks for changed rules every 5 s.
_LOADED_TIMEOUT_SECONDS = 20.0
_LOADED_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class FileRule:
    """A rule as it stands in a file."""

    group: str
    name: str
    expr: str
    labels: dict[str, str]
    path: Path = Path()


def read_rules(folder: Path) -> tuple[FileRule, ...]:
    """The rules of all ``*.yml`` in a folder; raises CommandError naming the file that is none."""
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise CommandError(
            f"There are no rule files (*.yml) in {folder}: expected the thresholds and alerts of prometheus/rules"
        )
    return tuple(rule for path in paths for rule in read_rule_file(path))


def read_rule_file(path: Path) -> tuple[FileRule, ...]:
    """The rules of one file; raises CommandError, one line, when it is none."""
    try:
        groups = load_yaml(path.read_text(encoding="utf-8"))["groups"]
        return tuple(_rule(group["name"], rule, path) for group in groups for rule in group["rules"])
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    except UnreadableYamlError as error:
        raise CommandError(f"{path} {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CommandError(
            f"{path} is no Prometheus rule file: expected groups, each with a name and rules, each of these with"
            " record or alert, and expr"
        ) from error


def _rule(group: str, rule: dict[str, Any], path: Path) -> FileRule:
    name = rule.get("record") or rule["alert"]
    return FileRule(group, name, str(rule["expr"]), dict(rule.get("labels") or {}), path)


def lay_out(rules: Path, extra: Path | None, folder: Path) -> Path:
    """Puts the rule files, and an extra one, into a folder of the run's own for Prometheus to load; returns it.

    A copy: who edits a rule for the next run does not change what this one is judged by. Raises OSError.
    """
    shutil.copytree(rules, folder, dirs_exist_ok=True)
    if extra is not None:
        shutil.copyfile(extra, folder / f"extra-{extra.stem}.yml")  # it may have the name of one of the others
    return folder


def watched_groups(rules: tuple[FileRule, ...]) -> tuple[str, ...]:
    """The groups that carry the alert which proves that they were evaluated."""
    return tuple(rule.labels.get("group", rule.group) for rule in rules if rule.name == WATCH_ALERT)


def require_loaded(prometheus: PrometheusApi, rules: tuple[FileRule, ...], folder: Path) -> None:
    """Wait until Prometheus has exactly these rules, and each evaluates without an error.

    It loads changed rules by itself, or is told to by a signal. Raises CommandError when it has not done so within
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
    """What Prometheus has and the files have not, or the reverse, in words; empty when nothing."""
    loaded = prometheus.rules()
    # Most are written as Prometheus writes them: those it need not format, unless something differs.
    as_it_writes = {rule.query for rule in loaded} & {rule.expr for rule in rules}
    return _difference(
        loaded, rules, lambda query: query if query in as_it_writes else prometheus.formatted(query)
    ) and _difference(loaded, rules, prometheus.formatted)


def _difference(
    loaded_rules: tuple[LoadedRule, ...], rules: tuple[FileRule, ...], formatted: Callable[[str], str]
) -> str:
    def identity(rule: FileRule | LoadedRule, query: str) -> tuple[str, str, str, frozenset[tuple[str, str]]]:
        return (rule.group, rule.name, formatted(query), frozenset(rule.labels.items()))

    loaded = {identity(rule, rule.query) for rule in loaded_rules}
    on_disk = {identity(rule, rule.expr) for rule in rules}
    for group, name, *_ in sorted(on_disk - loaded, key=str):
        return f"{group}/{name} is not loaded as the file has it"
    for group, name, *_ in sorted(loaded - on_disk, key=str):
        return f"{group}/{name} is loaded and in no file"
    return ""


def changes(before: tuple[FileRule, ...], after: tuple[FileRule, ...]) -> str:
    """The first rule that is in one and not in the other, in words; empty when there is none."""
    for rule in before:
        if not any(_same(rule, other) for other in after):
            return f"{rule.group}/{rule.name} is no longer in the files as it was"
    for rule in after:
        if not any(_same(rule, other) for other in before):
            return f"{rule.group}/{rule.name} was added to the files"
    return ""


def _same(one: FileRule, other: FileRule) -> bool:
    return (one.group, one.name, one.expr, one.labels) == (other.group, other.name, other.expr, other.labels)


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
