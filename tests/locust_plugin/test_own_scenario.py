"""A scenario of the command line, told to the plug-in as text; and the users of a pool, spread over workers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from swarmscope.locust_plugin.driven import own_catalogue, own_scenario
from swarmscope.scenarios.model import OpenModel

_POOL = """
import json
import locust
from swarmscope.locust_plugin.pool import PoolDispatcher
from locust.runners import WorkerNode

class A(locust.User): pass
class B(locust.User): pass
class C(locust.User): pass

pool, fixed = {"A": 6, "C": 2}, {"B": 2}
dispatcher = PoolDispatcher(pool, fixed, [WorkerNode("w0"), WorkerNode("w1")], [A, B, C])
dispatcher.new_dispatch(10, 100.0)
print(json.dumps(list(dispatcher)[-1]))
"""


def test_a_rate_of_the_command_line_is_a_scenario_and_without_one_there_is_none() -> None:
    (scenario,) = own_catalogue(own_scenario("x", 300, 60.0, 200.0))
    assert (scenario.name, scenario.users, scenario.run_time_seconds) == ("x", 300, 60.0)
    assert scenario.arrivals == OpenModel(200.0)
    assert not own_catalogue(own_scenario("x", 300, 60.0, None))


@pytest.mark.real
def test_each_worker_has_as_many_users_of_each_class() -> None:
    done = subprocess.run([sys.executable, "-c", _POOL], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == {worker: {"A": 3, "B": 1, "C": 1} for worker in ("w0", "w1")}
