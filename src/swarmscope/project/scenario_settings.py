"""The scenarios of swarmscope.toml: who does what, how many of them, for how long."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, get_args

from swarmscope.project.syntax import rate_of, share_of
from swarmscope.project.toml_table import Table, TomlFile, count, number, seconds, table, text, text_or_texts, texts
from swarmscope.scenarios.arrivals import MAX_WAIT_SECONDS
from swarmscope.scenarios.model import LoadPhase, OpenModel, Scenario, Search, Stage, usual_spawn_rate

Mix = Mapping[str, float]


def read_mixes(top: Table) -> dict[str, Mix]:
    """Return the [mixes] by name."""
    mixes = top.take_table("mixes")
    return {name: mixes.take(name, lambda value: mix_of(value, {})) for name in tuple(mixes)}


def lineage(file: TomlFile, scenarios: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a scenario and those that it extends, the one that extends none first; raise CommandError."""
    found: list[str] = []
    while True:
        of_scenario = scenarios[name]
        if not isinstance(of_scenario, dict):
            raise file.mistake(("scenarios", name), " is not a table of settings")
        found.append(name)
        other = of_scenario.get("extends")
        if other is None:
            return tuple(reversed(found))
        if not isinstance(other, str) or other not in scenarios or other in found:
            others = ", ".join(each for each in scenarios if each not in found)
            expected = f"expected another scenario ({others or 'none'})"
            raise file.mistake(("scenarios", name, "extends"), f" = {other!r}: {expected}")
        name = other


def extended(scenarios: Mapping[str, Any], names: Sequence[str], left_out: Collection[str]) -> dict[str, Any]:
    """Return the keys of the last scenario on top of those that it extends; aliases are its own."""
    keys: dict[str, Any] = {}
    for name in names:
        keys.pop("aliases", None)
        for key, other in (("arrivals", "users"), ("users", "arrivals")):
            if key in scenarios[name]:
                keys.pop(other, None)  # the one takes the place of the other
        keys |= {key: value for key, value in scenarios[name].items() if key not in left_out}
    return keys


def read_scenario(name: str, of_scenario: Table, mixes: Mapping[str, Mix]) -> Scenario:
    """Return the scenario in a table of its keys; raise CommandError for one that makes no sense."""
    if "requests_per_second" in tuple(of_scenario):
        raise of_scenario.fail(ValueError('requests_per_second is now arrivals = { rate = "200/s", max_users = 300 }'))
    users = of_scenario.take_optional("users", count)
    open_model = of_scenario.take_optional("arrivals", _arrivals)
    if open_model is not None:
        if users is not None:
            raise of_scenario.fail(ValueError("users and arrivals: max_users of the arrivals says how many there are"))
        users = open_model.users
    try:
        return Scenario(
            name=name,
            purpose=of_scenario.take("purpose", text, ""),
            users=users,
            spawn_rate=of_scenario.take_optional("spawn_rate", number) or (users and usual_spawn_rate(users)),
            run_time_seconds=of_scenario.take_optional("run_time", seconds),
            mix=of_scenario.take("mix", lambda value: mix_of(value, mixes), {}),
            stages=of_scenario.take(
                "stages", lambda value: _stages(value, has_arrivals=open_model is not None), (Stage("steady"),)
            ),
            think_time_scale=of_scenario.take("think_time_scale", number, 1.0),
            arrivals=open_model and open_model.arrivals,
            min_users=of_scenario.take("min_users", count, 1),
            aliases=of_scenario.take("aliases", texts, ()),
            tags=of_scenario.take("tags", texts, ()),
            exclude_tags=of_scenario.take("exclude_tags", texts, ()),
            groups=of_scenario.take("groups", texts, ()),
            locustfiles=of_scenario.take("locustfile", text_or_texts, ()),
            search=of_scenario.take_optional("capacity", _search),
        )
    except ValueError as error:
        raise of_scenario.fail(error) from None


def require_one_meaning(file: TomlFile, scenarios: Iterable[Scenario]) -> None:
    """Raise CommandError for a name that two scenarios have."""
    names: dict[str, str] = {}
    for scenario in scenarios:
        for name in (scenario.name, *scenario.aliases):
            if name in names:
                raise file.mistake(
                    ("scenarios", scenario.name), f": {name!r} is a name of scenarios.{names[name]}, too"
                )
            names[name] = scenario.name


