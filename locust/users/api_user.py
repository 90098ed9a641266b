"""What all users have in common: an account, a session, pauses, and requests whose answers are checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any, ClassVar

import gevent
from locust.env import Environment

from swarmscope import Endpoint, ValidationFailure
from testdata.accounts import Role
from users.checks import Check, require
from users.http import HttpBase
from users.process import process_of
from users.session import Session

#: How often Locust spawns users during a ramp, in seconds.
SPAWN_INTERVAL_SECONDS = 1.0


class ApiUser(HttpBase):
    """A user of the API; subclasses set their roles and pauses, and add tasks."""

    abstract = True

    #: Roles that the account of such a user may have.
    roles: ClassVar[tuple[Role, ...]] = ("regular",)
    #: Shortest and longest pause between two tasks, in seconds.
    think_seconds: ClassVar[tuple[float, float]] = (1.0, 3.0)
    #: Requests that such users make, and transactions that they time: their series exist at 0 before the load.
    endpoints: ClassVar[tuple[Endpoint, ...]] = ()
    transaction_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, environment: Environment) -> None:
        self.process = process_of(environment)
        self.network_timeout = self.process.settings.request_timeout_seconds
        self.connection_timeout = self.process.settings.connect_timeout_seconds
        super().__init__(environment)
        self.account = self.process.accounts.acquire(*self.roles)
        self.rng = Random(f"{type(self).__name__}/{self.account.email}")  # noqa: S311  # reproducible behaviour
        self.session = Session(self, self.account.email)
        self.last_status = 0

    def on_start(self) -> None:
        # Locust spawns once a second, all users of that second at the same moment: people do not come in step.
        gevent.sleep(self.rng.random() * SPAWN_INTERVAL_SECONDS)
        self.arrive()

    def arrive(self) -> None:
        """Log in at once: in the ramp, where a login is expected, and not when the first objective is judged."""
        self.session.is_open()

    def begins_with(self, task: Callable[[], None]) -> bool:
        """Return whether to do this task on arrival: unless tags leave it out. A short run measures it then as well."""
        return any(task.__name__ == getattr(each, "__name__", "") for each in self.tasks)

    def on_stop(self) -> None:
        self.process.accounts.release(self.account)

    def wait_time(self) -> float:
        """Pause in seconds before the next task, each length as likely as another."""
        return self.rng.uniform(*self.think_seconds)

    def pause(self) -> None:
        """Pause within a task, as long as between tasks; the user may be stopped meanwhile."""
        HttpBase.wait(self)

    def ask(self, endpoint: Endpoint, check: Check, *, path: str | None = None, body: Any = None) -> Any:
        """Return a request in the user's session, opened first where it has to be; return like `call`."""
        if not self.session.is_open():
            return None
        result = self.call(endpoint, check, path=path, body=body, headers=self.session.headers)
        if self.last_status == 401:
            self.session.drop()
        return result

    def call(
        self,
        endpoint: Endpoint,
        check: Check,
        *,
        path: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
        decode: Callable[[bytes], Any] = json.loads,
    ) -> Any:
        """Return a request that succeeds with the endpoint's status and a body that ``check`` accepts.

        Return what ``check`` does, None for any failure, which is recorded. ``path`` is the address when it differs
        from the endpoint's name. Nothing is sent once the target has refused its first contact.
        """
        self.last_status, status = 0, None
        if not self.process.first_contact.enter():
            return None  # the run is being stopped, see `swarmscope.locust_plugin.abort`
        try:
            with self.client.request(
                endpoint.method,
                path or endpoint.name,
                name=endpoint.name,
                json=body,
                headers=headers,
                catch_response=True,
            ) as response:
                status = self.last_status = response.status_code
                return checked(response, endpoint.status, check, decode)
        finally:
            self.process.first_contact.leave(status)


def checked(response: Any, status: int, check: Check, decode: Callable[[bytes], Any]) -> Any:
    """Return what ``check`` makes of a response; None when it failed, or is marked as failed here."""
    if response.request_meta["exception"] is not None:
        return None  # no response, a bad status, a broken body: Locust has found that out
    try:
        require(response.status_code == status, f"status {response.status_code} where {status} is expected")
        content = response.content
        return check(decode(content) if content else None)
    except ValidationFailure as failure:
        response.failure(failure)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        response.failure(ValidationFailure(f"a body of another form than documented ({type(error).__name__})"))
    return None
