"""The bucket grid."""

from swarmscope_exporter.buckets import BUCKET_COUNT, EDGES_MS, EDGES_SECONDS


def test_every_round_number_a_threshold_may_use_is_an_edge() -> None:
    # fmt: off
    wanted_ms = [1, 2, 5, 10, 20, 50, 100, 120, 140, 160, 180, 200, 225, 250, 275, 300, 350, 400, 450, 500, 600, 700,
                 750, 800, 900, 1000, 1500 - 100, 2000, 2500, 3000, 5000, 10_000, 30_000, 60_000]
    # fmt: on
    assert [edge for edge in wanted_ms if edge not in EDGES_MS] == []


def test_edges_rise_from_1_ms_to_60_s_and_have_the_same_text_in_both_units() -> None:
    assert list(EDGES_MS) == sorted(set(EDGES_MS))
    assert (EDGES_MS[0], EDGES_MS[-1]) == (1.0, 60_000.0)
    assert BUCKET_COUNT == len(EDGES_SECONDS) + 1 == 92
    assert all(len(repr(edge)) <= 8 for edge in EDGES_SECONDS)  # 0.7, never 0.7000000000000001
