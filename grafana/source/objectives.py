"""Objectives in tables: their words, each figure in a unit of its own, and what of the threshold is left."""

from __future__ import annotations

from collections.abc import Callable

from grafana.source import colors
from grafana.source.panels import COUNT, NO_UNIT, RATIO, Builder, Column, Label, State, figures_table
from grafana.source.queries import joined, of_run, with_words
from grafana.source.verdict import ONTO_THRESHOLDS

#: Names of objectives, what to multiply their figures with, and the unit that they are in then; a later one counts.
UNITS = (
    (".+_bytes", 1, "bytes"),
    (".+_per_second", 1, "/s"),
    (".+_seconds", 1, "s"),
    (".+_(p[0-9_]+|mean|max)_seconds", 1000, "ms"),
    (".+_ratio", 100, "%"),
)
MET_STATES = (State(0, "met", colors.GOOD), State(1, "missed", colors.BAD))
OBJECTIVE = Label("objective", "Objective", 230)
ENDPOINT = Label("endpoint", "Endpoint", 230)
UNIT = Label("unit", "Unit", 60)


def shown_labels(values: str, *labels: str) -> str:
    """Give values of objectives the labels that a row shows: words, ``endpoint``, ``unit``, and some of their own."""
    shown = joined(values, "endpoint", "method", "name")
    for names, _, unit in UNITS:
        shown = f'label_replace({shown}, "unit", "{unit}", "objective", "{names}")'
    return f"max by ({', '.join(('objective', 'endpoint', 'unit', *labels))}) ({with_words(shown, 'objective')})"


def in_units(values: Callable[..., str]) -> str:
    """Return figures of objectives in their units; ``values`` makes a query of them from matchers."""
    scaled = [f"{values(f'objective=~{names}')} * {factor}" for names, factor, _ in reversed(UNITS) if factor != 1]
    return f"({' or '.join((*scaled, f'{values()} * 1'))})"


def objectives_table(title: str, description: str) -> Builder:
    """Return the objectives of the run with state, figures and headroom."""
    # NaN, which is nothing observed, is greater than nothing: no value, and neither met nor missed.
    measured = f"({of_run('loadtest:run_objective')} > -Inf)"
    minute = f"(sum without (window) ({of_run('loadtest:objective', 'window=live')}) > -Inf)"
    highest, lowest = (of_run("loadtest:run_threshold", f"bound={bound}") for bound in ("max", "min"))
    missed = (
        f"{measured} > bool {ONTO_THRESHOLDS} ({highest} * (1 + 1e-12)) or "
        f"{measured} < bool {ONTO_THRESHOLDS} ({lowest} * (1 - 1e-12))"
    )
    share = f"{measured} / {ONTO_THRESHOLDS}"
    headroom = f"1 - {share} ({highest} > 0) or {share} ({lowest} > 0) - 1"
    limits = in_units(lambda *matchers: of_run("loadtest:run_threshold", *matchers))
    factor = in_units(lambda *matchers: f"{of_run('loadtest:run_threshold', *matchers)} ^ 0")

    def shown(values: str) -> str:
        return shown_labels(values, "bound", "severity")

    return figures_table(
        title,
        description,
        (
            Column("State", shown(missed), NO_UNIT, 90, MET_STATES),
            OBJECTIVE,
            ENDPOINT,
            Column("Run so far", shown(f"{measured} * {ONTO_THRESHOLDS} {factor}"), COUNT, 110),
            Label("bound", "Limit", 60, (("max", "≤"), ("min", "≥"))),
            Column("Threshold", shown(limits), COUNT, 100),
            UNIT,
            Column("Headroom", shown(headroom), RATIO, 100),
            Column("Last minute", shown(f"{minute} * {ONTO_THRESHOLDS} {factor}"), COUNT, 110),
            Label("severity", "Severity", 90),
        ),
        sort_by="Headroom",
        ascending=True,
    )
