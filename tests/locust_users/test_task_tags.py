"""Tasks that a scenario's tags leave out come back with the next one; tags of the command line have the last word."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.places import ROOT

#: Importing Locust would patch this process. Runs one after another, each of a scenario with other tags.
PROGRAM = """
import json
from argparse import Namespace
from locust import TaskSet, User, tag, task
from locust.env import Environment
from swarmscope.locust_plugin.task_tags import TaskChoice, tags_of_tasks
from swarmscope.scenarios.model import Scenario

class Steps(TaskSet):
    @tag("write")
    @task
    def save(self): ...

    @tag("read", "slow")
    @task(3)
    def search(self): ...

class Visitor(User):
    tasks = [Steps]

    @tag("read")
    @task
    def look(self): ...

    @task
    def think(self): ...

def names():
    return sorted(each.__name__ for each in (*Visitor.tasks, *Steps.tasks) if each is not Steps)

def runs(**given):
    environment = Environment(user_classes=[Visitor], parsed_options=Namespace(**given))
    environment._filter_tasks_by_tags()
    choice = TaskChoice(environment)
    for of_scenario in ({"tags": ("read",)}, {}, {"exclude_tags": ("slow",)}, {"tags": ("write",)}):
        choice.follow(Scenario("any", "", **of_scenario))
        yield names()
    choice.follow(Scenario("any", ""))

known = sorted(sorted(tags) for tags in tags_of_tasks(Visitor.tasks))
print(json.dumps([known, list(runs(tags=None, exclude_tags=None)), list(runs(tags=["read"], exclude_tags=None))]))
"""


@pytest.mark.real
def test_each_run_has_the_tasks_of_its_scenario() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    known, of_scenarios, beside_the_command_line = json.loads(done.stdout)
    assert known == [[], ["read"], ["read", "slow"], ["write"]]
    search = ["search"] * 3
    assert of_scenarios == [["look", *search], ["look", "save", *search, "think"], ["look", "save", "think"], ["save"]]
    assert beside_the_command_line == [["look", *search], ["look", *search], ["look"], ["look", *search]]
