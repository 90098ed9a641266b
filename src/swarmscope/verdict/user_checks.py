"""Whether the virtual users did what their locustfile says, and whether all that they did was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from swarmscope.objectives import MIN_ENDPOINT_REQUESTS, WORST_ENDPOINT
from swarmscope.verdict.evidence import Evidence
from swarmscope.verdict.user_facts import TaskException, UserFacts
from swarmscope.verdict.verdict import Check

#: With a critical threshold for it, exceptions in tasks are judged by that alone.
TASKS_CHECK = "task exceptions"
TASK_EXCEPTION_OBJECTIVE = "task_exception_ratio"
ENDPOINTS_CHECK = "endpoints"
#: So many failures and no success are not chance; from `MIN_ENDPOINT_REQUESTS` on an objective judges them.
_CERTAIN_FAILURES = 3
#: Users that may hang, as a share of all users.
_USERS_ALLOWED = 0.05
#: More names or kinds than these are only counted in a line for people; verdict.json has all.
_SHOWN = 5


def user_checks(evidence: Evidence) -> Iterator[Check]:
    """Exceptions in tasks, requests without an event, users that hang, and endpoints that failed each time."""
    yield _tasks_sound(evidence)
    yield _all_requests_reported(evidence)
    yield _users_active(evidence)
    yield _endpoints_answer(evidence)


def are_exceptions_judged(evidence: Evidence) -> bool:
    """Return whether an objective decides on exceptions in tasks."""
    return any(
        objective.objective == TASK_EXCEPTION_OBJECTIVE and objective.severity == "critical"
        for objective in evidence.objectives
    )


def _tasks_sound(evidence: Evidence) -> Check:
    users = evidence.users
    if users.iterations is None:
        return Check(TASKS_CHECK, ok=False, figure="whether tasks raised is not known")
    gating = [exception for exception in users.exceptions if not exception.after_failed_request]
    others = sum(exception.count for exception in users.exceptions if exception.after_failed_request)
    figure = f"{_sum(gating)} exceptions in {users.iterations} tasks"
    figure += _listed((_title(exception), exception.count) for exception in gating)
    figure += f"; {others} after a failed request of the same task" if others else ""
    figure += _never_began(users)
    return Check(TASKS_CHECK, ok=not gating or are_exceptions_judged(evidence), figure=figure)


def _never_began(users: UserFacts) -> str:
    classes = dict.fromkeys(one.user_class for one in users.never_began)
    return f"; no user of {', '.join(classes)} came to the end of a task" if classes else ""


def _all_requests_reported(evidence: Evidence) -> Check:
    users = evidence.users
    if users.begun is None:
        return Check("requests without an event", ok=False, figure="the number of requests begun is not known")
    figure = f"{sum(users.without_event.values())} of {users.begun} begun{_listed(users.without_event.items())}"
    return Check("requests without an event", ok=not users.without_event, figure=figure)


def _users_active(evidence: Evidence) -> Check:
    users, peak = evidence.users, evidence.peak_users
    if users.silent is None or users.cut_off is None or peak is None:
        return Check("hanging users", ok=False, figure="whether users hung is not known")
    figure = (
        f"{users.silent} of {peak:.0f} silent for long when the load ended, {users.cut_off} still in a task after the"
        " stop timeout"
    )
    hanging = max(users.silent, users.cut_off)
    return Check("hanging users", ok=hanging <= _USERS_ALLOWED * peak * (1 + 1e-12), figure=figure)


def _endpoints_answer(evidence: Evidence) -> Check:
    """Check that no endpoint failed each time and was asked too rarely for the objective of all endpoints to see it."""
    limits = [o for o in evidence.objectives if o.objective == WORST_ENDPOINT]
    own = {(o.method, o.name) for o in limits if o.name}
    may_all_fail = any(o.threshold >= 1 for o in limits if not o.name and o.severity == "critical")
    dead = [
        each
        for each in evidence.figures.endpoint_errors
        if _CERTAIN_FAILURES <= each.requests < MIN_ENDPOINT_REQUESTS
        and each.failures == each.requests
        and (each.method, each.name) not in own
        and not may_all_fail
    ]
    named = _listed((f"{each.method} {each.name}".strip(), each.requests) for each in dead)
    return Check(ENDPOINTS_CHECK, ok=not dead, figure=f"{len(dead)} failed each time and were asked rarely{named}")


def _sum(exceptions: Iterable[TaskException]) -> int:
    return sum(exception.count for exception in exceptions)


def _title(exception: TaskException) -> str:
    return f"{exception.user_class} {exception.exception}"


def _listed(counts: Iterable[tuple[str, int]]) -> str:
    ordered = sorted(counts, key=lambda item: (-item[1], item[0]))
    if not ordered:
        return ""
    named = ", ".join(f"{name} ({count})" for name, count in ordered[:_SHOWN])
    left = len(ordered) - _SHOWN
    return f": {named}{f' and {left} more' if left > 0 else ''}"
