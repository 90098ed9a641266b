"""What the virtual users of one Locust process share, and how it follows a run."""

from __future__ import annotations

import logging
import sys
from typing import Any

import locust
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

import scenarios
from swarmscope import observe
from swarmscope_exporter.domain import declare_transactions
from swarmscope_exporter.listeners import listen_first
from testdata.accounts import AccountPool
from users.abort import EXIT_CODE, Abort
from users.first_contact import FirstContact
from users.settings import UserSettings, UserSettingsError, load_settings

logger = logging.getLogger(__name__)

_ATTRIBUTE = "loadtest_user_process"


class UserProcess:
    """Settings, accounts, and the scenario under way."""

    def __init__(self, environment: Environment, settings: UserSettings) -> None:
        self._environment = environment
        self.settings = settings
        self.accounts = AccountPool(settings.test_users, getattr(environment.runner, "worker_index", 0))
        self.first_contact = FirstContact(self._on_refused)
        self.abort = Abort(environment)
        self.scenario = next(iter(scenarios.CATALOGUE.values()))
        self.think_time_scale = 1.0
        self._declared: set[str] = set()

    def begin_run(self) -> None:
        """Reads the options of a run; on workers they are those that the master sent."""
        options: Any = self._environment.parsed_options
        # The label of every series, and what thresholds are looked up by, is the name and never an alias.
        options.scenario = scenarios.find(options.scenario).name
        self.scenario = scenarios.CATALOGUE[options.scenario]
        self.think_time_scale = self.scenario.think_time_scale * options.think_time_scale
        self.first_contact.reset()
        self.abort.reset()
        self._declare_series()

    def _declare_series(self) -> None:
        """Makes the series of those who take part exist at 0: those of all users would be thousands of idle ones."""
        taking_part = getattr(self._environment.parsed_options, "user_classes", None) or self.scenario.mix
        for name, user_class in self._environment.user_classes_by_name.items():
            if name in taking_part and name not in self._declared:
                self._declared.add(name)
                observe(endpoints=getattr(user_class, "endpoints", ()))
                declare_transactions(list(getattr(user_class, "transaction_names", ())))

    @property
    def run_id(self) -> str:
        """Name of the run under way; empty between runs."""
        run_id: str = getattr(self._environment.parsed_options, "run_id", "")
        return run_id

    def _on_refused(self, status: int) -> None:
        host, settings = self._environment.host, self.settings
        if status == 0:
            self.abort.request(f"Cannot reach {host}: start the API there, or pass another address with --host")
        else:
            self.abort.request(
                f"{host} refused the first login of a test account (401): LOADTEST_USER_PASSWORD is not the "
                f"API_TEST_USER_PASSWORD that the API was seeded with, or it has fewer than {settings.test_users} test "
                "accounts (LOADTEST_TEST_USERS)"
            )


def process_of(environment: Environment) -> UserProcess:
    """The state that `set_up_users` made for this Locust process."""
    process: UserProcess = getattr(environment, _ATTRIBUTE)
    return process


def set_up_users() -> None:
    """Registers the users' arguments and listeners; to be called once, at the top level of the locustfile."""
    locust.events.init_command_line_parser.add_listener(_add_arguments)
    locust.events.init.add_listener(_on_init)


def name_scenario_first(environment: Environment, **_: Any) -> None:
    """Listener of ``init``, behind the exporter's: begins a run before it, which reads the scenario's name."""
    listen_first(environment.events.test_start, _on_test_start)


def _add_arguments(parser: LocustArgumentParser, **_: Any) -> None:
    parser.add_argument(
        "--think-time-scale",
        type=float,
        default=1.0,
        env_var="LOADTEST_THINK_TIME_SCALE",
        help="Factor on all pauses of the users: 0.5 makes them twice as fast",
    )


def _on_init(environment: Environment, **_: Any) -> None:
    try:
        settings = load_settings()
    except UserSettingsError as error:
        logger.error(error)  # noqa: TRY400  # a user's mistake: one line, no traceback
        sys.exit(EXIT_CODE)
    process = UserProcess(environment, settings)
    setattr(environment, _ATTRIBUTE, process)
    process.abort.attach()


def _on_test_start(environment: Environment, **_: Any) -> None:
    process_of(environment).begin_run()
