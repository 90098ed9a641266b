"""The verdict of a run as far as Prometheus knows it: of the run, whatever part of it the time range shows."""

from __future__ import annotations

from grafana.source import colors
from grafana.source.panels import State
from grafana.source.queries import CONDEMNS, FIRING, THIS_RUN, of_run, series
from swarmscope.prometheus.names import RUN_ALERT
from swarmscope.verdict.missed_so_far import SETTLED_SECONDS

WAITING, UNDER_WAY, PASSING, FAILING_NOW, INCONCLUSIVE_SO_FAR, FAILING, ENDED = range(-1, 6)
PASS, INCONCLUSIVE, FAIL = 10, 11, 12
VERDICT_STATES = (
    State(WAITING, "waiting", colors.NOTHING),
    State(UNDER_WAY, "not judged yet", colors.NOTHING),
    State(PASSING, "passing so far", colors.GOOD),
    State(FAILING_NOW, "failing now", colors.BAD),
    State(INCONCLUSIVE_SO_FAR, "inconclusive", colors.DOUBTFUL),
    State(FAILING, "failing", colors.BAD),
    State(ENDED, "ended, verdict unknown", colors.NOTHING),
    State(PASS, "PASS", colors.GOOD),
    State(INCONCLUSIVE, "INCONCLUSIVE", colors.DOUBTFUL),
    State(FAIL, "FAIL", colors.BAD),
)
OUTCOMES = {"pass": PASS, "fail": FAIL, "inconclusive": INCONCLUSIVE}
ONTO_THRESHOLDS = "on (run_id, objective, method, name) group_right ()"


def verdict_of() -> str:
    """Return a query of one value, that of a state: what the runner said, else what the alerts say so far."""
    return " or ".join((*(f"max({found}) * 0 + {state}" for found, state in _found(THIS_RUN)), f"vector({WAITING})"))


def verdicts_so_far(run: str) -> str:
    """Return the same of each run that the matcher ``run`` is of, by ``run_id``; nothing of one that is unknown."""
    return " or ".join(f"max by (run_id) ({found}) * 0 + {state}" for found, state in _found(run))


def _found(run: str) -> tuple[tuple[str, int], ...]:
    """Return what is found in each state, those that decide first."""
    pending = series("ALERTS", "alertstate=pending", "gate=objective", CONDEMNS, run=run)
    return (
        *((of_run("loadtest_run_verdict", f"verdict={word}", run=run), state) for word, state in OUTCOMES.items()),
        (of_run("ALERTS", FIRING, "gate=objective", CONDEMNS, run=run), FAILING),
        (of_run("ALERTS", FIRING, "gate=validity", CONDEMNS, run=run), INCONCLUSIVE_SO_FAR),
        (of_run("loadtest_run_end_timestamp_seconds", run=run), ENDED),
        (pending, FAILING_NOW),
        (missed_so_far(run=run), FAILING_NOW),
        (series("loadtest:begun_seconds", run=run), PASSING),
        (series("loadtest_run_info", run=run), UNDER_WAY),
    )


def verdict_by_run(run: str) -> str:
    """Return what the runner said of each run that the matcher ``run`` is of; 0 with the labels of a run otherwise."""
    by = "max by (run_id, scenario)"
    said = (
        f"{by} ({of_run('loadtest_run_verdict', f'verdict={word}', run=run)}) * {state}"
        for word, state in OUTCOMES.items()
    )
    return " or ".join((*said, f"{by} ({of_run('loadtest_run_info', run=run)}) * {ENDED}"))


def missed_so_far(metric: str = "loadtest:run_missed", run: str = THIS_RUN) -> str:
    """Return the critical objectives that the run misses at the end of the time range, after its first moments."""
    begun = f"(time() - {series('loadtest:begun_seconds', run=run)} > {SETTLED_SECONDS})"
    return f"({series(metric, CONDEMNS, run=run)}) and on (run_id) {begun}"


def first_breach_of() -> str:
    """Return when an objective that the run fails by, or would now, was first over its threshold: a query of one value.

    That is before its alert speaks: an alert on the last minute waits, and the one on the whole run comes at its end.
    """
    critical, at_the_end = ("gate=objective", CONDEMNS), f"alertname={RUN_ALERT}"
    fired = of_run("ALERTS", FIRING, *critical)
    live = of_run("ALERTS_FOR_STATE", *critical, f"alertname!={RUN_ALERT}", over="min")
    over_run = of_run("loadtest:run_missed_since_seconds", CONDEMNS)
    missed = f"on (objective, method, name, severity) {of_run('ALERTS', FIRING, *critical, at_the_end)}"
    pending = series("ALERTS_FOR_STATE", *critical, f"alertname!={RUN_ALERT}")
    now = f"{pending} or ({missed_so_far('loadtest:run_missed_since_seconds')})"
    return f"min(({live} and ignoring (alertstate) {fired}) or ({over_run} and {missed}) or {now})"
