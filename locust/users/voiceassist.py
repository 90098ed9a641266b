"""Users of the medical voice assistant who work over HTTP."""

from __future__ import annotations

from locust import tag, task
from locust.env import Environment

from testdata.documents import Size
from users import checks
from users.api_user import ApiUser
from users.asking import ask_something, converse
from users.endpoints import (
    ADMIN_CACHE_STATS,
    ADMIN_DASHBOARD,
    CHAT,
    DELETE_DOCUMENT,
    HEALTH,
    HEALTH_DETAILED,
    LIST_DOCUMENTS,
    LIST_FLAGS,
    LOGIN,
    PROFILE,
    READ_DOCUMENT,
    REFRESH,
    UPLOAD_DOCUMENT,
)
from users.knowledge_base import KnowledgeBase

_UPLOAD_SHARES: dict[Size, float] = {"small": 0.8, "medium": 0.17, "large": 0.03}


class RegularUser(ApiUser):
    """Asks simple questions, and looks at the own profile now and then."""

    weight = 70
    think_seconds = (1.0, 3.0)
    endpoints = (LOGIN, REFRESH, CHAT, PROFILE, HEALTH)

    def arrive(self) -> None:
        super().arrive()
        if self.begins_with(self.check_health):
            self.check_health()

    @tag("chat")
    @task(6)
    def ask_simple_question(self) -> None:
        ask_something(self, "simple")

    @tag("chat")
    @task(2)
    def ask_moderate_question(self) -> None:
        ask_something(self, "moderate")

    @tag("auth", "profile")
    @task(1)
    def look_at_profile(self) -> None:
        self.ask(PROFILE, checks.profile_of(self.account.email))

    @tag("health")
    @task(1)
    def check_health(self) -> None:
        self.call(HEALTH, checks.health)


class PowerUser(ApiUser):
    """Asks long questions, and holds conversations."""

    weight = 20
    roles = ("power",)
    think_seconds = (2.0, 5.0)
    endpoints = (LOGIN, REFRESH, CHAT, PROFILE)

    @tag("chat")
    @task(5)
    def ask_complex_question(self) -> None:
        ask_something(self, "complex")

    @tag("chat")
    @task(2)
    def ask_moderate_question(self) -> None:
        ask_something(self, "moderate")

    @tag("chat", "conversation")
    @task(2)
    def hold_conversation(self) -> None:
        converse(self)

    @tag("auth", "profile")
    @task(1)
    def look_at_profile(self) -> None:
        self.ask(PROFILE, checks.profile_of(self.account.email))


class AdminUser(ApiUser):
    """Keeps the knowledge base, and watches the system."""

    weight = 10
    roles = ("admin",)
    think_seconds = (2.0, 6.0)
    endpoints = (
        LOGIN,
        REFRESH,
        UPLOAD_DOCUMENT,
        LIST_DOCUMENTS,
        READ_DOCUMENT,
        DELETE_DOCUMENT,
        ADMIN_DASHBOARD,
        ADMIN_CACHE_STATS,
        LIST_FLAGS,
        HEALTH_DETAILED,
    )

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.knowledge_base = KnowledgeBase(self)

    def arrive(self) -> None:
        super().arrive()
        if self.begins_with(self.upload_document):
            self.knowledge_base.upload("small")

    @tag("admin", "documents")
    @task(1)
    def upload_document(self) -> None:
        if self.knowledge_base.full:
            self.knowledge_base.delete()
            self.pause()
        sizes = list(_UPLOAD_SHARES)
        self.knowledge_base.upload(self.rng.choices(sizes, list(_UPLOAD_SHARES.values()))[0])

    @tag("admin", "documents")
    @task(4)
    def search_documents(self) -> None:
        self.knowledge_base.search()

    @tag("admin", "documents")
    @task(3)
    def read_document(self) -> None:
        self.knowledge_base.read()

    @tag("admin", "documents")
    @task(1)
    def delete_document(self) -> None:
        self.knowledge_base.delete()

    @tag("admin", "monitoring")
    @task(4)
    def look_at_dashboard(self) -> None:
        self.ask(ADMIN_DASHBOARD, checks.mapping_with())

    @tag("admin", "monitoring")
    @task(2)
    def look_at_cache(self) -> None:
        self.ask(ADMIN_CACHE_STATS, checks.mapping_with("hits", "misses", "hit_ratio", "keys"))

    @tag("admin", "monitoring")
    @task(1)
    def look_at_feature_flags(self) -> None:
        self.ask(LIST_FLAGS, checks.flags)

    @tag("health", "monitoring")
    @task(2)
    def check_components(self) -> None:
        self.call(HEALTH_DETAILED, checks.health_detailed)
