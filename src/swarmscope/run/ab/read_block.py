"""What a block of an A/B run has come to, from its series and what a verdict finds in them: pure."""

from __future__ import annotations

from collections.abc import Sequence

from swarmscope.compare.summary import Conditions, RunSummary
from swarmscope.compare.warm_up import without_first
from swarmscope.prometheus.series import StoredSeries
from swarmscope.run.judged_counts import NotJudgedError, judged_counts
from swarmscope.run.read_summary import doubts_of
from swarmscope.verdict.verdict import Verdict


def block_summary(
    verdict: Verdict, conditions: Conditions, series: Sequence[StoredSeries], warm_up_seconds: float
) -> RunSummary:
    """Return what was counted after the first seconds, with what makes the block doubtful."""
    run, doubts = verdict.run, tuple(dict.fromkeys(doubts_of(verdict)))
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
        dict(run.details.labels),
    )
