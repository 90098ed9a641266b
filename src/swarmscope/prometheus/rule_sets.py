"""The rules that judge a run, of the package and of the project, and which line counts where two are for the same.

From the weakest to the strongest: the defaults, swarmscope.toml, rule files, and a file given on the command line.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

import yaml

from swarmscope.errors import CommandError
from swarmscope.objectives import JudgedApart, Place, Threshold
from swarmscope.project.places import PROJECT_FILE
from swarmscope.project.settings import project
from swarmscope.project.threshold_settings import DEFAULT_SCENARIO
from swarmscope.project.yaml_text import load_yaml
from swarmscope.prometheus.compiled import (
    COMPILED_FILE,
    CONFIDENCE_RECORD,
    THRESHOLD_RECORD,
    compiled,
)
from swarmscope.prometheus.names import TARGET_COUNTER
from swarmscope.prometheus.rule_files import FileRule, name_beside_others, parse_rules, read_rule_file, rule_paths
from swarmscope.prometheus.thresholds import (
    DEFAULT_SOURCE,
    judged_apart,
    place_of_confidence,
    require_thresholds_alone,
    threshold_of,
)

#: What a folder's table of defaults is called: what the product judges every scenario by.
_DEFAULTS_FILE = "thresholds.yml"


class Strength(IntEnum):
    """Whose line counts where two set a threshold for the same."""

    DEFAULT = 0
    PROJECT = 1
    RULE_FILE = 2
    COMMAND_LINE = 3


@dataclass(frozen=True)
class RuleFile:
    """A rule file as Prometheus is to read it: its name beside the others, and its text."""

    name: str
    text: str
    rules: tuple[FileRule, ...]


@dataclass(frozen=True)
class RuleSet:
    """All rules of a run; ``told`` says, a sentence each, which lines take the place of others."""

    files: tuple[RuleFile, ...]
    told: tuple[str, ...] = ()
    added: tuple[FileRule, ...] = ()  #: the rules of the file on the command line

    @property
    def rules(self) -> tuple[FileRule, ...]:
        return tuple(rule for file in self.files for rule in file.rules)

    def write(self, folder: Path) -> Path:
        """Write the files into a folder, for Prometheus to load; return it. Raise OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        for file in self.files:
            (folder / file.name).write_text(file.text, encoding="utf-8")
        return folder


@dataclass(frozen=True)
class _Source:
    """A file of rules with the strength of its lines; thresholds for every scenario in a table of defaults are weakest.

    ``set_by`` has the rules that set a threshold, by what they set it for.
    """

    name: str
    text: str
    rules: tuple[FileRule, ...]
    strength: Strength
    set_by: Mapping[int, Threshold] = field(default_factory=dict)

    def thresholds(self, above: Strength) -> Iterator[Threshold]:
        """Yield those that are stronger."""
        yield from (threshold for threshold in self.set_by.values() if self.strength_of(threshold) > above)

    def strength_of(self, threshold: Threshold) -> Strength:
        is_default = self.name == _DEFAULTS_FILE and threshold.scenario == DEFAULT_SCENARIO
        return Strength.DEFAULT if is_default else self.strength


def rule_set(folder: Path, extra: Path | None = None) -> RuleSet:
    """Return the rules in a folder, with those of the project and those of a file for one run.

    A folder that was laid out for a run has those of the project already: they stay as they were. Raise CommandError,
    one line, for a file that does not hold rules, and for thresholds that cannot be read.
    """
    paths = rule_paths(folder)
    if not paths:
        raise CommandError(f"No rule files (*.yml) in {folder}: expected the thresholds and alerts of prometheus/rules")
    files = [_source(path, _strength_of(path)) for path in paths]
    if extra is not None:
        given = _source(extra, Strength.COMMAND_LINE)
        require_thresholds_alone(extra, given.rules)
        files.append(replace(given, name=f"extra-{extra.stem}.yml"))  # it may have the name of one of the others
    strong = [threshold for file in files for threshold in file.thresholds(above=Strength.PROJECT)]
    of_project, text = project(), compiled(project(), strong, tuple(_apart(files)))
    told: list[str] = []
    laid_out = next((file for file in files if file.name == COMPILED_FILE), None)
    if laid_out is None:
        own = parse_rules(text, of_project.root / PROJECT_FILE) if text else ()
        files += [_with_thresholds(COMPILED_FILE, text, own, Strength.PROJECT)] if own else []
        told += _told_of_project(of_project.thresholds, strong)
    elif extra is None and laid_out.text != compiled(of_project):
        told.append(f"{folder / COMPILED_FILE} judges, which is not as {PROJECT_FILE} has it now")
    winners = _winners(files)
    told += _told_of_files(files, winners)
    added = given.rules if extra is not None else ()
    kept = [
        without_rules(RuleFile(file.name, file.text, file.rules), _lost(file, winners) | _second_counter(file, files))
        for file in files
    ]
    return RuleSet(tuple(kept), tuple(told), added)


