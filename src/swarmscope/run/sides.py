"""Finds the runs of one side of a comparison by what people call them."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from swarmscope.compare.comparison import Side
from swarmscope.compare.summary import RunSummary
from swarmscope.errors import CommandError
from swarmscope.project.files import as_written_here
from swarmscope.report.history.past_runs import run_folders
from swarmscope.run.baselines import (
    baseline_names,
    is_baseline_file,
    machine_class,
    read_baseline_file,
    runs_in_baseline,
)
from swarmscope.run.evidence_archive import MANIFEST_FILE
from swarmscope.run.read_summary import read_summary
from swarmscope.run.run_folders import last_run
from swarmscope.verdict.integrity import EVIDENCE_FOLDER
from swarmscope.verdict.stored import VERDICT_FILE

LAST = "last"
_EXPECTED = "the folder of a run, a folder with runs in it, the id of a run, `last`, or a baseline"
_MAX_LISTED = 8


def side_of(text: str, results: Path, baselines: Path, *, machine: str = "") -> Side:
    """Return the runs that are meant; raise CommandError, one line, where there are none or they cannot be read.

    ``text`` is the folder of a run, one with runs at any depth, the id of a run in ``results``, ``last`` (the run that
    began last in ``results``), or a baseline: its folder or file, or its name in ``baselines``. Of a baseline with runs
    of several machines those of ``machine`` are meant.
    """
    if not text.strip():
        raise CommandError(f"The name of a run is empty: expected {_EXPECTED}")
    path = _place(text, results, baselines)
    runs = (_of_file(path),) if path.is_file() else _of_folder(path, machine)
    return Side(runs[0].run_id if len(runs) == 1 else text, runs)


def _place(text: str, results: Path, baselines: Path) -> Path:
    """Return the folder or file that is meant."""
    path = Path(text)
    if text == LAST:
        run_id = last_run(results)
        if run_id is None:
            raise CommandError(f"No runs in {results}: start one with `swarmscope run`, or name the folder of a run")
        return results / run_id
    named = [place / text for place in (results, baselines) if (place / text).is_dir()]
    if path.is_file() or (path.is_dir() and (not named or _has_runs(path))):
        return path
    if named and _is_below(text):
        return named[0]
    raise CommandError(f"{text} does not exist: expected {_EXPECTED}; {_what_exists(results, baselines)}")


def _is_below(text: str) -> bool:
    """Return whether a name does not lead out of the folder that it is looked up in."""
    return ".." not in Path(text).parts and not Path(text).is_absolute()


def _has_runs(folder: Path) -> bool:
    return any(run_folders(folder)) or any(map(is_baseline_file, folder.rglob("*.json")))


def _of_file(path: Path) -> RunSummary:
    if path.name == VERDICT_FILE:
        return read_summary(path.parent)
    if zipfile.is_zipfile(path) or (path.suffix != ".json" and tarfile.is_tarfile(path)):
        raise CommandError(f"{path} is an archive: unpack it, and name the folder")
    if EVIDENCE_FOLDER in path.resolve().parts or path.suffix != ".json":
        raise CommandError(f"{path} is a file: expected {_EXPECTED}")
    return read_baseline_file(path)


def _of_folder(folder: Path, machine: str) -> tuple[RunSummary, ...]:
    """Return the runs in a folder, oldest first, each once."""
    if folder.name == EVIDENCE_FOLDER and (folder / MANIFEST_FILE).is_file():
        folder = folder.resolve().parent
    found = list(run_folders(folder))
    summaries = _read(folder, found) if found else _of_baseline(folder, machine)
    if not summaries:
        raise CommandError(_nothing_in(folder))
    runs = {run.run_id: run for run in sorted(summaries, key=lambda run: (run.began_seconds, run.run_id))}
    _require_one_scenario(folder, runs.values())
    return tuple(runs.values())


def _read(folder: Path, found: Sequence[Path]) -> list[RunSummary]:
    """Return the runs in the folders; raise CommandError that says of how many it could not be done."""
    summaries: list[RunSummary] = []
    problems: list[str] = []
    for each in found:
        try:
            summaries.append(read_summary(each))
        except CommandError as error:
            problems.append(str(error))
    if not problems:
        return summaries
    if len(found) == 1:
        raise CommandError(problems[0])
    raise CommandError(
        f"{len(problems)} of {len(found)} runs in {folder} cannot be compared: {problems[0]}; name those that can be"
    )


def _of_baseline(folder: Path, machine: str) -> list[RunSummary]:
    """Return the runs of a baseline; raise CommandError where it has several, of different machines."""
    names = [name for name in baseline_names(folder) if name != "."]
    own = [name for name in names if name.rpartition("/")[2] == machine_class(machine)]
    if len(own) == 1:
        return list(runs_in_baseline(folder / own[0]))
    summaries = list(runs_in_baseline(folder))
    if (
        len({run.conditions.machine for run in summaries}) > 1
        and len({run.conditions.scenario for run in summaries}) == 1
    ):
        raise CommandError(f"{folder} has runs of several machines: name the folder of one: {_some(names)}")
    return summaries


def _require_one_scenario(folder: Path, runs: Iterable[RunSummary]) -> None:
    scenarios = sorted({run.conditions.scenario for run in runs})
    if len(scenarios) > 1:
        raise CommandError(
            f"{folder} has runs of {len(scenarios)} scenarios: {_some(scenarios)}; expected runs of one: name the"
            " folder of a run, or make a baseline with `swarmscope baseline add`"
        )


def _nothing_in(folder: Path) -> str:
    """Return what is missing in a folder without a run, in one line."""
    names = {path.name for path in folder.iterdir()}
    if not names:
        return f"{folder} is empty: expected {_EXPECTED}"
    if any(name.endswith("_stats.csv") for name in names) or "locust-requests.csv" in names:
        return (
            f"{folder} has Locust's CSV files alone: a comparison reads {VERDICT_FILE} and {EVIDENCE_FOLDER}/, which"
            " `swarmscope run` leaves"
        )
    if archives := sorted(name for name in names if name.endswith((".zip", ".tgz", ".tar.gz"))):
        return f"{folder} has no runs, but {archives[0]}: unpack it"
    if {"rules", "logs"} <= names:
        return f"{folder} has no {VERDICT_FILE}: the run in it was not judged; expected {_EXPECTED}"
    return f"{folder} has no runs: expected folders with {VERDICT_FILE} and {EVIDENCE_FOLDER}/, or files of a baseline"


def _what_exists(results: Path, baselines: Path) -> str:
    runs = [folder.name for folder in run_folders(results)] if results.is_dir() else []
    here = as_written_here(results)
    told = f"runs in {here}: {_some(sorted(runs, reverse=True))}" if runs else f"{here} has no runs"
    names = baseline_names(baselines)
    return f"{told}; baselines: {_some(names)}" if names else f"{told}, and {as_written_here(baselines)} no baselines"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
    return ", ".join(names[:_MAX_LISTED]) + more
