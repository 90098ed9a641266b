"""The ledger: the same requests, counted at each hop on their way. The hop that lost something is named."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from swarmscope.verdict.evidence import Ledger
from swarmscope.verdict.verdict import Check

#: More workers than these are only counted in a line for people; verdict.json names all.
_WORKERS_SHOWN = 8
#: Users that may still wait for a response when the stop timeout is over, as a share of all users, and of all requests.
_CUT_OFF_USERS, _CUT_OFF_REQUESTS = 0.05, 0.001


def ledger_checks(ledger: Ledger, peak_users: float | None) -> Iterator[Check]:
    """Return whether all hops agree, whether the target counted the same, and how many requests the stop cut off."""
    hops = {
        "workers": sum(ledger.workers.values()) if ledger.workers else None,
        "Locust": ledger.locust,
        "exporter": ledger.exporter,
        "Prometheus": ledger.prometheus,
    }
    figure = ", ".join(f"{hop} {_count(count)}{_each(ledger, hop)}" for hop, count in hops.items())
    # The exporter itself is gone when a run is judged again; the other three must be known and agree.
    required = [hops["workers"], hops["Locust"], hops["Prometheus"]]
    known = {count for count in hops.values() if count is not None}
    loss = "no request was made" if known == {0} else _lossy_hop(hops)
    ok = None not in required and len(known) == 1 and known != {0}
    yield Check("ledger", ok=ok, figure=figure + (f": {loss}" if loss else ""))
    yield _histogram_check(ledger)
    yield _target_check(ledger)
    yield _cut_off_check(ledger, peak_users)


def _each(ledger: Ledger, hop: str) -> str:
    if hop != "workers" or len(ledger.workers) < 2:
        return ""
    if len(ledger.workers) > _WORKERS_SHOWN:
        return (
            f" ({len(ledger.workers)} of them, {min(ledger.workers.values())} to {max(ledger.workers.values())} each)"
        )
    return f" ({' + '.join(str(count) for _, count in sorted(ledger.workers.items()))})"


def _lossy_hop(hops: dict[str, int | None]) -> str:
    known = [(hop, count) for hop, count in hops.items() if count is not None]
    for (before, earlier), (after, later) in pairwise(known):
        if earlier != later:
            return f"{abs(later - earlier)} {'lost' if later < earlier else 'too many'} between {before} and {after}"
    return ""


def _histogram_check(ledger: Ledger) -> Check:
    """Return what the latencies are made of: each request with a time is one observation."""
    timed, untimed, requests = ledger.timed, ledger.untimed, ledger.prometheus
    figure = f"{_count(timed)} latencies + {untimed} requests without a time, of {_count(requests)} requests"
    return Check("ledger: histogram", ok=timed is not None and timed + untimed == requests, figure=figure)


def _target_check(ledger: Ledger) -> Check:
    if ledger.target is None:
        figure = "the target's own counter is not known"
        return Check("ledger: target", ok=not ledger.target_expected, figure=figure)
    if ledger.http_answered is None:
        return Check("ledger: target", ok=False, figure="the number of answered HTTP requests is not known")
    least = ledger.http_answered + ledger.redirects
    uncertain = {
        "unanswered": ledger.unanswered,
        "cut off by the stop": ledger.cut_off,
        "redirected to another origin": ledger.redirects_elsewhere,
        "without an HTTP status": ledger.without_status,
    }
    shown = [f"{count} {what}" for number, (what, count) in enumerate(uncertain.items()) if count or number < 2]
    figure = (
        f"target counted {ledger.target}, expected {ledger.http_answered} answered"
        f"{f' + {ledger.redirects} redirected' if ledger.redirects else ''} (+ up to {', '.join(shown)})"
    )
    ok = least <= ledger.target <= least + sum(uncertain.values())
    return Check("ledger: target", ok=ok, figure=figure)


def _cut_off_check(ledger: Ledger, peak_users: float | None) -> Check:
    """Check that few requests were cut off: a target that hangs ends none, and those that ended look healthy."""
    allowed = min(_CUT_OFF_USERS * (peak_users or 0.0), _CUT_OFF_REQUESTS * (ledger.prometheus or 0))
    users = "" if peak_users is None else f" of {peak_users:.0f} users"
    figure = f"{ledger.cut_off} requests{users} had no answer when the stop timeout was over"
    return Check("ledger: cut off", ok=ledger.cut_off <= allowed, figure=figure)


def _count(count: int | None) -> str:
    return "?" if count is None else str(count)
