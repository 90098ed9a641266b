"""What the API says about itself on /metrics, on a registry of its own."""

import os
from collections.abc import Callable
from pathlib import Path

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

DURATION_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 3.0, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
AUTH_FAILURES = (
    "missing_token",
    "invalid_token",
    "expired_token",
    "bad_credentials",
    "invalid_refresh_token",
    "forbidden",
)
CACHES = ("admin", "analytics", "chat", "dashboard", "leads", "projects")
MESSAGE_OUTCOMES = ("answered", "error", "rate_limited", "unavailable", "cancelled")


class Metrics:
    """All of the API's metrics; every child that can be known beforehand exists at 0 from the start."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._declare_requests()
        self._declare_domain()
        self._declare_realtime()
        self._declare_process()

    def _declare_requests(self) -> None:
        self._requests = Counter(
            "http_requests", "Requests by route template.", ["method", "route", "status"], registry=self.registry
        )
        self._durations = Histogram(
            "http_request_duration_seconds",
            "Time from the request's arrival to the last byte of the answer, in seconds.",
            ["method", "route"],
            buckets=DURATION_BUCKETS_SECONDS,
            registry=self.registry,
        )
        # labels() takes a lock and builds a tuple at each call; the children are few, so they are kept here.
        self._request_children: dict[tuple[str, str, int], Counter] = {}
        self._duration_children: dict[tuple[str, str], Histogram] = {}

    def _declare_domain(self) -> None:
        registry = self.registry
        operations = Counter("api_cache_operations", "Cache reads.", ["cache", "result"], registry=registry)
        self._hits = {cache: operations.labels(cache, "hit") for cache in CACHES}
        self._misses = {cache: operations.labels(cache, "miss") for cache in CACHES}
        self.cache_hits = 0
        self.cache_misses = 0
        limited = Counter("api_rate_limited", "Requests answered with 429.", ["route"], registry=registry)
        self.rate_limited = limited
        for route in ("/api/auth/register", "/api/auth/login", "/api/chat", "/api/realtime/ws"):
            limited.labels(route)
        failures = Counter("api_auth_failures", "Refused credentials and tokens.", ["reason"], registry=registry)
        self.auth_failures = {reason: failures.labels(reason) for reason in AUTH_FAILURES}
        answers = Counter("api_chat_answers", "Answers given, over HTTP and WebSocket.", ["cited"], registry=registry)
        self.answers = {True: answers.labels("true"), False: answers.labels("false")}
        documents = Counter("api_documents", "Changes of the knowledge base.", ["action"], registry=registry)
        self.documents = {action: documents.labels(action) for action in ("created", "deleted")}
        self.flag_strength = Gauge(
            "api_feature_flag_strength", "Strength of each fault, 0 when off.", ["flag"], registry=registry
        )

    def _declare_realtime(self) -> None:
        self.websocket_connections = Gauge(
            "api_websocket_connections", "WebSocket connections open now.", registry=self.registry
        )
        self.websocket_connects = Counter(
            "api_websocket_connects", "WebSocket connections accepted.", registry=self.registry
        )
        messages = Counter("api_websocket_messages", "Questions over WebSocket.", ["outcome"], registry=self.registry)
        self.websocket_messages = {outcome: messages.labels(outcome) for outcome in MESSAGE_OUTCOMES}

    def _declare_process(self) -> None:
        if Path("/proc/self/stat").exists():
            ProcessCollector(registry=self.registry)
            return
        memory = Gauge("process_resident_memory_bytes", "Resident memory size in bytes.", registry=self.registry)
        memory.set_function(lambda: psutil.Process(os.getpid()).memory_info().rss)

    def watch_pool(self, used: Callable[[], int], idle: Callable[[], int], max_connections: int) -> None:
        """Read the database pool at each scrape."""
        connections = Gauge(
            "api_db_pool_connections", "Database connections by state.", ["state"], registry=self.registry
        )
        connections.labels("in_use").set_function(used)
        connections.labels("idle").set_function(idle)
        Gauge("api_db_pool_max_connections", "Upper bound of the pool.", registry=self.registry).set(max_connections)

    def expect_route(self, method: str, route: str, status: int) -> None:
        """Create a route's series at 0, so that a first request is an increase."""
        self._request_child(method, route, status)
        self._duration_child(method, route)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` must be a template."""
        if method not in METHODS:
            method = "OTHER"
        (self._request_children.get((method, route, status)) or self._request_child(method, route, status)).inc()
        (self._duration_children.get((method, route)) or self._duration_child(method, route)).observe(seconds)

    def count_cache(self, cache: str, *, hit: bool) -> None:
        """Count one cache read."""
        if hit:
            self.cache_hits += 1
            self._hits[cache].inc()
        else:
            self.cache_misses += 1
            self._misses[cache].inc()

    def render(self) -> bytes:
        """Return the exposition in Prometheus' text format."""
        return generate_latest(self.registry)

    def _request_child(self, method: str, route: str, status: int) -> Counter:
        child = self._requests.labels(method, route, str(status))
        self._request_children[method, route, status] = child
        return child

    def _duration_child(self, method: str, route: str) -> Histogram:
        child = self._durations.labels(method, route)
        self._duration_children[method, route] = child
        return child
