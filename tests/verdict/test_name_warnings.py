"""What is said of names with ids, from answers of Prometheus that are made by hand."""

from __future__ import annotations

import tomllib

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.name_warnings import name_warnings


class Answering(PrometheusApi):
    """Knows the template of each folded name."""

    def __init__(self, templates: dict[str, str]) -> None:
        super().__init__("http://prometheus")
        self._templates = templates

    def instant(self, query: str, at_seconds: float | None = None) -> tuple[Series, ...]:  # noqa: ARG002
        assert query == 'group by (name, template) (last_over_time(loadtest_folded_name{run_id="r1"}[60s]))'
        found = self._templates.items()
        return tuple(Series({"name": name, "template": template}, (Sample(0.0, 1.0),)) for name, template in found)


def said(templates: dict[str, str]) -> tuple[str, ...]:
    return name_warnings(Answering(templates), "r1", 60)


def test_a_run_without_folded_names_has_no_warning() -> None:
    assert said({}) == ()


def test_three_names_are_shown_and_the_line_to_add() -> None:
    (warning,) = said({f"/items/{number}": "/items/{id}" for number in (204, 201, 203, 202)})
    assert warning == (
        "there are too many request names, so some were counted by their templates: /items/201 as /items/{id},"
        " /items/202 as /items/{id}, /items/203 as /items/{id}; to name requests so from the first one on, add to"
        ' [target] in swarmscope.toml: name_patterns = ["/items/{id}"], or give each a name in the locustfile, such as'
        ' name="/items/{id}"'
    )


def test_each_template_is_shown_before_a_second_name_of_one_and_all_are_in_the_line() -> None:
    templates = {f"/{letter}/{number}": f"/{letter}/{{id}}" for letter in "abcd" for number in (1, 2)}
    (warning,) = said(templates)
    assert "templates: /a/1 as /a/{id}, /b/1 as /b/{id}, /c/1 as /c/{id};" in warning
    assert 'name_patterns = ["/a/{id}", "/b/{id}", "/c/{id}", "/d/{id}"],' in warning


def test_a_template_with_quotes_is_written_as_toml_and_one_that_is_no_pattern_is_left_out() -> None:
    (warning,) = said({'/"ä"/7': '/"ä"/{id}', "/{/7": "/{/{id}"})
    line = warning.partition("swarmscope.toml: ")[2].partition(", or give")[0]
    assert tomllib.loads(line) == {"name_patterns": ['/"ä"/{id}']}
    (warning,) = said({"/{/7": "/{/{id}"})
    assert warning.endswith(
        '; to name requests so from the first one on, give each a name in the locustfile, such as name="/{/{id}"'
    )
