"""What a master tells its workers of the arrivals of a run, as text: it travels with the order to spawn users."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from swarmscope.scenarios.arrivals import Leg, Schedule

#: The option that carries the order, and the message that shares the arrivals anew.
OPTION = "loadtest_arrivals"
SHARES_MESSAGE = "swarmscope_arrival_shares"
LOCAL = "local"  #: the name of the only process of a run without workers


@dataclass(frozen=True)
class ArrivalOrder:
    """The schedule, the user classes with their weights, and which workers own the arrivals, in order."""

    schedule: Schedule
    weights: Mapping[str, float]
    workers: tuple[str, ...]
    max_wait_seconds: float

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> ArrivalOrder:
        document: dict[str, Any] = json.loads(text)
        schedule = document.pop("schedule")
        legs = tuple(Leg(*leg) for leg in schedule.pop("legs"))
        return cls(Schedule(legs, **schedule), workers=tuple(document.pop("workers")), **document)
