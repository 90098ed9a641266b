"""What a person typed is checked before anything is started, and said in one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from swarmscope.errors import CommandError
from swarmscope.project.settings import project, read_project
from swarmscope.project.syntax import names_of
from swarmscope.run.options import RunOptions, default_workers
from swarmscope.run.parameters import checked

MASTER = {"locust_url": "http://127.0.0.1:8089", "prometheus_url": "http://127.0.0.1:9090", "host": "http://a"}


def complaint(**changed: Any) -> str:
    with pytest.raises(CommandError) as error:
        checked(replace(RunOptions("smoke"), **changed))
    return str(error.value)


def test_an_alias_becomes_the_scenarios_own_name() -> None:
    assert checked(RunOptions("load")).scenario == "baseline"


def test_an_unknown_scenario_is_answered_with_all_of_them() -> None:
    names = [*project().catalogue.by_name, "load"]
    assert complaint(scenario="smoky") == f"unknown scenario 'smoky': expected one of {', '.join(names)}"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"users": -5}, "Invalid --users -5: expected a number over 0"),
        ({"users": 0}, "Invalid --users 0: expected a number over 0"),
        ({"spawn_rate": -0.5}, "Invalid --spawn-rate -0.5: expected a number over 0"),
        ({"think_time_scale": float("nan")}, "Invalid --think-time-scale nan: expected a number over 0"),
        ({"workers": -1}, "Invalid --workers -1: expected 0 or more"),
        (
            {"host": "http://user:secret@:80"},
            "Invalid --host 'http://user:***@:80': expected an address such as http://127.0.0.1:8000",
        ),
        ({"host": " "}, "Invalid --host ' ': expected an address such as http://127.0.0.1:8000"),
        (
            {"api_metrics_target": "http://127.0.0.1:8000/metrics"},
            (
                "Invalid --api-metrics 'http://127.0.0.1:8000/metrics': expected host:port, such as 127.0.0.1:8080,"
                " whose /metrics is scraped over http"
            ),
        ),
        (
            {"ca_bundle": Path("/nowhere/ca.pem")},
            (
                "--ca-bundle /nowhere/ca.pem cannot be used: it does not exist; expected a PEM file with the"
                " certificate of an authority"
            ),
        ),
        (
            {"ca_bundle": Path(__file__)},
            (
                f"--ca-bundle {__file__} cannot be used: it holds no certificate in PEM form; expected a PEM file with"
                " the certificate of an authority"
            ),
        ),
        (
            {"environment": "x" * 201},
            f"Invalid --environment '{'x' * 200}': it has 201 characters, expected at most 200",
        ),
        ({"host": "http://:80"}, "Invalid --host 'http://:80': expected an address such as http://127.0.0.1:8000"),
        ({"host": "http://a:b"}, "Invalid --host 'http://a:b': expected an address such as http://127.0.0.1:8000"),
        (
            {"prometheus_url": "ftp://a"},
            "Invalid --prometheus-url 'ftp://a': expected an address such as http://127.0.0.1:8000",
        ),
        (
            {"host": "http://localhost:3000/#/"},
            (
                "Invalid --host 'http://localhost:3000/#/': expected an address without a query (?), a fragment (#) or"
                " blanks"
            ),
        ),
        (
            {"host": "http://a?x=1"},
            "Invalid --host 'http://a?x=1': expected an address without a query (?), a fragment (#) or blanks",
        ),
        (
            {"host": " http://a"},
            "Invalid --host ' http://a': expected an address without a query (?), a fragment (#) or blanks",
        ),
        (
            {"users": 9},
            (
                "Invalid --users 9 for smoke: expected 10 or more, which is one of each kind; its thresholds want"
                " figures of all of them"
            ),
        ),
        (
            {"otel_endpoint": "jaeger:4318"},
            "Invalid --otel 'jaeger:4318': expected an address such as http://127.0.0.1:8000",
        ),
        (
            {"locust_url": MASTER["locust_url"]},
            "--locust-url needs --prometheus-url: the Prometheus that scrapes that master's exporter",
        ),
        (MASTER | {"host": None}, "--locust-url needs --host: the API under test, as its workers reach it"),
        (
            MASTER | {"tags": ("chat",), "user_classes": ("AdminUser",)},
            (
                "--user-classes and --tags cannot be changed on a Locust master that runs: start it with them, or"
                " leave out --locust-url and --docker"
            ),
        ),
        (
            MASTER | {"exporter_port": 9700, "exporter_host": "0.0.0.0"},
            (
                "--exporter-port and --exporter-host cannot be changed on a Locust master that runs: start it with"
                " them, or leave out --locust-url and --docker"
            ),
        ),
        (
            {"spawn_rate": 0.05},
            (
                "spawn rate 0.05/s of scenario smoke is too low: 10 users take 200 s, and its stage 'steady' lasts"
                " 120 s; raise the spawn rate above 0.0833333/s, or the run time"
            ),
        ),
        (
            {"locustfiles": (Path("nowhere.py"),)},
            (
                f"The locustfile {Path.cwd() / 'nowhere.py'} does not exist: give the path of yours with --locustfile"
                " (`swarmscope init` writes one)"
            ),
        ),
    ],
)
def test_figures_and_addresses_that_make_no_sense_are_refused(changed: dict[str, Any], said: str) -> None:
    assert complaint(**changed) == said


def test_another_locustfile_may_have_any_scenario_that_fits_a_label(tmp_path: Path) -> None:
    own = tmp_path / "mine.py"
    own.touch()
    assert checked(RunOptions("my-shop", locustfiles=(own,))).scenario == "my-shop"
    assert complaint(scenario="my shop", locustfiles=(own,)) == (
        "Invalid scenario 'my shop': expected up to 64 letters, digits, dots, dashes, underscores"
    )


def test_the_path_of_a_locustfile_becomes_absolute_because_locust_runs_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").touch()
    monkeypatch.chdir(tmp_path)
    assert checked(RunOptions("shop", locustfiles=(Path("mine.py"),))).locustfiles == (tmp_path.resolve() / "mine.py",)


def test_names_are_separated_by_commas_with_or_without_spaces() -> None:
    assert names_of(" a, b,,c ") == ("a", "b", "c")
    assert names_of(None) == ()


def test_without_a_number_of_workers_half_of_the_cores_are_used_and_0_is_a_choice() -> None:
    assert RunOptions("smoke").worker_processes == default_workers()
    assert RunOptions("smoke", workers=0).worker_processes == 0


def test_a_scenario_may_name_locustfiles_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.py").touch()
    (tmp_path / "swarmscope.toml").write_text(
        "[scenarios.peak]\nlocustfile = 'other.py'\nusers = 2\nrun_time = '10s'\n"
    )
    for module in ("swarmscope.run.parameters", "swarmscope.run.options"):
        monkeypatch.setattr(f"{module}.project", lambda: read_project(tmp_path))
    assert checked(RunOptions("peak")).locustfiles == ((tmp_path / "other.py").resolve(),)
