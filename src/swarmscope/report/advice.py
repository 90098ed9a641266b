"""What to do next, by the objectives that were missed and by what the evidence lacks: where such a thing comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from swarmscope.objectives import met
from swarmscope.project.settings import objective_kind
from swarmscope.verdict.arrival_checks import ARRIVALS_CHECK
from swarmscope.verdict.decide import SATURATION
from swarmscope.verdict.regression import BASELINE_CHECK, ENDPOINT_REGRESSION, REGRESSION
from swarmscope.verdict.sureness import CONFIDENCE_CHECK
from swarmscope.verdict.user_checks import ENDPOINTS_CHECK
from swarmscope.verdict.verdict import ObjectiveResult, Outcome, Status, Verdict

_UNKNOWN = "Look at the API's own metrics around the first breach, then at its database and cache."
_GAP = "The evidence has a gap: fix what the reasons name, then run again. `swarmscope doctor` checks this machine."
_REGRESSED = "The p95 became worse: `swarmscope compare` on this run and its baseline shows what else did, with charts."
_FAILED = "No objective was missed over the whole run: the reasons name what failed, and when."
_PASSED = "Nothing to fix. `swarmscope baseline add` keeps the run for later ones to be compared with."
_SATURATED = "The generator was too slow for this load: give it more --workers, fewer --users, or another machine."
_HANGING = frozenset({"TargetHangs", "NoRequestsRecorded"})
_HANGS = (
    "The target stopped answering: look at its threads and locks, at its connection pool, and at what it waits for"
    " itself, at the time of the first breach."
)
_NO_FREE_USER = (
    "Requests waited for a free user, and once begun they were fast: did the target stand still for a while? If not,"
    " allow more users (--users, max_users of arrivals), and look at what on_start and the tasks do beside requests."
)
_ALLOWED = (
    "Every limit was kept, and yet {failed} failed{more}. Where that is too many, set a threshold for"
    " `endpoint_error_ratio` of that endpoint."
)
_NOT_STARTED = (
    "No user of {classes} came to the end of a task ({exceptions}): the traceback names the line, often of a login in"
    " on_start. Correct it, and try it with the same command and `--users 1 --run-time 10s`."
)
_HIDDEN_BY_START = frozenset({"users", "objectives", "task exceptions", "requests without an event"})
_MISSED = "Prometheus missed {}: `swarmscope doctor` checks this machine; another load may be on it."
_NO_REQUEST = "No request was made: let the tasks call their client, or fire Locust's request event for what they do."
#: Checks that do not hold because no request was made.
_WITHOUT_REQUESTS = frozenset({"objectives", "ledger", "ledger: histogram", "evidence"})
_OF_CHECKS = {
    "evidence": "Prometheus did not answer, or lacks this run: `swarmscope doctor` checks this machine.",
    "run": "The run did not reach its end: run it again, and let it.",
    "users": "Fewer users ran than were asked for: look for users that raise, leave by StopUser, or start too slowly.",
    "locustfile": "A listener of the locustfile raised: Locust's log in the results folder has the traceback.",
    "task exceptions": "Fix what the tracebacks name, or set a threshold for `task_exception_ratio` that allows it.",
    "requests without an event": "Use `with` around requests with catch_response=True: others are never counted.",
    ENDPOINTS_CHECK: "An endpoint failed each time: correct the test or the API, or set a threshold for its errors.",
    "hanging users": "Users waited for answers that never came: give their client a timeout.",
    "objectives": "Compare the names in the thresholds with the endpoints in the report, or run for longer.",
    CONFIDENCE_CHECK: (
        "Too little was measured to be sure: run for as much longer as the reasons say, let `--until-sure 1m..10m` find"
        " out how long, or give a threshold a lower `confidence`."
    ),
    BASELINE_CHECK: (
        "Whether the run is worse than its baseline cannot be told: add runs with `swarmscope baseline add`, run for"
        " longer, or compare both versions now with `swarmscope ab`."
    ),
    "ledger: target": "Let only this test call the API, and name its own counter in [target] requests_total.",
    "ledger: cut off": "Requests were still unanswered at the end: give a longer --stop-timeout.",
    ARRIVALS_CHECK: "Arrivals were lost, as a worker was: its log in the results folder says why it ended; run again.",
    "ledger": "Requests were lost on their way to Prometheus: run again with fewer --users or more --workers.",
    "series": "Another process publishes metrics under the names of this run: leave them to the exporter.",
    "rules unchanged": "Leave the rules of Prometheus alone while a run is under way, and run again.",
    "exporter scraped": _MISSED.format("scrapes"),
    **dict.fromkeys(("rules evaluated", "rule health", "run judged"), _MISSED.format("evaluations")),
}


def advice_on(objective: str) -> str:
    """Return what to do when an objective is missed."""
    if objective in {REGRESSION, ENDPOINT_REGRESSION}:
        return _REGRESSED
    kind = objective_kind(objective)
    return (kind.advice if kind is not None else "") or _UNKNOWN


def recommendation_of(verdict: Verdict) -> tuple[str, ...]:
    """Return one sentence or more: what to do about each cause of a run without a verdict, then as `recommendation`."""
    causes = {Outcome.INCONCLUSIVE: _gaps, Outcome.FAIL: _of_failure, Outcome.PASS: _allowed}[verdict.outcome]
    gaps = tuple(dict.fromkeys(causes(verdict)))
    if _SATURATED in gaps:  # what was measured says nothing of the system then
        return gaps
    return recommendation(verdict.outcome, verdict.objectives, gaps)


def recommendation(
    outcome: Outcome, objectives: Sequence[ObjectiveResult], gaps: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return one sentence or more, the failed objectives first, then those that were only warned of."""
    missed = [r.objective for status in (Status.FAIL, Status.WARNING) for r in objectives if r.status is status]
    found = dict.fromkeys(advice_on(objective.objective) for objective in missed)
    gaps = gaps or ([_GAP] if outcome is Outcome.INCONCLUSIVE else [])
    return (*gaps, *found) or (_FAILED if outcome is Outcome.FAIL else _PASSED,)


