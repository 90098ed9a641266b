"""What is in a locustfile is found out in a process of its own, before anything is started."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from swarmscope.errors import CommandError
from swarmscope.project.settings import project
from swarmscope.run.inspect_locustfile import Locustfile, describe, require_runnable
from swarmscope.run.options import RunOptions
from tests.places import ROOT

pytestmark = pytest.mark.real  # each loads Locust in a process of its own

INSTALL = (
    f"install it beside Swarmscope (`{sys.executable} -m pip install faker_of_ours`),"
    " or run from the folder that has it"
)
EXAMPLE = ROOT / "examples" / "own_api" / "locustfile.py"
USERS = """
from locust import FastHttpUser, LoadTestShape, TaskSet, tag, task
from swarmscope import observe
print("hello from the locustfile")
observe()
class Inner(TaskSet):
    @tag("inner")
    @task
    def look(self): ...
class Buyer(FastHttpUser):
    tasks = [Inner]
    @tag("buy", "write")
    @task
    def buy(self): ...
class Abstract(FastHttpUser):
    abstract = True
class Shape(LoadTestShape):
    def tick(self): ...
"""


def locustfile(folder: Path, text: str) -> Path:
    path = folder / "mine.py"
    path.write_text(text)
    return path


def complaint(path: Path, **asked: Any) -> str:
    options = RunOptions("shop", locustfiles=(path,), users=5, run_time_seconds=10)
    with pytest.raises(CommandError) as error:
        require_runnable(replace(options, **asked), lambda _: None)
    return str(error.value)


def test_users_tags_and_shape_are_found_also_in_nested_tasks(tmp_path: Path) -> None:
    assert describe(RunOptions("shop", locustfiles=(locustfile(tmp_path, USERS),))) == Locustfile(
        user_classes=("Buyer",),
        tags=("buy", "inner", "write"),
        shape="Shape",
        hosts={},
        http_users=("Buyer",),
        without_proxies=("Buyer",),
        unverified=("Buyer",),
    )


def test_unknown_classes_and_tags_are_answered_with_the_known_ones() -> None:
    ours = RunOptions("smoke", locustfiles=(project().locustfile,))
    with pytest.raises(CommandError) as error:
        require_runnable(replace(ours, user_classes=("Nobody", "AdminUser")), print)
    assert str(error.value).startswith("unknown user class 'Nobody': expected one of AdminUser, AdminWorkflowUser, ")
    with pytest.raises(CommandError) as error:
        require_runnable(replace(ours, tags=("chat",), exclude_tags=("chatt",)), print)
    assert str(error.value).startswith("unknown tag 'chatt': expected one of admin, analytics, auth, cache, chat, ")


def test_without_a_load_shape_users_and_run_time_have_to_be_given() -> None:
    assert complaint(EXAMPLE, host="http://h", users=None, run_time_seconds=None) == (
        "locustfile.py has no load shape: give --users and --run-time"
    )
    assert (
        complaint(EXAMPLE, host="http://h", run_time_seconds=None) == "locustfile.py has no load shape: give --run-time"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "import locust\nimport faker_of_ours\n",
            f"line 2: ModuleNotFoundError: No module named 'faker_of_ours'; {INSTALL}",
        ),
        ("import locust\n\ndef broken(:\n", "line 3: SyntaxError: invalid syntax"),
        ("raise SystemExit(3)\n", "line 1: SystemExit: 3"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_one_line_that_names_the_line(tmp_path: Path, text: str, said: str) -> None:
    path = locustfile(tmp_path, text)
    assert complaint(path) == f"{path} cannot be loaded: {said}"


def test_a_metric_with_the_name_of_ours_is_refused_with_the_name(tmp_path: Path) -> None:
    path = locustfile(
        tmp_path, f'{USERS}\nfrom prometheus_client import Gauge\nGauge("loadtest_requests_total", "Mine.")\n'
    )
    assert complaint(path) == (
        f"{path} has a metric of its own named loadtest_requests_total: names that begin with loadtest_, prometheus_ or"
        " scrape_, up and ALERTS are reserved; give it another name"
    )


def test_a_file_without_users_is_refused(tmp_path: Path) -> None:
    path = locustfile(tmp_path, "import locust\n")
    assert complaint(path) == f"{path} has no user class: write one, such as a subclass of HttpUser with a task"


HOSTS = """
from locust import FastHttpUser, HttpUser, User
from swarmscope import observe
observe()
class Fast(FastHttpUser):
    host = "http://127.0.0.1:1/api/"
class Slow(HttpUser):
    host = "https://other.test"
class Twin(HttpUser):
    host = "https://other.test"
class Caller(User):
    host = "localhost:50051"
