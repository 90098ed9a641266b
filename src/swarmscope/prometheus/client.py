"""A client of Prometheus' HTTP API: the few calls that verdicts and reports need."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.network import in_words
from swarmscope.prometheus.durations import duration_seconds
from swarmscope.prometheus.series import ExemplarSeries, LoadedRule, Sample, ScrapeTarget, Series, StoredSeries

_CONNECT_TIMEOUT_SECONDS = 3.0
_TIMEOUT_SECONDS = 20.0
_READY_TIMEOUT_SECONDS = 5.0


class PrometheusApi:
    """All methods raise PrometheusUnavailableError when there is no answer, or an error for one."""

    def __init__(
        self,
        url: str,
        session: requests.Session | None = None,
        timeout_seconds: float = _TIMEOUT_SECONDS,
        as_of_seconds: float | None = None,
    ) -> None:
        """``as_of_seconds`` is the time since the epoch that queries are evaluated at; None: at the time of each."""
        self.url = url.rstrip("/")
        self._session = session or _session()
        self._timeouts_seconds = (_CONNECT_TIMEOUT_SECONDS, timeout_seconds)
        self._as_of_seconds = as_of_seconds
        self._formatted: dict[str, str] = {}

    def with_timeout(self, timeout_seconds: float) -> PrometheusApi:
        """Return the same Prometheus, for a caller who would rather go without an answer than wait longer for it."""
        return PrometheusApi(self.url, self._session, timeout_seconds, self._as_of_seconds)

    def as_of(self, seconds: float | None) -> PrometheusApi:
        """Return the same Prometheus as it was then, in seconds since the epoch: what came later is not seen."""
        return PrometheusApi(self.url, self._session, self._timeouts_seconds[1], seconds)

    def instant(self, query: str, at_seconds: float | None = None) -> tuple[Series, ...]:
        """Return the result of an instant query, now or at a time since the epoch; each series has one sample.

        A scalar becomes a series without labels.
        """
        data = self._get("/api/v1/query", query=query, **self._at(at_seconds))
        if data["resultType"] == "scalar":
            return (Series({}, (_sample(data["result"]),)),)
        return tuple(Series(row["metric"], (_sample(row["value"]),)) for row in data["result"])

    def raw(self, selector: str, range_seconds: float, at_seconds: float | None = None) -> tuple[Series, ...]:
        """Return the stored samples of the last ``range_seconds``, not a stepped range: a step can skip a spike."""
        data = self._get("/api/v1/query", query=f"{selector}[{max(1, round(range_seconds))}s]", **self._at(at_seconds))
        return tuple(Series(row["metric"], tuple(map(_sample, row["values"]))) for row in data["result"])

    def stored(self, selector: str, begin_seconds: float, end_seconds: float) -> tuple[StoredSeries, ...]:
        """Return the samples after ``begin_seconds`` and up to ``end_seconds``, as Prometheus writes them."""
        window = f"{selector}[{math.ceil(end_seconds - begin_seconds)}s]"
        data = self._get("/api/v1/query", query=window, **self._at(end_seconds))
        return tuple(_stored(data["result"], begin_seconds))

    def labels_of_series(
        self, selectors: Sequence[str], begin_seconds: float, end_seconds: float
    ) -> tuple[dict[str, str], ...]:
        """Return the labels of all series that one of the selectors has; some may have no sample in that time."""
        times = {"start": f"{begin_seconds:.3f}", "end": f"{end_seconds:.3f}"}
        return tuple(self._get("/api/v1/series", **{"match[]": list(selectors)}, **times))

    def over_time(self, query: str, begin: float, end: float, step_seconds: float) -> tuple[Series, ...]:
        """Return the values of a query at each step, for drawing; a verdict reads ``raw``."""
        times = {"start": f"{begin:.3f}", "end": f"{end:.3f}", "step": f"{step_seconds:g}"}
        data = self._get("/api/v1/query_range", query=query, **times)
        return tuple(Series(row["metric"], tuple(map(_sample, row["values"]))) for row in data["result"])

    def exemplars(self, selector: str, start_seconds: float, end_seconds: float) -> tuple[ExemplarSeries, ...]:
        """Return what is stored beside the samples of these series between two times, in seconds since the epoch."""
        data = self._get("/api/v1/query_exemplars", query=selector, start=str(start_seconds), end=str(end_seconds))
        return tuple(
            ExemplarSeries(
                row["seriesLabels"],
                tuple((each["labels"], _sample([each["timestamp"], each["value"]])) for each in row["exemplars"]),
            )
            for row in data
        )

    def value(self, query: str) -> float | None:
        """Return the value of a query with at most one result; None when it has none."""
        series = self.instant(query)
        return series[0].samples[0].value if series else None

    def rules(self) -> tuple[LoadedRule, ...]:
        """Return all rules that Prometheus has loaded, in the order in which it evaluates each group."""
        return tuple(
            LoadedRule(
                group=group["name"],
                name=rule["name"],
                query=rule["query"],
                health=rule.get("health", "unknown"),
                last_error=rule.get("lastError", ""),
                labels=rule.get("labels", {}),
                evaluation_interval_seconds=float(group["interval"]),
                for_seconds=float(rule.get("duration", 0.0)),
                keep_firing_seconds=float(rule.get("keepFiringFor", 0.0)),
                is_alert=rule.get("type") == "alerting",
                summary=rule.get("annotations", {}).get("summary", ""),
            )
            for group in self._get("/api/v1/rules")["groups"]
            for rule in group["rules"]
        )

    def targets(self, job: str) -> dict[str, str]:
        """Return the health (up, down or unknown) of each instance that this job scrapes now."""
        active = self._get("/api/v1/targets")["activeTargets"]
        return {
            target["labels"].get("instance", ""): target["health"] for target in active if target["scrapePool"] == job
        }

    def scrape_targets(self) -> tuple[ScrapeTarget, ...]:
        """Return everything that is scraped now, with the job as its series have it."""
        return tuple(
            ScrapeTarget(
                job=target["labels"].get("job", ""),
                address=urlsplit(target["scrapeUrl"]).netloc,
                health=target["health"],
                last_error=target.get("lastError", ""),
                interval_seconds=duration_seconds(target["scrapeInterval"]),
            )
            for target in self._get("/api/v1/targets")["activeTargets"]
        )

    def flags(self) -> dict[str, str]:
        """Return the options that Prometheus was started with, without their dashes, defaults included."""
        return dict(self._get("/api/v1/status/flags"))

    def configuration(self) -> str:
        """Return the configuration that is in force, as YAML; Prometheus leaves out its secrets."""
        return str(self._get("/api/v1/status/config")["yaml"])

    def formatted(self, query: str) -> str:
        """Return a query as Prometheus writes it: equal for two spellings of the same expression.

        Asked for once each.
        """
        if query not in self._formatted:
            self._formatted[query] = str(self._get("/api/v1/format_query", query=query))
        return self._formatted[query]

    def started_seconds(self) -> float:
        """Return when this Prometheus was started, in seconds since the epoch."""
        return datetime.fromisoformat(self._get("/api/v1/status/runtimeinfo")["startTime"]).timestamp()

    def configured_seconds(self) -> float:
        """Return when it last loaded its configuration with success, in seconds since the epoch."""
        return datetime.fromisoformat(self._get("/api/v1/status/runtimeinfo")["lastConfigTime"]).timestamp()

    def version(self) -> str:
        return str(self._get("/api/v1/status/buildinfo")["version"])

    def alerts_page(self) -> str:
        """Return where its alerts are shown: Debian's package has no pages, and answers with JSON alone."""
        try:
            timeouts = (_CONNECT_TIMEOUT_SECONDS, _READY_TIMEOUT_SECONDS)
            has_pages = self._session.get(f"{self.url}/alerts", timeout=timeouts).ok
        except requests.RequestException:
            has_pages = False
        return f"{self.url}/alerts" if has_pages else f"{self.url}/api/v1/alerts"

    def ready(self) -> bool:
        """Return whether it answers and serves queries."""
        try:
            timeouts = (_CONNECT_TIMEOUT_SECONDS, _READY_TIMEOUT_SECONDS)
            return self._session.get(f"{self.url}/-/ready", timeout=timeouts).ok
        except requests.RequestException:
            return False

    def last_reload_succeeded(self) -> bool:
        """Return whether it could load its configuration and rules when it last read them.

        If not, it keeps what it had.
        """
        return bool(self._get("/api/v1/status/runtimeinfo")["reloadConfigSuccess"])

    def _at(self, seconds: float | None) -> dict[str, str]:
        at_seconds = self._as_of_seconds if seconds is None else seconds
        return {} if at_seconds is None else {"time": f"{at_seconds:.3f}"}

    def _get(self, path: str, **parameters: str | list[str]) -> Any:
        try:
            # A selector with many series makes a query longer than a URL should be.
            response = (
                self._session.post(f"{self.url}{path}", data=parameters, timeout=self._timeouts_seconds)
                if parameters
                else self._session.get(f"{self.url}{path}", timeout=self._timeouts_seconds)
            )
            body = response.json()
        except requests.exceptions.JSONDecodeError as error:
            raise PrometheusUnavailableError(
                f"What answers at {self.url} is not Prometheus (status {response.status_code}, not in JSON)"
            ) from error
        except requests.RequestException as error:
            raise PrometheusUnavailableError(f"Prometheus at {self.url} did not answer ({in_words(error)})") from error
        if body.get("status") != "success":
            raise PrometheusUnavailableError(f"Prometheus at {self.url} refused a query: {body.get('error', body)}")
        return body["data"]


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # a proxy of the machine must not come between two processes on it
    # No second try after a time-out: a Prometheus that is paused would hold its caller up several times over.
    retry = Retry(total=2, read=False, backoff_factor=0.2, status_forcelist=(502, 503, 504), allowed_methods=None)
    session.mount("http://", HTTPAdapter(max_retries=retry))
    session.mount("https://", HTTPAdapter(max_retries=retry))
    return session


def _sample(pair: list[Any]) -> Sample:
    return Sample(float(pair[0]), float(pair[1]))


def _stored(rows: Iterable[dict[str, Any]], begin_seconds: float) -> Iterator[StoredSeries]:
    """Yield the series with samples after that time; earlier versions than 3 return one at that very time as well."""
    known: dict[tuple[float, ...], tuple[int, ...]] = {}  # scraped together, so at the same times
    begin_ms = round(begin_seconds * 1000)
    for row in rows:
        seconds, values = zip(*row["values"], strict=True)
        if seconds not in known:
            known[seconds] = tuple(round(each * 1000) for each in seconds)
        times_ms = known[seconds]
        skipped = int(times_ms[0] <= begin_ms)
        if len(times_ms) > skipped:
            yield StoredSeries(row["metric"], times_ms[skipped:], values[skipped:])
