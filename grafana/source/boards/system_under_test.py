"""Is it the system? The API's own figures, and those of its PostgreSQL and Redis."""

from __future__ import annotations

from grafana.source import colors
from grafana.source.frame import Board, Line, Section
from grafana.source.panels import (
    BYTES,
    CORES,
    COUNT,
    EVENTS_PER_SECOND,
    PER_SECOND,
    RATIO,
    Builder,
    latency_over_time,
    over_time,
)
from grafana.source.queries import Query, selector

DATABASE = "datname!~template.*|postgres|"
API = "job=api"


def board() -> Board:
    """Return a query of series without a run: they are the system's, under any load."""
    return Board(
        uid="system-under-test",
        title="System under test",
        purpose="The reference API, PostgreSQL and Redis by their own metrics, in the time of a run.",
        sections=(
            Section("API", (Line(8, _api_requests()), Line(8, _api_resources()), Line(8, _api_cache()))),
            Section(
                f"PostgreSQL: {needs('postgres_exporter')}",
                (Line(8, _postgres_work()), Line(8, _postgres_trouble())),
                folded=True,
            ),
            Section(
                f"Redis: {needs('redis_exporter')}", (Line(8, _redis_work()), Line(8, _redis_memory())), folded=True
            ),
        ),
    )


def needs(exporter: str) -> str:
    """Return why panels may be without data."""
    return f"of {exporter}, which the Docker stack has and a run on this machine alone does not"


def _rate(metric: str, *matchers: str, by: str = "") -> str:
    grouping = f" by ({by})" if by else ""
    return f"sum{grouping} (rate({metric}{selector(*matchers)}[$__rate_interval]))"


def _api_requests() -> tuple[Builder, ...]:
    buckets = _rate("http_request_duration_seconds_bucket", API, by="method, route, le")
    return (
        over_time(
            "Requests by route",
            "As the API counted them.",
            PER_SECOND,
            Query(_rate("http_requests_total", API, by="method, route"), "{{method}} {{route}}"),
            stacked=True,
        ),
        latency_over_time(
            "p95 by route",
            "From a request's arrival to the last byte of its answer; what users see is more by queues and network.",
            Query(f"histogram_quantile(0.95, {buckets})", "{{method}} {{route}}"),
        ),
        over_time(
            "Answers with 4xx and 5xx",
            "By status and route.",
            PER_SECOND,
            Query(
                _rate("http_requests_total", API, "status=~[45]..", by="status, route"),
                "{{status}} {{route}}",
                color=colors.BAD,
                of_many=True,
            ),
        ),
    )


def _api_resources() -> tuple[Builder, ...]:
    connections = 'sum by (instance, state) (api_db_pool_connections{job="api"})'
    return (
        over_time(
            "API CPU",
            "100 % is one core.",
            CORES,
            Query(_rate("process_cpu_seconds_total", API, by="instance"), "{{instance}}"),
        ),
        over_time("API memory", "Resident memory.", BYTES, Query("loadtest:target_memory_bytes", "{{instance}}")),
        over_time(
            "Database connections",
            "Of its pool, by state, and the most that it may open.",
            COUNT,
            Query(connections, "{{state}} {{instance}}"),
            Query('max by (instance) (api_db_pool_max_connections{job="api"})', "most, {{instance}} (warning)"),
        ),
        over_time(
            "Open files of the API",
            "Sockets included; at the limit it takes no more connections.",
            COUNT,
            Query('max by (instance) (process_open_fds{job="api"})', "open {{instance}}"),
        ),
    )


def _api_cache() -> tuple[Builder, ...]:
    hits = _rate("api_cache_operations_total", API, "result=hit", by="cache")
    reads = _rate("api_cache_operations_total", API, by="cache")
    return (
        over_time(
            "Cache hit ratio by cache",
            "Reads that each cache could answer.",
            RATIO,
            Query(f"{hits} / ({reads} > 0)", "{{cache}}"),
        ),
        over_time(
            "WebSocket of the API",
            "Connections open at the moment.",
            COUNT,
            Query('sum by (instance) (api_websocket_connections{job="api"})', "{{instance}}"),
        ),
        over_time(
            "Refusals",
            "Rate limits by route and refused credentials by reason.",
            EVENTS_PER_SECOND,
            Query(_rate("api_rate_limited_total", API, by="route"), "429 {{route}}", color=colors.BAD, of_many=True),
            Query(
                _rate("api_auth_failures_total", API, by="reason"), "{{reason}}", color=colors.DOUBTFUL, of_many=True
            ),
        ),
        over_time(
            "Injected faults",
            "Strength of each fault that a feature flag injects; only those that are on.",
            COUNT,
            Query('max by (flag) (api_feature_flag_strength{job="api"}) > 0', "{{flag}}"),
        ),
    )


