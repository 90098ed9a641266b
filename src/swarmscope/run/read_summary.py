"""Reads what a run is compared by from its folder alone: verdict.json, and the series in its evidence."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from swarmscope.compare.summary import ALL, Conditions, RunSummary
from swarmscope.errors import CommandError
from swarmscope.prometheus.names import UNDECIDED_ALERT
from swarmscope.prometheus.series import StoredSeries
from swarmscope.prometheus.series_file import SeriesFileError, SeriesReader
from swarmscope.run.evidence_archive import SERIES_FILE
from swarmscope.run.judged_counts import JudgedCounts, Labels, NotJudgedError, Source, judged_counts
from swarmscope.run.stored_evidence import has_evidence, stored_evidence
from swarmscope.verdict.integrity import EVIDENCE_FOLDER
from swarmscope.verdict.stored import SCHEMA_VERSION, VERDICT_FILE, judged_run, verdict_document
from swarmscope.verdict.sureness import CONFIDENCE_CHECK
from swarmscope.verdict.user_checks import ENDPOINTS_CHECK
from swarmscope.verdict.verdict import Verdict

#: Checks that say nothing of how well was measured: of thresholds, and of what the target answered.
_NOT_OF_THE_MEASUREMENT = frozenset({CONFIDENCE_CHECK, ENDPOINTS_CHECK, "objectives"})


def read_summary(folder: Path) -> RunSummary:
    """Return what the run in a folder is compared by.

    Raise CommandError, in one line, when it has no verdict or no evidence, or when these are not as they were left.
    """
    document = _document(folder)
    run = document["run"].get("run_id")
    if not has_evidence(folder) and document.get("evidence") is None:
        raise CommandError(
            f"{folder}: run {run} has no {EVIDENCE_FOLDER}/, which a comparison reads: it was made by an older version,"
            " or its evidence was not kept; run it again"
        )
    if problems := stored_evidence(folder).problems:
        raise CommandError(f"The evidence in {folder} cannot be used: {problems[0]}")
    path = folder / EVIDENCE_FOLDER / SERIES_FILE
    try:
        return _summary(document, lambda is_wanted: _stored(path, is_wanted))
    except NotJudgedError as error:
        raise CommandError(f"{folder}: run {run} cannot be compared: {error}") from error
    except (EOFError, OSError, ValueError, zlib.error, SeriesFileError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error


def summary_of_evidence(document: Mapping[str, Any], path: Path) -> RunSummary:
    """Return what a run is compared by, whose verdict.json is given, and whose series are in that file.

    Raise CommandError, in one line, when these cannot be read, or it was not judged.
    """
    try:
        return _summary(document, lambda is_wanted: _stored(path, is_wanted))
    except NotJudgedError as error:
        raise CommandError(f"the run cannot be compared: {error}") from error
    except (EOFError, OSError, ValueError, zlib.error, SeriesFileError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error


def summary_of_series(document: Mapping[str, Any], series: Iterable[StoredSeries]) -> RunSummary:
    """Return what a run is compared by, whose verdict.json and series are given.

    Raise CommandError when it was not judged.
    """
    held = tuple(series)
    try:
        return _summary(document, lambda is_wanted: (each for each in held if is_wanted(each.labels)))
    except NotJudgedError as error:
        raise CommandError(f"Run {document['run']['run_id']} cannot be compared: {error}") from error


def _document(folder: Path) -> Mapping[str, Any]:
    """Return the verdict.json in a folder; raise CommandError when it is not that of a run."""
    path = folder / VERDICT_FILE
    if not path.is_file():
        raise CommandError(
            f"{folder} has no {VERDICT_FILE}: the run in it was not judged; expected the folder of a run"
        )
    document = verdict_document(folder)
    if not document:
        raise CommandError(f"{path} cannot be read: expected the verdict of a run, as JSON")
    run = document.get("run")
    if document.get("schema") != SCHEMA_VERSION or not isinstance(run, Mapping) or not run.get("run_id"):
        raise CommandError(
            f"{path} is not a verdict of swarmscope: expected schema {SCHEMA_VERSION} with a run,"
            f" not schema {document.get('schema')!r}"
        )
    return document


def _stored(path: Path, is_wanted: Callable[[Labels], bool]) -> Iterator[StoredSeries]:
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        yield from SeriesReader(file, is_wanted)


def _summary(document: Mapping[str, Any], source: Source) -> RunSummary:
    """Return the summary; raise NotJudgedError, CommandError, and what the source raises."""
    try:
        verdict = judged_run(document).verdict
        context = dict(document["context"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise CommandError(f"The {VERDICT_FILE} of run {document['run']['run_id']} is not a verdict: {what}") from error
    counts = judged_counts(source)
    run = verdict.run
    return RunSummary(
        run.run_id,
        run.start_seconds,
        verdict.outcome.value,
        _conditions(verdict, context, counts),
        counts.subjects,
        counts.target,
        tuple(dict.fromkeys(doubts_of(verdict))),
        run.details.host,
        run.details.commit,
        dict(run.details.labels),
    )


def _conditions(verdict: Verdict, context: Mapping[str, Any], counts: JudgedCounts) -> Conditions:
    scale = context.get("think_time_scale") or 1.0
    seconds = counts.subjects[ALL].whole.seconds
    return Conditions(
        scenario=verdict.run.scenario,
        machine=str(context.get("machine") or ""),
        workers=context.get("workers"),
        users=verdict.peak_users if verdict.peak_users is not None else context.get("users"),
        rate=context.get("rate"),
        arrivals_per_second=None if counts.arrivals is None else counts.arrivals / seconds,
        think_time_scale=scale if "think_time_scale" in context else None,
        load_seconds=verdict.run.load_seconds or None,
        locustfile=str(context.get("locustfile") or ""),
    )


def doubts_of(verdict: Verdict) -> Iterator[str]:
    """Yield why the measurement cannot be trusted; not that it does not decide a threshold."""
    if verdict.run.interrupted:
        yield f"run: {verdict.run.interrupted}"
    for check in verdict.checks:
        if not check.ok and check.name not in _NOT_OF_THE_MEASUREMENT:
            yield f"{check.name}: {check.figure}"
    for span in verdict.timeline:
        if span.is_doubt and span.name not in {UNDECIDED_ALERT, "ObjectiveWithoutData"}:
            yield f"{span.title} fired"
