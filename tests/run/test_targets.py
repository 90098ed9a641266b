"""How what is under test is asked before the load, and which settings are said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import certifi
import pytest

from swarmscope.errors import CommandError
from swarmscope.project import authorities
from swarmscope.project.settings import Project
from swarmscope.project.target_settings import Target
from swarmscope.project.tested import RunLabels, TargetSettings
from swarmscope.run import details, targets
from swarmscope.run.options import RunOptions
from swarmscope.run.targets import api_metrics, check_of, counts_at_target, unread_metrics, unverified_certificates

OPTIONS = RunOptions("shop", locustfiles=(Path("shop.py"),))


def use(
    monkeypatch: pytest.MonkeyPatch, tested: TargetSettings, host: str | None = None, target: Target | None = None
) -> None:
    own = Project(Path("/shop"), Path("/shop/locustfile.py"), host=host, target=target, tested=tested)
    for module in (targets, details, authorities):
        monkeypatch.setattr(module, "project", lambda: own)
        monkeypatch.setattr(module, "settings", dict)


@pytest.mark.parametrize(
    ("host", "check"),
    [
        ("http://api.test", "http"),
        ("HTTPS://[::1]:8443/base", "http"),
        ("grpc://api.test:50051", "tcp"),
        ("127.0.0.1:6379", "tcp"),
        ("[::1]:6379", "tcp"),
        ("redis://:secret@cache:6379/0", "tcp"),
        ("amqp://broker.test", "none"),
        ("api.test", "none"),
        ("broker-1:9092,broker-2:9092", "none"),
        ("sqlite:///shop.db", "none"),
    ],
)
def test_a_host_is_asked_in_the_way_that_fits_it(host: str, check: str) -> None:
    assert check_of(host) == check


def test_the_project_says_how_a_host_is_asked() -> None:
    assert [check_of("https://api.test", wanted) for wanted in ("http", "tcp", "none")] == ["http", "tcp", "none"]
    with pytest.raises(CommandError) as error:
        check_of("grpc://user:secret@api.test:1", "http")
    assert str(error.value) == (
        "target.check of swarmscope.toml is 'http', and grpc://user:***@api.test:1 is not an address of HTTP: expected"
        " 'tcp' or 'none'"
    )
    with pytest.raises(CommandError) as error:
        check_of("api.test", "tcp")
    assert str(error.value) == (
        "target.check of swarmscope.toml is 'tcp', and api.test names no port: add it, or say 'none'"
    )


def test_what_the_project_says_of_its_targets_metrics_is_not_said_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, TargetSettings(metrics="127.0.0.1:8080", requests_total="sum(x)"), host="http://shop.test/")
    same, other = replace(OPTIONS, host="http://shop.test"), replace(OPTIONS, host="http://other.test")
    assert (api_metrics(same), counts_at_target(same), unread_metrics(same)) == ("127.0.0.1:8080", True, "")
    assert (api_metrics(other), counts_at_target(other)) == (None, False)
    assert unread_metrics(other) == (
        "target.metrics and target.requests_total of swarmscope.toml are not used: another API than that of [target] is"
        " tested"
    )
    named = replace(other, api_metrics_target="other.test:80")
    assert (api_metrics(named), counts_at_target(named), unread_metrics(named)) == ("other.test:80", True, "")
    assert api_metrics(replace(OPTIONS, class_hosts=("http://shop.test/", "http://other.test"))) is None


def test_metrics_without_a_host_are_those_of_whatever_is_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, TargetSettings(metrics="127.0.0.1:8080"))
    assert api_metrics(replace(OPTIONS, host="http://any.test")) == "127.0.0.1:8080"
    use(monkeypatch, TargetSettings(requests_total="sum(x)"), target=Target(("serve",)))
    assert not counts_at_target(replace(OPTIONS, host="http://any.test"))  # it is said of what the command starts


def test_users_that_verify_nothing_are_told_where_a_host_has_a_certificate() -> None:
    fast = replace(OPTIONS, host="https://api.test", unverified=("Fast", "Lean"), verifies=False)
    assert unverified_certificates(fast) == (
        "certificates were not verified by Fast, Lean: FastHttpUser takes any; --ca-bundle FILE makes it verify"
    )
    assert unverified_certificates(replace(fast, ca_bundle=Path("/ca.pem"), unverified=("Pooled",))) == (
        "certificates were not verified by Pooled: their client_pool takes any"
    )
    assert unverified_certificates(replace(fast, host="http://api.test")) == ""
    assert unverified_certificates(replace(fast, unverified=())) == ""


def test_a_certificate_is_verified_before_the_load_as_the_users_do(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool | str] = []
    monkeypatch.setattr(targets, "require_target", lambda _, **how: asked.append(how["verify"]))
    for variable in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(variable, raising=False)
    http = replace(OPTIONS, host="https://api.test")
    fast = replace(http, unverified=("Fast",), verifies=False)
    for options in (http, fast, replace(fast, verifies=True), replace(http, ca_bundle=Path("/c"))):
        targets.require_targets(options, options.hosts)
    assert asked == [True, False, True, "/c"]
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    targets.require_targets(http, http.hosts)
    assert asked[-1] == certifi.where()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    targets.require_targets(replace(http, host="http://api.test"), ("http://api.test",))  # needs none
    with pytest.raises(CommandError) as error:
        targets.require_targets(http, http.hosts)
    assert str(error.value) == (
        "REQUESTS_CA_BUNDLE=/nowhere/ca.pem cannot be used: it does not exist; fix or unset it, or give --ca-bundle"
    )


def test_the_bundle_that_is_named_nearest_to_the_run_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, TargetSettings(ca_bundle=Path("/shop/ca.pem")))
    assert targets.with_bundle(OPTIONS).ca_bundle == Path("/shop/ca.pem")
    monkeypatch.setattr(authorities, "settings", lambda: {"LOADTEST_CA_BUNDLE": "/of/settings.pem"})
    assert targets.with_bundle(OPTIONS).ca_bundle == Path("/of/settings.pem")
    assert targets.with_bundle(replace(OPTIONS, ca_bundle=Path("/given.pem"))).ca_bundle == Path("/given.pem")


def test_a_run_says_where_it_takes_place_the_command_line_first(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, TargetSettings())
    own = Project(Path("/shop"), Path("/l.py"), run_labels=RunLabels("staging", {"team": "shop", "build": "1"}))
    monkeypatch.setattr(details, "project", lambda: own)
    monkeypatch.setattr(details, "commit_of", lambda folder: f"commit of {folder}")
    found = details.details_of(replace(OPTIONS, host="https://u:pw@shop.test", labels={"build": "2"}))
    assert (found.host, found.environment, found.commit) == ("https://u:***@shop.test", "staging", "commit of /shop")
    assert found.labels == {"team": "shop", "build": "2"}
    monkeypatch.setattr(details, "settings", lambda: {"LOADTEST_ENVIRONMENT": "canary"})
    assert details.details_of(OPTIONS).environment == "canary"
    assert details.details_of(replace(OPTIONS, environment="production")).environment == "production"


def test_a_label_is_a_name_and_a_value() -> None:
    assert details.labels_of(("build=123", "query=a=b")) == {"build": "123", "query": "a=b"}
    for text, said in (
        ("build", "Invalid --label 'build': expected NAME=VALUE, such as build=123"),
        ("build=", "Invalid --label: the value '' of label 'build' is not valid: it is empty"),
    ):
        with pytest.raises(CommandError) as error:
            details.labels_of((text,))
        assert str(error.value) == said
