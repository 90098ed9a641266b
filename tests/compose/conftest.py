import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.compose.docker import COMPOSE_FILE, OWN_API_FILE, ComposeStack, docker, missing_engine
from tests.places import ROOT

PULL_SECONDS = 300
#: What `up` starts: a service with a profile is asked for by name.
SERVICES = {
    name: service
    for name, service in yaml.safe_load(COMPOSE_FILE.read_text())["services"].items()
    if "profiles" not in service
}


@pytest.fixture(scope="session")
def docker_engine() -> None:
    """Skip, with the reason, where there is no engine to run the stack on."""
    if reason := missing_engine():
        pytest.skip(f"no Docker engine with compose answers: {reason}")


@pytest.fixture(scope="session")
def why_no_grafana(docker_engine: None) -> str:  # noqa: ARG001  # a fixture cannot use usefixtures
    """Return why there is no image of Grafana; empty when there is one. The other images may be local builds."""
    image = SERVICES["grafana"]["image"]
    if docker("image", "inspect", image).returncode == 0:
        return ""
    pulled = docker("pull", "--quiet", image, timeout_seconds=PULL_SECONDS)
    return f"no image {image} here, and none to pull: {pulled.stderr.strip()}" if pulled.returncode else ""


@pytest.fixture
def new_stack(docker_engine: None, tmp_path: Path) -> Iterator[ComposeStack]:  # noqa: ARG001  # as above
    """Yield a project that has nothing yet; what it has at the end is removed."""
    yield from _project(tmp_path)


@pytest.fixture(scope="session")
def stack(why_no_grafana: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeStack]:
    """Yield the whole stack with two workers, healthy; without Grafana where there is no image of it."""
    for project in _project(tmp_path_factory.mktemp("compose")):
        project.up([name for name in SERVICES if name != "grafana" or not why_no_grafana])
        yield project


@pytest.fixture
def own_api_stack(new_stack: ComposeStack, tmp_path: Path) -> Iterator[ComposeStack]:
    """Yield a project without our API, database and cache, in front of `new_stack`'s API."""
    targets = tmp_path / "targets"
    shutil.copytree(ROOT / "examples" / "own_api" / "targets", targets)
    (targets / "api.yml").write_text('- targets: ["elsewhere:8000"]\n')
    variables = {"LOADTEST_HOST": "http://elsewhere:8000", "LOADTEST_TARGETS_DIR": str(targets)}
    new_stack.up(["api"])
    project = ComposeStack(new_name(), new_stack.env_file, (COMPOSE_FILE, OWN_API_FILE), variables)
    try:
        project.up(["prometheus", "locust-master", "locust-worker"])
        [api] = new_stack.compose("ps", "--quiet", "api").stdout.split()
        for network in ("target", "prometheus-web"):
            docker("network", "connect", "--alias", "elsewhere", f"{project.project}_{network}", api)
        yield project
    finally:
        new_stack.down()  # first: a network with somebody else in it cannot be removed
        project.down()


def new_name() -> str:
    return f"swarmscope-test-{secrets.token_hex(4)}"


def _project(folder: Path) -> Iterator[ComposeStack]:
    results = folder / "results"
    results.mkdir()
    status = results.stat()
    variables = {"RESULTS_DIR": str(results), "RESULTS_OWNER": f"{status.st_uid}:{status.st_gid}"}
    project = ComposeStack(new_name(), folder / "test.env", variables=variables)
    try:
        yield project
    finally:
        project.down()
