"""Words and figures that every writer of a verdict shares."""

from __future__ import annotations

import re
import time

from swarmscope.objectives import DEFAULT_CONFIDENCE, Objective, figure_of, limit_of
from swarmscope.prometheus.names import RUN_ALERT
from swarmscope.verdict.ledger import LEDGER_CHECK
from swarmscope.verdict.reasons import elapsed, steadiness_words
from swarmscope.verdict.sureness import percent
from swarmscope.verdict.verdict import Outcome, Verdict
from swarmscope_exporter.run_details import RunDetails

#: Control and formatting characters, half surrogate pairs, and what is not a character in XML.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


def printable(text: str) -> str:
    """Return one line that a terminal shows and XML holds: other characters are written as Python writes them.

    Names of requests come from a locustfile or a URL, and may hold anything.
    """
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def figure(objective: Objective, value: float | None) -> str:
    """Return a measured value, or the threshold, of an objective in its unit."""
    return figure_of(objective.objective, value)


def titled(objective: Objective) -> str:
    """Return what an objective is called in tables, with its severity where that is not critical."""
    return objective.title if objective.severity == "critical" else f"{objective.title} ({objective.severity})"


def limit(objective: Objective) -> str:
    """Return the threshold with its direction: ≤ 200 ms, ≥ 500.0/s."""
    return limit_of(objective.objective, objective.bound, objective.threshold)


def of_samples(objective: Objective) -> str:
    """Return how many observations the measured value rests on: (of 5000)."""
    return f"(of {objective.samples:.0f})" if objective.samples is not None else "(of an unknown number)"


def samples(objective: Objective) -> str:
    """Return the number of observations, as a table shows it."""
    return "-" if objective.samples is None else f"{objective.samples:.0f}"


def surely(objective: Objective) -> str:
    """Return what the value is at most, or at least, with the confidence asked for: ≤ 210 ms."""
    if not objective.confidence:
        return "off"
    if objective.interval is None:
        return "-"
    bound = objective.surely
    known = "too few" if bound is None else limit_of(objective.objective, objective.bound, bound)
    return known if objective.confidence == DEFAULT_CONFIDENCE else f"{known} ({percent(objective.confidence)})"


def interval(objective: Objective) -> str:
    """Return both bounds of the measured value: 168 ms to 210 ms."""
    found = objective.interval
    if found is None or (found.low is None and found.high is None):
        return surely(objective)
    low = figure(objective, found.low) if found.low is not None else "any"
    return f"{low} to {figure(objective, found.high)}" if found.high is not None else f"{low} or more"


def worst(objective: Objective) -> str:
    """Return the worst minute with the time of its end: 480 ms at 12:04:31.

    A run may be too short to have a whole one.
    """
    if objective.worst is None:
        return "-"
    return f"{figure(objective, objective.worst.value)} at {clock(objective.worst.timestamp_seconds)}"


def shortened(text: str, width: int) -> str:
    """Return text of at most so many characters, shortened in the middle: ends of paths tell endpoints apart."""
    if len(text) <= width:
        return text
    kept = max(0, width - 1)
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"


def clock(timestamp_seconds: float) -> str:
    """Time of day in UTC."""
    return time.strftime("%H:%M:%S", time.gmtime(timestamp_seconds))


def breach_of(verdict: Verdict) -> str:
    """Return what was missed first, and since when: latency p95 at 00:46 (12:04:31 UTC); empty without a breach."""
    breach = verdict.first_breach
    if breach is None or verdict.outcome is not Outcome.FAIL:  # what is in doubt proves no breach
        return ""
    titles = {" ".join(filter(None, o.objective.key)): o.objective.title for o in verdict.objectives}
    what = titles.get(breach.span.subject, breach.span.title)
    if breach.span.name == RUN_ALERT and breach.crossed_seconds == breach.span.first_seconds:
        return printable(f"{what}, over the whole run")
    began = elapsed(breach.crossed_seconds - verdict.run.load_start_seconds)
    return printable(f"{what} at {began} ({clock(breach.crossed_seconds)} UTC)")


def steadiness_of(verdict: Verdict) -> str:
    """Return since when the run was steady, in words; empty where that is not known."""
    found = verdict.steadiness
    return "" if found is None else steadiness_words(found, verdict.run.load_start_seconds)


def ledger_of(verdict: Verdict) -> str:
    """Return the requests as counted at each hop: workers 232 = Locust 232 = …; ≠ is before one that differs."""
    return next((check.figure for check in verdict.checks if check.name == LEDGER_CHECK), "")


def moment(timestamp_seconds: float | None) -> str | None:
    """ISO 8601 in UTC."""
    if timestamp_seconds is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(timestamp_seconds))


def details(run: RunDetails) -> tuple[tuple[str, str], ...]:
    """Return what a run says of itself beside its name, each with what it is; nothing where that is not known."""
    fixed = {"host": run.host, "environment": run.environment, "commit": run.commit}
    return tuple((name, value) for name, value in (*fixed.items(), *run.labels.items()) if value)
