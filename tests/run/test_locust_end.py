"""What Locust ends with is read from what it says last, or from how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from swarmscope.run.locust_processes import LocustEnd, RunningLocust
from swarmscope_exporter.exit_code import MARK, RAISED

UNKNOWN = "what the locustfile's listeners of quitting found is not known"


class Ended:
    """A master that ends with this code, and says these lines."""

    name, log_path = "locust-master", "logs/locust-master.log"

    def __init__(self, code: int | None, lines: Sequence[str] = (), *, alive: bool = True) -> None:
        self.alive, self._code, self._lines = alive, code, list(lines)
        self.exit_code: int | None = None

    def stop(self) -> None:
        self.alive, self.exit_code = False, self._code

    def log_tail(self, lines: int) -> list[str]:
        return self._lines[-lines:]


@pytest.mark.parametrize(
    ("master", "end"),
    [
        (Ended(1, [f"{MARK}0", "bye"]), LocustEnd(0)),  # requests failed: Locust itself says so by its code
        (Ended(1, ["", f"{MARK}1"]), LocustEnd(1)),
        (
            Ended(2, [RAISED, f"{MARK}0"]),
            LocustEnd(problem="a listener of the locustfile raised, see logs/locust-master.log"),
        ),
        (Ended(3), LocustEnd(3)),
        (Ended(0), LocustEnd(0)),
        (
            Ended(-9, ["waiting"]),
            LocustEnd(problem=f"locust-master was killed by SIGKILL as it did not end in time: {UNKNOWN}"),
        ),
        (Ended(1, alive=False), LocustEnd()),
    ],
    ids=["none set", "set", "raised", "ended by a listener", "ended well by a listener", "killed", "had crashed"],
)
def test_the_exit_code_that_the_locustfile_set_is_read_at_the_end(master: Any, end: LocustEnd) -> None:
    worker = Ended(0)
    assert RunningLocust("http://127.0.0.1:1", (master, worker)).end() == end  # type: ignore[arg-type]
    assert not worker.alive
