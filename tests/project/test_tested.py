"""What swarmscope.toml says of the system under test, and of each run."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.errors import CommandError
from swarmscope.project.settings import read_project
from swarmscope.project.tested import RunLabels, TargetSettings


def test_the_target_is_checked_trusted_and_counted_as_the_file_says(tmp_path: Path) -> None:
    (tmp_path / "swarmscope.toml").write_text(
        "environment = 'staging'\n"
        "[labels]\nteam = 'shop'\nbuild = 123\n"
        "[target]\nhost = 'https://shop.test/base'\ncheck = 'tcp'\nca_bundle = 'certs/ca.pem'\n"
        "metrics = '[::1]:8080'\nrequests_total = 'sum(http_requests_total)'\n"
    )
    found = read_project(tmp_path)
    assert found.host == "https://shop.test/base"
    assert found.tested == TargetSettings(
        "tcp",
        tmp_path / "certs" / "ca.pem",
        "[::1]:8080",
        "sum(http_requests_total)",
        f"{tmp_path / 'swarmscope.toml'}:10: target.requests_total",
    )
    assert found.run_labels == RunLabels("staging", {"team": "shop", "build": "123"})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[target]\ncheck = 'ping'", "target.check = 'ping': expected one of http, tcp, none"),
        (
            "[target]\nmetrics = 'http://127.0.0.1:8080/metrics'",
            (
                "target.metrics = 'http://127.0.0.1:8080/metrics': expected host:port, such as 127.0.0.1:8080, whose"
                " /metrics is scraped over http"
            ),
        ),
        (
            "[target]\nmetrics = 'api:99999'",
            (
                "target.metrics = 'api:99999': expected host:port, such as 127.0.0.1:8080, whose /metrics is scraped"
                " over http"
            ),
        ),
        ("[target]\nrequests_total = ''", "target.requests_total = '': expected a text"),
        ("[target]\nca_bundle = 1", "target.ca_bundle = 1: expected a text"),
        ("environment = 5", "environment = 5: expected a text"),
        (
            "[labels]\nbuild = true",
            "labels = {'build': True}: expected a table of texts or whole numbers, such as { team = 'shop' }",
        ),
        (
            "[labels]\na-b = '1'",
            (
                "labels = {'a-b': '1'}: 'a-b' is not a valid name of a label: expected letters, digits"
                " and underscores, such as build"
            ),
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "swarmscope.toml"
    path.write_text(line)
    with pytest.raises(CommandError) as error:
        read_project(tmp_path)
    number = 2 if line.startswith("[target]") else 1
    assert str(error.value) == f"{path}:{number}: {said}"
