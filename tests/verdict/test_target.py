"""What the API counted in one run: nothing from before it, nothing from after it, whatever other runs left behind."""

from __future__ import annotations

from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.target import TargetSeries

START, LOAD_START, END_SEEN, INTERVAL = 1000.0, 1004.0, 1034.0, 2.0
API, OTHER = "127.0.0.1:8000", "127.0.0.1:18701"


def series(instance: str, *samples: tuple[float, float]) -> Series:
    return Series({"instance": instance}, tuple(Sample(at, value) for at, value in samples))


def scrapes(instance: str = API, first: float = 990.0, last: float = 1050.0, value: float = 1.0) -> Series:
    return series(instance, *((at, value) for at in (first + 2 * n for n in range(int((last - first) / 2) + 1))))


def counted(*counters: Series, up: tuple[Series, ...] = (scrapes(),), end_seen: float | None = END_SEEN) -> int | None:
    return TargetSeries(counters, up).counted(START, LOAD_START, end_seen, INTERVAL)


def test_what_was_counted_before_the_load_is_not_part_of_the_run() -> None:
    assert counted(series(API, (1001, 1), (1003, 1), (1005, 4), (1033, 219), (1037, 219))) == 218


def test_the_last_reading_of_another_runs_api_is_not_a_reading_of_this_ones() -> None:
    # The API of the run before had counted 233; this one's counter was read first under load.
    assert counted(series(API, (960, 233), (990, 233), (1005, 3), (1037, 218))) == 218


def test_a_counter_that_is_born_under_load_began_at_0() -> None:
    assert counted(series(API, (1007, 5), (1037, 210))) == 210


def test_an_api_that_only_another_run_had_is_not_read() -> None:
    old = series(API, (960, 100), (970, 279))
    assert counted(old, up=(scrapes(API, 900, 970), scrapes(OTHER))) is None
    assert counted(old, series(OTHER, (1003, 7), (1037, 286)), up=(scrapes(OTHER),)) == 279


def test_what_the_api_is_asked_after_the_run_does_not_count() -> None:
    later = ((1037, 219), (1039, 219), (1041, 250), (1100, 1936))
    assert counted(series(API, (1003, 1), (1033, 200), *later)) == 218


def test_an_api_that_went_just_before_the_run_is_not_read() -> None:
    # Prometheus looks back some seconds: a rule has copied its counter after the start of this run's Prometheus.
    old = series(OTHER, (990, 223), (996, 223), (1000, 223))
    assert counted(old, up=(scrapes(OTHER, 980, 996),)) is None


def test_an_api_that_only_a_later_run_had_is_not_read() -> None:
    later = series(OTHER, (1050, 2), (1060, 90))
    assert counted(series(API, (1003, 1), (1037, 219)), later, up=(scrapes(), scrapes(OTHER, 1048, 1060))) == 218


def test_a_restart_of_the_api_in_mid_run_begins_at_0_again() -> None:
    assert counted(series(API, (1003, 10), (1015, 60), (1017, 5), (1037, 45))) == 95


def test_a_reading_taken_before_the_scrape_after_the_end_does_not_hold_all() -> None:
    # Scraped at 1034.0, which took 1.5 s: what was recorded at 1035 is still of the scrape before.
    up, durations = scrapes(), series(API, (1034, 1.5))
    found = TargetSeries((series(API, (1003, 0), (1035, 90), (1037, 100)),), (up,), (durations,))
    assert found.counted(START, LOAD_START, END_SEEN, INTERVAL) == 100


def test_without_an_end_or_a_scrape_after_it_all_that_there_is_counts() -> None:
    gone = series(API, (1003, 1), (1020, 101))
    assert counted(gone, up=(scrapes(API, 990, 1020),)) == 100
    assert counted(gone, end_seen=None) == 100


def test_instances_are_added_up() -> None:
    assert (
        counted(
            series(API, (1003, 1), (1037, 101)), series(OTHER, (1003, 50), (1037, 90)), up=(scrapes(), scrapes(OTHER))
        )
        == 140
    )


def unread(*counters: Series, up: tuple[Series, ...]) -> str:
    return TargetSeries(counters, up).unread_since([API], END_SEEN, INTERVAL)


def test_an_instance_is_read_once_its_counter_was_recorded_after_a_good_scrape() -> None:
    good = (scrapes(API, 1034.5, 1034.5),)
    assert unread(series(API, (1033, 1)), up=(scrapes(API, 1000, 1033),)) == f"a good scrape of the API at {API}"
    assert (
        unread(series(API, (1033, 1)), up=(scrapes(API, 1036, 1036, value=0),)) == f"a good scrape of the API at {API}"
    )
    assert unread(series(API, (1034.6, 1)), up=good) == f"the request counter of the API at {API}"
    assert unread(series(API, (1035, 1)), up=good) == ""


def test_an_api_without_a_counter_yet_is_read_once_two_scrapes_show_none() -> None:
    assert unread(up=(scrapes(API, 1036, 1036),)) == f"the request counter of the API at {API}"
    assert unread(up=(scrapes(API, 1036, 1038),)) == ""


def test_a_sum_without_an_instance_is_read_when_every_instance_was_scraped() -> None:
    total = Series({}, tuple(Sample(at, value) for at, value in ((1003, 10), (1035, 200), (1039, 240), (1041, 240))))
    late = series(OTHER, *((at, 1.0) for at in (1000.0, 1033.0, 1038.5)))
    assert counted(total, up=(scrapes(),)) == 190
    assert counted(total, up=(scrapes(), late)) == 230
    assert TargetSeries((total,), (scrapes(last=1034.0), late)).unread_since((API, OTHER), 1034.0, INTERVAL) == ""
    unread = TargetSeries((total,), (scrapes(), series(OTHER, (1042.0, 1.0)))).unread_since((API,), 1034.0, INTERVAL)
    assert unread == f"the request counter of the API at {API}"


def test_a_sum_is_read_without_any_scrape_of_an_api_that_is_known() -> None:
    total = Series({}, (Sample(1003, 10), Sample(1033, 200), Sample(1037, 218), Sample(1060, 900)))
    assert counted(total, up=()) == 208
