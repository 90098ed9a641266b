"""Pauses of any user are scaled by the shared factor."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.places import ROOT

#: Importing Locust would patch this process. The pauses of one user of each kind, at half of the think time.
PROGRAM = """
import json, sys
import gevent
from locust import TaskSet, User, constant
sys.path.insert(0, "locust")
from users.api_user import ApiUser
from swarmscope.locust_plugin.think_time import scale_think_times

paused = []
gevent.sleep = paused.append

class Steps(TaskSet):
    wait_time = constant(3)

class Plain(User):
    wait_time = constant(2)

class OfTheReference(ApiUser):
    abstract = True
    __init__ = User.__init__
    wait_time = constant(2)

for scale in (1.0, 0.5, 1.0):
    scale_think_times(scale)
    for task_set, user_class in ((TaskSet, Plain), (Steps, Plain), (TaskSet, OfTheReference)):
        class Environment:
            events = None
        task_set(user_class.__new__(user_class))._sleep((task_set if task_set is Steps else user_class).wait_time(None))
print(json.dumps(paused))
"""


@pytest.mark.real
def test_any_user_pauses_shorter_whatever_its_class() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [2, 3, 2, 1, 1.5, 1, 2, 3, 2]
