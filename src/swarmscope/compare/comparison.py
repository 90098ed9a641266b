"""What a comparison comes to: an answer for each figure, and one for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from swarmscope.compare.summary import RunSummary
from swarmscope.errors import ExitCode


class Answer(StrEnum):
    """B against A."""

    SAME = "same"
    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot tell"

    @property
    def exit_code(self) -> ExitCode:
        """What a command with this answer ends with."""
        if self is Answer.CANNOT_TELL:
            return ExitCode.COULD_NOT_RUN
        return ExitCode.FAIL if self is Answer.WORSE else ExitCode.PASS


@dataclass(frozen=True)
class Policy:
    """When something is the same, and how often "worse" may be said of what is not.

    A shift of at most ``margin`` (a share) counts as the same; so does one of a time of at most ``margin_seconds``, and
    one of an error ratio of at most ``margin_ratio``. ``family_error`` is the chance that anything of a comparison is
    called worse, or better, where nothing differs. ``confidence`` is that of the intervals, of both sides.
    """

    margin: float = 0.05
    margin_seconds: float = 0.0001
    margin_ratio: float = 0.001
    family_error: float = 0.005
    confidence: float = 0.95


@dataclass(frozen=True)
class Shift:
    """How much B differs from A, with the bounds of its interval; None where these are not known.

    Relative (0.05 is 5 % more), of error ratios absolute (0.01 is one percentage point more). ``units`` is the number
    of pairs, or of runs of both sides, that it rests on. ``p_worse`` and ``p_better`` are the chances of one at least
    as large where nothing differs, adjusted for all figures of the comparison.
    """

    estimate: float
    low: float | None
    high: float | None
    units: int
    p_worse: float = 1.0
    p_better: float = 1.0


@dataclass(frozen=True)
class Row:
    """One figure of one subject: all requests where ``method`` and ``name`` are empty.

    ``a`` and ``b`` are its values, the median of the units of each side; None where a side has none. ``probably`` is
    what the answer would be if there were more units, where it is "cannot tell"; ``more_units`` is about how many more
    pairs or runs decide at this noise, None where that is not known or no number would. ``decides`` is whether not
    being able to tell counts; "worse" always does. ``note`` says why there is no answer, in words.
    """

    figure: str
    method: str
    name: str
    a: float | None
    b: float | None
    shift: Shift | None
    answer: Answer
    probably: Answer | None = None
    more_units: int | None = None
    decides: bool = True
    note: str = ""


@dataclass(frozen=True)
class Side:
    """A or B: the runs, or the blocks of an A/B run in their order; ``title`` is what people call it."""

    title: str
    runs: tuple[RunSummary, ...]


@dataclass(frozen=True)
class Comparison:
    """B against A. ``unit`` is what was compared: single runs, or pairs of neighboring blocks.

    ``obstacles`` say why the sides are not comparable, a line each; then there are no rows, unless ``forced``.
    """

    a: Side
    b: Side
    unit: Literal["run", "pair"]
    policy: Policy
    rows: tuple[Row, ...] = ()
    obstacles: tuple[str, ...] = ()
    forced: bool = False
    warnings: tuple[str, ...] = field(default=())

    @property
    def answer(self) -> Answer:
        """Worse if anything is, else unknown if anything that decides is; else better if anything that decides is."""
        if self.obstacles and not self.forced:
            return Answer.CANNOT_TELL
        deciding = [row.answer for row in self.rows if row.decides]
        if any(row.answer is Answer.WORSE for row in self.rows):
            return Answer.WORSE
        if not deciding or Answer.CANNOT_TELL in deciding:
            return Answer.CANNOT_TELL
        return Answer.BETTER if Answer.BETTER in deciding else Answer.SAME
