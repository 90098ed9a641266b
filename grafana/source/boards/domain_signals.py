"""Signals that latency and status do not tell."""

from __future__ import annotations

from grafana.source import colors
from grafana.source.frame import Board, Line, Section
from grafana.source.panels import (
    COUNT,
    EVENTS_PER_SECOND,
    RATIO,
    Builder,
    latency_over_time,
    over_time,
    rates,
)
from grafana.source.queries import REQUEST_SECONDS, Query, judged, quantile, rate, series, strictest, threshold


def board() -> Board:
    """Return the board: authentication, rate limits, citations, WebSocket, documents, cache, journeys."""
    return Board(
        uid="domain-signals",
        title="Domain signals",
        purpose="What the product promises beyond speed: sign-in, rate limits, citations, streams, cache, journeys.",
        sections=(
            Section(
                "Authentication and rate limits",
                (
                    Line(8, (_auth(), _ratio("Refused credentials", "401 and 403", "auth_failure_ratio"))),
                    Line(8, (_limited(), _ratio("Rate-limited requests", "429", "rate_limited_ratio"))),
                ),
            ),
            Section("Answers", (Line(8, (_citation_ratio(), _citations(), _documents())),)),
            Section(
                "WebSocket", (Line(8, (_streams(), _connect_failures())), Line(8, (_connections(), _ws_failures())))
            ),
            Section("Cache and journeys", (Line(8, (_cache(), _cache_reads())), Line(9, (_journeys(), _categories())))),
        ),
    )


def _auth() -> Builder:
    return rates(
        over_time(
            "Authentication failures",
            "Answers with status 401 or 403, by reason.",
            EVENTS_PER_SECOND,
            Query(
                f"sum by (reason) ({rate('loadtest_auth_failures_total')})",
                "{{reason}}",
                color=colors.BAD,
                of_many=True,
            ),
        )
    )


def _ratio(title: str, statuses: str, objective: str) -> Builder:
    return over_time(
        title,
        f"Share of requests answered with status {statuses} over the last minute, and its threshold.",
        RATIO,
        judged(objective),
        threshold(objective),
    )


def _limited() -> Builder:
    return rates(
        over_time(
            "Rate limits hit",
            "Answers with status 429, by endpoint.",
            EVENTS_PER_SECOND,
            Query(
                f"sum by (method, name) ({rate('loadtest_rate_limited_total')}) > 0",
                "{{method}} {{name}}",
                color=colors.BAD,
                of_many=True,
            ),
        )
    )


def _citation_ratio() -> Builder:
    cited, answers = rate("voiceassist_answers_total", "cited=true"), rate("voiceassist_answers_total")
    return rates(
        over_time(
            "Citation ratio",
            "Share of answers with at least one citation.",
            RATIO,
            Query(f"sum({cited}) / sum({answers})", "cited"),
            judged("citation_ratio"),
            threshold("citation_ratio"),
        )
    )


def _citations() -> Builder:
    of, name = rate, "voiceassist_citations_per_answer"
    return rates(
        over_time(
            "Citations per answer",
            "Mean number of citations in an answer, those without included.",
            COUNT,
            Query(f"sum({of(f'{name}_sum')}) / sum({of(f'{name}_count')})", "mean"),
        )
    )


def _documents() -> Builder:
    documents = f"sum by (action, size, outcome) ({rate('voiceassist_documents_total')}) > 0"
    return rates(
        over_time(
            "Knowledge-base operations",
            "Uploads, reads, lists and deletions by size and outcome; those that do not occur are left out.",
            EVENTS_PER_SECOND,
            Query(documents, "{{action}} {{size}} {{outcome}}"),
        )
    )


def _streams() -> Builder:
    measures = {"connect": "connect", "first_token": "first token", "message": "whole answer"}
    return rates(
        latency_over_time(
            "WebSocket p95",
            "Handshake with sign-in, first token and whole answer; the threshold is that of the whole answer.",
            *(Query(quantile(0.95, f"loadtest_websocket_{key}_seconds"), text) for key, text in measures.items()),
            judged("websocket_message_p95_seconds", "whole answer, last minute, as judged"),
            threshold("websocket_message_p95_seconds"),
        )
    )


def _connect_failures() -> Builder:
    return over_time(
        "WebSocket connect failures",
        "Share of the connects of the last minute that failed, and its threshold.",
        RATIO,
        judged("websocket_connect_failure_ratio"),
        threshold("websocket_connect_failure_ratio"),
    )


def _connections() -> Builder:
    return over_time(
        "WebSocket connections",
        "Open at the moment, over all workers.",
        COUNT,
        Query(f"sum({series('loadtest_websocket_connections')})", "open"),
    )


def _ws_failures() -> Builder:
    return rates(
        over_time(
            "WebSocket failures",
            "By the stage in which they came.",
            EVENTS_PER_SECOND,
            Query(
                f"sum by (stage) ({rate('loadtest_websocket_failures_total')})",
                "{{stage}}",
                color=colors.BAD,
                of_many=True,
            ),
        )
    )


def _cache() -> Builder:
    return over_time(
        "Cache hit ratio",
        "Reads that the target's cache could answer, over the last minute, and its threshold.",
        RATIO,
        judged("cache_hit_ratio"),
        threshold("cache_hit_ratio"),
    )


def _cache_reads_per_second(counts: str) -> str:
    share = f'loadtest:target_share_total{{objective="cache_hit_ratio", counts="{counts}"}}'
    return f"sum(rate({share}[$__rate_interval]))"


def _cache_reads() -> Builder:
    return rates(
        over_time(
            "Cache reads",
            "Reads of the target's cache, by whether it had the answer.",
            EVENTS_PER_SECOND,
            Query(_cache_reads_per_second("true"), "hits", color=colors.GOOD),
            Query(_cache_reads_per_second("false"), "misses", color=colors.DOUBTFUL),
        )
    )


def _journeys() -> Builder:
    return rates(
        latency_over_time(
            "Journeys: p95",
            "Whole transactions of several requests, and the strictest of their thresholds.",
            Query(quantile(0.95, "loadtest_transaction_duration_seconds", "transaction"), "{{transaction}}"),
            strictest("transaction_p95_seconds"),
        )
    )


def _categories() -> Builder:
    return rates(
        latency_over_time(
            "p95 latency by category",
            "Service times of the parts of the product: auth, chat, admin, websocket and so on.",
            Query(quantile(0.95, REQUEST_SECONDS, "category"), "{{category}}"),
        )
    )
