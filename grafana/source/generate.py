"""All dashboards as the text of their files."""

from __future__ import annotations

from grafana.source.boards import (
    capacity,
    comparison,
    domain_signals,
    endpoints,
    generator_health,
    run_overview,
    soak,
    spike,
    system_under_test,
)

MODULES = (
    run_overview,
    endpoints,
    domain_signals,
    generator_health,
    system_under_test,
    soak,
    spike,
    comparison,
    capacity,
)


def rendered() -> dict[str, str]:
    """File name to content, in the order of the menu."""
    return {f"{board.uid}.json": board.to_json() for board in (module.board() for module in MODULES)}
