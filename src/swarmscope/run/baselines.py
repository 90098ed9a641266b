"""Baselines: the runs of a scenario on a class of machines that later runs are compared with, as files for Git.

baselines/SCENARIO/MACHINE-CLASS/RUN_ID.json
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, stdev

from swarmscope.compare.comparable import obstacles
from swarmscope.compare.comparison import Side
from swarmscope.compare.figures import FIGURES
from swarmscope.compare.judge import MIN_BASELINE_RUNS
from swarmscope.compare.summary import ALL, RunSummary
from swarmscope.compare.summary_file import from_json, to_json
from swarmscope.errors import CommandError
from swarmscope.project.files import read_text, write_whole
from swarmscope.verdict.verdict import Outcome
from swarmscope_exporter.run_ids import problem_with_run_id, problem_with_scenario

#: How such a file begins, and no other JSON file of ours.
_BEGINNING = re.compile(r'\s*\{\s*"schema"\s*:\s*\d+\s*,\s*"run_id"\s*:')
_UNKNOWN_MACHINE = "unknown-machine"


@dataclass(frozen=True)
class Baseline:
    """The runs of one baseline, oldest first; ``name`` is that of its folder, such as smoke/linux-x86_64-2-cores."""

    name: str
    runs: tuple[RunSummary, ...]

    @property
    def missing(self) -> int:
        """How many runs more it takes until a comparison with it can decide."""
        return max(0, MIN_BASELINE_RUNS - len(self.runs))

    @property
    def p95_seconds(self) -> float | None:
        """The median p95 of its runs; None where none has one."""
        values = self.values("latency_p95_seconds")
        return median(values) if values else None

    @property
    def p95_spread(self) -> float | None:
        """The standard deviation of the p95 between runs, over its median; None of fewer than two runs."""
        values, middle = self.values("latency_p95_seconds"), self.p95_seconds
        return stdev(values) / middle if len(values) > 1 and middle else None

    @property
    def requests_per_second(self) -> float | None:
        """The median throughput of its runs."""
        values = self.values("throughput_requests_per_second")
        return median(values) if values else None

    def values(self, figure: str) -> list[float]:
        """Return a figure of all requests of each run that has it."""
        return [value for run in self.runs if (value := figure_of_run(run, figure)) is not None]


@dataclass(frozen=True)
class Kept:
    """A run that was added: the baseline and its file. ``note`` is what was against it, empty where nothing was."""

    baseline: str
    path: Path
    run: RunSummary

    @property
    def note(self) -> str:
        return self.run.note


def figure_of_run(run: RunSummary, figure: str) -> float | None:
    """Return a figure of all requests of a run; None where it has none."""
    return FIGURES[figure].value(run.subjects[ALL].whole) if ALL in run.subjects else None


def machine_class(machine: str) -> str:
    """Return the name of the folder for runs of such a machine: linux-x86_64-2-cores."""
    return re.sub(r"[^a-z0-9_.]+", "-", machine.lower()).strip("-.") or _UNKNOWN_MACHINE


def baseline_names(folder: Path) -> list[str]:
    """Return the baselines below a folder, by name."""
    found = {path.parent for path in folder.rglob("*.json") if is_baseline_file(path)}
    return sorted(place.relative_to(folder).as_posix() for place in found)


def baselines_in(folder: Path, name: str = "") -> tuple[Baseline, ...]:
    """Return the baselines below a folder: all, or those whose name is or begins with a folder's name.

    Raise CommandError when there are none, or a file of one cannot be read.
    """
    names = baseline_names(folder)
    if not names:
        raise CommandError(f"{folder} has no baselines: keep runs in it with `swarmscope baseline add RUN`")
    chosen = [each for each in names if not name or f"{each}/".startswith(f"{name.rstrip('/')}/")]
    if not chosen:
        raise CommandError(f"{folder} has no baseline {name!r}: it has {', '.join(names)}")
    return tuple(Baseline(each, tuple(runs_in_baseline(folder / each, at_any_depth=False))) for each in chosen)


def runs_in_baseline(folder: Path, *, at_any_depth: bool = True) -> Iterator[RunSummary]:
    """Yield the runs of a baseline, oldest first; none of a folder that is not one.

    Raise CommandError when a file beside others of a baseline cannot be read.
    """
    paths = sorted(folder.rglob("*.json") if at_any_depth else folder.glob("*.json"))
    if any(map(is_baseline_file, paths)):
        yield from sorted(map(read_baseline_file, paths), key=lambda run: (run.began_seconds, run.run_id))


def is_baseline_file(path: Path) -> bool:
    """Return whether a file begins as a run of a baseline does."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return _BEGINNING.match(file.read(200)) is not None
    except OSError:
        return False


def read_baseline_file(path: Path) -> RunSummary:
    """Return the run in a file of a baseline; raise CommandError."""
    try:
        return from_json(read_text(path))
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CommandError(f"{path} is not a run of a baseline: {error}") from error


def added(runs: Sequence[RunSummary], baselines: Path, name: str = "", *, force: bool = False) -> tuple[Kept, ...]:
    """Write runs into their baselines, all or none; raise CommandError for one that may not be, or is there.

    ``name`` takes the place of the scenario. With ``force`` a run is kept whatever is against it, which its file says.
    """
    if name and (problem := problem_with_scenario(name)):
        raise CommandError(problem.replace("scenario", "name of a baseline"))
    there: dict[str, list[RunSummary]] = {}
    kept = []
    for run in runs:
        place = _place_of(run, name)
        others = there.setdefault(place, list(runs_in_baseline(baselines / place)))
        if any(other.run_id == run.run_id for other in others):
            raise CommandError(f"Run {run.run_id} is in baseline {place} already: each run counts once")
        against = _against(run, others)
        if against and not force:
            raise CommandError(
                f"Run {run.run_id} was not added to baseline {place}: {'; '.join(against)}; --force adds it anyway"
            )
        run = replace(run, note="; ".join(against))  # noqa: PLW2901
        others.append(run)
        kept.append(Kept(place, baselines / place / f"{run.run_id}.json", run))
    for each in kept:
        try:
            write_whole(each.path, to_json(each.run))
        except OSError as error:
            raise CommandError(f"{each.path} cannot be written: {error.strerror}") from error
    return tuple(kept)


def _place_of(run: RunSummary, name: str) -> str:
    """Return the baseline that a run belongs to; raise CommandError where its names are not those of files."""
    scenario = run.conditions.scenario
    if problem := problem_with_run_id(run.run_id) or problem_with_scenario(scenario):
        raise CommandError(problem)
    return f"{name or scenario}/{machine_class(run.conditions.machine)}"


def _against(run: RunSummary, others: Sequence[RunSummary]) -> tuple[str, ...]:
    """Return why a run should not be in a baseline: how it ended, how it was measured, how it differs from the rest."""
    verdict = () if run.verdict == Outcome.PASS else (f"its verdict is {run.verdict}",)
    if not others:
        return (*verdict, *run.doubts)
    unlike = obstacles(
        Side("baseline", tuple(replace(other, doubts=()) for other in others)),
        Side(run.run_id, (replace(run, doubts=()),)),
    )
    return (*verdict, *run.doubts, *(line for line in unlike if not line.startswith("the runs of side A")))
