"""The display of a search: the load under way, what is known, and a line for each step."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from swarmscope.capacity.findings import known_ends
from swarmscope.capacity.step import By, Step, StepOutcome, load_text
from swarmscope.objectives import figure_of
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.run.locust_api import RunStatus
from swarmscope.run.progress import Progress, progress_line

_STYLES = {
    StepOutcome.HELD: "green",
    StepOutcome.BROKE: "red",
    StepOutcome.UNDECIDED: "yellow",
    StepOutcome.GENERATOR: "magenta",
    StepOutcome.UNMEASURED: "dim",
}


class CapacityProgress:
    """A line that renews itself on a terminal, and everywhere a line for each step."""

    def __init__(self, console: Console, prometheus: PrometheusApi, by: By, most_steps: int) -> None:
        self._console = console
        self._prometheus = prometheus
        self._by: By = by
        self._most_steps = most_steps
        self._live: Live | None = None
        self._steps: Sequence[Step] = ()
        self._figures: Progress | None = None
        self._began = 0.0
        self._what = ""

    @contextmanager
    def shown(self) -> Iterator[CapacityProgress]:
        """Show it while the search goes on."""
        if not self._console.is_terminal:
            yield self
            return
        with Live(console=self._console, refresh_per_second=2, transient=True) as self._live:
            yield self

    def begin(self, what: str, run_id: str, steps: Sequence[Step]) -> None:
        """Tell which load comes now."""
        self._what, self._steps, self._began = what, steps, time.monotonic()
        self._figures = Progress(self._console, self._prometheus, run_id)

    def update(self, status: RunStatus) -> None:
        """Renew the line with what Prometheus says now."""
        if self._live is None or self._figures is None:
            return
        elapsed = time.monotonic() - self._began
        self._figures.read()
        silent = bool(self._figures.prometheus_silent)
        line = Text(f"{self._what}{self._known()}\n")
        self._live.update(line.append_text(progress_line(status, self._figures.figures, elapsed, silent=silent)))

    def _known(self) -> str:
        low, high = known_ends(self._steps)
        told = [f"{load_text(load, self._by)} {did}" for load, did in ((low, "held"), (high, "broke")) if load]
        return f", {', '.join(told)}" if told else ""

    def ended(self, step: Step) -> None:
        """Tell what became of a step."""
        line = Text(f"step {step.number:>2}  {load_text(step.load, self._by):>9}  ")
        line.append(f"{step.outcome.value:<10}", style=_STYLES[step.outcome])
        line.append(f" p95 {figure_of('latency_p95_seconds', step.p95_seconds, '-'):>7}")
        line.append(f"  {step.seconds:3.0f} s")
        if step.because:
            line.append(f"  {step.because}")
        self._console.print(line, soft_wrap=not self._console.is_terminal)

    def say(self, line: str) -> None:
        """Print a line above the one that renews itself."""
        self._console.print(line, style="dim", markup=False, highlight=False)
