"""Whether it is known of each arrival what became of it, and how many starts users missed that keep a pace."""

from __future__ import annotations

from collections.abc import Iterator

from swarmscope.objectives import figure_of
from swarmscope.verdict.evidence import Arrivals
from swarmscope.verdict.ledger import DIFFERS
from swarmscope.verdict.user_facts import UserFacts
from swarmscope.verdict.verdict import Check

ARRIVALS_CHECK = "ledger: arrivals"
#: More workers or user classes than these are only counted in a line for people; verdict.json names all.
_SHOWN = 5


def arrival_checks(arrivals: Arrivals | None) -> Iterator[Check]:
    """Yield whether all arrivals are accounted for, in total and by each worker; nothing for a run without any."""
    if arrivals is None:
        return
    is_whole = arrivals.scheduled == arrivals.known + arrivals.lost
    wrong = [
        f"worker {worker} knows of {counts.known} of its {counts.scheduled}"
        for worker, counts in sorted(arrivals.workers.items())
        if counts.known != counts.scheduled
    ]
    figure = (
        f"{arrivals.scheduled} scheduled {'=' if is_whole else DIFFERS} {arrivals.started} started"
        f" + {arrivals.dropped} dropped + {arrivals.cut_off} cut off + {arrivals.lost} lost"
    )
    ok = is_whole and not wrong and not arrivals.lost
    yield Check(ARRIVALS_CHECK, ok=ok, figure=f"{figure}: {_listed(wrong)}" if wrong else figure)


def missed_starts(users: UserFacts) -> Iterator[str]:
    """Yield a sentence on the starts that users missed, if they did; those that were due are done or missed."""
    due = {name: count + users.iterations_of.get(name, 0) for name, count in users.missed_starts.items()}
    missed = sum(users.missed_starts.values())
    if not missed:
        return
    classes = sorted(users.missed_starts.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{name} {count} of {due[name]}" for name, count in classes if count]
    share = _share(missed, sum(due.values()))
    yield f"{share} starts missed: users were still busy with the request before ({_listed(named)})"


def _share(part: int, whole: int) -> str:
    """Return ``1 in 6``; of more than half ``70 % of``."""
    return f"1 in {whole / part:.0f}" if 2 * part <= whole else f"{figure_of('_ratio', part / whole)} of"


def _listed(texts: list[str]) -> str:
    left = len(texts) - _SHOWN
    return ", ".join(texts[:_SHOWN]) + (f" and {left} more" if left > 0 else "")