def _gaps(verdict: Verdict) -> Iterator[str]:
    failed = {check.name: check.figure for check in verdict.checks if not check.ok}
    if any(span.is_doubt and span.name in SATURATION for span in verdict.timeline):
        yield _SATURATED
    yield from _never_began(verdict)
    hidden = _HIDDEN_BY_START if verdict.users.never_began else frozenset[str]()
    if not hidden and verdict.ledger.locust == 0:
        yield _NO_REQUEST
        hidden = _WITHOUT_REQUESTS
    for name, figure in failed.items():
        if name not in hidden and (name != "evidence" or "Prometheus" in figure):
            yield _OF_CHECKS.get(name) or _OF_CHECKS.get(name.partition(":")[0], _GAP)


def _of_failure(verdict: Verdict) -> Iterator[str]:
    if any(span.is_breach and span.name in _HANGING for span in verdict.timeline):
        yield _HANGS
    if _were_fast_once_begun(verdict):
        yield _NO_FREE_USER
    yield from _never_began(verdict)


def _were_fast_once_begun(verdict: Verdict) -> bool:
    """Return whether a limit of latency was missed that the service time keeps to."""
    measured = verdict.figures.measured
    missed = [each.objective for each in verdict.objectives if each.status is Status.FAIL]
    return any(
        met(measured.get(each.objective.replace("latency", "service_time")), each.threshold, each.bound)
        for each in missed
        if each.objective.startswith("latency_p")
    )


def _allowed(verdict: Verdict) -> Iterator[str]:
    """Yield what failed though every limit was kept: a limit may be wide."""
    errors = verdict.figures.endpoint_errors
    if errors:
        worst, others = errors[0], len(errors) - 1
        more = f", and requests to {others} other endpoint{'s' if others > 1 else ''}" if others else ""
        yield _ALLOWED.format(failed=f"{worst.failures} of {worst.requests} {worst.method} {worst.name}", more=more)


def _never_began(verdict: Verdict) -> Iterator[str]:
    found = verdict.users.never_began
    if found:
        yield _NOT_STARTED.format(
            classes=", ".join(dict.fromkeys(one.user_class for one in found)),
            exceptions=", ".join(dict.fromkeys(one.exception for one in found)),
        )
