"""The file of a run's series: what comes back is what was written, or an error."""

from __future__ import annotations

import io

import pytest

from swarmscope.prometheus.series import StoredSeries
from swarmscope.prometheus.series_file import Extent, SeriesFileError, SeriesReader, SeriesWriter

TIMES = (1_764_500_000_123, 1_764_500_002_123, 1_764_500_004_125)
ODD = {"__name__": "odd", "text": 'a "quoted"\nline \\ ü \u2028', "le": "+Inf"}
SERIES = (
    StoredSeries({"__name__": "up", "job": "api"}, TIMES, ("1", "1", "1")),
    StoredSeries({"__name__": "counter_total"}, TIMES, ("7", "7", "12345678901234567890")),
    StoredSeries(ODD, TIMES, ("0.1", "NaN", "-Inf")),
    StoredSeries({"__name__": "signs"}, TIMES, ("0", "-0", "-3")),
    StoredSeries({"__name__": "great"}, TIMES[:2], ("1e+21", "2")),
    StoredSeries({"__name__": "up", "job": "api"}, (TIMES[2] + 2000,), ("0",)),
)


def written(*series: StoredSeries) -> str:
    file = io.StringIO()
    writer = SeriesWriter(file)
    for each in series:
        writer.add(each)
    writer.end()
    return file.getvalue()


def test_every_label_time_and_digit_comes_back() -> None:
    reader = SeriesReader(io.StringIO(written(*SERIES)))
    assert tuple(reader) == SERIES
    assert reader.extent == Extent(series=5, samples=15)


def test_series_that_are_not_wanted_are_passed_over_and_counted() -> None:
    reader = SeriesReader(io.StringIO(written(*SERIES)), lambda labels: labels["__name__"] == "up")
    assert tuple(reader) == (SERIES[0], SERIES[-1])
    assert reader.extent == Extent(series=5, samples=15)


def test_series_that_were_scraped_together_share_their_times() -> None:
    lines = written(*SERIES).splitlines()
    assert sum(line.startswith('["times"') for line in lines) == 3
    assert lines[1:4] == [
        '["series",{"__name__":"up","job":"api"}]',
        f'["times",{TIMES[0]},2000,2002]',
        '[0,0,"=","1"]',
    ]
    assert '[1,0,"+","7",0,12345678901234567883]' in lines


def test_a_file_that_is_cut_off_anywhere_is_an_error() -> None:
    text = written(*SERIES)
    for length in range(0, len(text) - 1, 7):
        with pytest.raises(SeriesFileError):
            list(SeriesReader(io.StringIO(text[:length])))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('["end",5,15]', '["end",5,14]', r"it holds 5 series and 15 samples, and says \[5, 14\]"),
        ('[0,0,"=","1"]\n', "", "it holds 5 series and 12 samples"),
        ('[0,0,"=","1"]', '[9,0,"=","1"]', "its samples cannot be read"),
        ('[0,0,"=","1"]', '[0,0,"v","1"]', "1 values for 3 times"),
        ('[0,0,"=","1"]', '[0,0,"?","1","1","1"]', "cannot be read"),
        ('[0,0,"=","1"]', '{"a": 1}', "a line in it cannot be read"),
        ('[0,0,"=","1"]', "garbage", "not JSON"),
        ('["series file",1]', '["swarmscope series",2]', "not a file of series, or of a later version"),
    ],
)
def test_what_was_not_written_so_is_an_error_in_words(old: str, new: str, told: str) -> None:
    text = written(*SERIES)
    assert old in text
    with pytest.raises(SeriesFileError, match=told):
        list(SeriesReader(io.StringIO(text.replace(old, new, 1))))
