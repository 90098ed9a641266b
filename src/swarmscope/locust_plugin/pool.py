# Locust has no public names for what is replaced here
"""Spreads the users that wait for arrivals: each worker has as many of each class, so that it can take any arrival."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import Any

from locust.dispatch import UsersDispatcher


class PoolDispatcher(UsersDispatcher):
    """Starts a given number of users of each class, one on each worker in turn; first those of a fixed number."""

    def __init__(self, pool: Mapping[str, int], fixed: Mapping[str, int], worker_nodes: Any, user_classes: Any) -> None:
        self._pool = pool
        self._fixed = fixed
        super().__init__(worker_nodes, user_classes)

    def _user_gen(self) -> Iterator[str | None]:
        workers = max(1, len(self._worker_nodes))
        for name, count in self._fixed.items():
            yield from repeat(name, count)
        while True:
            for name in _in_turn({name: max(1, count // workers) for name, count in self._pool.items()}):
                for _ in range(workers):
                    yield name


def _in_turn(counts: Mapping[str, int]) -> list[str]:
    """Return each name so many times, spread evenly."""
    places = [((number + 0.5) / count, name) for name, count in counts.items() for number in range(count)]
    return [name for _, name in sorted(places)]
