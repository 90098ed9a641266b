"""Where in a TOML file a key stands."""

from __future__ import annotations

from swarmscope.project.toml_lines import key_lines

TEXT = """\
# a comment: not = a key
rules = "mine"   # [not.a.table]

[scenarios.smoke]
thresholds = { latency_p95 = "300ms", "latency_p99.9" = { warning = "1s" } }
endpoints."GET /a" = { error_ratio = "5%" }
purpose = '''
[scenarios.no]
users = 3
'''
stages = [
  { share = 0.5 },  # ]
  { share = 0.5 },
]
users = 10

[ scenarios . "odd name" ]
users = 1
"""


def test_each_key_is_on_the_line_where_it_is_written() -> None:
    lines = key_lines(TEXT)
    smoke = ("scenarios", "smoke")
    assert lines["rules",] == 2
    assert lines[smoke] == 4
    assert lines[*smoke, "thresholds", "latency_p95"] == 5
    assert lines[*smoke, "thresholds", "latency_p99.9", "warning"] == 5
    assert lines[*smoke, "endpoints", "GET /a", "error_ratio"] == 6
    assert lines[*smoke, "stages"] == 11
    assert lines[*smoke, "users"] == 15
    assert lines["scenarios", "odd name", "users"] == 18
    assert ("scenarios", "no") not in lines
