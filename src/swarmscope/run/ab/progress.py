"""The display of an A/B run: which block is under load, how long it still takes, and what each pair has come to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from swarmscope.compare.summary import RunSummary
from swarmscope.objectives import figure_of
from swarmscope.run.ab.pairs import p95_of
from swarmscope.run.ab.plan import Plan
from swarmscope.run.locust_api import RunStatus

_P95 = "latency_p95_seconds"


class AbProgress:
    """A bar on a terminal, and everywhere a line for each pair."""

    def __init__(self, console: Console, plan: Plan) -> None:
        self._console = console
        self._plan = plan
        self._began = time.monotonic()
        self._display: Progress | None = None
        self._pending: list[tuple[str, RunSummary]] = []
        self._pairs = 0

    @contextmanager
    def shown(self) -> Iterator[AbProgress]:
        """Show it while the blocks run."""
        self._began = time.monotonic()
        if not self._console.is_terminal:
            yield self
            return
        columns = (BarColumn(40), TextColumn("{task.description}", markup=False))
        with Progress(*columns, console=self._console, transient=True) as self._display:
            self._display.add_task("", total=2 * self._plan.pairs)
            yield self

    def update(self, number: int, side: str, status: RunStatus) -> None:
        """Tell what is under load now."""
        if self._display is None:
            return
        total = 2 * self._plan.pairs
        text = f"block {number}/{total} ({side}) {status.phase}, {status.users} users{self._left(number - 1)}"
        self._display.update(self._display.task_ids[0], completed=number - 1, description=text)

    def measured(self, side: str, summary: RunSummary) -> None:
        """Take note of a block; tell of its pair once it is whole."""
        self._pending.append((side, summary))
        if len(self._pending) < 2:
            return
        self._pairs += 1
        figures = [f"{each} {figure_of(_P95, p95_of(block))}" for each, block in sorted(self._pending, key=_side)]
        doubts = next((block.doubts[0] for _, block in self._pending if block.doubts), "")
        line = f"pair {self._pairs}/{self._plan.pairs}: p95 {', '.join(figures)}"
        line += f" (not measured well: {doubts})" if doubts else self._left(2 * self._pairs)
        self._pending.clear()
        self._console.print(line, markup=False, highlight=False)

    def _left(self, done: int) -> str:
        """Return about how long the rest takes, as the blocks until now did."""
        blocks = 2 * self._plan.pairs
        if not done or done == blocks:
            return ""
        seconds = (time.monotonic() - self._began) / done * (blocks - done)
        return f", about {seconds / 60:.0f} min left" if seconds >= 90 else f", about {seconds:.0f} s left"


def _side(pair: tuple[str, RunSummary]) -> str:
    return pair[0]
