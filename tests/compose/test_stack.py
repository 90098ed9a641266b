from dataclasses import dataclass

import pytest
import requests

from swarmscope.errors import CommandError
from swarmscope.run.locust_api import RunStatus
from tests.compose.conftest import SERVICES
from tests.compose.docker import ComposeStack, docker, poll

# The first test builds our images.
pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]

RUN_ID = "compose-smoke"
OUR_SERVICES = ("api", "locust-master", "locust-worker")
# One line for each address given: whether a connection is accepted, refused, or the name is not known there.
CONNECT = """
import socket, sys
for address in sys.argv[1:]:
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), 5).close()
        print(address, "accepts")
    except socket.gaierror:
        print(address, "unknown")
    except ConnectionRefusedError:
        print(address, "refuses")
"""


@dataclass(frozen=True)
class FinishedRun:
    workers: int
    status: RunStatus


@pytest.fixture(scope="session")
def run(stack: ComposeStack) -> FinishedRun:
    """Return a smoke run of 30 s, started as Locust's web form does."""
    workers = stack.locust.status().workers
    form = {"scenario": "smoke", "run_id": RUN_ID, "host": "http://api:8000", "run_time": "30s"}
    stack.locust.swarm(form)
    status = poll(stack.locust.status, lambda status: status.phase == "done", "the run is done", timeout_seconds=120)
    return FinishedRun(workers, status)


def test_every_service_runs_and_is_healthy_where_it_has_a_health_check(
    stack: ComposeStack, why_no_grafana: str
) -> None:
    lines = stack.compose("ps", "--all", "--format", "{{.Service}} {{.State}} {{.Health}}").stdout.splitlines()
    expected = {name: f"{name} running healthy" for name in SERVICES}
    expected |= {name: f"{name} running" for name in ("postgres-exporter", "redis-exporter")}
    if why_no_grafana:
        del expected["grafana"]
    assert sorted(line.strip() for line in lines) == sorted([*expected.values(), expected["locust-worker"]])


def test_the_web_form_offers_the_scenarios_and_refuses_others(stack: ComposeStack) -> None:
    page = requests.get(stack.locust.url, timeout=10).text
    assert '"scenario": {"choices": ["smoke", "baseline", ' in page
    with pytest.raises(CommandError, match="unknown scenario 'lunch': expected one of smoke, baseline, "):
        stack.locust.swarm({"scenario": "lunch"})


def test_prometheus_scrapes_every_target_of_the_configuration(stack: ComposeStack) -> None:
    def targets() -> dict[str, str]:
        answer = requests.get(f"{stack.prometheus.url}/api/v1/targets", timeout=10).json()
        return {target["labels"]["instance"]: target["health"] for target in answer["data"]["activeTargets"]}

    instances = (
        "api:8000",
        "localhost:9090",
        "locust-master:9646",
        "postgres-exporter:9187",
        "redis-exporter:9121",
    )
    expected = dict.fromkeys(instances, "up")
    poll(targets, lambda seen: seen == expected, "all targets are up", timeout_seconds=30)
    assert stack.prometheus.value("min(pg_up)") == stack.prometheus.value("min(redis_up)") == 1


def test_locust_the_exporter_and_prometheus_count_the_same_requests(stack: ComposeStack, run: FinishedRun) -> None:
    assert run.status.locust_requests == run.status.exporter_requests > 50
    total = f'sum(loadtest_requests_total{{run_id="{RUN_ID}", scenario="smoke"}})'
    count = run.status.exporter_requests
    poll(
        lambda: stack.prometheus.value(total), lambda seen: seen == count, f"{count} in Prometheus", timeout_seconds=30
    )
    assert stack.prometheus.value(total.replace("}", ', outcome="failure"}')) == 0


def test_every_worker_takes_part_in_a_run(stack: ComposeStack, run: FinishedRun) -> None:
    assert run.workers >= 2
    [info] = stack.prometheus.instant(f'loadtest_run_info{{run_id="{RUN_ID}"}}')
    assert (info.labels["workers_expected"], info.labels["host"]) == (str(run.workers), "http://api:8000")
    reports = stack.prometheus.instant(f'loadtest_worker_last_report_timestamp_seconds{{run_id="{RUN_ID}"}}')
    assert len(reports) == run.workers
    assert all(series.samples[0].value >= (run.status.start_seconds or 0) for series in reports)


def test_the_rules_watch_a_run_from_inside_the_container(stack: ComposeStack, run: FinishedRun) -> None:
    groups = {rule.labels["group"] for rule in stack.prometheus.rules() if rule.name == "RunWatched"}
    firing = f'ALERTS{{alertname="RunWatched", alertstate="firing", run_id="{run.status.run_id}"}}'
    watching = {series.labels["group"] for series in stack.prometheus.instant(firing)}
    assert watching == groups != set()


def test_more_workers_join_while_the_stack_is_up(stack: ComposeStack, run: FinishedRun) -> None:
    wanted = run.workers + 2
    stack.scale(wanted)
    poll(lambda: stack.locust.status().workers, lambda seen: seen == wanted, f"{wanted} workers", timeout_seconds=30)


