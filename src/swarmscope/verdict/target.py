"""What the API under test counted during one run, from the samples of its own counter: a pure calculation.

The recorded counter lags behind: Prometheus scrapes the API, commits the scrape, and a rule copies the counter later.
So a reading holds all of a moment only when it was recorded after a scrape that began after that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from swarmscope.prometheus.series import Sample, Series

#: From the end of a scrape until the rules see what it brought, in seconds.
_COMMIT_SECONDS = 0.25
#: A reading before the load may be this many evaluation intervals older than the run.
_INTERVALS_BEFORE = 3


@dataclass(frozen=True)
class TargetSeries:
    """The raw samples of the API's counter, and of Prometheus' scrapes of the API; each series has an ``instance``."""

    counters: tuple[Series, ...]
    up: tuple[Series, ...]
    scrape_durations: tuple[Series, ...] = ()

    def counted(
        self, start_seconds: float, load_start_seconds: float, end_seen_seconds: float | None, interval_seconds: float
    ) -> int | None:
        """Return what all instances counted from the beginning of the load until all of the run was scraped.

        Return None when there was no reading. Nothing from before the run or after it is read: a counter that has no
        reading shortly before the load began at 0.
        """
        earliest = start_seconds - _INTERVALS_BEFORE * interval_seconds
        counts = []
        for counter in self.counters:
            if not self._was_there(counter, load_start_seconds, end_seen_seconds):
                continue  # the API of a run before or after this one
            latest = None
            if end_seen_seconds is not None:
                latest = self.read_since(counter, end_seen_seconds, interval_seconds)
            samples = _between(counter.samples, earliest, latest.timestamp_seconds if latest is not None else None)
            if samples:
                counts.append(_increase(samples, load_start_seconds))
        return round(sum(counts)) if counts else None

    def _was_there(self, counter: Series, first_seconds: float, last_seconds: float | None) -> bool:
        """Return whether Prometheus scraped the instance in that time.

        By its readings where nothing is known of scrapes.
        """
        instances = self._instances_of(counter)
        scrapes = tuple(sample for instance in instances for sample in _of_instance(self.up, instance))
        return bool(_between(scrapes or counter.samples, first_seconds, last_seconds))

    def read_since(self, counter: Series, moment_seconds: float, interval_seconds: float) -> Sample | None:
        """Return the counter's first reading that holds all that the API had counted at that moment, if there is one.

        Where nothing is known of the scrapes, one scrape and one evaluation later will do.
        """
        instances = self._instances_of(counter)
        scrapes = [self._scraped_since(instance, moment_seconds) for instance in instances]
        scraped = _latest(scrapes) if instances else moment_seconds + interval_seconds
        if scraped is None:
            return None
        since = scraped + _COMMIT_SECONDS
        return next((sample for sample in counter.samples if sample.timestamp_seconds >= since), None)

    def _instances_of(self, counter: Series) -> tuple[str, ...]:
        """Return the scraped instances that are in a counter: all of them in one without an instance, a sum."""
        named = _instance(counter)
        scraped = dict.fromkeys(_instance(one) for one in self.up if one.samples)
        return tuple(instance for instance in scraped if not named or instance == named)

    def _scraped_since(self, instance: str, moment_seconds: float) -> float | None:
        """Return when the first good scrape that began after that moment had ended."""
        began = [
            sample.timestamp_seconds
            for sample in _of_instance(self.up, instance)
            if sample.timestamp_seconds >= moment_seconds and sample.value == 1
        ]
        if not began:
            return None
        durations = {s.timestamp_seconds: s.value for s in _of_instance(self.scrape_durations, instance)}
        return began[0] + durations.get(began[0], 0.0)

    def unread_since(self, instances: Iterable[str], moment_seconds: float, interval_seconds: float) -> str:
        """Return what is missing of a reading since that moment, in words; empty when each instance has one.

        An instance whose counter is born with its first request has two good scrapes instead, and no counter.
        """
        for instance in instances:
            good = [
                sample
                for sample in _of_instance(self.up, instance)
                if sample.timestamp_seconds >= moment_seconds and sample.value == 1
            ]
            if not good:
                return f"a good scrape of the API at {instance}"
            counters = [one for one in self.counters if _instance(one) in {instance, ""}]
            is_unborn = good[-1].timestamp_seconds >= good[0].timestamp_seconds + interval_seconds / 2
            if any(self.read_since(one, moment_seconds, interval_seconds) is None for one in counters) or not (
                counters or is_unborn
            ):
                return f"the request counter of the API at {instance}"
        return ""


def _latest(moments: Iterable[float | None]) -> float | None:
    """Return the latest moment; None where one of them is still to come."""
    known = list(moments)
    return None if None in known else max(moment for moment in known if moment is not None)


def _of_instance(series: Iterable[Series], instance: str) -> tuple[Sample, ...]:
    return tuple(sample for one in series if _instance(one) == instance for sample in one.samples)


def _instance(series: Series) -> str:
    return series.labels.get("instance", "")


def _between(samples: Sequence[Sample], first_seconds: float, last_seconds: float | None) -> tuple[Sample, ...]:
    return tuple(
        sample
        for sample in samples
        if sample.timestamp_seconds >= first_seconds
        and (last_seconds is None or sample.timestamp_seconds <= last_seconds)
    )


def _increase(samples: Sequence[Sample], load_start_seconds: float) -> float:
    """Return what was counted since the load began.

    A reset begins at 0, and so does a counter without an earlier reading.
    """
    before = [sample.value for sample in samples if sample.timestamp_seconds <= load_start_seconds][-1:] or [0.0]
    during = [sample.value for sample in samples if sample.timestamp_seconds > load_start_seconds]
    return sum(later - earlier if later >= earlier else later for earlier, later in pairwise((*before, *during)))
