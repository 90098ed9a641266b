"""What is under test: which host that is, and whether it can be reached before any load."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from swarmscope.errors import CommandError
from swarmscope.network import address_of, is_http, require_host, require_port, require_target, require_url
from swarmscope.project.authorities import bundle_of_machine, named_bundles, require_bundle
from swarmscope.project.env_file import settings, users_take_proxies
from swarmscope.project.places import PROJECT_FILE
from swarmscope.project.settings import project
from swarmscope.project.tested import metrics_address
from swarmscope.run.options import RunOptions
from swarmscope_exporter.addresses import masked
from swarmscope_exporter.certificates import VARIABLE as BUNDLE_VARIABLE

HOST_VARIABLE = "LOADTEST_HOST"


def with_host_of_settings(options: RunOptions) -> RunOptions:
    """Return the options with the host of LOADTEST_HOST, where none is given; raise CommandError for a wrong one."""
    host = settings().get(HOST_VARIABLE) or None
    if options.host is not None or host is None:
        return options
    require_host(HOST_VARIABLE, host)
    return replace(options, host=host, host_is_from=HOST_VARIABLE)


def with_host_of_project(options: RunOptions) -> RunOptions:
    """Return the options with the host of [target], if it has one; raise CommandError for a wrong one."""
    source = f"target.host of {PROJECT_FILE}"
    require_host(source, project().host)
    return replace(options, host=project().host, host_is_from=source)


def require_http(options: RunOptions, http_users: Collection[str]) -> None:
    """Raise CommandError when users of HTTP are to be sent to a host that is not a URL of HTTP."""
    if http_users and options.host is not None:
        require_url(options.host_is_from, options.host)


def require_target_settings(options: RunOptions) -> None:
    """Raise CommandError for a CA bundle or an address of metrics that cannot be used."""
    if options.api_metrics_target is not None:
        try:
            metrics_address(options.api_metrics_target)
        except ValueError as error:
            raise CommandError(f"Invalid --api-metrics {options.api_metrics_target!r}: {error}") from None
    for source, bundle in _bundles(options):
        require_bundle(source, bundle)


def with_bundle(options: RunOptions) -> RunOptions:
    """Return the options with the CA bundle that is meant for this run, whatever names it; none for all programs."""
    bundle = next((path for _, path in _bundles(options)), None)
    return replace(options, ca_bundle=bundle.resolve() if bundle is not None else None)


def _bundles(options: RunOptions) -> Iterator[tuple[str, Path]]:
    if options.ca_bundle is not None:
        yield "--ca-bundle", options.ca_bundle
    yield from named_bundles()


def api_metrics(options: RunOptions) -> str | None:
    """Return host:port of the API's /metrics: as given, else that of [target] where its host is the one under test."""
    if options.api_metrics_target is not None:
        return options.api_metrics_target
    return project().tested.metrics or None if _is_target_of_project(options) else None


def counts_at_target(options: RunOptions) -> bool:
    """Return whether [target] says what the API under test has counted: then the ledger has to end there."""
    is_meant = options.api_metrics_target is not None or _is_target_of_project(options)
    return bool(project().tested.requests_total) and is_meant


def _is_target_of_project(options: RunOptions) -> bool:
    """Return whether what [target] says of its metrics is said of what is tested."""
    known = project()
    if options.starts_target:
        return True
    if known.host is None:
        return known.target is None
    return all(host.rstrip("/") == known.host.rstrip("/") for host in options.hosts)


def unread_metrics(options: RunOptions) -> str:
    """Return the line that says why the metrics of [target] are not read; empty where they are, or there are none."""
    tested = project().tested
    given = [f"target.{name}" for name in ("metrics", "requests_total") if getattr(tested, name)]
    if not given or options.api_metrics_target is not None or _is_target_of_project(options):
        return ""
    is_or_are = "is" if len(given) == 1 else "are"
    return f"{' and '.join(given)} of {PROJECT_FILE} {is_or_are} not used: another API than that of [target] is tested"


def require_targets(options: RunOptions, hosts: Iterable[str]) -> None:
    """Ask what is under test, each host in the way that fits it; raise CommandError when one does not answer."""
    for host in hosts:
        check = check_of(host, project().tested.check)
        if check == "http":
            require_target(host, through_proxies=users_take_proxies(), verify=_verify(options, host))
        elif check == "tcp":
            require_port(host)


def check_of(host: str, wanted: str = "") -> str:
    """Return how a host is asked: http, tcp or none. Raise CommandError when it cannot be asked in the way wanted."""
    try:
        port = address_of(host)[1]
    except ValueError:  # a list of brokers, a file: users of other protocols know what it means
        port = None
    if wanted == "http" and not is_http(host):
        raise CommandError(
            f"target.check of {PROJECT_FILE} is 'http', and {masked(host)} is not an address of HTTP: expected 'tcp' or"
            " 'none'"
        )
    if wanted == "tcp" and port is None:
        raise CommandError(
            f"target.check of {PROJECT_FILE} is 'tcp', and {masked(host)} names no port: add it, or say 'none'"
        )
    return wanted or ("http" if is_http(host) else "none" if port is None else "tcp")


def _verify(options: RunOptions, host: str) -> bool | str:
    """Return by what the certificate of a host is verified before the load: as the users do."""
    if not host.lower().startswith("https://"):
        return True
    if options.ca_bundle is not None:
        return str(options.ca_bundle)
    if options.unverified and not options.verifies:
        return False
    return bundle_of_machine() or True


def bundle_variables(options: RunOptions) -> dict[str, str]:
    """Return what tells Locust's processes which authorities to trust; nothing where none was named."""
    return {BUNDLE_VARIABLE: str(options.ca_bundle)} if options.ca_bundle is not None else {}


def unverified_certificates(options: RunOptions) -> str:
    """Return the line that says whose requests go to any certificate; empty where all verify, or none needs to."""
    if not options.unverified or not any(host.lower().startswith("https://") for host in options.hosts):
        return ""
    names = ", ".join(options.unverified)
    if options.ca_bundle is not None:
        return f"certificates were not verified by {names}: their client_pool takes any"
    return f"certificates were not verified by {names}: FastHttpUser takes any; --ca-bundle FILE makes it verify"