def lay_out(rules: Path, extra: Path | None, folder: Path) -> Path:
    """Put the rules of a folder, of the project and of an extra file into a folder of the run's own; return it.

    A copy: a rule that is edited for the next run does not change what this one is judged by. Raise OSError, and
    CommandError for rules that cannot be read.
    """
    return rule_set(rules, extra).write(folder)


def _strength_of(path: Path) -> Strength:
    return Strength.PROJECT if path.name == COMPILED_FILE else Strength.RULE_FILE


def _source(path: Path, strength: Strength) -> _Source:
    rules = read_rule_file(path)
    return _with_thresholds(name_beside_others(path), path.read_text(encoding="utf-8"), rules, strength)


def _with_thresholds(name: str, text: str, rules: tuple[FileRule, ...], strength: Strength) -> _Source:
    set_by = {index: threshold_of(rule) for index, rule in enumerate(rules) if rule.name == THRESHOLD_RECORD}
    return _Source(name, text, rules, strength, set_by)


def _apart(sources: Iterable[_Source]) -> Iterator[JudgedApart]:
    for source in sources:
        yield from judged_apart(source.rules)


def _winners(sources: Iterable[_Source]) -> dict[Place, Strength]:
    """Return the strength of the line that counts, by what it is for."""
    found: dict[Place, Strength] = {}
    for source in sources:
        for threshold in source.set_by.values():
            found[threshold.place] = max(source.strength_of(threshold), found.get(threshold.place, Strength.DEFAULT))
    return found


def _lost(source: _Source, winners: Mapping[Place, Strength]) -> set[int]:
    """Return the thresholds whose place others take, and how sure a run would have to be of these."""
    lost = {
        index for index, threshold in source.set_by.items() if source.strength_of(threshold) < winners[threshold.place]
    }
    places = {source.set_by[index].place for index in lost}
    return lost | {
        index
        for index, rule in enumerate(source.rules)
        if rule.name == CONFIDENCE_RECORD and place_of_confidence(rule) in places
    }


def _second_counter(source: _Source, sources: Iterable[_Source]) -> set[int]:
    """Return the rules that count the target's requests where the project does: each would be counted twice."""
    if source.strength is Strength.PROJECT:
        return set()
    counted = any(
        rule.name == TARGET_COUNTER for each in sources if each.strength is Strength.PROJECT for rule in each.rules
    )
    return {index for index, rule in enumerate(source.rules) if counted and rule.name == TARGET_COUNTER}


def without_rules(file: RuleFile, left_out: Collection[int]) -> RuleFile:
    """Return the file without the rules in these places."""
    if not left_out:
        return file
    numbered = iter(range(len(file.rules)))
    groups: list[dict[str, Any]] = [
        group | {"rules": [rule for rule in group["rules"] if next(numbered) not in left_out]}
        for group in load_yaml(file.text)["groups"]
    ]
    kept = {"groups": [group for group in groups if group["rules"]]}
    text = yaml.safe_dump(kept, sort_keys=False, width=math.inf, allow_unicode=True)
    return RuleFile(file.name, text, tuple(rule for index, rule in enumerate(file.rules) if index not in left_out))


def _told_of_files(sources: Iterable[_Source], winners: Mapping[Place, Strength]) -> Iterator[str]:
    """Yield which lines of files take the place of others; what a project says instead of a default is not told."""
    lines = [(source, threshold) for source in sources for threshold in source.set_by.values()]
    for source, threshold in lines:
        if source.strength_of(threshold) >= winners[threshold.place]:
            continue
        winner, by = next(
            (other, new)
            for other, new in lines
            if new.place == threshold.place and other.strength_of(new) == winners[new.place]
        )
        if winner.strength is not Strength.PROJECT:
            yield _sentence(by, threshold)


def _told_of_project(own: Iterable[Threshold], strong: Iterable[Threshold]) -> Iterator[str]:
    by_place = {threshold.place: threshold for threshold in strong}
    for threshold in own:
        if (by := by_place.get(threshold.place)) is not None:
            yield _sentence(by, threshold)


def _sentence(by: Threshold, instead_of: Threshold) -> str:
    subject = f"{instead_of.title} of scenario {instead_of.scenario}"
    where = "by default" if instead_of.source == DEFAULT_SOURCE else f"in {instead_of.source}"
    return f"{by.source} sets {subject} to {by.value:g}, in place of {instead_of.value:g} {where}"
