"""Leaves what Prometheus holds of a run in its folder: enough to judge it and to draw it on another machine."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.project.files import as_written_here, whole_folder
from swarmscope.project.places import GRAFANA_DIR
from swarmscope.prometheus.archive import Labels, Wanted, copy_series
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.durations import duration_seconds
from swarmscope.prometheus.names import EXPORTER_JOB, INTERVAL_SECONDS, JOBS, SELF_JOB
from swarmscope.prometheus.rule_files import FileRule, ungated_alerts
from swarmscope.run.details import versions
from swarmscope.run.kept_evidence import RULES_FOLDER
from swarmscope.verdict.evidence import RunFacts
from swarmscope.verdict.integrity import EVIDENCE_FOLDER, sums_of
from swarmscope_exporter.run_ids import escaped, series_of

SERIES_FILE, MANIFEST_FILE = "series.gz", "manifest.json"
#: Of a run that is compared: the runs that it is compared with.
BASELINE_FOLDER = "baseline"
MANIFEST_FORMAT = 1
#: What a verdict reads of the time before a run, and a little more.
_BEFORE_SECONDS = 65.0
_DEFAULT_LOOKBACK_SECONDS = 300.0
_COMPRESSION = 6
#: A Prometheus that is paused or gone must not hold the run up.
_FIRST_ANSWER_SECONDS = 5.0
_FIRST_TOLD_SECONDS, _TOLD_EVERY_SECONDS = 4.0, 5.0

#: Of Prometheus itself, under whatever job it is scraped: a verdict reads these.
_OWN_METRICS = (
    "prometheus_config_last_reload_success_timestamp_seconds",
    "prometheus_config_last_reload_successful",
    "prometheus_rule_evaluation_failures_total",
    "prometheus_rule_group_iterations_missed_total",
)
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_COUNT, _COUNTED = "loadtest:count", "loadtest:counted"
#: Steps of the rules on their way from buckets to a quantile, and most of what they record.
_STEP = re.compile(rf"{_COUNTED}|{_COUNT}(_begin|_end|_reference)?")
#: After a run only those of all requests are read, and what was counted in the end: as it was this long before.
_COUNTED_SECONDS = 30.0


@dataclass(frozen=True)
class Manifest:
    """What the evidence is of, from when to when, in seconds since the epoch; judged as Prometheus was at ``judged``.

    ``lookback_seconds`` is how long Prometheus took a sample to hold, and ``evaluation_seconds`` how often it evaluated
    groups of rules that say nothing of it.
    """

    run_id: str
    scenario: str
    begin_seconds: float
    end_seconds: float
    judged_seconds: float
    lookback_seconds: float
    evaluation_seconds: float


@dataclass(frozen=True)
class ArchivedRun:
    """What is copied: a run, the rules that were in force, and the moment that it was judged as of, if it was."""

    facts: RunFacts
    rules: tuple[FileRule, ...]
    judged_seconds: float | None


class NothingHeldError(Exception):
    """Prometheus holds nothing of the run."""


def archive_run(
    folder: Path, prometheus: PrometheusApi, run: ArchivedRun, say: Callable[[str], None]
) -> dict[str, Any]:
    """Write the folder of evidence in the run's folder, whole or not at all; return what verdict.json says of it.

    Raise NothingHeldError, PrometheusUnavailableError and OSError.
    """
    end = prometheus.with_timeout(_FIRST_ANSWER_SECONDS).value("time()") or time.time()
    begin, judged = run.facts.start_seconds - _BEFORE_SECONDS, run.judged_seconds or end
    is_kept = _is_read(run.rules, _edges(prometheus, run, begin, end), is_shared=_is_shared(prometheus))
    wanted = (
        Wanted(_selectors(run), begin, end, is_kept),
        Wanted((series_of(run.facts.run_id, _COUNTED, window="run"),), judged - _COUNTED_SECONDS, end, _is_step),
    )
    manifest = Manifest(run.facts.run_id, run.facts.scenario, begin, end, judged, *_settings_of(prometheus, run.rules))
    place = folder / EVIDENCE_FOLDER
    with whole_folder(place) as partial:
        with gzip.open(partial / SERIES_FILE, "wt", _COMPRESSION, encoding="utf-8", newline="\n") as file:
            extent = copy_series(prometheus, wanted, file, _Progress(say).told)
        if not extent.samples:
            raise NothingHeldError(f"Prometheus holds nothing of run {run.facts.run_id}")
        (partial / RULES_FOLDER).mkdir()
        for path in sorted((folder / RULES_FOLDER).glob("*.yml")):
            shutil.copyfile(path, partial / RULES_FOLDER / path.name)
        if (folder / BASELINE_FOLDER).is_dir():
            shutil.copytree(folder / BASELINE_FOLDER, partial / BASELINE_FOLDER)
        (partial / MANIFEST_FILE).write_text(_text_of(manifest, prometheus), encoding="utf-8")
        files = sums_of(partial)
    size = sum(int(each["bytes"]) for each in files.values())
    say(f"evidence {size / 1e6:.1f} MB: {as_written_here(place)}")
    return {"series": extent.series, "samples": extent.samples, "bytes": size, "files": files}


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a folder of evidence; raise OSError, ValueError, KeyError or TypeError for none."""
    document = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    if document["format"] != MANIFEST_FORMAT:
        raise ValueError(f"format {document['format']!r}, expected {MANIFEST_FORMAT}")
    times = ("begin_seconds", "end_seconds", "judged_seconds", "lookback_seconds", "evaluation_seconds")
    return Manifest(str(document["run_id"]), str(document["scenario"]), *(float(document[name]) for name in times))


