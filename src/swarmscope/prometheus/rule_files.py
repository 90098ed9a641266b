"""The rule files on disk: what they hold, and a copy of them for a run."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from swarmscope.errors import CommandError
from swarmscope.project.places import DEFAULT_RULES, PROJECT_FILE
from swarmscope.project.settings import project
from swarmscope.project.yaml_text import UnreadableYamlError, load_yaml
from swarmscope.prometheus.names import WATCH_ALERT

_DURATION = re.compile(r"(?=.)(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_UNITS_SECONDS = (365 * 86400.0, 7 * 86400.0, 86400.0, 3600.0, 60.0, 1.0, 0.001)


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
    """Return the rule files of a folder, and with those of the package the project's own ones."""
    own = own_rules(folder)
    return [*sorted(folder.glob("*.yml")), *(sorted(own.glob("*.yml")) if own is not None else ())]


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
    """Return the rules of all files in a folder; raise CommandError naming the file that is none."""
    paths = rule_paths(folder)
    if not paths:
        raise CommandError(f"No rule files (*.yml) in {folder}: expected the thresholds and alerts of prometheus/rules")
    return tuple(rule for path in paths for rule in read_rule_file(path))


def read_rule_file(path: Path) -> tuple[FileRule, ...]:
    """Return the rules of one file; raise CommandError, one line, when it is none."""
    try:
        groups = load_yaml(path.read_text(encoding="utf-8"))["groups"]
        return tuple(_rule(group, rule, path) for group in groups for rule in group["rules"])
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
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
        for_seconds=_seconds(rule.get("for", 0)),
        keep_firing_seconds=_seconds(rule.get("keep_firing_for", 0)),
        interval_seconds=None if interval is None else _seconds(interval),
        offset_seconds=_seconds(group.get("query_offset", 0)),
    )


def _seconds(duration: object) -> float:
    """Return a duration as Prometheus writes it, such as 1m30s; raise ValueError."""
    text = str(duration)
    match = _DURATION.fullmatch(text)
    if match is None and text != "0":
        raise ValueError(f"{text!r} is not a valid duration")
    return (
        0.0
        if match is None
        else sum(int(count or 0) * unit for count, unit in zip(match.groups(), _UNITS_SECONDS, strict=True))
    )


def lay_out(rules: Path, extra: Path | None, folder: Path) -> Path:
    """Put the rule files, and an extra one, into a folder of the run's own for Prometheus to load; return it.

    A copy: who edits a rule for the next run does not change what this one is judged by. Raise OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in rule_paths(rules):
        shutil.copyfile(path, folder / name_beside_others(path))
    if extra is not None:
        shutil.copyfile(extra, folder / f"extra-{extra.stem}.yml")  # it may have the name of one of the others
    return folder


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
