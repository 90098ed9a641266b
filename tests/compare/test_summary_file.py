"""A run's summary as a file: what comes back is what was written, and what is not one says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from swarmscope.compare.summary import ALL, Stretch, Subject, Times
from swarmscope.compare.summary_file import from_json, to_json
from tests.compare.summaries import LATENCY, summary

EXPECTED = "expected a run as `swarmscope baseline add` writes it, of schema 1"


def test_a_summary_comes_back_as_it_was() -> None:
    run = summary(doubts=("users: 90 %",), note="its verdict is FAIL", rate=50.0, verdict="FAIL")
    assert from_json(to_json(run)) == run


def test_the_text_has_a_line_for_each_window_and_ends_with_one() -> None:
    lines = to_json(summary()).splitlines(keepends=True)
    assert sum(line.startswith("[3.002,50,1,[12.345678,3,90],null]") for line in lines) == 3
    assert lines[0] == "{\n"
    assert lines[-1] == "}\n"
    assert json.loads("".join(lines))["buckets"] == [[0, 0.001], [0.001, 0.002], [0.05, 0.1], [10, None]]


def test_the_same_summary_is_the_same_text_whatever_the_order_of_its_parts() -> None:
    run = summary(labels={"a": "1", "b": "2"}, target={"x": 1.0, "y": 2.0})
    turned = replace(
        run,
        subjects=dict(reversed(list(run.subjects.items()))),
        labels=dict(reversed(list(run.labels.items()))),
        target=dict(reversed(list(run.target.items()))),
    )
    assert to_json(run) == to_json(turned)


def test_numbers_are_rounded_to_what_they_are_worth() -> None:
    stretch = Stretch(1 / 3, 3.0, 0.0, Times(((0.0, 0.001, 2.0),), 2 / 3))
    run = summary(subjects={ALL: Subject(stretch)}, target={"target_cpu_seconds_per_request": 1 / 3})
    read = from_json(to_json(run))
    assert read.subjects[ALL].whole == Stretch(0.333333, 3, 0, Times(((0, 0.001, 2),), 0.666667))
    assert read.target == {"target_cpu_seconds_per_request": 0.333333333}
    assert to_json(read) == to_json(run)


def test_buckets_without_observations_between_others_are_counted_not_listed() -> None:
    buckets = tuple((number / 10, (number + 1) / 10, 1.0) for number in range(20))
    spread = Times((buckets[2], buckets[19]), 3.0)
    subjects = {ALL: Subject(Stretch(60.0, 20.0, 0.0, Times(buckets, 9.0), spread))}
    text = to_json(summary(subjects=subjects))
    assert ",[3,-2,1,-16,1]]" in text
    assert from_json(text).subjects[ALL].whole.service == spread


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("", "it is not JSON (Expecting value: line 1 column 1 (char 0)): ", id="empty"),
        pytest.param("[" * 100_000, "it is not JSON (", id="nested too deeply"),
        pytest.param("[]", "", id="a list"),
        pytest.param('{"name": "left-pad"}', "", id="another product's"),
    ],
)
def test_what_is_no_summary_says_what_was_expected(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"^\S") as raised:
        from_json(text)
    assert str(raised.value).startswith(told)
    assert str(raised.value).endswith(EXPECTED)
    assert "\n" not in str(raised.value)


def change(**changed: Any) -> Callable[[dict[str, Any]], object]:
    return lambda document: document.update(changed)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        pytest.param(change(schema=2), "it has schema 2", id="of a later schema"),
        pytest.param(lambda d: d.pop("verdict"), "it lacks 'verdict'", id="without its verdict"),
        pytest.param(change(subjects=[]), "it lacks the counts of all requests", id="without all requests"),
        pytest.param(change(began_seconds="now"), "it has 'now' where a number from 0 up belongs", id="a text"),
        pytest.param(change(run_id=7), "it has 7 where a text belongs", id="a number"),
        pytest.param(change(buckets=[[0, 0.001]]), "list index out of range", id="without its buckets"),
        pytest.param(change(doubts="none"), "it has 'none' where a list belongs", id="a text for a list"),
        pytest.param(
            lambda d: d["subjects"][0]["whole"].pop(), "not enough values to unpack (expected 5, got 4)", id="short"
        ),
        pytest.param(
            lambda d: d["subjects"][0]["whole"].__setitem__(1, -5), "it has -5 where a number from 0 up", id="negative"
        ),
    ],
)
def test_a_file_that_was_edited_wrongly_says_where(edit: Callable[[dict[str, Any]], object], told: str) -> None:
    document = json.loads(to_json(summary()))
    edit(document)
    with pytest.raises(ValueError, match=r"^\S") as raised:
        from_json(json.dumps(document))
    assert str(raised.value).startswith(told)
    assert str(raised.value).endswith(EXPECTED)


def test_what_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN is not a number"):
        from_json(to_json(summary()).replace("12.345678", "NaN", 1))


def test_times_keep_their_mean_and_count() -> None:
    read = from_json(to_json(summary())).subjects[ALL].whole.latency
    assert (read.count, read.mean_seconds) == (LATENCY.count, LATENCY.mean_seconds)
