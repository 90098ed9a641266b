"""Connects the parts to Locust's events."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import locust
import locust.log
from locust import FastHttpUser
from locust.argument_parser import LocustArgumentParser
from locust.clients import HttpSession, ResponseContextManager
from locust.contrib.fasthttp import FastHttpSession
from locust.contrib.fasthttp import ResponseContextManager as FastResponseContextManager
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner
from locust.web import WebUI

from swarmscope_exporter.arguments import add_arguments
from swarmscope_exporter.certificates import CertificateSettingError, use_bundle
from swarmscope_exporter.custom import CustomMetrics
from swarmscope_exporter.endpoints import EndpointCatalogue, declared_endpoints, declared_scenarios
from swarmscope_exporter.health import GeneratorHealth
from swarmscope_exporter.hosts import join_with_one_slash
from swarmscope_exporter.inflight import stop_between_tasks
from swarmscope_exporter.locust_stats import accept_any_name, accept_any_time
from swarmscope_exporter.master import MasterSide
from swarmscope_exporter.names import Naming
from swarmscope_exporter.orders import hold_orders_until_initialized
from swarmscope_exporter.overhead import OwnCost
from swarmscope_exporter.proxies import (
    VARIABLE,
    ProxySettingError,
    named_in,
    proxies_wanted,
    remove_proxies,
    use_proxies_in,
    without_proxies,
)
from swarmscope_exporter.redirects import count_redirects
from swarmscope_exporter.tracing import TracingSettingsError, settings_from
from swarmscope_exporter.unhandled_exceptions import UnhandledExceptions
from swarmscope_exporter.web import extend_web_ui
from swarmscope_exporter.web_access import refuse_other_sites
from swarmscope_exporter.worker import WorkerSide

logger = logging.getLogger(__name__)

#: What clients return for a ``with`` block.
RESPONSE_CLASSES: tuple[type[Any], ...] = (ResponseContextManager, FastResponseContextManager)


def session_classes() -> tuple[type[Any], ...]:
    """Return the clients whose requests are observed: each makes them itself, and none calls `request` of another.

    They are Locust's two, and each loaded subclass that says so by an attribute ``makes_requests_itself`` of its own.
    """
    return (FastHttpSession, HttpSession, *_marked_subclasses(FastHttpSession), *_marked_subclasses(HttpSession))


def _marked_subclasses(session_class: type[Any]) -> Iterator[type[Any]]:
    for subclass in session_class.__subclasses__():
        if vars(subclass).get("makes_requests_itself"):
            yield subclass
        yield from _marked_subclasses(subclass)


class Plugin:
    """The listeners of one Locust process; ``master`` and ``worker`` are there from Locust's init event on.

    A master with workers has no ``worker``, a worker no ``master``.
    """

    def __init__(self, scenarios: Callable[[], Sequence[str]]) -> None:
        self.catalogue = EndpointCatalogue()
        self.master: MasterSide | None = None
        self.worker: WorkerSide | None = None
        self.naming: Callable[[], Naming] = Naming  #: called on init, where --max-names is not given
        self._scenarios = scenarios

    def attach(self) -> None:
        hold_orders_until_initialized(locust.events)
        locust.events.init_command_line_parser.add_listener(self._on_parser)
        locust.events.init.add_listener(self._on_init)

    def _on_parser(self, parser: LocustArgumentParser, **_: Any) -> None:
        add_arguments(parser, self._scenarios())

    def _on_init(self, environment: Environment, runner: Runner, web_ui: WebUI | None, **_: Any) -> None:
        # Here and not on import: with --processes the import happens before the fork.
        self.catalogue.declare(declared_endpoints())
        custom, health, own_cost = CustomMetrics(), GeneratorHealth(), OwnCost()
        unhandled_exceptions = UnhandledExceptions(lambda: bool(locust.log.unhandled_greenlet_exception))
        accept_any_name()
        accept_any_time()
        _set_proxies(environment, runner)
        health.start()
        unhandled_exceptions.attach()
        naming = self._naming_by(environment.parsed_options)
        worker = None
        if not isinstance(runner, MasterRunner):
            worker = self.worker = WorkerSide(environment, custom, health, unhandled_exceptions, own_cost, naming)
            stop_between_tasks()
            for session_class in session_classes():
                worker.users.accounted_for.add(worker.requests.watch(session_class))
            for response_class in RESPONSE_CLASSES:
                worker.requests.watch_blocks(response_class)
            join_with_one_slash()
            _set_certificates()
            count_redirects(worker.recorder.on_redirect)
        master = None
        if not isinstance(runner, WorkerRunner):
            master = self.master = MasterSide(
                environment, custom, health, worker, unhandled_exceptions, own_cost, naming
            )
            self._serve(master, environment)
            if web_ui is not None:
                _refuse_other_sites(web_ui, environment.parsed_options)
                extend_web_ui(web_ui, master, self._scenarios())
        if worker is not None:
            worker.attach()
        if master is not None:
            master.attach()  # each comes before all others: the worker side reads the run id that this side sets
        if worker is not None:
            # What was imported stays for good: without this, each collection of the garbage that requests leave looks
            # through all of it again, which cost up to a tenth of a FastHttpUser request (benchmarks/overhead.py).
            gc.collect()
            gc.freeze()
            _trace(environment, worker)

    def _naming_by(self, options: Any) -> Naming:
        naming, max_names = self.naming(), getattr(options, "loadtest_max_names", None)
        return naming if max_names is None else replace(naming, max_names=max_names)

    def _serve(self, master: MasterSide, environment: Environment) -> None:
        options: Any = environment.parsed_options
        try:
            hosts = options.loadtest_exporter_allowed_hosts.replace(",", " ").split()
            master.serve(
                self.catalogue, options.loadtest_exporter_host, options.loadtest_exporter_port, version("locust"), hosts
            )
        except OSError as error:
            logger.error(  # noqa: TRY400  # a user's mistake: one line, no traceback
                "The exporter cannot listen on %s:%s (%s): free the port, or choose another with --exporter-port",
                options.loadtest_exporter_host,
                options.loadtest_exporter_port,
                error.strerror,
            )
            sys.exit(2)


def _set_proxies(environment: Environment, runner: Runner) -> None:
    try:
        wanted = proxies_wanted(os.environ)
    except ProxySettingError as error:
        logger.error(error)  # noqa: TRY400  # a user's mistake: one line, no traceback
        sys.exit(2)
    if not wanted:
        if removed := remove_proxies(os.environ):
            logger.info("Virtual users take no proxy (%s); %s=true turns them on", ", ".join(removed), VARIABLE)
        return
    use_proxies_in(HttpSession)
    without = [user.__name__ for user in environment.user_classes if _has_no_proxy(user)]
    if without and named_in(os.environ) and not isinstance(runner, WorkerRunner):
        logger.warning(without_proxies(without))


def _set_certificates() -> None:
    try:
        use_bundle(os.environ, HttpSession, FastHttpSession)
    except CertificateSettingError as error:
        logger.error(error)  # noqa: TRY400  # a user's mistake: one line, no traceback
        sys.exit(2)


def _has_no_proxy(user_class: type[Any]) -> bool:
    """Return whether the client of such users takes no proxy from the environment, nor from its class."""
    return issubclass(user_class, FastHttpUser) and not user_class.proxy_host


def _trace(environment: Environment, worker: WorkerSide) -> None:
    """Start tracing where an endpoint is set; the SDK is imported, and a request wrapped, in no other run."""
    options: Any = environment.parsed_options
    try:
        settings = settings_from(os.environ, options.loadtest_otel_endpoint)
    except TracingSettingsError as error:
        logger.error(error)  # noqa: TRY400  # a user's mistake: one line, no traceback
        sys.exit(2)
    if settings is not None:
        from swarmscope_exporter.tracing.start import start_tracing  # noqa: PLC0415  # see the docstring

        start_tracing(environment, settings, worker.recorder, session_classes())


def _refuse_other_sites(web_ui: WebUI, options: Any) -> None:
    assert web_ui.app is not None
    refuse_other_sites(web_ui.app, options.web_host or "", options.loadtest_web_hosts.split(","))


_plugin: Plugin | None = None


def attach(scenarios: Callable[[], Sequence[str]] = declared_scenarios) -> Plugin:
    """Attach the plugin once in this process, and return it.

    ``scenarios`` returns the valid values of ``--scenario``, none where any name will do; it is asked when the
    locustfiles are loaded.
    """
    global _plugin  # noqa: PLW0603  # Locust's events are a global of this process as well
    if _plugin is None:
        _plugin = Plugin(scenarios)
        _plugin.attach()
    return _plugin
