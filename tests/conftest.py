"""What holds for all tests."""

import os


def pytest_configure() -> None:
    """Whatever Grafana this machine has, or its user writes into: tests have nothing to do with it, unless they say so.

    In the environment, which wins over .env, and which the processes that tests start inherit.
    """
    os.environ["GRAFANA_HOME"] = "none"
    os.environ["GRAFANA_URL"] = ""
