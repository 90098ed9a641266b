import pytest

from swarmscope.errors import StackError
from swarmscope.stack.options import StackOptions, with_settings


def test_settings_complete_what_was_not_asked_for() -> None:
    options = with_settings(
        StackOptions(prometheus_port=9191), {"API_PORT": "8001", "PROMETHEUS_PORT": "9092", "PROMETHEUS_URL": ""}
    )
    assert (options.api_port, options.prometheus_port, options.prometheus_url) == (8001, 9191, None)


def test_a_running_prometheus_can_be_named_by_a_setting() -> None:
    assert with_settings(StackOptions(), {"PROMETHEUS_URL": "http://a.test"}).prometheus_url == "http://a.test"


def test_a_running_grafana_can_be_named_by_a_setting() -> None:
    options = with_settings(StackOptions(), {"GRAFANA_URL": "https://g.test/grafana/", "GRAFANA_PORT": "3001"})
    assert (options.grafana_url, options.grafana_port) == ("https://g.test/grafana", 3001)
    assert with_settings(StackOptions(), {"GRAFANA_URL": ""}).grafana_url is None


@pytest.mark.parametrize("text", ["localhost:3000", "grafana", "ftp://g.test", "http://admin:secret@g.test"])
def test_a_grafana_that_is_no_address_is_an_error_that_shows_no_password(text: str) -> None:
    with pytest.raises(StackError) as error:
        with_settings(StackOptions(), {"GRAFANA_URL": text})
    assert str(error.value) == (
        "GRAFANA_URL is not an address like http://host:3000, or has a password in it: fix or remove it; "
        "a token goes into GRAFANA_TOKEN"
    )


@pytest.mark.parametrize("text", ["eighty", "0", "65536", "-1"])
def test_a_setting_that_is_no_port_is_an_error(text: str) -> None:
    with pytest.raises(StackError) as error:
        with_settings(StackOptions(), {"API_PORT": text})
    assert str(error.value) == f"API_PORT={text} is not a port: set it to a number from 1 to 65535, or leave it out"