def mix_of(value: Any, mixes: Mapping[str, Mix]) -> Mix:
    """Return a table of weights, the name of a mix, or several names: then each has the same share of the users."""
    if isinstance(value, dict):
        return {str(name): number(weight) for name, weight in value.items()}
    names = [value] if isinstance(value, str) else value
    unknown = [name for name in texts(names) if name not in mixes]
    if unknown:
        known = f" or one of {', '.join(mixes)}" if mixes else ""
        raise ValueError(f"there is no mix {unknown[0]!r}: expected a table of weights{known}")
    return mixes[names[0]] if len(names) == 1 else blend(*(mixes[name] for name in names))


def blend(*mixes: Mix) -> dict[str, float]:
    """Return several mixes as one, each with the same share of the users, in percent."""
    return {
        name: round(100 * weight / sum(mix.values()) / len(mixes), 3) for mix in mixes for name, weight in mix.items()
    }


class _Arrivals(NamedTuple):
    """An open model, and the number of users that wait for its arrivals."""

    arrivals: OpenModel
    users: int


def _arrivals(value: Any) -> _Arrivals:
    keys = dict(table(value))
    unknown = keys.keys() - {"rate", "max_users", "max_wait", "model", "seed"}
    if unknown:
        raise ValueError(f"arrivals have no {min(unknown)}: expected rate, max_users, max_wait, model and seed")
    for key in ("rate", "max_users"):
        if key not in keys:
            raise ValueError(f'has no {key}: expected a table such as {{ rate = "200/s", max_users = 300 }}')
    users = count(keys.pop("max_users"))
    model = OpenModel(
        rate=rate_of(keys.pop("rate")),
        model=text(keys.pop("model", "poisson")),  # type: ignore[arg-type]  # checked by the class
        seed=count(keys.pop("seed", 1)),
        max_wait_seconds=seconds(keys.pop("max_wait")) if "max_wait" in keys else MAX_WAIT_SECONDS,
    )
    return _Arrivals(model, users)


def _search(value: Any) -> Search:
    keys = dict(table(value))
    unknown = keys.keys() - {"by", "from", "to", "at_least"}
    if unknown:
        raise ValueError(f"capacity has no {min(unknown)}: expected by, from, to and at_least")
    by = keys.pop("by", "rate")
    if by not in {"rate", "users"}:
        raise ValueError(f"capacity is by {by!r}: expected rate or users")
    load = rate_of if by == "rate" else count
    return Search(by, *(float(load(keys[key])) if key in keys else None for key in ("from", "to", "at_least")))


def _stages(value: Any, *, has_arrivals: bool) -> tuple[Stage, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
        raise ValueError("expected a list of stages such as { phase = 'steady', share = 1.0 }")
    return tuple(_stage(dict(table(each)), has_arrivals=has_arrivals) for each in value)


def _stage(of_stage: dict[str, Any], *, has_arrivals: bool) -> Stage:
    phases = tuple(phase for phase in get_args(LoadPhase) if phase != "ramp")
    phase = of_stage.pop("phase", "steady")
    if phase not in phases:
        raise ValueError(f"phase {phase!r}: expected one of {', '.join(phases)}")
    size, others = ("rate", ("users", "spawn_rate")) if has_arrivals else ("users", ("rate", "ramp"))
    for other in others:
        if other in of_stage:
            raise ValueError(
                f"a stage has {other}: expected {'rate and ramp' if has_arrivals else 'users and spawn_rate'}, as the"
                f" scenario has {'arrivals' if has_arrivals else 'no arrivals'}"
            )
    stage = Stage(
        phase,
        time_share=number(of_stage.pop("share", 1.0)),
        users_share=share_of(text(of_stage.pop(size, "100%"))),
        spawn_rate=number(of_stage.pop("spawn_rate")) if "spawn_rate" in of_stage else None,
        ramp_share=share_of(text(of_stage.pop("ramp"))) if "ramp" in of_stage else None,
    )
    if (stage.ramp_share or 0.0) > 1:
        raise ValueError(f"ramp is {stage.ramp_share:.0%}: expected a share of the stage, up to 100%")
    if of_stage:
        known = "phase, share, rate and ramp" if has_arrivals else "phase, share, users and spawn_rate"
        raise ValueError(f"a stage has no {next(iter(of_stage))}: expected {known}")
    return stage
