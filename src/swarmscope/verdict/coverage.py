"""Reads what the figures of all requests hide: endpoints with errors, failures in the ramp, requests left out."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from swarmscope.objectives import MIN_ENDPOINT_REQUESTS
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.verdict.evidence import EndpointErrors, LeftOut
from swarmscope_exporter.run_ids import series_of

#: Recorded by the rules, and of requests that were counted without any time.
_NO_TIME = "no_time"


@dataclass(frozen=True)
class Coverage:
    """``ramp`` is requests and failures before the judged part of the run; None where it had none."""

    endpoint_errors: tuple[EndpointErrors, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    ramp: tuple[int, int] | None = None


@dataclass(frozen=True)
class CoverageReader:
    """Reads one run over its whole length, the ramp included; every method raises PrometheusUnavailableError."""

    prometheus: PrometheusApi
    run_id: str
    range_seconds: float

    def read(self, at_seconds: float | None) -> Coverage:
        """``at_seconds`` is when the rules had seen the final totals; None for now."""
        return Coverage(self._endpoint_errors(), self._left_out(at_seconds), self._ramp())

    def _last_by(self, metric: str, *labels: str, matcher: str = "") -> dict[tuple[str, ...], int]:
        window = f"[{round(self.range_seconds)}s]"
        matchers = (matcher,) if matcher else ()
        selector = series_of(self.run_id, metric, *matchers)
        query = f"sum by ({', '.join(labels)}) (last_over_time({selector}{window}))"
        return {
            tuple(row.labels.get(label, "") for label in labels): round(row.samples[0].value)
            for row in self.prometheus.instant(query)
            if math.isfinite(row.samples[0].value)
        }

    def _endpoint_errors(self) -> tuple[EndpointErrors, ...]:
        """Return the endpoints with failed requests, those with the highest share of them first.

        Names that share a template are one endpoint, as the rules have it, and each is one of its own as well if it has
        requests enough to be judged.
        """
        failed = self._last_by("loadtest_requests_total", "method", "name", matcher='outcome="failure"')
        if not any(failed.values()):
            return ()
        templates = {key[0]: key[1] for key in self._last_by("loadtest_name_template", "name", "template")}
        requests = self._last_by("loadtest_requests_total", "method", "name")
        kinds: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for (method, name, error), count in self._last_by(
            "loadtest_request_errors_total", "method", "name", "error"
        ).items():
            if count:
                kinds[method, name][error] = count
        found: dict[tuple[str, str], EndpointErrors] = {}
        for (method, name), count in requests.items():
            own = EndpointErrors(method, name, count, failed.get((method, name), 0), kinds[method, name])
            shared = method, templates.get(name, name)
            found[shared] = _sum(found[shared], own) if shared in found else replace(own, name=shared[1])
            if name in templates and count >= MIN_ENDPOINT_REQUESTS:
                found[method, name] = own
        failing = (each for each in found.values() if each.failures)
        return tuple(sorted(failing, key=lambda each: (-each.failures / each.requests, each.name, each.method)))

    def _left_out(self, at_seconds: float | None) -> tuple[LeftOut, ...]:
        """Return the requests without a say in the latency of all requests, by type, most first."""
        counted = self._last_by("loadtest_requests_total", "method")
        timed = self._last_by("loadtest_request_duration_seconds_count", "method")
        total = sum(counted.values())
        found: dict[tuple[str, str], int] = defaultdict(int)
        for (method,), count in counted.items():
            found[method, _NO_TIME] = count - timed.get((method,), 0)
        query = f"sum by (method, why) ({series_of(self.run_id, 'loadtest:left_out_requests')})"
        for row in self.prometheus.instant(query, at_seconds):
            found[row.labels.get("method", ""), row.labels.get("why", "")] += round(row.samples[0].value)
        return tuple(
            LeftOut(method, why, count, count / total)
            for (method, why), count in sorted(found.items(), key=lambda item: -item[1])
            if count > 0
        )

    def _ramp(self) -> tuple[int, int] | None:
        counts = self._last_by("loadtest:count_begin", "of", matcher='of=~"requests|failures"')
        requests, failures = counts.get(("requests",)), counts.get(("failures",))
        return None if requests is None or failures is None else (requests, failures)


def _sum(one: EndpointErrors, other: EndpointErrors) -> EndpointErrors:
    errors = dict(Counter(one.errors) + Counter(other.errors))
    return replace(one, requests=one.requests + other.requests, failures=one.failures + other.failures, errors=errors)
