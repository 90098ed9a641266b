"""What a first swarmscope.toml and a first locustfile say."""

from __future__ import annotations

import json

#: The host of a project that names none yet.
PLACEHOLDER_HOST = "http://127.0.0.1:8080"
FIRST_SCENARIO = "smoke"

LOCUSTFILE = '''"""What virtual users do: https://docs.locust.io/en/stable/writing-a-locustfile.html"""

from locust import FastHttpUser, between, task


class Visitor(FastHttpUser):
    wait_time = between(0.5, 1.5)

    @task
    def index(self):
        self.client.get("/")
'''

_HEAD = "# What is tested, and how: `swarmscope run smoke` runs a scenario and judges it.\n"
_TARGET = """
[target]
# {remark}
host = {host}
"""
_LOAD = """
[scenarios.smoke]
users = 10
run_time = "2m"
"""
_LOAD_OF_SHAPE = """
[scenarios.smoke]
# The load shape in {locustfile} says how many users there are, and for how long.
"""
_THRESHOLDS = """# The run fails when one of these is missed. Objectives without a line here have default thresholds.
thresholds = { latency_p95 = "500ms", error_ratio = "1%" }
"""
_SPIKE = """
# A rush: a tenth of the users, all of them, and a tenth again. Take away the # and `swarmscope run spike`.
# [scenarios.spike]
# extends = "smoke"
# users = 100
# run_time = "3m"
# stages = [
#     { phase = "steady", share = 0.3, users = "10%" },
#     { phase = "spike", share = 0.3 },
#     { phase = "recovery", share = 0.4, users = "10%" },
# ]
"""


def project_file(host: str | None, locustfile: str, *, has_shape: bool, server: str | None = None) -> str:
    """Return a first swarmscope.toml; ``server`` is an address that the API's own document names."""
    remark = "The API under test; --host overrides it."
    if host is None:
        remark = "A placeholder: write the address of your API here; --host overrides it."
        if server is not None:
            remark += f" Its document names {_in_comment(server)}."
    named = "" if locustfile == "locustfile.py" else f"\nlocustfile = {_text(locustfile)}\n"
    load = _LOAD_OF_SHAPE.format(locustfile=locustfile) if has_shape else _LOAD
    target = _TARGET.format(host=_text(host or PLACEHOLDER_HOST), remark=remark)
    return _HEAD + named + target + load + _THRESHOLDS + ("" if has_shape else _SPIKE)


def _in_comment(value: str) -> str:
    return "".join(each for each in value if each.isprintable())


def _text(value: str) -> str:
    """Return a text as TOML has it; JSON escapes what TOML does not allow in the same way, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
