"""The locustfile's own verdict on a run: ``environment.process_exit_code``, which Locust ends with.

What is read: on the master, or in a single process, its value at any time up to the end of Locust, so whatever the
listeners of ``quitting`` make of it counts too; in a worker its value when the users are told to stop, such as a task
sets it. What a worker's listeners make of its last 3 s of statistics afterwards decides nothing in Locust either.
"""

from __future__ import annotations

import sys
from typing import Any

#: Printed when Locust ends, for the runner; on standard error, whatever the log level.
MARK = "[loadtest] process_exit_code="
RAISED = "[loadtest] a listener raised"
_OWN = "loadtest_exit_code"


def set_own_exit_code(environment: Any, code: int | None) -> None:
    """Set the exit code for a reason of ours, which is not the locustfile's check."""
    environment.process_exit_code = code
    setattr(environment, _OWN, code)


def exit_code_of(environment: Any) -> int:
    """Return the exit code that the locustfile has set; 0 when it has set none, 1 for one that is not a number."""
    code = environment.process_exit_code
    if not code or code == getattr(environment, _OWN, None):
        return 0
    return int(code) if isinstance(code, int) else 1


def forget_exit_code(environment: Any) -> None:
    """Another run begins in the same process: what was said of the one before does not count for it."""
    if exit_code_of(environment):
        environment.process_exit_code = None


def say_exit_code(environment: Any, *, has_raised: bool) -> None:
    """To be called when all listeners of ``quitting`` have run; ``has_raised`` is whether one of any event raised."""
    lines = [*([RAISED] if has_raised else []), f"{MARK}{exit_code_of(environment)}"]
    print("\n".join(lines), file=sys.__stderr__, flush=True)
