"""``--until-sure``: a run that ends once every objective is decided, and goes on for longer while one is not."""

from __future__ import annotations

from dataclasses import dataclass

from swarmscope.errors import CommandError
from swarmscope.project.syntax import seconds_of, time_span

#: From one look to the next: few looks, so that each may be less strict.
_GROWTH = 1.5


@dataclass(frozen=True)
class UntilSure:
    """How long the load lasts at least, and at most."""

    min_seconds: float
    max_seconds: float

    @property
    def look_seconds(self) -> tuple[float, ...]:
        """After how many seconds of load the run may end before its longest time."""
        found, at = [], self.min_seconds
        while at < self.max_seconds:
            found.append(at)
            at *= _GROWTH
        return tuple(found)

    @property
    def looks(self) -> int:
        """How often the run can be found decided, the end of its longest time included."""
        return len(self.look_seconds) + 1

    @property
    def announcement(self) -> str:
        """When the run can end, in one line."""
        at = ", ".join(time_span(seconds) for seconds in self.look_seconds)
        return (
            f"--until-sure: ends after {at} of load if every objective is decided then, at the latest after"
            f" {time_span(self.max_seconds)}; each look is as much stricter as there are looks ({self.looks})"
        )


def until_sure_of(text: str) -> UntilSure:
    """Return ``1m..10m`` as the shortest and the longest time; raise CommandError for anything else."""
    first, dots, last = text.partition("..")
    expected = "expected the shortest and the longest time, such as 1m..10m"
    if not dots:
        raise CommandError(f"Invalid --until-sure {text!r}: {expected}")
    try:
        found = UntilSure(seconds_of(first), seconds_of(last))
    except CommandError:
        raise CommandError(f"Invalid --until-sure {text!r}: {expected}") from None
    if found.min_seconds >= found.max_seconds:
        raise CommandError(f"Invalid --until-sure {text!r}: the shortest time has to be below the longest one")
    return found
