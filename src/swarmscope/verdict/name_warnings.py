"""Request names with ids in them: the run is judged by their templates, and the user is told how to name them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping

from swarmscope.prometheus.client import PrometheusApi
from swarmscope_exporter.name_templates import problem_with_pattern
from swarmscope_exporter.run_ids import series_of

_NAMES_SHOWN = 3


def name_warnings(prometheus: PrometheusApi, run_id: str, range_seconds: float) -> tuple[str, ...]:
    """Return a sentence on names that were folded into templates, or none; raise PrometheusUnavailableError."""
    selector = f"{series_of(run_id, 'loadtest_folded_name')}[{round(range_seconds)}s]"
    names: dict[str, list[str]] = defaultdict(list)
    for row in prometheus.instant(f"group by (name, template) (last_over_time({selector}))"):
        names[row.labels.get("template", "")].append(row.labels.get("name", ""))
    if not names:
        return ()
    shown = [f"{name} as {template}" for template, name in _first(names)]
    folded = f"there are too many request names, so some were counted by their templates: {', '.join(shown)}"
    return (f"{folded}; to name requests so from the first one on, {_remedy(sorted(names))}",)


def _first(names: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """Return three templates and names: of each template one, then the second of each, and so on."""
    in_turn = sorted(
        (place, template, name) for template, found in names.items() for place, name in enumerate(sorted(found))
    )
    return [(template, name) for _, template, name in in_turn[:_NAMES_SHOWN]]


def _remedy(templates: list[str]) -> str:
    in_locustfile = f"give each a name in the locustfile, such as name={_quoted(templates[0])}"
    patterns = [template for template in templates if problem_with_pattern(template) is None]
    line = f"name_patterns = [{', '.join(map(_quoted, patterns))}]"
    return f"add to [target] in swarmscope.toml: {line}, or {in_locustfile}" if patterns else in_locustfile


def _quoted(text: str) -> str:
    """Return a string as TOML and Python write it."""
    return json.dumps(text, ensure_ascii=False)