def _postgres_work() -> tuple[Builder, ...]:
    hits, reads = (_rate(f"pg_stat_database_blks_{kind}", DATABASE, by="datname") for kind in ("hit", "read"))
    return (
        over_time(
            "Transactions",
            "Committed and rolled back.",
            EVENTS_PER_SECOND,
            Query(
                _rate("pg_stat_database_xact_commit", DATABASE, by="datname"),
                "commit {{datname}}",
                color=colors.GOOD,
                of_many=True,
            ),
            Query(
                _rate("pg_stat_database_xact_rollback", DATABASE, by="datname"),
                "rollback {{datname}}",
                color=colors.BAD,
                of_many=True,
            ),
        ),
        over_time(
            "Connections",
            "By state, and the most that PostgreSQL takes.",
            COUNT,
            Query(f"sum by (state) (pg_stat_activity_count{selector(DATABASE)})", "{{state}}"),
            Query("max(pg_settings_max_connections)", "most (warning)"),
        ),
        over_time(
            "Buffer hit ratio",
            "Blocks found in PostgreSQL's own cache.",
            RATIO,
            Query(f"{hits} / (({hits} + {reads}) > 0)", "{{datname}}"),
        ),
    )


def _postgres_trouble() -> tuple[Builder, ...]:
    return (
        over_time(
            "Locks",
            "Held at the moment, by mode; modes that are not held are left out.",
            COUNT,
            Query(f"sum by (mode) (pg_locks_count{selector(DATABASE)}) > 0", "{{mode}}"),
        ),
        over_time(
            "Deadlocks",
            "Transactions that PostgreSQL broke off to free others.",
            EVENTS_PER_SECOND,
            Query(_rate("pg_stat_database_deadlocks", DATABASE, by="datname"), "{{datname}}"),
        ),
        over_time(
            "Database size",
            "On disk.",
            BYTES,
            Query(f"max by (datname) (pg_database_size_bytes{selector(DATABASE)})", "{{datname}}"),
        ),
    )


def _redis_work() -> tuple[Builder, ...]:
    hits, misses = (_rate(f"redis_keyspace_{kind}_total", by="instance") for kind in ("hits", "misses"))
    return (
        over_time(
            "Commands",
            "Processed.",
            EVENTS_PER_SECOND,
            Query(_rate("redis_commands_processed_total", by="instance"), "{{instance}}"),
        ),
        over_time(
            "Keyspace hit ratio",
            "Look-ups that found their key, from any client.",
            RATIO,
            Query(f"{hits} / (({hits} + {misses}) > 0)", "{{instance}}"),
        ),
        over_time("Clients", "Connected.", COUNT, Query("sum by (instance) (redis_connected_clients)", "{{instance}}")),
    )


def _redis_memory() -> tuple[Builder, ...]:
    return (
        over_time(
            "Memory",
            "Used, and the most that Redis may use.",
            BYTES,
            Query("max by (instance) (redis_memory_used_bytes)", "used {{instance}}"),
            Query("max by (instance) (redis_memory_max_bytes) > 0", "most, {{instance}} (warning)"),
        ),
        over_time("Keys", "In each database.", COUNT, Query("sum by (db) (redis_db_keys) > 0", "{{db}}")),
        over_time(
            "Evicted and expired keys",
            "Evicted for want of memory, or expired.",
            EVENTS_PER_SECOND,
            Query(_rate("redis_evicted_keys_total", by="instance"), "evicted {{instance}}"),
            Query(_rate("redis_expired_keys_total", by="instance"), "expired {{instance}}"),
        ),
    )
