"""How the two sides of an A/B run are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.errors import CommandError
from swarmscope.processes.ports import PortPicker
from swarmscope.project.settings import Project
from swarmscope.project.target_settings import Target as ProjectTarget
from swarmscope.run.ab import targets
from swarmscope.run.ab.options import Target
from swarmscope.run.ab.targets import picked, require_two, target_of, with_metrics
from tests.runs.counting_target import CountingTarget


@pytest.fixture(autouse=True)
def without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, None)


def use(monkeypatch: pytest.MonkeyPatch, target: ProjectTarget | None, **settings: str) -> None:
    own = Project(Path("/shop"), Path("/shop/locustfile.py"), target=target)
    monkeypatch.setattr(targets, "project", lambda: own)
    monkeypatch.setattr(targets, "settings", lambda: settings)


@pytest.mark.parametrize(
    ("host", "command", "said"),
    [
        (None, None, "Say what B is by either --host-b URL or --b COMMAND: neither is given"),
        ("http://b.test", "serve {port}", "Say what B is by either --host-b URL or --b COMMAND: both are given"),
        ("b.test", None, "Invalid --host-b 'b.test': expected an address such as http://127.0.0.1:8000"),
        (None, "serve 'it", 'Invalid --b COMMAND "serve \'it": No closing quotation'),
        (None, " ", "Invalid --b COMMAND ' ': expected a command that serves the API on {port}"),
        (
            None,
            "serve",
            (
                "The command of B does not say where it listens: put {port} where its port goes, such as"
                " --b 'python -m http.server {port}'"
            ),
        ),
    ],
    ids=["none", "both", "no-url", "quotes", "blank", "no-port"],
)
def test_a_side_that_is_not_one_target_is_refused(host: str | None, command: str | None, said: str) -> None:
    with pytest.raises(CommandError) as caught:
        target_of("B", host, command)
    assert str(caught.value) == said


def test_the_same_url_twice_would_always_be_the_same() -> None:
    with pytest.raises(CommandError) as caught:
        require_two(target_of("A", "http://a.test", None), target_of("B", "http://a.test/", None))
    assert str(caught.value) == ("--host-a and --host-b are both http://a.test: nothing would be compared; name two")
    require_two(target_of("A", None, "serve {port}"), target_of("B", None, "serve {port}"))


def test_a_command_gets_a_port_of_its_own() -> None:
    picker = PortPicker(print)
    a = picked(target_of("A", None, "serve {port}"), picker)
    b = picked(target_of("B", None, "serve {port}"), picker)
    assert a.host.startswith("http://127.0.0.1:")
    assert a.host != b.host
    assert picked(target_of("B", "http://b.test", None), picker).host == "http://b.test"


def test_the_target_of_a_project_is_told_its_port_as_the_project_does(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, ProjectTarget(("serve",), environment={"PORT": "{port}"}))
    assert target_of("A", None, "serve --new").command == "serve --new"


def test_metrics_of_what_was_started_are_read_where_it_has_some() -> None:
    with CountingTarget() as target:
        side = Target("A", host=target.url, command="serve {port}")
        assert with_metrics(side).metrics == target.address
    assert with_metrics(side).metrics == ""
    assert with_metrics(Target("A", host="http://a.test")).metrics == ""


def test_an_address_of_one_websocket_would_lead_both_sides_there(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, None, LOADTEST_WS_URL="ws://a.test")
    with pytest.raises(CommandError, match="LOADTEST_WS_URL is set"):
        target_of("A", "http://a.test", None)


def test_where_metrics_are_has_to_be_an_address() -> None:
    with pytest.raises(CommandError, match=r"Invalid --metrics-a 'http://a\.test': expected host:port"):
        target_of("A", "http://a.test", None, "http://a.test")
