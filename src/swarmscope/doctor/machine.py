"""Checks of this machine, and of an API that runs: what is missing, and how to fix it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from swarmscope.doctor.findings import Finding, fail, ok, warn
from swarmscope.errors import CommandError
from swarmscope.network import require_target
from swarmscope.processes.ports import holder, in_use
from swarmscope.project.authorities import trusted
from swarmscope.project.env_file import ENV_FILE, EXAMPLE_FILE, read_env_file
from swarmscope.project.places import CLONE, COMPOSE_FILE, TOOLS_DIR, install_command
from swarmscope.project.threshold_settings import DEFAULT_SCENARIO
from swarmscope.prometheus.rule_checks import checked_rules
from swarmscope.prometheus.thresholds import thresholds_of
from swarmscope.stack.postgres_place import find_installation
from swarmscope.stack.programs.grafana import find_grafana
from swarmscope.stack.programs.prometheus import FETCHERS, find_prometheus
from swarmscope.stack.redis_server import find_redis_server
from swarmscope_exporter.addresses import masked

OLDEST_PYTHON = (3, 11)
DISTRIBUTION = "swarmscope"
DEFAULT_API_PORTS: Mapping[str, int] = {"API": 8000}
DEFAULT_PORTS: Mapping[str, int] = {
    "Locust's web interface": 8089,
    "Prometheus": 9090,
    "exporter": 9646,
}
#: A virtual user holds one or two sockets; this is for a thousand users, with room for files.
_NEEDED_OPEN_FILES = 4096
_DOCKER_TIMEOUT_SECONDS = 20.0
_NAMES_SHOWN = 5


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Return the interpreter that runs this."""
    found = ".".join(map(str, version))
    if version < OLDEST_PYTHON:
        return fail("Python", found, f"install Python 3.11 or later, then `{install_command()}`")
    return ok("Python", f"{found} in {sys.prefix}")


def check_packages(clone: Path | None = CLONE) -> Finding:
    """Return what is installed, against the lock file of a clone, else against the requirements of the package."""
    return check_requirements() if clone is None else check_locked_packages(clone / "requirements.lock")


def check_locked_packages(lock_file: Path) -> Finding:
    """Return what is installed, against the lock file."""
    try:
        wanted = dict(_pinned(lock_file.read_text(encoding="utf-8")))
    except OSError as error:
        return fail("packages", f"{lock_file} cannot be read: {error.strerror}", "restore it from the repository")
    installed = {name: _installed_version(name) for name in wanted}
    missing = [name for name, version in installed.items() if version is None]
    other = [name for name, version in installed.items() if version and Version(version) != Version(wanted[name])]
    remedy = f"run `{install_command()}`"
    if missing:
        return fail("packages", f"{len(missing)} of {len(wanted)} missing: {_some(missing)}", remedy)
    if other:
        return warn("packages", f"{len(other)} in another version than locked: {_some(other)}", remedy)
    return ok("packages", f"{len(wanted)} as in {lock_file.name}")


def check_requirements(distribution: str = DISTRIBUTION) -> Finding:
    """Return what is installed, against what the distribution requires without its extras."""
    remedy = f"run `{install_command()}`"
    try:
        requirements = [Requirement(line) for line in metadata.requires(distribution) or ()]
    except metadata.PackageNotFoundError:
        return warn("packages", f"{distribution} is not installed, so what it requires is not known", remedy)
    wanted = [each for each in requirements if each.marker is None or each.marker.evaluate({"extra": ""})]
    installed = {each.name: _installed_version(each.name) for each in wanted}
    missing = [name for name, version in installed.items() if version is None]
    unfit = [
        f"{each.name} {version} (needs {each.specifier})"
        for each in wanted
        if (version := installed[each.name]) and not each.specifier.contains(version, prereleases=True)
    ]
    if missing:
        return fail("packages", f"{len(missing)} of {len(wanted)} missing: {_some(missing)}", remedy)
    if unfit:
        return fail("packages", f"{len(unfit)} in a version that does not fit: {_some(unfit)}", remedy)
    return ok("packages", f"{len(wanted)} as {distribution} requires them")


def check_ports(ports: Mapping[str, int] = DEFAULT_PORTS) -> Iterator[Finding]:
    """Yield the usual ports: a run takes others where these are in use, Docker cannot."""
    for part, port in ports.items():
        if in_use(port):
            yield warn(
                f"port {port} ({part})",
                f"in use by {holder(port)}",
                "no action needed: a run takes another; free it for --docker",
            )
        else:
            yield ok(f"port {port} ({part})", "free")


def check_env_file(
    path: Path = ENV_FILE, example: Path = EXAMPLE_FILE, services: Collection[str] = ("postgres",)
) -> Finding:
    """Return whether the secrets that the example names have values; a run makes those that it needs.

    ``services`` are those that the target of the project starts.
    """
    if not example.is_file():
        return ok(".env", "not needed: this project has no .env.example")
    wanted, known = read_env_file(example), read_env_file(path)
    missing = [key for key, value in wanted.items() if not value and not known.get(key)]
    is_made = "postgres" in services and "POSTGRES_PASSWORD" in wanted
    for_docker = "; for Docker run `make env`" if COMPOSE_FILE.is_file() else ""
    if not path.exists():
        remedy = f"the first run makes it{for_docker}" if is_made else "copy .env.example if your target reads it"
        return warn(".env", "not there yet", remedy)
    if missing:
        remedy = f"the next run fills it in{for_docker}" if is_made else "set it if your target reads it"
        return warn(".env", f"no value for {', '.join(missing)}", remedy)
    return ok(".env", "all secrets have values")


