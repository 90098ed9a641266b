"""Users who go through the product step by step; each step is a timed transaction, pauses are between the steps."""

from __future__ import annotations

from uuid import uuid4

from locust import tag, task
from locust.env import Environment

from testdata.queries import pick_query
from users import checks
from users.api_user import ApiUser
from users.asking import ask_question
from users.endpoints import (
    ADMIN_CACHE_STATS,
    ADMIN_DASHBOARD,
    CHAT,
    CLEAR_CACHE,
    DELETE_DOCUMENT,
    HEALTH_DETAILED,
    LIST_DOCUMENTS,
    LIST_FLAGS,
    LOGIN,
    LOGOUT,
    METRICS,
    PROFILE,
    READ_DOCUMENT,
    REFRESH,
    REGISTER,
    SET_FLAG,
    UPLOAD_DOCUMENT,
)
from users.knowledge_base import KnowledgeBase
from users.session import Session
from users.transactions import Transactions

QUESTIONS_PER_JOURNEY = 3


class UserJourneyUser(ApiUser):
    """Comes for the first time: registers, logs in, asks, stays a while longer, logs out."""

    think_seconds = (1.0, 3.0)
    endpoints = (REGISTER, LOGIN, PROFILE, CHAT, REFRESH, LOGOUT)
    transaction_names = (
        "user-journey: register",
        "user-journey: log in",
        "user-journey: ask",
        "user-journey: renew session",
        "user-journey: log out",
    )

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.transactions = Transactions(type(self).__name__)

    def arrive(self) -> None:
        """Nothing: logging in is a step of the journey."""

    @tag("journey", "auth", "chat")
    @task
    def journey(self) -> None:
        """One newcomer from the registration to the logout; ends early when a step fails."""
        email, password = f"newcomer-{uuid4().hex}@example.test", uuid4().hex
        self.session = Session(self, email, password)
        for step in (self._register, self._log_in, self._ask, self._renew, self._log_out):
            if not step(email, password):
                return
            if step != self._log_out:
                self.pause()

    def _register(self, email: str, password: str) -> bool:
        with self.transactions.step("user-journey: register") as outcome:
            body = {"email": email, "password": password, "full_name": "A Newcomer"}
            outcome.expect(self.call(REGISTER, checks.entity(email=email, role="regular"), body=body))
        return outcome.success

    def _log_in(self, email: str, _password: str) -> bool:
        with self.transactions.step("user-journey: log in") as outcome:
            outcome.expect(self.session.log_in())
            outcome.expect(self.ask(PROFILE, checks.profile_of(email)))
        return outcome.success

    def _ask(self, *_: str) -> bool:
        with self.transactions.step("user-journey: ask") as outcome:
            conversation_id = None
            for _turn in range(QUESTIONS_PER_JOURNEY):
                answer = ask_question(self, pick_query("simple", self.rng), conversation_id)
                if not outcome.expect(answer):
                    break
                conversation_id = answer.conversation_id if answer else None
        return outcome.success

    def _renew(self, email: str, _password: str) -> bool:
        with self.transactions.step("user-journey: renew session") as outcome:
            outcome.expect(self.session.refresh())
            outcome.expect(self.ask(PROFILE, checks.profile_of(email)))
        return outcome.success

    def _log_out(self, *_: str) -> bool:
        with self.transactions.step("user-journey: log out") as outcome:
            outcome.expect(self.session.log_out())
        return outcome.success


class AdminWorkflowUser(ApiUser):
    """Comes to work: logs in, uploads, manages, monitors, logs out."""

    roles = ("admin",)
    think_seconds = (1.0, 3.0)
    endpoints = (
        LOGIN,
        UPLOAD_DOCUMENT,
        LIST_DOCUMENTS,
        READ_DOCUMENT,
        DELETE_DOCUMENT,
        LIST_FLAGS,
        SET_FLAG,
        CLEAR_CACHE,
        ADMIN_DASHBOARD,
        ADMIN_CACHE_STATS,
        HEALTH_DETAILED,
        METRICS,
        LOGOUT,
    )
    transaction_names = (
        "admin-workflow: log in",
        "admin-workflow: upload",
        "admin-workflow: manage",
        "admin-workflow: monitor",
        "admin-workflow: log out",
    )

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.transactions = Transactions(type(self).__name__)
        self.knowledge_base = KnowledgeBase(self)

    def arrive(self) -> None:
        """Nothing: logging in is a step of the workflow."""

    @tag("journey", "admin", "documents", "monitoring")
    @task
    def workflow(self) -> None:
        """One visit; ends early when a step fails."""
        for step in (self._log_in, self._upload, self._manage, self._monitor, self._log_out):
            if not step():
                return
            if step != self._log_out:
                self.pause()

    def _log_in(self) -> bool:
        with self.transactions.step("admin-workflow: log in") as outcome:
            outcome.expect(self.session.log_in())
        return outcome.success

    def _upload(self) -> bool:
        """Return a small, a medium, and now and then a large document."""
        with self.transactions.step("admin-workflow: upload") as outcome:
            outcome.expect(self.knowledge_base.upload("small"))
            outcome.expect(self.knowledge_base.upload("medium"))
            if self.rng.random() < 0.2:
                outcome.expect(self.knowledge_base.upload("large"))
        return outcome.success

    def _manage(self) -> bool:
        """Documents, feature flags and the cache; a flag is set to what it is, so that nothing changes."""
        with self.transactions.step("admin-workflow: manage") as outcome:
            outcome.expect(self.knowledge_base.search())
            outcome.expect(self.knowledge_base.read())
            while self.knowledge_base.full and outcome.success:
                outcome.expect(self.knowledge_base.delete())
            outcome.expect(self.knowledge_base.delete())
            outcome.expect(self._touch_flag())
            outcome.expect(self.ask(CLEAR_CACHE, checks.mapping_with("cleared")))
        return outcome.success

    def _touch_flag(self) -> bool:
        flags = self.ask(LIST_FLAGS, checks.flags)
        if not flags:
            return False
        flag = self.rng.choice(flags)
        body = {"enabled": flag["enabled"], "strength": flag["strength"]}
        check = checks.entity(id=flag["id"], enabled=flag["enabled"])
        return self.ask(SET_FLAG, check, path=f"{LIST_FLAGS.name}/{flag['id']}", body=body) is not None

    def _monitor(self) -> bool:
        with self.transactions.step("admin-workflow: monitor") as outcome:
            outcome.expect(self.ask(ADMIN_DASHBOARD, checks.mapping_with()))
            outcome.expect(self.ask(ADMIN_CACHE_STATS, checks.mapping_with("hits", "misses", "hit_ratio", "keys")))
            outcome.expect(self.call(HEALTH_DETAILED, checks.health_detailed))
            outcome.expect(self.call(METRICS, checks.metrics_text, decode=bytes.decode))
        return outcome.success

    def _log_out(self) -> bool:
        with self.transactions.step("admin-workflow: log out") as outcome:
            outcome.expect(self.session.log_out())
        return outcome.success
