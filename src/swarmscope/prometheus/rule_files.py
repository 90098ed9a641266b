"""The rule files on disk: what they hold, and a copy of them for a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from swarmscope.errors import CommandError
from swarmscope.project.places import DEFAULT_RULES, PROJECT_FILE
from swarmscope.project.settings import project
from swarmscope.project.yaml_text import UnreadableYamlError, load_yaml
from swarmscope.prometheus.durations import duration_seconds
from swarmscope.prometheus.names import WATCH_ALERT


@dataclass(frozen=True)
class FileRule:
    """A rule as it stands in a file.

    ``interval_seconds`` is that of its group, None where it has none of its own, and ``offset_seconds`` the group's
    query_offset.
    """

    group: str
    name: str
    expr: str
    labels: dict[str, str]
    path: Path = Path()
    is_alert: bool = False
    for_seconds: float = 0.0
    keep_firing_seconds: float = 0.0
    interval_seconds: float | None = None
    offset_seconds: float = 0.0


def rule_paths(folder: Path) -> list[Path]:
    """Return the rule files of a folder, and with those of the package the project's own ones.

    Not the one that is made of swarmscope.toml, which is read itself.
    """
    own, compiled = own_rules(folder), project().compiled_rules
    paths = [*sorted(folder.glob("*.yml")), *(sorted(own.glob("*.yml")) if own is not None else ())]
    return [path for path in paths if compiled is None or path.resolve() != compiled.resolve()]


def own_rules(folder: Path) -> Path | None:
    """Return the project's folder of rules, which go with those of the package and with no others.

    Raise CommandError when it is not there: thresholds in it would never be missed.
    """
    own = project().rules if folder.resolve() == DEFAULT_RULES.resolve() else None
    if own is not None and not own.is_dir():
        raise CommandError(f"{project().root / PROJECT_FILE}: rules: the folder {own} does not exist")
    return own


def name_beside_others(path: Path) -> str:
    """Return what a file of `rule_paths` is called in a folder with all of them."""
    return f"project-{path.name}" if path.parent == project().rules else path.name


def read_rules(folder: Path) -> tuple[FileRule, ...]:
    """Return the rules of all files in a folder; raise CommandError naming the file that is none.

    For those of a run, use `swarmscope.prometheus.rule_sets`: swarmscope.toml has some as well.
    """
    paths = rule_paths(folder)
    if not paths:
        raise CommandError(f"No rule files (*.yml) in {folder}: expected the thresholds and alerts of prometheus/rules")
    return tuple(rule for path in paths for rule in read_rule_file(path))


def read_rule_file(path: Path) -> tuple[FileRule, ...]:
    """Return the rules of one file; raise CommandError, one line, when it is none."""
    try:
        return parse_rules(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


def parse_rules(text: str, path: Path) -> tuple[FileRule, ...]:
    """Return the rules in the text of a file; raise CommandError, one line, when it is none."""
    try:
        groups = load_yaml(text)["groups"]
        return tuple(_rule(group, rule, path) for group in groups for rule in group["rules"])
    except UnreadableYamlError as error:
        raise CommandError(f"{path} {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CommandError(
            f"{path} is not a Prometheus rule file: expected groups, each with a name and rules, each of these with"
            " record or alert, and expr"
        ) from error


def _rule(group: dict[str, Any], rule: dict[str, Any], path: Path) -> FileRule:
    interval = group.get("interval")
    return FileRule(
        group=group["name"],
        name=rule.get("record") or rule["alert"],
        expr=str(rule["expr"]),
        labels={**(group.get("labels") or {}), **(rule.get("labels") or {})},
        path=path,
        is_alert="alert" in rule,
        for_seconds=duration_seconds(rule.get("for", 0)),
        keep_firing_seconds=duration_seconds(rule.get("keep_firing_for", 0)),
        interval_seconds=None if interval is None else duration_seconds(interval),
        offset_seconds=duration_seconds(group.get("query_offset", 0)),
    )


def watched_groups(rules: tuple[FileRule, ...]) -> tuple[str, ...]:
    """Return the groups that carry the alert which proves that they were evaluated."""
    return tuple(rule.labels.get("group", rule.group) for rule in rules if rule.name == WATCH_ALERT)


def ungated_alerts(rules: tuple[FileRule, ...]) -> tuple[str, ...]:
    """Return the alerts that decide nothing, because they do not say what they speak of."""
    return tuple(dict.fromkeys(rule.name for rule in rules if rule.is_alert and not rule.labels.get("gate")))


def changes(before: tuple[FileRule, ...], after: tuple[FileRule, ...]) -> str:
    """Return the first rule that is in one and not in the other, in words; empty when there is none."""
    for rule in before:
        if not any(_same(rule, other) for other in after):
            return f"{rule.group}/{rule.name} is no longer in the files as it was"
    for rule in after:
        if not any(_same(rule, other) for other in before):
            return f"{rule.group}/{rule.name} was added to the files"
    return ""


def _same(one: FileRule, other: FileRule) -> bool:
    return replace(one, path=Path()) == replace(other, path=Path())
