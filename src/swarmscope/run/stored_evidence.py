"""The evidence that a run has left in its folder: found, checked, and loaded into a Prometheus for a while."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarmscope.errors import CommandError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series_file import Extent
from swarmscope.run.evidence_archive import MANIFEST_FILE, SERIES_FILE, Manifest, read_manifest
from swarmscope.run.kept_evidence import RULES_FOLDER
from swarmscope.stack.archived_prometheus import Timing, archived_prometheus
from swarmscope.verdict.integrity import EDITED, EVIDENCE_FOLDER, file_problems, is_edited
from swarmscope.verdict.stored import VERDICT_FILE, verdict_document


@dataclass(frozen=True)
class StoredEvidence:
    """The evidence in the folder of a run; ``document`` is its verdict.json, empty where that cannot be read.

    ``problems`` is what is not as the run left it; evidence that ``is_whole`` can be loaded all the same.
    """

    folder: Path
    run_id: str
    document: Mapping[str, Any]
    problems: tuple[str, ...]
    manifest: Manifest | None

    @property
    def is_whole(self) -> bool:
        """Whether series and rules are as they were written."""
        return self.manifest is not None

    @property
    def rules(self) -> Path:
        """Where the rules are that were in force."""
        return self.folder / EVIDENCE_FOLDER / RULES_FOLDER


@dataclass(frozen=True)
class LoadedEvidence:
    """A Prometheus with the evidence; ``problems`` is what is not in it."""

    prometheus: PrometheusApi
    manifest: Manifest
    problems: tuple[str, ...]


def has_evidence(folder: Path) -> bool:
    """Return whether a run has left evidence in its folder, whole or not."""
    return (folder / EVIDENCE_FOLDER).is_dir()


def find_evidence(place: Path, run_id: str | None = None) -> StoredEvidence:
    """Return the evidence of the run in a folder, which is that of the run or holds it somewhere.

    Raise CommandError when there is none, or when there are several and ``run_id`` names none of them.
    """
    if not place.is_dir():
        what = "is a file: unpack it, and name the folder" if place.is_file() else "does not exist"
        raise CommandError(f"{place} {what}; expected the folder of a run, or one that contains it")
    found = {folder: _run_id(folder) for folder in _run_folders(place)}
    chosen = [folder for folder, each in found.items() if run_id in {None, each}]
    if not chosen:
        if found:
            raise CommandError(f"Run {run_id} was not found in {place}, only {_listed(found.values())}")
        raise CommandError(
            f"No evidence of a run in {place}: expected a folder with {VERDICT_FILE} and {EVIDENCE_FOLDER}/"
        )
    if len(chosen) > 1 and run_id is None and len(set(found.values())) > 1:
        raise CommandError(
            f"There are {len(chosen)} runs in {place}: say which with --run-id: {_listed(set(found.values()))}"
        )
    if len(chosen) > 1:  # copies of one run
        raise CommandError(
            f"There are {len(chosen)} folders of one run in {place}: name one: {_listed(map(str, chosen))}"
        )
    return stored_evidence(chosen[0])


def stored_evidence(folder: Path) -> StoredEvidence:
    """Return the evidence in the folder of a run, with what is wrong with it."""
    document, place = verdict_document(folder), folder / EVIDENCE_FOLDER
    doubts = []
    if not document:
        doubts.append(f"{VERDICT_FILE} {'cannot be read' if (folder / VERDICT_FILE).exists() else 'is missing'}")
    elif is_edited(document):
        doubts.append(f"{VERDICT_FILE} {EDITED}")
    problems = file_problems(place, document.get("evidence")) if document else ()
    manifest = None
    try:
        manifest = read_manifest(place)
    except FileNotFoundError:
        problems = problems or (f"{EVIDENCE_FOLDER}/{MANIFEST_FILE} is missing",)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        problems = problems or (f"{EVIDENCE_FOLDER}/{MANIFEST_FILE} cannot be read: {error}",)
    # Without checksums, such as those of a verdict.json that was deleted, what can be read is judged, and doubted.
    can_be_read = manifest is not None and (place / SERIES_FILE).is_file()
    return StoredEvidence(
        folder,
        manifest.run_id if manifest is not None else _run_id(folder),
        document,
        (*doubts, *problems),
        manifest if can_be_read and not (problems and _has_sums(document)) else None,
    )


@contextmanager
def loaded(evidence: StoredEvidence) -> Iterator[LoadedEvidence]:
    """Yield a Prometheus with the evidence, which is gone afterwards.

    Raise CommandError when that cannot be: it is not whole, or there is no Prometheus.
    """
    manifest = evidence.manifest
    if manifest is None:
        raise CommandError(f"The evidence in {evidence.folder} cannot be used: {'; '.join(evidence.problems)}")
    series = evidence.folder / EVIDENCE_FOLDER / SERIES_FILE
    timing = Timing(manifest.lookback_seconds, manifest.evaluation_seconds)
    with archived_prometheus(series, evidence.rules, timing) as (url, extent):
        prometheus = PrometheusApi(url).as_of(manifest.judged_seconds)
        yield LoadedEvidence(prometheus, manifest, _missing(extent, evidence.document.get("evidence")))


def _missing(extent: Extent, recorded: object) -> tuple[str, ...]:
    if not isinstance(recorded, Mapping):
        return ()
    said = recorded.get("series"), recorded.get("samples")
    if said == (extent.series, extent.samples):
        return ()
    held = f"{extent.series} series with {extent.samples} samples"
    return (f"it holds {held}, and {VERDICT_FILE} says {said[0]} with {said[1]}",)


def _has_sums(document: Mapping[str, Any]) -> bool:
    recorded = document.get("evidence")
    return isinstance(recorded, Mapping) and bool(recorded.get("files"))


def _run_folders(place: Path) -> list[Path]:
    """Return the folders of runs with evidence, or with a verdict.json that says they had some."""
    if place.name == EVIDENCE_FOLDER and (place / MANIFEST_FILE).is_file():
        return [place.resolve().parent]
    marks = (*place.rglob(VERDICT_FILE), *place.rglob(f"{EVIDENCE_FOLDER}/{MANIFEST_FILE}"))
    candidates = {mark.parent if mark.name == VERDICT_FILE else mark.parent.parent for mark in marks}
    return sorted(
        folder for folder in candidates if has_evidence(folder) or verdict_document(folder).get("evidence") is not None
    )


def _run_id(folder: Path) -> str:
    run = verdict_document(folder).get("run")
    told = run.get("run_id") if isinstance(run, Mapping) else None
    return str(told or folder.resolve().name)


def _listed(run_ids: Iterable[str]) -> str:
    return ", ".join(sorted(run_ids))
