"""What the compose file says, read as it is written: these tests need no Docker."""

import re
from typing import Any

import pytest
import yaml

from swarmscope.project.env_file import EXAMPLE_FILE, SECRETS, read_env_file
from swarmscope.project.places import PROMETHEUS_DIR
from tests.compose.docker import COMPOSE_FILE, OWN_API_FILE
from tests.places import ROOT

FILE = yaml.safe_load(COMPOSE_FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
EXPOSED = {"locust-master": 8089, "api": 8000, "prometheus": 9090, "grafana": 3000, "jaeger": 16686}
IMAGES = {
    "locust-master": "swarmscope-locust",
    "locust-worker": "swarmscope-locust",
    "api": "swarmscope-api",
    "postgres": "postgres:17",
    "redis": "redis:8",
    "postgres-exporter": "prometheuscommunity/postgres-exporter:v0.19.1",
    "redis-exporter": "oliver006/redis_exporter:v1.88.0",
    "prometheus": "prom/prometheus:v3.13.2",
    "grafana": "grafana/grafana:13.1.1",
    "jaeger": "jaegertracing/jaeger:2.21.0",
    "runner": "swarmscope-locust",
    "judge": "swarmscope-locust",
}


def members(network: str) -> set[str]:
    return {name for name, service in SERVICES.items() if network in service["networks"]}


def test_the_services_and_their_pinned_images() -> None:
    assert {name: service["image"] for name, service in SERVICES.items()} == IMAGES
    assert {name for name, service in SERVICES.items() if "build" in service} == {
        "locust-master",
        "locust-worker",
        "api",
        "runner",
        "judge",
    }


def test_five_ports_are_published_and_all_of_them_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == set(EXPOSED)
    for name, ports in published.items():
        [port] = ports
        assert re.fullmatch(rf"127\.0\.0\.1:\$\{{[A-Z_]+_PORT:-{EXPOSED[name]}}}:{EXPOSED[name]}", port)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened_and_limited(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"cpus", "mem_limit", "pids_limit"} <= set(service)
    assert service["logging"]["options"]["max-size"] == "10m"
    assert "restart" not in service  # a part that died and came back would hide that it had died
    assert "privileged" not in service
    assert ("cap_add" in service) == (name == "postgres")


def test_nobody_waits_for_a_service_without_a_health_check() -> None:
    waits = {(name, other) for name, service in SERVICES.items() for other in service.get("depends_on", {})}
    with_check = {name for name, service in SERVICES.items() if "healthcheck" in service} | {"api"}
    for name, other in waits:
        condition = SERVICES[name]["depends_on"][other]["condition"]
        # The runner starts the exporters of PostgreSQL and Redis, and does without them.
        assert condition == ("service_healthy" if other in with_check else "service_started"), (name, other)
        assert other in with_check or name == "runner"
    assert "HEALTHCHECK" in (ROOT / "api" / "Dockerfile").read_text()


def test_control_interfaces_have_networks_of_their_own() -> None:
    assert members("locust-web") == {"locust-master", "runner", "judge"}
    assert "--web-host=locust-web" in SERVICES["locust-master"]["command"]
    assert members("prometheus-web") == {"prometheus", "grafana", "runner", "judge"}
    listens = [option for option in SERVICES["prometheus"]["command"] if "listen-address" in option]
    assert listens == ["--web.listen-address=localhost:9090", "--web.listen-address=prometheus-web:9090"]


def test_a_service_with_a_port_has_one_network_that_leads_outside() -> None:
    # Docker publishes a port through one such network of a container: with two, it would not be clear through which.
    outside = {name for name, network in FILE["networks"].items() if not (network or {}).get("internal")}
    assert outside == {"locust-web", "prometheus-web", "jaeger-web", "target"}
    assert {name: sorted(outside & set(service["networks"])) for name, service in SERVICES.items()} == {
        "locust-master": ["locust-web"],
        "locust-worker": ["target"],
        "api": ["target"],
        "postgres": [],
        "redis": [],
        "postgres-exporter": [],
        "redis-exporter": [],
        "prometheus": ["prometheus-web"],
        "grafana": ["prometheus-web"],
        "jaeger": ["jaeger-web"],
        "runner": ["locust-web", "prometheus-web"],  # publishes nothing
        "judge": ["locust-web", "prometheus-web"],  # nor does it
    }


def test_prometheus_shares_a_network_with_each_of_its_targets() -> None:
    targets = [
        target.split(":")[0]
        for path in sorted((PROMETHEUS_DIR / "targets").glob("*.yml"))
        for group in yaml.safe_load(path.read_text())
        for target in group["targets"]
    ]
    others = [name for name in targets if name != "localhost"]
    assert sorted(others) == ["api", "locust-master", "postgres-exporter", "redis-exporter"]
    for name in others:
        assert set(SERVICES[name]["networks"]) & set(SERVICES["prometheus"]["networks"]), name


def test_every_secret_is_required_and_made_by_the_env_file() -> None:
    required = set(re.findall(r"\$\{([A-Z_]+):\?run make env, which writes \.env\}", COMPOSE_FILE.read_text()))
    assert required == {name for name, value in read_env_file(EXAMPLE_FILE).items() if not value}
    assert required == {"API_JWT_SECRET", "API_TEST_USER_PASSWORD", "POSTGRES_PASSWORD", "GRAFANA_ADMIN_PASSWORD"}


@pytest.mark.parametrize("name", ["locust-master", "locust-worker", "runner"])
def test_locust_is_given_no_secret_but_the_test_users_password(name: str) -> None:
    environment = SERVICES[name]["environment"]
    named = {secret for secret in SECRETS for value in environment.values() if secret in str(value)}
    assert SECRETS & (set(environment) | named) == set()
    assert "env_file" not in SERVICES[name]


def test_prometheus_obeys_nobody_finds_changed_rules_by_itself_and_lets_no_page_read_it() -> None:
    options = SERVICES["prometheus"]["command"]
    assert {
        "--enable-feature=exemplar-storage,auto-reload-config",
        "--config.auto-reload-interval=5s",
        "--no-web.enable-lifecycle",
        "--no-web.enable-admin-api",
        "--web.cors.origin=none",
    } <= set(options)


def test_prometheus_scrapes_the_exporter_under_a_name_that_is_allowed() -> None:
    ((target,),) = (
        group["targets"] for group in yaml.safe_load((PROMETHEUS_DIR / "targets" / "loadtest.yml").read_text())
    )
    assert f"--exporter-allowed-hosts={target.split(':')[0]}" in SERVICES["locust-master"]["command"]


@pytest.mark.parametrize("folder", ["api", "locust"])
def test_our_images_have_two_stages_on_the_pinned_base_and_end_as_a_numbered_user(folder: str) -> None:
    lines = (ROOT / folder / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("FROM ")] == [
        "FROM python:3.13-slim AS build",
        "FROM python:3.13-slim",
    ]
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    # The classic builder knows neither.
    assert not [line for line in lines if "<<" in line or line.startswith(("RUN --mount", "COPY --chmod"))]


def test_images_are_built_from_the_named_folders_alone() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules == [
        "*",
        "!api",
        "!exporters",
        "!locust",
        "!src",
        "!swarmscope.toml",
        "**/.*",
        "**/__pycache__",
        "**/*.pyc",
        "**/Dockerfile",
    ]


def test_traces_are_off_without_their_profile_and_an_endpoint() -> None:
    assert {name for name, service in SERVICES.items() if "profiles" in service} == {"jaeger", "runner"}
    assert SERVICES["jaeger"]["profiles"] == ["tracing"]
    assert members("traces") == {"locust-worker", "api", "jaeger"}
    for name in ("locust-worker", "api"):
        environment = SERVICES[name]["environment"]
        assert environment["OTEL_EXPORTER_OTLP_ENDPOINT"] == "${OTEL_EXPORTER_OTLP_ENDPOINT:-}"
        assert environment["OTEL_TRACES_SAMPLER_ARG"] == "${OTEL_TRACES_SAMPLER_ARG:-}"


def test_a_traced_request_of_a_panel_leads_to_where_traces_are_looked_at_and_nowhere_without_such_a_place() -> None:
    datasources = ROOT / "grafana" / "provisioning" / "datasources" / "prometheus.yml"
    [prometheus] = yaml.safe_load(datasources.read_text())["datasources"]
    [destination] = prometheus["jsonData"]["exemplarTraceIdDestinations"]
    # A datasource would be opened in Explore, which anonymous viewers may not; $$ is a dollar of Grafana's own.
    assert destination["url"] == "$LOADTEST_TRACES_URL/trace/$${__value.raw}"
    assert "datasourceUid" not in destination
    environment = SERVICES["grafana"]["environment"]
    assert environment["LOADTEST_TRACES_URL"] == "${TRACES_URL:-}"
    # Of an exemplar without that label Grafana makes no link.
    assert (destination["name"], environment["LOADTEST_TRACE_LABEL"]) == (
        "$LOADTEST_TRACE_LABEL",
        "${TRACES_URL:+trace_id}",
    )
    assert "--enable-feature=exemplar-storage,auto-reload-config" in SERVICES["prometheus"]["command"]


def test_grafana_provisions_one_datasource_by_a_fixed_uid_and_dashboards_from_files() -> None:
    environment = SERVICES["grafana"]["environment"]
    provisioning = ROOT / "grafana" / "provisioning"
    [datasource] = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert (datasource["uid"], datasource["type"], datasource["isDefault"]) == ("prometheus", "prometheus", True)
    assert environment[datasource["url"].removeprefix("$")] == "http://prometheus-web:9090"
    [provider] = yaml.safe_load((provisioning / "dashboards" / "files.yml").read_text())["providers"]
    assert environment[provider["options"]["path"].removeprefix("$")] == "/srv/grafana/dashboards"
    assert "./grafana:/srv/grafana:ro" in SERVICES["grafana"]["volumes"]
    assert environment["GF_PATHS_PROVISIONING"] == "/srv/grafana/provisioning"


def test_the_runner_is_asked_for_by_name_has_no_secret_and_writes_as_the_caller() -> None:
    runner = SERVICES["runner"]
    assert (runner["profiles"], runner["user"]) == (["runner"], "${RESULTS_OWNER:-10001:10001}")
    assert set(runner["environment"]) == {"COLUMNS"}
    assert runner["networks"] == ["locust-web", "prometheus-web"]
    results = runner["volumes"][-1]
    assert (results["target"], results["bind"]) == ("/srv/results", {"create_host_path": False})


def test_the_judge_is_part_of_up_has_no_secret_and_writes_where_the_runner_does() -> None:
    judge, runner = SERVICES["judge"], SERVICES["runner"]
    assert "profiles" not in judge
    assert (judge["user"], judge["volumes"]) == (runner["user"], runner["volumes"])
    assert set(judge["environment"]) == {"COLUMNS"}
    assert set(judge["depends_on"]) == {"prometheus", "locust-master"}
    [alive] = [option.partition("=")[2] for option in judge["entrypoint"] if option.startswith("--alive-file")]
    assert judge["healthcheck"]["test"] == ["CMD-SHELL", f"find {alive} -mmin -3 | grep -q ."]


def test_with_an_api_of_ones_own_ours_its_database_and_cache_have_a_profile_that_nobody_asks_for() -> None:
    override = yaml.safe_load(OWN_API_FILE.read_text())["services"]
    away = {name for name, service in override.items() if "profiles" in service}
    assert away == {"api", "postgres", "redis", "postgres-exporter", "redis-exporter"}
    for name, service in SERVICES.items():
        if name not in away:
            needed = {other for other, how in service.get("depends_on", {}).items() if how.get("required", True)}
            assert needed & away == set(), name


def test_the_targets_of_an_own_api_are_files_for_each_job_of_prometheus() -> None:
    folder = ROOT / "examples" / "own_api" / "targets"
    assert {path.name for path in folder.iterdir()} == {path.name for path in (PROMETHEUS_DIR / "targets").iterdir()}
    for name in ("loadtest.yml", "prometheus.yml"):
        ours = yaml.safe_load((PROMETHEUS_DIR / "targets" / name).read_text())
        assert yaml.safe_load((folder / name).read_text()) == ours
    assert [yaml.safe_load((folder / name).read_text()) for name in ("postgres.yml", "redis.yml")] == [[], []]