class Homeless(User): ...
"""


def runnable(path: Path, **asked: Any) -> RunOptions:
    return require_runnable(
        replace(RunOptions("shop", locustfiles=(path,), users=5, run_time_seconds=10), **asked), print
    )


def test_without_a_host_those_of_the_chosen_user_classes_are_tested(tmp_path: Path) -> None:
    path = locustfile(tmp_path, HOSTS)
    every = runnable(path)
    assert (every.host, set(every.hosts)) == (
        None,
        {"http://127.0.0.1:1/api/", "https://other.test", "localhost:50051"},
    )
    assert set(every.http_hosts) == {"http://127.0.0.1:1/api/", "https://other.test"}
    assert runnable(path, user_classes=("Twin", "Slow", "Homeless")).hosts == ("https://other.test",)
    assert (runnable(path, user_classes=("Caller",)).hosts, runnable(path, user_classes=("Caller",)).http_hosts) == (
        ("localhost:50051",),
        (),
    )


def test_a_host_that_is_given_is_tested_instead_of_those_of_the_classes(tmp_path: Path) -> None:
    given = runnable(locustfile(tmp_path, HOSTS), host="http://given.test")
    assert (given.hosts, given.class_hosts) == (("http://given.test",), ())


def test_the_users_of_this_repository_need_no_host() -> None:
    assert require_runnable(RunOptions("smoke", locustfiles=(project().locustfile,)), print).hosts == ()


def test_a_locustfile_of_ones_own_without_any_host_is_told_where_to_give_one(tmp_path: Path) -> None:
    nowhere = "mine.py names no host: give the URL of your API with --host, or as `host` of its user classes"
    assert complaint(locustfile(tmp_path, HOSTS + "class Guest(HttpUser): ...\n"), user_classes=("Guest",)) == nowhere
    assert complaint(EXAMPLE) == nowhere.replace("mine.py", "locustfile.py")


def test_an_http_user_without_a_host_or_with_half_of_one_is_named(tmp_path: Path) -> None:
    text = HOSTS + "class Guest(HttpUser): ...\n"
    path = locustfile(tmp_path, text)
    assert complaint(path) == ("mine.py names no host for Guest: give one with --host, or as `host` of the class")
    half = locustfile(tmp_path, text.replace("https://other.test", "other.test:8080"))
    assert complaint(half, user_classes=("Twin",)) == (
        "Invalid host of Twin 'other.test:8080': expected an address such as http://127.0.0.1:8000"
    )


def test_user_classes_that_take_no_proxy_from_the_environment_are_known(tmp_path: Path) -> None:
    text = HOSTS + "class Proxied(FastHttpUser):\n    proxy_host = 'proxy.test'\n"
    path = locustfile(tmp_path, text)
    assert runnable(path, host="http://given.test").without_proxies == ("Fast",)
    assert runnable(path, user_classes=("Slow",)).without_proxies == ()


def test_a_host_has_to_be_a_url_only_where_users_speak_http(tmp_path: Path) -> None:
    path = locustfile(tmp_path, HOSTS)
    assert runnable(path, host="broker-1:9092,broker-2:9092", user_classes=("Caller", "Homeless")).class_hosts == ()
    assert complaint(path, host="localhost:8000") == (
        "Invalid --host 'localhost:8000': expected an address such as http://127.0.0.1:8000"
    )


def test_loadtest_host_is_tested_where_no_host_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = locustfile(tmp_path, HOSTS)
    monkeypatch.setenv("LOADTEST_HOST", "https://of-the-settings.test/base")
    assert runnable(path).hosts == ("https://of-the-settings.test/base",)
    assert runnable(path, host="http://given.test").hosts == ("http://given.test",)
    monkeypatch.setenv("LOADTEST_HOST", "tester:secret@api.test")
    assert complaint(path) == (
        "Invalid LOADTEST_HOST 'tester:***@api.test': expected an address such as http://127.0.0.1:8000"
    )


PINNED = """
import ssl
from geventhttpclient.client import HTTPClientPool
class Checked(FastHttpUser):
    insecure = False
class Own(FastHttpUser):
    ssl_context_factory = staticmethod(ssl.create_default_context)
class Pooled(FastHttpUser):
    client_pool = HTTPClientPool(insecure=True)
class CheckedPool(FastHttpUser):
    client_pool = HTTPClientPool()
"""


def test_users_that_take_any_certificate_are_known(tmp_path: Path) -> None:
    path = locustfile(tmp_path, HOSTS + PINNED)
    found = describe(RunOptions("shop", locustfiles=(path,)))
    assert (found.unverified, found.unverified_with_bundle) == (("Fast", "Pooled"), ("Pooled",))
    every = runnable(path, host="https://given.test")
    assert (every.unverified, every.verifies) == (("Fast", "Pooled"), True)
    fast = runnable(path, host="https://given.test", user_classes=("Fast",))
    assert (fast.unverified, fast.verifies) == (("Fast",), False)