#: The servers that come from wheels, by the name of the service.
_SERVERS: Mapping[str, tuple[str, Callable[[], Path]]] = {
    "postgres": ("PostgreSQL", find_installation),
    "redis": ("Redis", find_redis_server),
}


def check_embedded_servers(services: Iterable[str]) -> Iterator[Finding]:
    """Yield the servers that the target of the project needs when it is started without Docker."""
    for service in services:
        what, find = _SERVERS[service]
        try:
            yield ok(what, str(find()))
        except CommandError as error:
            yield fail(what, str(error), f"run `{install_command()}`, or test an API that runs with --host")


def check_prometheus(environment: Mapping[str, str], *, fetch: bool, tools_dir: Path = TOOLS_DIR) -> Finding:
    """Return whether one is found; fetched only when asked to."""
    said: list[str] = []
    try:
        found = find_prometheus(
            environment=environment, tools_dir=tools_dir, report=said.append, fetchers=FETCHERS if fetch else {}
        )
    except CommandError as error:
        if environment.get("PROMETHEUS_BIN") or fetch:
            return fail("Prometheus", str(error), "name one by PROMETHEUS_BIN, or unset it and give --fetch")
        skipped = f" ({said[-1]})" if said else ""
        return warn("Prometheus", f"not here yet{skipped}", "the first run fetches it; --fetch does so now")
    return ok("Prometheus", f"{found.version} ({found.origin}): {found.prometheus}")


def check_grafana(environment: Mapping[str, str]) -> Finding:
    """Return whether one is found; a run does without."""
    said: list[str] = []
    try:
        found = find_grafana(environment, said.append)
    except CommandError as error:
        return fail("Grafana", str(error), "name its folder by GRAFANA_HOME, or unset it")
    if found is None:
        return ok("Grafana", said[-1] if said else "none here, and a run does without")
    return ok("Grafana", f"{found.command[0]}, home {found.home}")


def check_rules(folder: Path) -> Finding:
    """Return whether thresholds and alerts can judge."""
    try:
        rules = checked_rules(folder)
        thresholds = thresholds_of(rules)
    except CommandError as error:
        return fail("rules", str(error), "fix that line")
    scenarios = {threshold.scenario for threshold in thresholds} - {DEFAULT_SCENARIO}
    return ok("rules", f"{len(rules)} rules, {len(thresholds)} thresholds for {len(scenarios)} scenarios")


def check_open_files() -> Finding:
    """Return how many sockets this user may hold."""
    try:
        import resource  # noqa: PLC0415 - absent on Windows
    except ImportError:
        return ok("open files", "no limit on this system")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < _NEEDED_OPEN_FILES:
        return warn("open files", f"at most {hard}", f"raise the limit to {_NEEDED_OPEN_FILES} for a thousand users")
    return ok("open files", "unlimited" if hard == resource.RLIM_INFINITY else f"at most {hard}")


def check_docker() -> Finding:
    """Return the engine and its compose plugin."""
    remedy = "nothing, unless you want --docker: install Docker with its compose plugin, and start it"
    if shutil.which("docker") is None:
        return warn("Docker", "not on PATH", remedy)
    for arguments in (("compose", "version", "--short"), ("version", "--format", "{{.Server.Version}}")):
        try:
            result = subprocess.run(
                ["docker", *arguments], capture_output=True, text=True, timeout=_DOCKER_TIMEOUT_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return warn("Docker", f"`docker {arguments[0]}` does not answer: {type(error).__name__}", remedy)
        if result.returncode:
            said = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
            return warn("Docker", f"`docker {arguments[0]}` failed: {said}", remedy)
    return ok("Docker", f"engine {result.stdout.strip()}")


def _pinned(text: str) -> Iterator[tuple[str, str]]:
    """Name and version of each package that the lock file has for this system."""
    for line in text.splitlines():
        if not re.match(r"[A-Za-z0-9]", line):
            continue
        try:
            requirement = Requirement(line.rstrip("\\ "))
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate():
            yield requirement.name, next(iter(requirement.specifier)).version


def _installed_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more


#: A check of one's own: takes the address of the API and the settings of .env and environment.
TargetCheck = Callable[[str, Mapping[str, str]], Finding]


def check_target(
    url: str, known: Mapping[str, str], *, through_proxies: bool, more: Sequence[TargetCheck] = ()
) -> Iterator[Finding]:
    """Yield whether the API answers, and where it does what the further checks found."""
    try:
        require_target(url, through_proxies=through_proxies, verify=trusted(url))
    except CommandError as error:
        yield fail("API", str(error), "start it, or name another with --host")
        return
    yield ok("API", f"answers at {masked(url)}")
    yield from (check(url, known) for check in more)
