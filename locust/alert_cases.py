"""The table of causes for `swarmscope prove-alerts`: each alert of prometheus/rules, and what makes it fire."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from feature_flags import Flag

from swarmscope.alert_proof.case import Case, Signal, missed
from swarmscope.alert_proof.prover import PROMETHEUS
from swarmscope.objectives import Threshold
from swarmscope.verdict.verdict import Outcome

#: Has the causes that lie in the load generator.
LOCUSTFILE = Path(__file__).with_name("proving_locustfile.py")

FAIL, INCONCLUSIVE, PASS = Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS
OVER_RUN = "ObjectiveMissedOverRun"
CHAT = ("--tags", "chat", "--user-classes", "RegularUser", "--users", "20", "--think-time-scale", "0.1")
PROBERS = ("--users", "4")
WORKER = ("--worker", "--master-port")
API = ("-m", "api")

#: Limits in seconds that a slow chat misses, by figure, and what they are for.
LIMITS = {"p50": 0.2, "p90": 0.5, "p95": 0.5, "p99": 1, "max": 1, "mean": 0.2}
TIMES = tuple(product(("latency", "service_time"), LIMITS))
#: A limit that any run on this machine keeps: the case is about something else.
LOOSE = (Threshold("error_ratio", 1.0),)

#: Two series on the right side, for one on the left: fails to evaluate for as long as there is load.
FAILING_RULE = """groups:
  - name: proof
    rules:
      - record: proof:failing
        expr: loadtest_phase{phase="steady"} == 1 and on () loadtest_run_info * on (run_id) loadtest_phase
