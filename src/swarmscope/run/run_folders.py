"""The folders of runs in a results folder: each run claims one of its own, and the last one is found again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from swarmscope.errors import CommandError
from swarmscope.project.places import make_results_folder
from swarmscope.verdict.stored import verdict_document
from swarmscope_exporter.run_ids import new_run_id, numbered, problem_with_run_id

#: As in swarmscope_exporter.run_ids; the number is that of a run which began in the same second as another.
_MADE_ID = re.compile(r"(\d{8}-\d{6})-.+?(?:-(\d+))?")
_TIME = "%Y%m%d-%H%M%S"


def claim_folder(results: Path, scenario: str, is_known: Callable[[str], bool] = lambda _: False) -> Path:
    """Make the folder of a new run, named by its id, which no other run has; ``is_known`` says who else knows an id.

    Raise CommandError when no folder can be made.
    """
    fresh, number = new_run_id(scenario), 1
    try:
        make_results_folder(results)
        while is_known(numbered(fresh, number)) or not _made(results / numbered(fresh, number)):
            number += 1
    except OSError as error:
        raise CommandError(f"The results folder {results / fresh} cannot be made: {error.strerror}") from error
    return results / numbered(fresh, number)


def _made(folder: Path) -> bool:
    """Make a folder; False when it is there. In one step, so that of two runs in the same second only one has it."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True


def require_run_id(run_id: str) -> str:
    """Return the run id; raise CommandError when it is none, such as the path of another folder."""
    if problem := problem_with_run_id(run_id):
        raise CommandError(f"{problem[0].upper()}{problem[1:]}")
    return run_id


def chosen_run(run_id: str | None, results: Path, *, last: bool) -> str:
    """Return the id of the run that is meant; raise CommandError when none is, or two are."""
    if bool(run_id) == last:
        raise CommandError("Say which run is meant: either --run-id ID or --last")
    chosen = require_run_id(run_id) if run_id else last_run(results)
    if not chosen:
        raise CommandError(f"No runs in {results}: start one with `swarmscope run`")
    return chosen


def require_one_run(run_id: str | None, *, last: bool) -> None:
    """Raise CommandError for options that cannot choose between the runs of a folder that is given."""
    if last:
        raise CommandError("--from names the run's folder: leave out --last, or choose among its runs with --run-id ID")
    if run_id:
        require_run_id(run_id)


def last_run(results: Path) -> str | None:
    """Return the id of the run that began last, whether it left a verdict or not; None when there is none."""
    found = [(moment, folder.name) for folder in _folders(results) if (moment := began(folder)) is not None]
    return max(found)[1] if found else None


def _folders(results: Path) -> list[Path]:
    return [path for path in results.iterdir() if path.is_dir()] if results.is_dir() else []


def began(folder: Path) -> tuple[float, int] | None:
    """Return when the run began, in seconds, and its number among those of that second; None for another folder."""
    document = verdict_document(folder)
    run = document.get("run") if isinstance(document, dict) else None
    told = run if isinstance(run, dict) else {}
    if problem_with_run_id(folder.name) or (document and told.get("run_id") != folder.name):
        return None
    made = _MADE_ID.fullmatch(folder.name)
    try:
        if made:
            return datetime.strptime(made[1], _TIME).replace(tzinfo=UTC).timestamp(), int(made[2] or 1)
        return datetime.fromisoformat(told["start"]).timestamp(), 1
    except (KeyError, TypeError, ValueError):  # no date
        return None
