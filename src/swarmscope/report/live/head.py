"""The top of the live page: the run's state, how far it is, and where else it can be watched."""

from __future__ import annotations

from dataclasses import dataclass

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.grafana.links import run_overview_url
from swarmscope.report.html.annotations import BAND_KINDS, Mark
from swarmscope.report.html.page import Link
from swarmscope.report.html.query_cache import Asker
from swarmscope.report.html.run_window import RunTime
from swarmscope.verdict.missed_so_far import missed_so_far_query, titles_of
from swarmscope.verdict.reasons import elapsed
from swarmscope_exporter.phases import Phase
from swarmscope_exporter.run_ids import series_of


@dataclass(frozen=True)
class LiveAddresses:
    """As the browser reaches them, empty for what there is not; ``results`` is the run's folder, as text."""

    locust: str = ""
    grafana: str = ""
    results: str = ""


@dataclass(frozen=True)
class Head:
    """The run's state in words; ``color`` names what it means."""

    state: str
    color: str
    scenario: str
    facts: tuple[str, ...]
    fired: tuple[str, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Progress:
    """How long the run has been under load; ``share`` of what is planned is None where nothing is."""

    text: str
    share: float | None


def missed_now(run_id: str, asker: Asker) -> tuple[str, ...]:
    """Return the critical objectives that the run so far misses; none while Prometheus does not answer."""
    try:
        return titles_of(asker.at_end(missed_so_far_query(run_id)))
    except PrometheusUnavailableError:
        return ()


def head_of(
    run_id: str, known: RunTime, marks: tuple[Mark, ...], addresses: LiveAddresses, missed: tuple[str, ...] = ()
) -> Head:
    """Return the state, which is red once a critical objective was missed: nothing takes that back.

    ``missed`` are those that the run misses at the moment, of which no alert has spoken yet.
    """
    fired = {kind: _names(kind, marks) for kind in reversed(BAND_KINDS)}
    if fired["critical"]:
        state, color = "FAILING", "red"
    elif fired["validity"]:
        state, color = "INCONCLUSIVE", "orange"
    elif known.is_over:
        state, color = "OVER", "neutral"
    elif missed:
        state, color = "FAILING NOW", "red"
    else:
        state, color = ("RUNNING", "green") if _begin_of(Phase.RAMP, marks) else ("STARTING", "neutral")
    phases = [mark.label for mark in marks if mark.end is None]
    lines = tuple(f"{', '.join(names)} fired ({kind})" for kind, names in fired.items() if names)
    waits = [title for title in missed if title not in fired["critical"] and not known.is_over]
    lines += (f"{', '.join(waits)}: over the threshold so far",) if waits else ()
    facts = (run_id, f"phase {phases[-1] if phases else Phase.PREPARE}")
    return Head(state, color, known.scenario, facts, lines, _links(run_id, known, addresses))


def progress_of(run_id: str, known: RunTime, marks: tuple[Mark, ...], asker: Asker) -> Progress:
    """Return how far the load is; its planned length is the one that the run tells Prometheus."""
    planned = _planned_seconds(run_id, asker)
    begin, stop = _begin_of(Phase.RAMP, marks), _begin_of(Phase.STOPPING, marks)
    if begin is None:
        length = f", {elapsed(planned)} are planned" if planned else ""
        return Progress(f"No load yet{length}", 0.0 if planned else None)
    loaded = max(0.0, (known.window.end if stop is None else stop) - begin)
    share = min(1.0, loaded / planned) if planned else None
    of_planned = f" of {elapsed(planned)}" if planned else ""
    if stop is not None or known.is_over:
        left = "the load has ended" if not known.is_over else "the load has ended, and the totals are judged"
    else:
        left = f"{elapsed(planned - loaded)} left" if planned else "no planned end"
    return Progress(f"{elapsed(loaded)}{of_planned} under load · {left}", share)


def _planned_seconds(run_id: str, asker: Asker) -> float:
    planned = series_of(run_id, "loadtest_run_planned_seconds")
    try:
        found = asker.at_end(f"max(last_over_time({planned}[{asker.window.length_seconds}s]))")
    except PrometheusUnavailableError:
        return 0.0
    return found[0].samples[0].value if found else 0.0


def _links(run_id: str, known: RunTime, addresses: LiveAddresses) -> tuple[Link, ...]:
    end = known.window.end if known.is_over else None
    grafana = addresses.grafana and run_overview_url(addresses.grafana, run_id, known.window.begin, end)
    found = (Link(addresses.locust, "Locust"), Link(grafana, "Grafana"))
    return tuple(link for link in found if link.href)


def _begin_of(phase: Phase, marks: tuple[Mark, ...]) -> float | None:
    return next((mark.begin for mark in marks if mark.end is None and mark.label == phase), None)


def _names(kind: str, marks: tuple[Mark, ...]) -> tuple[str, ...]:
    """Return the alerts of one kind that fired."""
    return tuple(dict.fromkeys(name for mark in marks if mark.kind == kind for name in mark.label.split(", ")))
