"""What a block of an A/B run has come to, from its series and what a verdict finds in them: pure."""

from __future__ import annotations

from collections.abc import Sequence

from swarmscope.compare.summary import Conditions, RunSummary
from swarmscope.compare.warm_up import without_first
from swarmscope.prometheus.names import UNDECIDED_ALERT
from swarmscope.prometheus.series import StoredSeries
from swarmscope.run.judged_counts import NotJudgedError, judged_counts
from swarmscope.verdict.sureness import CONFIDENCE_CHECK
from swarmscope.verdict.verdict import Verdict

#: What says nothing of how well a block was measured: whether thresholds are met, and surely so, is not asked.
_OF_THRESHOLDS = frozenset({"objectives", "alerts", CONFIDENCE_CHECK})
_ALERTS_OF_THRESHOLDS = frozenset({"ObjectiveWithoutData", UNDECIDED_ALERT})


def block_summary(
    verdict: Verdict, conditions: Conditions, series: Sequence[StoredSeries], warm_up_seconds: float
) -> RunSummary:
    """Return what was counted after the first seconds, with what makes the block doubtful."""
    run, doubts = verdict.run, doubts_of(verdict)
    try:
        counts = judged_counts(lambda is_wanted: (each for each in series if is_wanted(each.labels)))
        subjects = {key: without_first(each, warm_up_seconds) for key, each in counts.subjects.items()}
        target = counts.target
    except NotJudgedError as error:
        subjects, target, doubts = {}, {}, (*doubts, str(error))
    return RunSummary(
        run.run_id,
        run.load_start_seconds,
        verdict.outcome.value,
        conditions,
        subjects,
        target,
        doubts,
        run.details.host,
        run.details.commit,
        run.details.labels,
    )


def doubts_of(verdict: Verdict) -> tuple[str, ...]:
    """Return why the measurement cannot be trusted, a line each."""
    checks = [
        f"{check.name}: {check.figure}" for check in verdict.checks if not check.ok and check.name not in _OF_THRESHOLDS
    ]
    alerts = [span.title for span in verdict.timeline if span.is_doubt and span.name not in _ALERTS_OF_THRESHOLDS]
    return tuple(dict.fromkeys((*checks, *alerts)))