def _settings_of(prometheus: PrometheusApi, rules: Iterable[FileRule]) -> tuple[float, float]:
    """Return how far Prometheus looks back, and how often it evaluates groups without an interval of their own."""
    flag = prometheus.flags().get("query.lookback-delta")
    named = {rule.group for rule in rules if rule.interval_seconds is None}
    intervals = [rule.evaluation_interval_seconds for rule in prometheus.rules() if rule.group in named]
    return duration_seconds(flag) if flag else _DEFAULT_LOOKBACK_SECONDS, max(intervals, default=INTERVAL_SECONDS)


def _text_of(manifest: Manifest, prometheus: PrometheusApi) -> str:
    made_by = {**versions(), "prometheus": prometheus.version()}
    return json.dumps({"format": MANIFEST_FORMAT, **asdict(manifest), "versions": made_by}, indent=2) + "\n"


def _selectors(run: ArchivedRun) -> tuple[str, ...]:
    """Return everything of the run, and what belongs to no run: scrapes, records of our rules, alerts."""

    def named(label: str, names: Iterable[str], *matchers: str) -> str:
        one_of = escaped("|".join(sorted(map(re.escape, names))))
        return "{" + ",".join((f'{label}=~"{one_of}"', 'run_id=""', *matchers)) + "}"

    records = {rule.name for rule in run.rules if not rule.is_alert}
    ungated = ungated_alerts(run.rules)
    return (
        series_of(run.facts.run_id),
        named("job", JOBS),
        named("__name__", {*records, *_OWN_METRICS}),
        'ALERTS{run_id="",gate!=""}',
        *((named("alertname", ungated, '__name__="ALERTS"'),) if ungated else ()),
    )


def _is_shared(prometheus: PrometheusApi) -> bool:
    """Return whether this Prometheus scrapes other things as well, so that our names of jobs may be theirs."""
    return not {target.job for target in prometheus.scrape_targets()} <= set(JOBS)


def _edges(prometheus: PrometheusApi, run: ArchivedRun, begin: float, end: float) -> frozenset[str]:
    """Return the edges of buckets that thresholds are on, and the last one: how sure the run is rests on them."""
    edges = series_of(run.facts.run_id, "loadtest:threshold_edge")
    return frozenset({"+Inf", *(each.get("le", "") for each in prometheus.labels_of_series((edges,), begin, end))})


def _is_read(rules: Iterable[FileRule], edges: frozenset[str], *, is_shared: bool) -> Callable[[Labels], bool]:
    """Return which series are kept.

    Of Prometheus itself, and on a shared one of every job but the exporter's, only what a rule, a dashboard or a
    verdict reads.
    """
    names = _names_read(rules)

    def is_read(labels: Labels) -> bool:
        name, job = labels.get("__name__", ""), labels.get("job", "")
        if _is_step(labels):
            return name == _COUNT and labels.get("le") in edges
        is_ours = labels.get("run_id") or job == EXPORTER_JOB or (job != SELF_JOB and not is_shared)
        return bool(is_ours) or name in names

    return is_read


def _is_step(labels: Labels) -> bool:
    of = labels.get("of", "")
    return of.endswith("_bucket") and of != "latency_bucket" and bool(_STEP.fullmatch(labels.get("__name__", "")))


def _names_read(rules: Iterable[FileRule]) -> frozenset[str]:
    boards = (path.read_text(encoding="utf-8") for path in (GRAFANA_DIR / "dashboards").glob("*.json"))
    texts = (*(rule.expr for rule in rules), *(rule.name for rule in rules), *boards)
    read = {name for text in texts for name in _NAME.findall(text)}
    return frozenset({*read, *_OWN_METRICS, "up", "scrape_duration_seconds", "ALERTS"})


class _Progress:
    """Says how far it is, where it takes long."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._due_seconds = time.monotonic() + _FIRST_TOLD_SECONDS

    def told(self, share: float) -> None:
        if time.monotonic() >= self._due_seconds and share < 1:
            self._say(f"copying the evidence from Prometheus: {share:.0%}")
            self._due_seconds = time.monotonic() + _TOLD_EVERY_SECONDS


def archived(
    folder: Path, prometheus: PrometheusApi, run: ArchivedRun, say: Callable[[str], None]
) -> tuple[dict[str, Any] | None, str]:
    """Archive the run; return what verdict.json says of it, or None and why it could not be done. Ctrl-C ends it."""
    try:
        return archive_run(folder, prometheus, run, say), ""
    except (NothingHeldError, PrometheusUnavailableError) as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001  # whatever it is, the verdict stands
        problem = f"{type(error).__name__}: {error}"
    problem = f"the evidence was not kept: {problem}"
    say(problem)
    return None, problem
