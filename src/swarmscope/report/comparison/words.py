"""Words and figures that every writer of a comparison shares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from swarmscope.compare.comparison import Answer, Comparison, Row, Side
from swarmscope.compare.figures import FIGURES
from swarmscope.objectives import figure_of, words_of
from swarmscope.report.wording import printable

ALL_REQUESTS = "all requests"
FORCED = "compared all the same (--force)"
_CPU = "target_cpu_seconds_per_request"
_ORDER = (Answer.WORSE, Answer.CANNOT_TELL, Answer.BETTER, Answer.SAME)
#: As people say them: without the unit that the figures show.
_WORDS = {
    "throughput_requests_per_second": "throughput",
    _CPU: "CPU a request",
    "target_memory_bytes": "memory",
    "target_pool_in_use_ratio": "pool in use",
    "service_time_p95_seconds": "service time p95",
}


def figure_words(figure: str) -> str:
    """Return what a figure is called: latency p95."""
    return _WORDS.get(figure) or words_of(figure)


def subject(row: Row) -> str:
    """Return of what requests a row is: POST /api/chat."""
    return printable(" ".join(filter(None, (row.method, row.name)))) or ALL_REQUESTS


def title(row: Row) -> str:
    """Return what a row is called: latency p95 POST /api/chat."""
    of = subject(row)
    return figure_words(row.figure) if of == ALL_REQUESTS else f"{figure_words(row.figure)} {of}"


def value(figure: str, measured: float | None) -> str:
    """Return a value in its unit: 182 ms, 0.43 %, 12.4 MiB."""
    return figure_of("_seconds" if figure == _CPU else figure, measured, none="-")


def is_share(row: Row) -> bool:
    """Return whether the shift is a difference in percentage points."""
    figure = FIGURES.get(row.figure)
    return figure.is_share if figure else row.figure.endswith("_ratio")


def shift(row: Row) -> str:
    """Return by how much B differs, with the interval: +4.8 % (+2.1 to +7.6); of shares in percentage points."""
    if row.shift is None:
        return "-"
    unit = "points" if is_share(row) else "%"
    told = f"{_signed(row.shift.estimate)} {unit}"
    if row.shift.low is None or row.shift.high is None:
        return told
    return f"{told} ({_signed(row.shift.low)} to {_signed(row.shift.high)})"


def _signed(ratio: float) -> str:
    percent = 100 * ratio
    if abs(percent) >= 999.5:
        return f"{percent:+.2g}"
    digits = 0 if abs(percent) >= 99.95 else 1 if abs(percent) >= 0.95 or not percent else 2
    text = f"{percent:+.{digits}f}"
    return "0" if not float(text) else text


def answer(row: Row) -> str:
    """Return the answer: worse, or probably worse where it cannot tell, or why it has none."""
    if row.answer is not Answer.CANNOT_TELL:
        return row.answer.value
    return f"probably {row.probably.value}" if row.probably is not None else "cannot tell"


def more(row: Row, comparison: Comparison) -> str:
    """Return what would decide: about 12 more pairs; empty where that is not known."""
    if row.more_units is None:
        return ""
    unit = comparison.unit if row.more_units == 1 else f"{comparison.unit}s"
    return f"about {row.more_units:,} more {unit}"


def why(row: Row, comparison: Comparison) -> str:
    """Return why a row has no answer, and what would give it one, in one line; empty where it has one."""
    if row.answer is not Answer.CANNOT_TELL:
        return ""
    return "; ".join(filter(None, (row.note, more(row, comparison)))) or "no number of them would tell at this noise"


def headline(comparison: Comparison) -> str:
    """Return the answer in capitals."""
    return comparison.answer.value.upper()


def why_not(comparison: Comparison) -> str:
    """Return what obstacles come to, in words that introduce them."""
    if comparison.forced:
        return FORCED
    return "not comparable; --force compares all the same" if comparison.unit == "run" else "nothing can be told"


def told(side: Side, comparison: Comparison) -> str:
    """Return what a side is: its title, and how many runs or blocks."""
    number = len(side.runs)
    what = "run" if comparison.unit == "run" else "block"
    return f"{printable(side.title)} ({number} {what}{'s' if number != 1 else ''})"


def reasons(comparison: Comparison) -> tuple[str, ...]:
    """Return what the answer rests on, a line each: what is worse, or what keeps it from being told."""
    rows = comparison.rows
    if comparison.obstacles and not comparison.forced:
        return comparison.obstacles
    match comparison.answer:
        case Answer.WORSE:
            return tuple(f"{title(row)}: {_from_to(row)}, {shift(row)}" for row in rows if row.answer is Answer.WORSE)
        case Answer.CANNOT_TELL:
            open_rows = [row for row in rows if row.decides and row.answer is Answer.CANNOT_TELL]
            if len({why(row, comparison) for row in open_rows}) == 1 and len(open_rows) > 1:
                line = f"{why(open_rows[0], comparison)}; until then {_guessed(open_rows)}"
                return (
                    line,
                    *(f"{title(row)}: {shift(row)}, {answer(row)}" for row in open_rows if _may_be_worse(row)),
                )
            open_rows.sort(key=lambda row: not _may_be_worse(row))
            found = [f"{title(row)}: {shift(row)}, {answer(row)}: {why(row, comparison)}" for row in open_rows]
            return tuple(found) or ("nothing was compared",)
        case Answer.BETTER:
            deciding = (row for row in rows if row.decides and row.answer is Answer.BETTER)
            return tuple(f"{title(row)}: {_from_to(row)}, {shift(row)}" for row in deciding)
        case _:
            return ()


def _may_be_worse(row: Row) -> bool:
    return row.probably is Answer.WORSE


def _guessed(rows: Sequence[Row]) -> str:
    """Return how many figures probably have each answer: 22 probably worse, 8 probably same."""
    answers = [answer(row) for row in rows]
    return ", ".join(f"{answers.count(each)} {each}" for each in dict.fromkeys(sorted(answers, reverse=True)))


def _from_to(row: Row) -> str:
    return f"{value(row.figure, row.a)} to {value(row.figure, row.b)}"


def by_subject(rows: Sequence[Row]) -> Iterator[tuple[str, tuple[Row, ...]]]:
    """Yield the rows of all requests, and of each endpoint: those with something to say first."""
    groups = [(name, tuple(of)) for name, of in groupby(rows, key=subject)]

    def place(group: tuple[str, tuple[Row, ...]]) -> tuple[bool, int]:
        name, of = group
        return name != ALL_REQUESTS, min(_weight(row) for row in of)

    yield from sorted(groups, key=place)


def _weight(row: Row) -> int:
    """Return how early a row is to be seen; what cannot be told and decides nothing comes last."""
    is_idle = row.answer is Answer.CANNOT_TELL and not row.decides
    return len(_ORDER) if is_idle else _ORDER.index(row.answer)


def counted(rows: Iterable[Row]) -> str:
    """Return how many figures have each answer: 2 worse, 31 same, 4 cannot tell."""
    answers = [row.answer for row in rows]
    return ", ".join(f"{answers.count(each)} {each.value}" for each in _ORDER if each in answers)
