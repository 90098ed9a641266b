"""Reads swarmscope.toml: what a project tests, and its scenarios."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args

from swarmscope.errors import CommandError
from swarmscope.objectives import BUILT_IN, ObjectiveKind
from swarmscope.project.files import read_text
from swarmscope.project.places import PROJECT, PROJECT_FILE
from swarmscope.project.syntax import seconds_of, share_of
from swarmscope.scenarios.catalogue import Catalogue
from swarmscope.scenarios.model import LoadPhase, Scenario, Stage

_Mix = Mapping[str, float]
_T = TypeVar("_T")
_USERS_PER_SPAWN = 10
_NOTHING: dict[str, Any] = {}
_NO_TEXTS: tuple[str, ...] = ()
#: What can be started beside a target.
SERVICES = ("postgres", "redis")
BOUNDS = ("max", "min")


@dataclass(frozen=True)
class Target:
    """What is started to be tested where no host is given: a command, and the services that it needs.

    ``environment`` is added to the settings of .env; in its values ``{port}``, ``{postgres_url}`` and ``{redis_url}``
    are replaced. At ``ready_path`` the target answers with status 200 once it can be tested.
    """

    command: tuple[str, ...]
    services: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_path: str = "/"


@dataclass(frozen=True)
class Project:
    """What swarmscope.toml says; without the file, nothing but its folder."""

    root: Path
    locustfile: Path
    catalogue: Catalogue = field(default_factory=Catalogue)
    host: str | None = None  #: what is tested where the command line says nothing else
    target: Target | None = None
    objectives: Mapping[str, ObjectiveKind] = field(default_factory=dict)
    alert_cases: Path | None = None  #: a Python file with what makes each alert fire
    rules: Path | None = None  #: a folder of rule files on top of those that come with the package


@lru_cache(maxsize=1)
def project() -> Project:
    """Return the project of this process; raise CommandError for a file that cannot be read."""
    return read_project(PROJECT)


def objective_kind(name: str) -> ObjectiveKind | None:
    """Return what the project says of an objective, else the product; None for one that is known to rules alone."""
    own, built_in = project().objectives.get(name), BUILT_IN.get(name)
    if own is None or own.advice or built_in is None:
        return own or built_in
    return replace(own, advice=built_in.advice)


def read_project(root: Path) -> Project:
    """Return the project in a folder; raise CommandError, one line, for a file that cannot be read."""
    path = root / PROJECT_FILE
    try:
        document = tomllib.loads(read_text(path)) if path.is_file() else {}
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{path} is not valid TOML: {error}") from None
    top = _Table(path, "", document)
    locustfile = root / top.take("locustfile", _text, "locustfile.py")
    cases, rules = top.take("alert_cases", _text, ""), top.take("rules", _text, "")
    mixes = {name: _mix_of(value, {}) for name, value in top.take("mixes", _table, _NOTHING).items()}
    scenarios = top.take("scenarios", _table, _NOTHING)
    target = _Table(path, "target", top.take("target", _table, _NOTHING))
    objectives = {
        name: _objective(_Table(path, f"objectives.{name}", _table(table)))
        for name, table in top.take("objectives", _table, _NOTHING).items()
    }
    top.require_all_taken()
    host = target.take("host", _text, "") or None
    started = _target(target)
    found = {}
    for name in scenarios:
        table = _Table(path, f"scenarios.{name}", _extended(path, scenarios, name))
        found[name] = _scenario(name, table, mixes)
        table.require_all_taken()
    _require_one_meaning(path, found.values())
    return Project(
        root,
        locustfile,
        Catalogue(found),
        host,
        started,
        objectives,
        alert_cases=root / cases if cases else None,
        rules=root / rules if rules else None,
    )


class _Table:
    """A table of the file whose keys are taken one by one; errors name the file and the key."""

    def __init__(self, path: Path, name: str, values: Mapping[str, Any]) -> None:
        self._path, self._name, self._values = path, name, dict(values)

    def take(self, key: str, read: Callable[[Any], _T], default: _T | None = None) -> _T:
        """Return the value; without a default the key is required."""
        if key not in self._values:
            if default is None:
                raise CommandError(f"{self._path}: {self._key(key)} is missing")
            return default
        value = self._values.pop(key)
        try:
            return read(value)
        except (CommandError, ValueError) as error:
            raise CommandError(f"{self._path}: {self._key(key)} = {value!r}: {error}") from None

    def require_all_taken(self) -> None:
        if self._values:
            raise CommandError(f"{self._path}: {self._key(next(iter(self._values)))} is not a known setting")

    def fail(self, error: Exception) -> CommandError:
        return CommandError(f"{self._path}: {self._name}: {error}")

    def _key(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key


def _target(table: _Table) -> Target | None:
    command = table.take("command", _texts, _NO_TEXTS)
    target = Target(
        command,
        table.take("services", _services, ()),
        table.take("environment", _environment, {}),
        table.take("ready_path", _text, "/"),
    )
    table.require_all_taken()
    return target if command else None


def _objective(table: _Table) -> ObjectiveKind:
    found = ObjectiveKind(table.take("bound", _bound), table.take("advice", _text, ""))
    table.require_all_taken()
    return found


def _require_one_meaning(path: Path, scenarios: Iterable[Scenario]) -> None:
    names: dict[str, str] = {}
    for scenario in scenarios:
        for name in (scenario.name, *scenario.aliases):
            if name in names:
                raise CommandError(f"{path}: {name!r} is a name of scenarios.{names[name]} and of {scenario.name}")
            names[name] = scenario.name


def _extended(path: Path, scenarios: Mapping[str, Any], name: str, seen: Sequence[str] = ()) -> dict[str, Any]:
    """Return the keys of a scenario on top of those of the one that it extends; aliases are its own."""
    table = scenarios.get(name)
    if not isinstance(table, dict):
        raise CommandError(f"{path}: scenarios.{name} is not a table of settings")
    own = dict(table)
    other = own.pop("extends", None)
    if other is None:
        return own
    if other not in scenarios or other in (*seen, name):
        others = ", ".join(each for each in scenarios if each not in (*seen, name))
        raise CommandError(
            f"{path}: scenarios.{name}.extends = {other!r}: expected another scenario ({others or 'none'})"
        )
    inherited = _extended(path, scenarios, other, (*seen, name))
    inherited.pop("aliases", None)
    return inherited | own


def _scenario(name: str, table: _Table, mixes: Mapping[str, _Mix]) -> Scenario:
    users = table.take("users", _count)
    run_time_seconds = table.take("run_time", _seconds)
    rate = table.take("requests_per_second", _number, 0.0)
    try:
        return Scenario(
            name=name,
            purpose=table.take("purpose", _text, ""),
            users=users,
            spawn_rate=table.take("spawn_rate", _number, max(1.0, users / _USERS_PER_SPAWN)),
            run_time_seconds=run_time_seconds,
            mix=table.take("mix", lambda value: _mix_of(value, mixes), {}),
            stages=table.take("stages", _stages, (Stage("steady"),)),
            think_time_scale=table.take("think_time_scale", _number, 1.0),
            requests_per_second=rate or None,
            min_users=table.take("min_users", _count, 1),
            aliases=table.take("aliases", _texts, ()),
            tags=table.take("tags", _texts, ()),
        )
    except ValueError as error:
        raise table.fail(error) from None


def _mix_of(value: Any, mixes: Mapping[str, _Mix]) -> _Mix:
    """Return a table of weights, the name of a mix, or several names: then each has the same share of the users."""
    if isinstance(value, dict):
        return {str(name): _number(weight) for name, weight in value.items()}
    names = [value] if isinstance(value, str) else value
    unknown = [name for name in _texts(names) if name not in mixes]
    if unknown:
        known = f" or one of {', '.join(mixes)}" if mixes else ""
        raise ValueError(f"there is no mix {unknown[0]!r}: expected a table of weights{known}")
    return mixes[names[0]] if len(names) == 1 else blend(*(mixes[name] for name in names))


def blend(*mixes: _Mix) -> dict[str, float]:
    """Return several mixes as one, each with the same share of the users, in percent."""
    return {
        name: round(100 * weight / sum(mix.values()) / len(mixes), 3) for mix in mixes for name, weight in mix.items()
    }


def _stages(value: Any) -> tuple[Stage, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
        raise ValueError("expected a list of stages such as { phase = 'steady', share = 1.0 }")
    return tuple(_stage(dict(each)) for each in value)


def _stage(table: dict[str, Any]) -> Stage:
    phases = tuple(phase for phase in get_args(LoadPhase) if phase != "ramp")
    phase = table.pop("phase", "steady")
    if phase not in phases:
        raise ValueError(f"phase {phase!r}: expected one of {', '.join(phases)}")
    stage = Stage(
        phase,
        time_share=_number(table.pop("share", 1.0)),
        users_share=share_of(_text(table.pop("users", "100%"))),
        spawn_rate=_number(table.pop("spawn_rate")) if "spawn_rate" in table else None,
    )
    if table:
        raise ValueError(f"a stage has no {next(iter(table))}: expected phase, share, users and spawn_rate")
    return stage


def _bound(value: Any) -> str:
    if value not in BOUNDS:
        raise ValueError(f"expected {' or '.join(BOUNDS)}")
    return str(value)


def _services(value: Any) -> tuple[str, ...]:
    unknown = [each for each in _texts(value) if each not in SERVICES]
    if unknown:
        raise ValueError(f"expected a list of {', '.join(SERVICES)}")
    return tuple(value)


def _environment(value: Any) -> dict[str, str]:
    return {name: _text(each) for name, each in _table(value).items()}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a text")  # noqa: TRY004  # as all that is wrong with a file
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("expected a list of texts")
    return tuple(value)


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("expected a table")  # noqa: TRY004
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ValueError("expected a number over 0")
    return float(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("expected a whole number of 1 or more")
    return value


def _seconds(value: Any) -> float:
    try:
        return seconds_of(_text(value))
    except CommandError:
        raise ValueError("expected a time span over 0 such as '30s', '5m' or '1h30m'") from None
