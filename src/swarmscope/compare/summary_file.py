"""A run's summary as JSON that Git keeps well: a line for each window, the same text for the same summary.

    {
    "schema": 1,
    "run_id": "20260131-142501-smoke",
    …
    "buckets": [[0.001,0.002],[0.002,0.005],[60.0,null]],     lower and upper edge in seconds; null is infinity
    "subjects": [
    {"method":"GET","name":"/chat","whole":[60.01,1200,3,[8.1,700,500],null],"windows":[
    [3.002,60,0,[0.41,35,25],null],
    [3.001,61,0,[0.62,60,-1,1],null],
    …
    ]}
    ]
    }

A stretch is its seconds, requests, failures, latency and service times (null where these are the latency). Times are
their sum in seconds, then how many are in each bucket, -2 standing for two without any.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from swarmscope.compare.summary import ALL, Conditions, Key, RunSummary, Stretch, Subject, Times

SCHEMA_VERSION = 1
_EXPECTED = f"expected a run as `swarmscope baseline add` writes it, of schema {SCHEMA_VERSION}"
#: Of seconds: microseconds. Of what else is not a whole number: significant digits.
_DECIMALS, _DIGITS = 6, 9

Bucket = tuple[float, float]


def to_json(summary: RunSummary) -> str:
    """Return a summary as text that ends with a new line; its numbers are rounded to what they are worth."""
    buckets = sorted({(low, high) for times in _all_times(summary) for low, high, _ in times.buckets})
    places = {bucket: place for place, bucket in enumerate(buckets)}
    head = {
        "schema": SCHEMA_VERSION,
        "run_id": summary.run_id,
        "scenario": summary.conditions.scenario,
        "began_seconds": _rounded(summary.began_seconds),
        "verdict": summary.verdict,
        "note": summary.note,
        "host": summary.host,
        "commit": summary.commit,
        "labels": dict(sorted(summary.labels.items())),
        "conditions": {
            name: _number(value) for name, value in asdict(summary.conditions).items() if name != "scenario"
        },
        "target": {name: _number(value) for name, value in sorted(summary.target.items())},
        "doubts": list(summary.doubts),
        "buckets": [[low, None if math.isinf(high) else high] for low, high in buckets],
    }
    subjects = ",\n".join(
        _subject_text(key, summary.subjects[key], places)
        for key in (ALL, *summary.endpoints)
        if key in summary.subjects
    )
    lines = (f"{_text(name)}: {_text(value)}" for name, value in head.items())
    return "{\n" + ",\n".join(lines) + f',\n"subjects": [\n{subjects}\n]\n}}\n'


def from_json(text: str) -> RunSummary:
    """Return the summary that a text holds; raise ValueError, which says what was expected."""
    try:
        document = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON ({error}): {_EXPECTED}") from None
    if not isinstance(document, dict) or "subjects" not in document:
        raise ValueError(_EXPECTED)
    if document.get("schema") != SCHEMA_VERSION:
        raise ValueError(f"it has schema {document.get('schema')!r}: {_EXPECTED}")
    try:
        return _summary(document)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError) as error:
        what = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{what}: {_EXPECTED}") from None


def _subject_text(key: Key, subject: Subject, places: Mapping[Bucket, int]) -> str:
    windows = "".join(
        f"{',' if number else ''}\n{_text(_packed(each, places))}" for number, each in enumerate(subject.windows)
    )
    begin = f'{{"method":{_text(key[0])},"name":{_text(key[1])},"whole":{_text(_packed(subject.whole, places))}'
    return f'{begin},"windows":[{windows}{chr(10) if windows else ""}]}}'


def _packed(stretch: Stretch, places: Mapping[Bucket, int]) -> list[Any]:
    def times(of: Times | None) -> list[float] | None:
        if of is None:
            return None
        counts, at = [_rounded(of.sum_seconds)], 0
        for low, high, count in of.buckets:
            place = places[low, high]
            counts += [at - place] * (place > at)
            counts.append(_number(count))
            at = place + 1
        return counts

    counts = (_number(stretch.requests), _number(stretch.failures))
    return [_rounded(stretch.seconds), *counts, times(stretch.latency), times(stretch.service)]


def _all_times(summary: RunSummary) -> Iterator[Times]:
    for subject in summary.subjects.values():
        for stretch in (subject.whole, *subject.windows):
            yield stretch.latency
            if stretch.service is not None:
                yield stretch.service


def _summary(document: Mapping[str, Any]) -> RunSummary:
    buckets = [(_real(low), math.inf if high is None else _real(high)) for low, high in document["buckets"]]
    known = {each.name for each in fields(Conditions)}
    conditions = {name: value for name, value in document["conditions"].items() if name in known}
    subjects = {
        (_word(each["method"]), _word(each["name"])): Subject(
            _stretch(each["whole"], buckets), tuple(_stretch(window, buckets) for window in each["windows"])
        )
        for each in document["subjects"]
    }
    if ALL not in subjects:
        raise ValueError("it lacks the counts of all requests")
    return RunSummary(
        run_id=_word(document["run_id"]),
        began_seconds=_real(document["began_seconds"]),
        verdict=_word(document["verdict"]),
        conditions=_conditions(_word(document["scenario"]), conditions),
        subjects=subjects,
        target={_word(name): _real(value) for name, value in document["target"].items()},
        doubts=tuple(map(_word, _list(document["doubts"]))),
        host=_word(document["host"]),
        commit=_word(document["commit"]),
        labels={_word(name): _word(value) for name, value in document["labels"].items()},
        note=_word(document["note"]),
    )


def _conditions(scenario: str, given: Mapping[str, Any]) -> Conditions:
    words = {name: _word(given[name]) for name in ("machine", "locustfile") if name in given}
    numbers = {
        name: None if value is None else _real(value)
        for name, value in given.items()
        if name not in words and name != "scenario"
    }
    workers = numbers.pop("workers", None)
    return Conditions(scenario, **words, **numbers, workers=None if workers is None else int(workers))  # type: ignore[arg-type]  # checked above


def _stretch(packed: Any, buckets: list[Bucket]) -> Stretch:
    seconds, requests, failures, latency, service = _list(packed)
    counted = _real(seconds), _real(requests), _real(failures)
    return Stretch(*counted, _times(latency, buckets), None if service is None else _times(service, buckets))


def _times(packed: Any, buckets: list[Bucket]) -> Times:
    total, *counts = _list(packed)
    found, at = [], 0
    for count in counts:
        if isinstance(count, int) and count < 0:
            at -= count
            continue
        found.append((*buckets[at], _real(count)))
        at += 1
    return Times(tuple(found), _real(total))


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"it has {value!r:.40} where a text belongs")  # noqa: TRY004
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"it has {value!r:.40} where a list belongs")  # noqa: TRY004
    return value


def _real(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ValueError(f"it has {value!r:.40} where a number from 0 up belongs")
    return value


def _refused(constant: str) -> float:
    raise ValueError(f"{constant} is not a number")


def _rounded(seconds: float) -> float:
    return _whole(round(seconds, _DECIMALS))


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, float):
        return value
    return _whole(float(f"{value:.{_DIGITS}g}"))


def _whole(value: float) -> float:
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace").decode()
