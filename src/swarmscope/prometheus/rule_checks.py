"""Whether rules can judge a run as ours do: none is missing, none lies where nothing reads it, each gate is known."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from swarmscope.errors import CommandError
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.project.settings import project
from swarmscope.project.yaml_text import UnreadableYamlError, load_yaml
from swarmscope.prometheus.compiled import CONFIDENCE_RECORD, THRESHOLD_RECORD
from swarmscope.prometheus.names import GATES, INTERVAL_SECONDS
from swarmscope.prometheus.rule_files import FileRule, own_rules, read_rules, rule_paths, watched_groups
from swarmscope.prometheus.rule_sets import RuleSet, rule_set

#: What makes a verdict; each carries the alert that proves its evaluation.
_NEEDED_GROUPS = ("loadtest-sli", "loadtest-live", "loadtest-run", "loadtest-validity")
#: The rules that a user is told to change.
_CHANGEABLE_GROUPS = ("loadtest-target", "loadtest-reference-target")
_RULE_SUFFIXES = frozenset((".yml", ".yaml", ".rules"))
#: An alert that gates is evaluated on the final totals like ours.
_MAX_GATE_INTERVAL_SECONDS = INTERVAL_SECONDS
_SHOWN = 5


def checked_rules(folder: Path, extra: Path | None = None) -> tuple[FileRule, ...]:
    """Return the rules of `checked_rule_set`."""
    return checked_rule_set(folder, extra).rules


def checked_rule_set(folder: Path, extra: Path | None = None) -> RuleSet:
    """Return the rules of a folder, of the project and of a file for one run.

    Raise CommandError, one line, when a run must not be judged by them.
    """
    found = rule_set(folder, extra)
    _require_all_read(folder)
    _require_ours(found.rules, folder)
    for rule in found.rules:
        _require_gate(rule)
    return found


def differing_from_ours(rules: Iterable[FileRule], folder: Path) -> str:
    """Return which of our own rules the folder has in another form, in one line; empty when none."""
    if folder.resolve() == DEFAULT_RULES:
        return ""
    there = {_identity(rule) for rule in rules}
    changed = [rule for rule in _our_rules() if _identity(rule) not in there]
    titles = list(dict.fromkeys(f"{rule.group}/{rule.name}" for rule in changed))
    if not titles:
        return ""
    more = f" and {len(titles) - _SHOWN} more" if len(titles) > _SHOWN else ""
    return f"these rules in {folder} are not as {DEFAULT_RULES} has them: {', '.join(titles[:_SHOWN])}{more}"


def _require_all_read(folder: Path) -> None:
    """Prometheus reads certain files: a threshold in another one would never be missed."""
    read = {*rule_paths(folder), project().compiled_rules}
    if folder.resolve() == DEFAULT_RULES.resolve():  # the package's own are as they should be
        own = own_rules(folder)
        if own is None:
            return
        folder = own
    # Below the folder of the project itself are the rules of earlier runs.
    below = folder.glob("*") if project().root.is_relative_to(folder) else folder.rglob("*")
    files = sorted(path for path in below if path.suffix.lower() in _RULE_SUFFIXES and path.is_file())
    unread = next((path for path in files if path not in read and _holds_rules(path)), None)
    if unread is not None:
        remedy = f"move it to {folder / unread.with_suffix('.yml').name}" if unread.parent != folder else "rename it"
        raise CommandError(f"{unread} is read by nothing: rules have to be in {folder}/*.yml; {remedy}, or remove it")


def _holds_rules(path: Path) -> bool:
    """Return whether a file looks like one of rules; one that cannot be read may be."""
    try:
        document = load_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, UnreadableYamlError):
        return True
    return isinstance(document, dict) and "groups" in document


def _require_ours(rules: tuple[FileRule, ...], folder: Path) -> None:
    watched = watched_groups(rules)
    missing = [f"group {group}" for group in _NEEDED_GROUPS if group not in watched]
    names = {rule.name for rule in rules if rule.is_alert}
    missing += [f"alert {rule.name}" for rule in _our_rules() if rule.is_alert and rule.name not in names]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise CommandError(
            f"The rules in {folder} lack {', '.join(missing[:_SHOWN])}{more}: without them a run could pass that"
            f" no rule watched; copy the files of {DEFAULT_RULES} beside your own"
        )


def _require_gate(rule: FileRule) -> None:
    gate = rule.labels.get("gate", "")
    if not rule.is_alert or not gate:
        return
    if gate not in GATES:
        raise CommandError(
            f"{rule.path}: the alert {rule.name} has gate {gate!r}: expected {', '.join(GATES)}, or none for an alert"
            " that decides nothing"
        )
    if (rule.interval_seconds or 0.0) > _MAX_GATE_INTERVAL_SECONDS:
        raise CommandError(
            f"{rule.path}: the alert {rule.name} gates, and its group {rule.group} is evaluated every"
            f" {rule.interval_seconds:g} s: expected at most {_MAX_GATE_INTERVAL_SECONDS:g} s, or no interval"
        )
    if rule.offset_seconds:
        raise CommandError(
            f"{rule.path}: the alert {rule.name} gates, and its group {rule.group} looks at what was"
            f" {rule.offset_seconds:g} s ago: expected no query_offset, with which it would miss the end of the run"
        )


@lru_cache(maxsize=1)
def _our_rules() -> tuple[FileRule, ...]:
    """Return those that a user has no reason to change: neither thresholds nor what the target's metrics are called."""
    rules = read_rules(DEFAULT_RULES)
    changeable = (THRESHOLD_RECORD, CONFIDENCE_RECORD)
    return tuple(r for r in rules if r.name not in changeable and r.group not in _CHANGEABLE_GROUPS)


def _identity(rule: FileRule) -> tuple[object, ...]:
    labels = frozenset(rule.labels.items())
    return rule.group, rule.name, " ".join(rule.expr.split()), labels, rule.for_seconds, rule.keep_firing_seconds
