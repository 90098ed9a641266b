"""What is marked on every chart over time: when alerts fired, and when phases began."""

from __future__ import annotations

from dataclasses import dataclass, field

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.report.html.query_cache import Asker
from swarmscope.verdict.alert_spans import alert_spans
from swarmscope.verdict.verdict import AlertSpan
from swarmscope_exporter.run_ids import series_of

#: How often alerts are evaluated; a stretch without samples for some of these is over.
_EVALUATION_SECONDS = 2.0

#: The last one is drawn over the others.
BAND_KINDS = ("warning", "validity", "critical")


@dataclass(frozen=True)
class Mark:
    """A band from ``begin`` to ``end``, or a line when it has no end; seconds since the epoch."""

    kind: str  #: critical: an objective is missed; validity: the measurement is in doubt; warning; phase
    label: str
    begin: float
    end: float | None = None


@dataclass
class _Band:
    """A stretch in which alerts overlap, with the title of each once, in the order in which they fired."""

    begin: float
    end: float
    titles: dict[str, None] = field(default_factory=dict)


def marks_of(run_id: str, asker: Asker) -> tuple[Mark, ...]:
    """Bands first, then phases; none while Prometheus does not answer."""
    try:
        return (*_bands(run_id, asker), *_phases(run_id, asker))
    except PrometheusUnavailableError:
        return ()


def _bands(run_id: str, asker: Asker) -> tuple[Mark, ...]:
    firing = asker.raw(series_of(run_id, "ALERTS", 'gate!="watch"', alertstate="firing"))
    spans = alert_spans(firing, _EVALUATION_SECONDS)
    return tuple(mark for kind in BAND_KINDS for mark in _joined(kind, spans))


def _joined(kind: str, spans: tuple[AlertSpan, ...]) -> list[Mark]:
    """Alerts of one kind that overlap are one band: several layers of colour would say nothing more."""
    bands: list[_Band] = []
    for span in sorted((span for span in spans if _kind(span) == kind), key=lambda span: span.first_seconds):
        end = span.resolved_seconds or span.last_seconds + _EVALUATION_SECONDS
        if not bands or span.first_seconds > bands[-1].end:
            bands.append(_Band(span.first_seconds, end))
        bands[-1].titles[span.title] = None
        bands[-1].end = max(bands[-1].end, end)
    return [Mark(kind, ", ".join(band.titles), band.begin, band.end) for band in bands]


def _kind(span: AlertSpan) -> str:
    return "critical" if span.is_breach else "validity" if span.is_doubt else "warning"


def _phases(run_id: str, asker: Asker) -> tuple[Mark, ...]:
    query = (
        f"max by (phase) (last_over_time({series_of(run_id, 'loadtest_phase_start_timestamp_seconds')}"
        f"[{asker.window.length_seconds}s]))"
    )
    found = [Mark("phase", row.labels.get("phase", ""), row.samples[0].value) for row in asker.at_end(query)]
    return tuple(sorted(found, key=lambda mark: mark.begin))