"""


def _case(name: str, cause: str, alerts: set[str], outcome: Outcome, *thresholds: Threshold, **more: object) -> Case:
    return Case(name, cause, frozenset(alerts), outcome, thresholds or LOOSE, **more)  # type: ignore[arg-type]


CASES: tuple[Case, ...] = (
    _case("healthy", "none: only the watch fires", {"RunWatched", "RunJudged"}, PASS),
    _case(
        "slow-chat",
        "flag slow-chat",
        {
            *(missed(f"{time}_{figure}_seconds") for time, figure in TIMES),
            *(missed(f"endpoint_{time}_{figure}_seconds") for time, figure in TIMES),
            missed("throughput_requests_per_second"),
            OVER_RUN,
        },
        FAIL,
        *(Threshold(f"{time}_{figure}_seconds", LIMITS[figure]) for time, figure in TIMES),
        *(
            Threshold(f"endpoint_{time}_{figure}_seconds", 0.5, method="POST", name="/api/chat")
            for time, figure in TIMES
        ),
        Threshold("throughput_requests_per_second", 30, bound="min"),
        actions=(Flag("slow-chat"),),
        arguments=CHAT,
    ),
    _case(
        "slow-thousands",
        "thousands of slow answers a minute",
        {
            *(missed(f"{time}_p99_9_seconds") for time in ("latency", "service_time")),
            *(missed(f"endpoint_{time}_p99_9_seconds") for time in ("latency", "service_time")),
            OVER_RUN,
        },
        FAIL,
        *(Threshold(f"{time}_p99_9_seconds", 1) for time in ("latency", "service_time")),
        *(
            Threshold(f"endpoint_{time}_p99_9_seconds", 1, method="GET", name="/health")
            for time in ("latency", "service_time")
        ),
        proof="slow-thousands",
    ),
    _case(
        "slow-journey",
        "flag slow-chat; threshold 1 s",
        {missed("transaction_p95_seconds"), OVER_RUN},
        FAIL,
        Threshold("transaction_p95_seconds", 1, name="user-journey: ask"),
        actions=(Flag("slow-chat"),),
        scenario="user-journey",
        arguments=("--think-time-scale", "0.1"),
    ),
    _case(
        "errors",
        "flag error-rate",
        {
            missed("error_ratio"),
            missed("endpoint_error_ratio"),
            missed("availability_ratio"),
            OVER_RUN,
        },
        FAIL,
        Threshold("error_ratio", 0.05),
        Threshold("availability_ratio", 0.95, bound="min"),
        Threshold("endpoint_error_ratio", 0.05, method="POST", name="/api/chat"),
        actions=(Flag("error-rate", 0.4),),
        arguments=CHAT,
    ),
    _case(
        "rate-limit",
        "flag tight-rate-limit",
        {missed("rate_limited_ratio"), OVER_RUN},
        FAIL,
        Threshold("rate_limited_ratio", 0.01),
        actions=(Flag("tight-rate-limit"),),
        arguments=CHAT,
    ),
    _case(
        "no-token",
        "users without a token",
        {missed("auth_failure_ratio"), OVER_RUN},
        FAIL,
        Threshold("auth_failure_ratio", 0.01),
        proof="no-token",
    ),
    _case(
        "no-citations",
        "flag drop-citations",
        {missed("citation_ratio"), OVER_RUN},
        FAIL,
        Threshold("citation_ratio", 0.9, bound="min"),
        actions=(Flag("drop-citations"),),
        arguments=CHAT,
    ),
    _case(
        "stalled-websocket",
        "flag ws-stall",
        {missed("websocket_message_p95_seconds"), OVER_RUN},
        FAIL,
        Threshold("websocket_message_p95_seconds", 1),
        actions=(Flag("ws-stall"),),
        arguments=("--user-classes", "WebSocketUser", "--users", "20", "--think-time-scale", "0.1"),
        environment={"LOADTEST_ANSWER_TIMEOUT_SECONDS": "2"},
    ),
    _case(
        "refused-websocket",
        "WebSocket address without a listener",
        {missed("websocket_connect_failure_ratio"), OVER_RUN},
        FAIL,
        Threshold("websocket_connect_failure_ratio", 0.05),
        arguments=("--user-classes", "WebSocketUser", "--users", "4", "--think-time-scale", "0.1"),
        environment={"LOADTEST_WS_URL": "ws://127.0.0.1:9"},
    ),
    _case(
        "cold-cache",
        "flag cold-cache",
        {missed("cache_hit_ratio"), OVER_RUN},
        FAIL,
        Threshold("cache_hit_ratio", 0.8, bound="min"),
        actions=(Flag("cold-cache"),),
        arguments=("--user-classes", "DashboardUser", "--think-time-scale", "0.2"),
    ),
    _case(
        "ageing",
        "flags slow-chat and leak-memory from half-way on",
        {missed("latency_drift_ratio"), missed("target_memory_growth_ratio"), OVER_RUN},
        FAIL,
        Threshold("latency_drift_ratio", 0.5),
        Threshold("target_memory_growth_ratio", 0.1),
        actions=(Flag("slow-chat", at_seconds=20), Flag("leak-memory", at_seconds=20)),
        arguments=CHAT,
    ),
    _case(
        "leaked-connections",
        "flag leak-connections",
        {missed("target_pool_in_use_ratio"), OVER_RUN},
        FAIL,
        Threshold("target_pool_in_use_ratio", 0.5),
        actions=(Flag("leak-connections"),),
    ),
    _case(
        "no-recovery",
        "flag slow-chat from the recovery on; threshold 5 s",
        {"RecoveryTooSlow", "RecoveryNotReached", OVER_RUN},
        FAIL,
        Threshold("latency_p95_seconds", 1),
        Threshold("recovery_seconds", 5),
        actions=(Flag("slow-chat", phase="recovery"),),
        scenario="spike",
        arguments=("--tags", "chat", "--user-classes", "RegularUser", "--users", "30"),
    ),
    _case(
        "hanging-api",
        "API paused",
        {"NoRequestsRecorded", "TargetHangs"},
        FAIL,
        actions=(Signal(API, for_seconds=25, at_seconds=12),),
        proof="none",
        run_time_seconds=70,
    ),
    _case(
        "never-called",
        "threshold for an endpoint that is never called",
        {"ObjectiveWithoutData"},
        INCONCLUSIVE,
        Threshold("endpoint_latency_p95_seconds", 0.5, method="GET", name="/never"),
        proof="none",
        run_time_seconds=20,
    ),
    _case(
        "few-requests",
        "errors ≤ 0.05 %, and too few requests to be sure of it",
        {"ObjectiveUndecided"},
        INCONCLUSIVE,
        Threshold("error_ratio", 0.0005, confidence=0.95),
        proof="none",
        run_time_seconds=20,
    ),
    _case(
        "burning",
        "worker computes between requests",
        {"GeneratorCpuSaturated", "GeneratorLoopBlocked", "GeneratorLoopLagHigh"},
        INCONCLUSIVE,
        proof="burning",
    ),
    _case(
        "late-arrivals",
        "worker computes between arrivals",
        {"ArrivalsLate"},
        INCONCLUSIVE,
        proof="burning",
        arguments=("--rate", "1/s", "--users", "4"),
        tolerated=frozenset({"GeneratorCpuSaturated", "GeneratorLoopBlocked", "GeneratorLoopLagHigh"}),
    ),
    _case(
        "killed-worker",
        "worker killed",
        {"WorkerLost", "WorkersFewerThanExpected", "WorkerReportStale"},
        INCONCLUSIVE,
        actions=(Signal(WORKER),),
        proof="none",
        workers=2,
        run_time_seconds=40,
        tolerated=frozenset({"UsersBelowTarget"}),  # until Locust has given its users to the other one
    ),
    _case(
        "mute-worker",
        "worker whose reports carry nothing",
        {"WorkersNotReporting", "WorkerLost"},
        INCONCLUSIVE,
        proof="mute-worker",
        workers=2,
        run_time_seconds=40,
    ),
    _case(
        "leaving-users",
        "users that leave by themselves",
        {"UsersBelowTarget"},
        INCONCLUSIVE,
        proof="leaving-users",
        arguments=("--users", "20"),
    ),
    _case(
        "raising-tasks", "tasks that raise", {"TasksRaised"}, INCONCLUSIVE, proof="raising-tasks", run_time_seconds=30
    ),
    _case(
        "raising-tasks-judged",
        "tasks that raise; threshold 10 %",
        {missed("task_exception_ratio"), OVER_RUN},
        FAIL,
        Threshold("task_exception_ratio", 0.1),
        proof="raising-tasks",
    ),
    _case(
        "silent-users",
        "users that wait without an event",
        {"UsersSilent"},
        INCONCLUSIVE,
        proof="silent-users",
        arguments=("--users", "10"),
        environment={"LOADTEST_SILENT_AFTER_SECONDS": "5"},
        run_time_seconds=40,
    ),
    _case("names", "over 200 request names without ids", {"NameOverflow"}, INCONCLUSIVE, proof="names"),
    _case(
        "broken-event",
        "events with a response time that is not a number",
        {"ObservationsDropped"},
        INCONCLUSIVE,
        proof="broken-event",
        run_time_seconds=30,
    ),
    _case(
        "restarted-exporter",
        "start time of the run changed",
        {"ExporterRestarted"},
        INCONCLUSIVE,
        proof="restarted-exporter",
        run_time_seconds=30,
    ),
    _case(
        "silent-exporter",
        "exporter answers nothing for 7 s",
        {"ExporterNotScraped"},
        INCONCLUSIVE,
        proof="silent-exporter",
        run_time_seconds=30,
    ),
    _case("clock", "clock of the master 30 s ahead", {"ClockSkew"}, INCONCLUSIVE, proof="clock", run_time_seconds=30),
    _case(
        "failing-rule",
        "rule that fails under load",
        {"RuleEvaluationFailed"},
        INCONCLUSIVE,
        proof="none",
        run_time_seconds=30,
        extra_rules=FAILING_RULE,
    ),
    _case(
        "paused-prometheus",
        "Prometheus paused for 9 s",
        {"RuleEvaluationMissed"},
        INCONCLUSIVE,
        actions=(Signal(PROMETHEUS, for_seconds=9),),
        proof="none",
        run_time_seconds=40,
        tolerated=frozenset({"ExporterNotScraped", "ClockSkew", "WorkerReportStale"}),
    ),
    _case(
        "restarted-prometheus",
        "Prometheus killed and started again",
        {"PrometheusRestarted"},
        INCONCLUSIVE,
        actions=(Signal(PROMETHEUS, for_seconds=3),),
        proof="none",
        run_time_seconds=40,
        own_prometheus=True,
        tolerated=frozenset({"ExporterNotScraped"}),
    ),
)
