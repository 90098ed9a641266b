"""What observing a run costs the processes that run it: CPU seconds by part, counted since the run began.

Making reports and answering scrapes is timed. The recorder is not: reading a clock costs about as much as recording a
request. Its share is an estimate, calls times the cost of one, which is measured anew before each run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from swarmscope_exporter.recorder import Recorder

RECORDER = "recorder"  #: estimated
REPORTS = "reports"  #: making a worker's reports, taking them in on the master
SCRAPES = "scrapes"  #: rendering the exposition
_CALIBRATION_CALLS = 1000
_CALIBRATION_ROUNDS = 3


class OwnCost:
    """The account of one process; ``clock`` is of this thread, in which no other work happens between two readings."""

    def __init__(
        self, clock: Callable[[], float] = time.thread_time, process_clock: Callable[[], float] = time.process_time
    ) -> None:
        self._clock = clock
        self._process_clock = process_clock
        self.reset()

    def reset(self) -> None:
        """Start from nothing, for a new run."""
        self._seconds: dict[str, float] = {}
        self._within_seconds = 0.0
        self._begun_seconds = self._process_clock()
        self.record_seconds = 0.0  #: of one call of the recorder

    def calibrate(self) -> None:
        """Measure what recording one request costs now, on this machine: a few milliseconds of work."""
        self.record_seconds = min(self._calls_seconds() for _ in range(_CALIBRATION_ROUNDS)) / _CALIBRATION_CALLS

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add what a block costs, without blocks within it that are timed themselves.

        It must not wait for anything, or others' work is counted as ours.
        """
        begun, around, self._within_seconds = self._clock(), self._within_seconds, 0.0
        try:
            yield
        finally:
            seconds = self._clock() - begun
            self._seconds[part] = self._seconds.get(part, 0.0) + seconds - self._within_seconds
            self._within_seconds = around + seconds

    def seconds(self, requests: int = 0) -> dict[str, float]:
        """CPU seconds of each part so far; ``requests`` is how many the recorder was called for."""
        return self._seconds | ({RECORDER: requests * self.record_seconds} if self.record_seconds else {})

    def process_seconds(self) -> float:
        """CPU seconds of the whole process so far: what the parts are a share of."""
        return self._process_clock() - self._begun_seconds

    def _calls_seconds(self) -> float:
        recorder, response = Recorder(), _Response()
        events: list[dict[str, Any]] = [
            {
                "request_type": "GET",
                "name": f"/calibration/{number % 20}",
                "response_time": 1.0 + number % 500,
                "response_length": 512,
                "response": response,
                "exception": None,
                "context": {},
                "start_time": 0.0,
                "url": "",
            }
            for number in range(_CALIBRATION_CALLS)
        ]
        begun = self._clock()
        for event in events:
            recorder.on_request(**event)
        recorder.settle()
        return self._clock() - begun


@dataclass
class _Response:
    status_code: int = 200