@pytest.mark.parametrize(
    ("service", "reached"),
    [
        (
            "api",
            {
                "locust-master:8089": "unknown",
                "locust-web:8089": "unknown",
                "locust-master:5557": "unknown",
                "prometheus:9090": "refuses",
                "prometheus-web:9090": "unknown",
                "postgres:5432": "accepts",
                "redis:6379": "accepts",
            },
        ),
        (
            "locust-worker",
            {
                "locust-master:8089": "refuses",
                "locust-web:8089": "unknown",
                "locust-master:5557": "accepts",
                "prometheus:9090": "refuses",
                "prometheus-web:9090": "unknown",
                "postgres:5432": "unknown",
                "redis:6379": "unknown",
                "api:8000": "accepts",
            },
        ),
        (
            "locust-master",
            {
                "locust-web:8089": "accepts",
                "prometheus:9090": "refuses",
                "prometheus-web:9090": "unknown",
                "api:8000": "unknown",
                "postgres:5432": "unknown",
            },
        ),
    ],
)
def test_a_container_reaches_what_it_must_and_no_control_interface(
    stack: ComposeStack, service: str, reached: dict[str, str]
) -> None:
    result = stack.compose("exec", "-T", service, "python", "-", *reached, stdin=CONNECT)
    assert dict(line.split() for line in result.stdout.splitlines()) == reached, result.stderr


@pytest.mark.parametrize("service", OUR_SERVICES)
def test_our_containers_are_not_root_have_no_capability_and_cannot_write(stack: ComposeStack, service: str) -> None:
    status = stack.compose("exec", "-T", service, "grep", "-E", "^(Uid|CapEff|NoNewPrivs)", "/proc/1/status").stdout
    assert status.split() == [
        *("Uid:", "10001", "10001", "10001", "10001"),
        *("CapEff:", "0000000000000000"),
        *("NoNewPrivs:", "1"),
    ]
    refused = stack.compose("exec", "-T", service, "touch", "/srv/file")
    assert refused.returncode == 1
    assert "Read-only file system" in refused.stderr


@pytest.mark.parametrize("service", ["postgres", "redis", "prometheus"])
def test_official_images_step_down_from_root_and_keep_no_capability(stack: ComposeStack, service: str) -> None:
    status = stack.compose("exec", "-T", service, "cat", "/proc/1/status").stdout
    fields = {name: values.split() for name, _, values in (line.partition(":") for line in status.splitlines())}
    assert "0" not in fields["Uid"]
    assert (fields["CapEff"], fields["NoNewPrivs"]) == (["0000000000000000"], ["1"])


@pytest.mark.parametrize(
    ("image", "folders"),
    [("swarmscope-api", ["api"]), ("swarmscope-locust", ["exporters", "locust", "src", "swarmscope.toml"])],
)
@pytest.mark.usefixtures("stack")
def test_our_images_hold_the_code_and_no_secrets_history_or_pip(image: str, folders: list[str]) -> None:
    command = r"ls /srv; find / -xdev \( -name '.env*' -o -name .git -o -path /opt/venv/bin/pip \)"
    listed = docker("run", "--rm", "--network=none", "--entrypoint=sh", image, "-c", command).stdout
    assert listed.split() == folders


@pytest.mark.parametrize("image", ["swarmscope-api", "swarmscope-locust"])
@pytest.mark.usefixtures("stack")
def test_our_images_add_little_to_their_base(image: str) -> None:
    ours, base = (_megabytes(name) for name in (image, "python:3.13-slim"))
    print(f"{image}: {ours:.0f} MB, of which {base:.0f} MB are the base")
    assert ours - base < 250


def _megabytes(image: str) -> float:
    return int(docker("image", "inspect", "--format", "{{.Size}}", image).stdout) / 1e6


def test_grafana_has_its_datasource_and_asks_prometheus_through_it(stack: ComposeStack, why_no_grafana: str) -> None:
    if why_no_grafana:
        pytest.skip(why_no_grafana)
    admin = ("admin", stack.secrets["GRAFANA_ADMIN_PASSWORD"])
    url = f"{stack.url('grafana', 3000)}/api/datasources/uid/prometheus/health"
    assert requests.get(url, auth=admin, timeout=10).json()["status"] == "OK"


def test_down_leaves_no_container_volume_or_network(new_stack: ComposeStack) -> None:
    new_stack.up(["prometheus", "api"])
    assert {kind: len(names) for kind, names in new_stack.leftovers().items()} == {
        "container": 4,
        "volume": 2,
        "network": 5,
    }
    assert new_stack.compose("down", "--volumes").returncode == 0
    assert new_stack.leftovers() == {"container": [], "volume": [], "network": []}


def test_a_database_from_before_with_another_password_ends_the_start_with_the_reason(new_stack: ComposeStack) -> None:
    new_stack.up(["postgres"])
    password = new_stack.secrets["POSTGRES_PASSWORD"]
    new_stack.env_file.write_text(new_stack.env_file.read_text().replace(password, "another"))
    with pytest.raises(AssertionError, match="api-1 exited \\(2\\)") as failure:
        new_stack.up(["api"])
    reason = 'api: database at postgres:5432/loadtest refused: password authentication failed for user "loadtest".'
    assert reason in str(failure.value)
