"""What to do next, by the objectives that were missed: where such a miss usually comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from swarmscope.project.settings import project
from swarmscope.verdict.verdict import ObjectiveResult, Outcome, Status

#: By objective; of several that say the same, the first one speaks.
ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "availability_ratio": "Requests were refused, timed out or answered by a 5xx: read the API's log around the"
        " first breach, and its limits of connections and memory.",
        "error_ratio": "Requests failed: locust-failures.csv in the results says which and why.",
        "endpoint_error_ratio": "An endpoint fails: the table of endpoints with errors names it, locust-failures.csv in"
        " the results says why. One that is meant to fail needs a threshold of its own.",
        "ramp_error_ratio": "Requests failed in the ramp, which is not judged: is the API warm and scaled up before the"
        " load, does a lower --spawn-rate help?",
        "auth_failure_ratio": "Credentials are refused: check the test accounts, and how long tokens are valid.",
        "rate_limited_ratio": "The API limits the rate (429): raise its limits for test accounts, or use more of them.",
        "task_exception_ratio": "Code of the locustfile raises: the verdict has a traceback of each kind.",
        "throughput_requests_per_second": "Less throughput than asked for: if latency is high the API is the limit, so"
        " look at its CPU and its database; if not, give the generator more --users or --workers.",
        "latency_p50_seconds": "Most requests are slow, not some: look for a resource at its limit, CPU or connection"
        " pool first.",
        "latency_mean_seconds": "Slow on average: a few very slow requests or many slow ones; compare p50 and p99 in"
        " locust-report.html.",
        "latency_p95_seconds": "One request in twenty is slow: find the endpoint in locust-report.html, then its"
        " slowest queries, missing indexes and waits for a connection.",
        "latency_p99_seconds": "One request in a hundred is slow: look for locks, garbage collection and cold caches.",
        "endpoint_latency_p95_seconds": "One endpoint is slow: profile its queries and the services that it calls.",
        "transaction_p95_seconds": "A step of a journey is slow: the slowest of its requests is in locust-report.html.",
        "websocket_message_p95_seconds": "Answers over WebSocket are slow: look at the time to the first token, and for"
        " blocking work between tokens.",
        "websocket_connect_failure_ratio": "WebSockets cannot be opened: check limits of connections, proxies, and"
        " LOADTEST_WS_URL.",
        "websocket_drop_ratio": "WebSocket connections are cut: look for idle timeouts of proxies and load balancers,"
        " limits of connections, and restarts of the API.",
        "latency_drift_ratio": "Latency grows during the run: look for a leak, for tables that grow without an index,"
        " for a cache that fills up.",
        "target_memory_growth_ratio": "The API's memory grows: take heap snapshots early and late, and compare them.",
        "target_pool_in_use_ratio": "The connection pool is almost used up: enlarge it, hold connections for less time,"
        " or look for one that is never given back.",
        "recovery_seconds": "The system recovers too slowly after the spike: look for queues that it works off, and"
        " for retries that keep the load up.",
    }
)
_UNKNOWN = "Look at the API's own metrics around the first breach, then at its database and cache."
_GAP = (
    "The evidence has a gap: fix what the reasons name, then run again. `swarmscope doctor` checks this machine;"
    " a saturated generator needs more --workers, or another machine."
)
_FAILED = "No objective was missed over the whole run: the reasons name what failed, and when."
_PASSED = "Nothing to fix. Keep verdict.json: it is what the next run can be compared with."


def advice_on(objective: str) -> str:
    """Return what to do when an objective is missed; a project may say so of its own ones."""
    own = project().objectives.get(objective)
    return (own.advice if own is not None else "") or ADVICE.get(objective, _UNKNOWN)


def recommendation(outcome: Outcome, objectives: Sequence[ObjectiveResult]) -> tuple[str, ...]:
    """Return one sentence or more, the failed objectives first, then those that were only warned of."""
    missed = [r.objective for status in (Status.FAIL, Status.WARNING) for r in objectives if r.status is status]
    found = dict.fromkeys(advice_on(objective.objective) for objective in missed)
    gaps = [_GAP] if outcome is Outcome.INCONCLUSIVE else []
    return (*gaps, *found) or (_FAILED if outcome is Outcome.FAIL else _PASSED,)
