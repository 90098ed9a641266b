"""Journeys: several requests that are timed as one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from locust_plugins.transaction_manager import TransactionManager

from swarmscope_exporter.tracing import journey
from swarmscope_exporter.transactions import observe_transaction


@dataclass
class Outcome:
    """Whether the requests of a transaction succeeded; a failure stays."""

    success: bool = True

    def expect(self, result: object) -> bool:
        """Note the result of a request; whether it succeeded (it is not None or False)."""
        self.success = self.success and result is not None and result is not False
        return self.success


class Transactions:
    """Times the steps of one user's journey, for locust-plugins' own list, for Prometheus, and in traces."""

    def __init__(self, user_class: str = "") -> None:
        self._user_class = user_class
        make_manager: Callable[[], Any] = TransactionManager  # it has no types
        self._manager = make_manager()

    @contextmanager
    def step(self, name: str) -> Iterator[Outcome]:
        """Time a block of requests; a block that the end of the run interrupts is not recorded at all."""
        outcome, started = Outcome(), time.perf_counter()
        self._manager.start_transaction(name)
        try:
            with journey(name, self._user_class) as traced:
                yield outcome
                traced.note(success=outcome.success)
        except BaseException:
            self._manager.inprogress_transactions.pop(name, None)
            raise
        self._manager.end_transaction(name, outcome.success)
        observe_transaction(name, time.perf_counter() - started, success=outcome.success)
