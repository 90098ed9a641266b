"""What the exporters of PostgreSQL and Redis, and Prometheus itself, publish of what the dashboards ask for.

The pages are in the exporters' own format, of prometheus-community/postgres_exporter 0.19 and oliver006/redis_exporter
1.88; ``{n}`` grows from scrape to scrape, so that a counter counts.
"""

from __future__ import annotations

import re

POSTGRES_PAGE = """
pg_stat_database_xact_commit{{datid="16384",datname="loadtest"}} {n}00
pg_stat_database_xact_rollback{{datid="16384",datname="loadtest"}} {n}
pg_stat_database_blks_hit{{datid="16384",datname="loadtest"}} {n}99
pg_stat_database_blks_read{{datid="16384",datname="loadtest"}} {n}
pg_stat_database_deadlocks{{datid="16384",datname="loadtest"}} 0
pg_stat_activity_count{{datname="loadtest",state="active",usename="loadtest",backend_type="client backend"}} 3
pg_settings_max_connections{{server="postgres:5432"}} 100
pg_locks_count{{datname="loadtest",mode="accesssharelock"}} 2
pg_database_size_bytes{{datname="loadtest"}} 8e6
"""

REDIS_PAGE = """
redis_commands_processed_total {n}00
redis_keyspace_hits_total {n}9
redis_keyspace_misses_total {n}
redis_connected_clients 5
redis_memory_used_bytes 2e6
redis_memory_max_bytes 2e8
redis_db_keys{{db="db0"}} 12
redis_evicted_keys_total 0
redis_expired_keys_total {n}
"""

PROMETHEUS_ITSELF = frozenset(
    {
        "ALERTS",
        "ALERTS_FOR_STATE",
        "prometheus_rule_evaluation_failures_total",
        "prometheus_rule_group_interval_seconds",
        "prometheus_rule_group_iterations_missed_total",
        "prometheus_rule_group_last_duration_seconds",
        "scrape_duration_seconds",
        "up",
    }
)


def names_of(page: str) -> set[str]:
    """Return the sample names of an exposition."""
    return set(re.findall(r"^([a-zA-Z_:][\w:]*)[ {]", page, re.MULTILINE))
