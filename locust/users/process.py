"""What the virtual users of one Locust process share."""

from __future__ import annotations

import logging
import sys
from typing import Any

import locust
from locust.env import Environment

from swarmscope import observe
from swarmscope.errors import ExitCode
from swarmscope.locust_plugin.scenario_run import ScenarioRun, scenario_run_of
from swarmscope_exporter.transactions import declare_transactions
from testdata.accounts import AccountPool
from users.first_contact import FirstContact
from users.settings import UserSettings, UserSettingsError, load_settings

logger = logging.getLogger(__name__)

_ATTRIBUTE = "loadtest_user_process"


class UserProcess:
    """Settings and accounts, for the scenario under way."""

    def __init__(self, environment: Environment, settings: UserSettings) -> None:
        self._environment = environment
        self.settings = settings
        self.accounts = AccountPool(settings.test_users, getattr(environment.runner, "worker_index", 0))
        self.first_contact = FirstContact(self._on_refused)
        self.run: ScenarioRun = scenario_run_of(environment)
        self._declared: set[str] = set()
        self.run.call_on_begin(self._begin)

    def _begin(self) -> None:
        self.first_contact.reset()
        self._declare_series()

    def _declare_series(self) -> None:
        """Make the series of those who take part exist at 0: those of all users would be thousands of idle ones."""
        taking_part = getattr(self._environment.parsed_options, "user_classes", None) or self.run.scenario.mix
        for name, user_class in self._environment.user_classes_by_name.items():
            if name in taking_part and name not in self._declared:
                self._declared.add(name)
                observe(endpoints=getattr(user_class, "endpoints", ()))
                declare_transactions(list(getattr(user_class, "transaction_names", ())))

    def _on_refused(self, status: int) -> None:
        host, settings = self._environment.host, self.settings
        if status == 0:
            self.run.abort.request(f"Cannot reach {host}: start the API there, or pass another address with --host")
        else:
            self.run.abort.request(
                f"{host} refused the first login of a test account (401): LOADTEST_USER_PASSWORD is not the "
                f"API_TEST_USER_PASSWORD that the API was seeded with, or it has fewer than {settings.test_users} test "
                "accounts (LOADTEST_TEST_USERS)"
            )


def process_of(environment: Environment) -> UserProcess:
    """Return the state that `set_up_users` made for this Locust process."""
    process: UserProcess = getattr(environment, _ATTRIBUTE)
    return process


def set_up_users() -> None:
    """Register the users' listeners; once, at the top level of the locustfile, after `follow_scenarios`."""
    locust.events.init.add_listener(_on_init)


def _on_init(environment: Environment, **_: Any) -> None:
    try:
        settings = load_settings()
    except UserSettingsError as error:
        logger.error(error)  # noqa: TRY400  # a user's mistake: one line, no traceback
        sys.exit(ExitCode.COULD_NOT_RUN)
    setattr(environment, _ATTRIBUTE, UserProcess(environment, settings))
