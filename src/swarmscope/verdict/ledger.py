"""The ledger: the same requests, counted at each hop on their way. The hop that lost something is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from swarmscope.verdict.evidence import Ledger
from swarmscope.verdict.verdict import Check

LEDGER_CHECK = "ledger"
#: Before the hop that counted otherwise.
DIFFERS = "≠"
#: More workers than these are only counted in a line for people; verdict.json names all.
_WORKERS_SHOWN = 8
#: Users that may still wait for a response when the stop timeout is over, as a share of all users, and of all requests.
_CUT_OFF_USERS, _CUT_OFF_REQUESTS = 0.05, 0.001


@dataclass(frozen=True)
class Hop:
    """Where requests were counted, None where that is not known; ``lost`` since the hop before that is known.

    ``lost`` is below zero for more requests than there.
    """

    name: str
    count: int | None
    lost: int = 0
    before: str = ""  #: the hop that ``lost`` speaks of


def ledger_hops(ledger: Ledger) -> tuple[Hop, ...]:
    """Return the hops of a request in their order."""
    counts = {
        "workers": sum(ledger.workers.values()) if ledger.workers else None,
        "Locust": ledger.locust,
        "exporter": ledger.exporter,
        "Prometheus": ledger.prometheus,
    }
    hops: list[Hop] = []
    for name, count in counts.items():
        known = next((hop for hop in reversed(hops) if hop.count is not None), None)
        if count is None or known is None or known.count is None:
            hops.append(Hop(name, count))
        else:
            hops.append(Hop(name, count, known.count - count, known.name))
    return tuple(hops)


def ledger_checks(ledger: Ledger, peak_users: float | None) -> Iterator[Check]:
    """Return whether all hops agree, whether the target counted the same, and how many requests the stop cut off."""
    hops = ledger_hops(ledger)
    # The exporter itself is gone when a run is judged again; the other three must be known and agree.
    required = [hop.count for hop in hops if hop.name != "exporter"]
    known = {hop.count for hop in hops if hop.count is not None}
    loss = "no request was made" if known == {0} else _loss(hops)
    ok = None not in required and len(known) == 1 and known != {0}
    yield Check(LEDGER_CHECK, ok=ok, figure=_chain(ledger, hops) + (f": {loss}" if loss else ""))
    yield _histogram_check(ledger)
    yield _target_check(ledger)
    yield _cut_off_check(ledger, peak_users)


def _chain(ledger: Ledger, hops: tuple[Hop, ...]) -> str:
    """Return ``workers 1000 = Locust 1000 = exporter 1000 ≠ Prometheus 990``; a comma beside what is not known."""
    text = ""
    for before, hop in zip((None, *hops), hops, strict=False):
        if before is not None:
            is_known = None not in (before.count, hop.count)
            text += f" {DIFFERS} " if hop.lost else " = " if is_known else ", "
        text += f"{hop.name} {_count(hop.count)}{_each(ledger, hop.name)}"
    return text


def _each(ledger: Ledger, hop: str) -> str:
    if hop != "workers" or len(ledger.workers) < 2:
        return ""
    if len(ledger.workers) > _WORKERS_SHOWN:
        return (
            f" ({len(ledger.workers)} of them, {min(ledger.workers.values())} to {max(ledger.workers.values())} each)"
        )
    return f" ({' + '.join(str(count) for _, count in sorted(ledger.workers.items()))})"


def _loss(hops: tuple[Hop, ...]) -> str:
    hop = next((hop for hop in hops if hop.lost), None)
    if hop is None:
        return ""
    return f"{abs(hop.lost)} {'lost' if hop.lost > 0 else 'too many'} between {hop.before} and {hop.name}"


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
