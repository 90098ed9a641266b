"""Writes the files that a project begins with, none over another that is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from swarmscope.errors import CommandError
from swarmscope.project.files import write_whole
from swarmscope.project.places import PROJECT_FILE
from swarmscope.starter.locustfiles import FoundLocustfiles, find_locustfiles, has_shape
from swarmscope.starter.openapi.document import Document
from swarmscope.starter.openapi.locustfile import GeneratedLocustfile, generate
from swarmscope.starter.texts import LOCUSTFILE, project_file

_DEFAULT_LOCUSTFILE = Path("locustfile.py")


@dataclass(frozen=True)
class Started:
    """What was done: files are relative to the folder. ``kept`` is there as before: None when it was written."""

    written: tuple[Path, ...]
    locustfile: Path
    host: str | None
    kept: Path | None = None
    others: tuple[Path, ...] = ()
    generated: GeneratedLocustfile | None = None


@dataclass(frozen=True)
class Wanted:
    """What was asked for. ``locustfile`` is one that is there, or the name of one to write."""

    folder: Path
    host: str | None = None
    locustfile: Path | None = None
    openapi: Path | None = None
    force: bool = False


def write_first_files(wanted: Wanted) -> Started:
    """Write a swarmscope.toml, and a locustfile where there is none or where an OpenAPI document is given.

    With a document, a swarmscope.toml that is there is kept. Raise CommandError, before anything is written, when a
    file would be written over and ``force`` is not set.
    """
    generated = generate(Document(wanted.openapi), host=wanted.host) if wanted.openapi is not None else None
    found = _locustfile(wanted)
    locustfile = found.chosen or _DEFAULT_LOCUSTFILE
    texts: dict[Path, str] = {}
    if generated is not None or not (wanted.folder / locustfile).exists():
        texts[locustfile] = generated.text if generated is not None else LOCUSTFILE
    kept = Path(PROJECT_FILE) if generated is not None and (wanted.folder / PROJECT_FILE).exists() else None
    if kept is None:
        texts[Path(PROJECT_FILE)] = project_file(
            wanted.host,
            locustfile.as_posix(),
            has_shape=generated is None and has_shape(wanted.folder / locustfile),
            server=generated.server if generated is not None else None,
        )
    if not wanted.force:
        _require_free(wanted, texts)
    _write(wanted.folder, texts)
    return Started(tuple(texts), locustfile, wanted.host, kept, found.others, generated)


def _locustfile(wanted: Wanted) -> FoundLocustfiles:
    if wanted.locustfile is None:
        return FoundLocustfiles() if wanted.openapi is not None else find_locustfiles(wanted.folder)
    if wanted.locustfile.suffix != ".py" and not (wanted.folder / wanted.locustfile).is_dir():
        raise CommandError(
            f"Invalid --locustfile {str(wanted.locustfile)!r}: expected a Python file such as perf/shop.py"
        )
    given = wanted.locustfile
    is_inside = given.is_absolute() and given.is_relative_to(wanted.folder)
    return FoundLocustfiles(given.relative_to(wanted.folder) if is_inside else given)


def _require_free(wanted: Wanted, texts: dict[Path, str]) -> None:
    there = [path for path in texts if (wanted.folder / path).exists()]
    if not there:
        return
    other = ", or another file with --locustfile" if wanted.openapi is not None else ""
    raise CommandError(
        f"{' and '.join(map(str, there))} exists: nothing was written; give --force to write over it{other}"
    )


def _write(folder: Path, texts: dict[Path, str]) -> None:
    for path, text in texts.items():
        try:
            write_whole(folder / path, text)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}") from None
