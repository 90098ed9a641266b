"""What a run may be told of itself, and how it comes back from its info series."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from swarmscope_exporter.merge import Merge
from swarmscope_exporter.run import Run
from swarmscope_exporter.run_details import RunDetails, from_text, problem_with_labels, to_text
from tests.exporters.test_run_ids import told

DETAILS = RunDetails(environment="staging", commit="1b07124", labels={"build": "123", "team": "été"})


def test_details_arrive_at_the_master_as_they_were_sent_without_the_host() -> None:
    text = to_text(RunDetails("https://user:secret@api.test", DETAILS.environment, DETAILS.commit, DETAILS.labels))
    assert "secret" not in text
    assert text.isascii()  # a form, a command line and an environment variable may hold it
    assert from_text(text) == DETAILS
    assert (to_text(RunDetails("http://api.test")), from_text("")) == ("", RunDetails())


def test_the_info_series_gives_back_what_it_was_labeled_with() -> None:
    series = {
        "__name__": "loadtest_run_info",
        "job": "loadtest",
        "instance": "127.0.0.1:9646",
        "run_id": "r",
        "scenario": "s",
        "version": "2.47.0",
        "workers_expected": "1",
        "host": "http://u:pw@api.test",
        **DETAILS.info_labels,
    }
    found = RunDetails.of_series(series)
    assert found == RunDetails("http://u:***@api.test", DETAILS.environment, DETAILS.commit, DETAILS.labels)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"build": "123"}, ""),
        ({f"label_{number}": "x" for number in range(16)}, ""),
        ({f"label_{number}": "x" for number in range(17)}, "there are 17 labels: expected at most 16"),
        ({"build": ""}, "the value '' of label 'build' is not valid: it is empty"),
        (
            {"build": "a\nb"},
            "the value 'a\\nb' of label 'build' is not valid: it has characters that cannot be printed",
        ),
        (
            {"build": "x" * 201},
            f"the value '{'x' * 200}' of label 'build' is not valid: it has 201 characters, expected at most 200",
        ),
        (
            {"build-number": "1"},
            "'build-number' is not a valid name of a label: expected letters, digits and underscores, such as build",
        ),
        (
            {"__name__": "x"},
            "'__name__' is not a valid name of a label: expected letters, digits and underscores, such as build",
        ),
        (
            {"été": "1"},
            "'été' is not a valid name of a label: expected letters, digits and underscores, such as build",
        ),
        (
            {"run_id": "x"},
            (
                "the label 'run_id' is reserved (alertname, alertstate, commit, environment, host, instance, job, le,"
                " quantile, run_id, scenario, version, workers_expected): give it another name"
            ),
        ),
    ],
)
def test_labels_are_few_short_and_valid_for_prometheus(labels: dict[str, str], said: str) -> None:
    assert problem_with_labels(labels) == said


KEYS = "apart, commit, environment, labels, min_seconds, timed"
WRONG = {
    "{": "invalid details of the run: expected JSON",
    "[" * 5000: "invalid details of the run: expected JSON",
    "[]": f"invalid details of the run: expected an object with {KEYS}",
    '{"host": "x"}': f"invalid details of the run: expected an object with {KEYS}",
    '{"labels": {"build": 1}}': "invalid details of the run: expected texts",
    '{"commit": null}': "invalid details of the run: expected texts",
    '{"labels": {"__a": "1"}}': (
        "'__a' is not a valid name of a label: expected letters, digits and underscores, such as build"
    ),
    '{"environment": ""}': "the environment '' is not valid: it is empty",
}


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_other_details_are_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        from_text(text)


@pytest.mark.real
def test_the_command_line_and_the_web_form_of_locust_refuse_the_same_details() -> None:
    valid = to_text(DETAILS)
    assert told("--run-details", valid, "") == {valid: (valid, None), "": ("", None)}
    for text, (command_line, web_form) in told("--run-details", *WRONG).items():
        assert (command_line, web_form) == (
            f"argument --loadtest-run-details/--run-details: {WRONG[text]}",
            WRONG[text],
        )


def test_a_run_that_may_end_early_says_after_how_long_and_its_holds_are_as_short() -> None:
    details = RunDetails(min_seconds=60.0)
    assert from_text(to_text(details)) == details
    run = Run(
        "20260131-120000-smoke", "smoke", 1, Merge("20260131-120000-smoke"), details=details, planned_seconds=600.0
    )
    assert run.hold_seconds == 6.0
    assert replace(run, details=RunDetails()).hold_seconds == 30.0


@pytest.mark.parametrize("value", ['"x"', "-1", "true", "Infinity"])
def test_a_shortest_time_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="min_seconds as a number"):
        from_text(f'{{"min_seconds": {value}}}')
