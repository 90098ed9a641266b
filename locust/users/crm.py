"""Users of the sales CRM."""

from __future__ import annotations

from urllib.parse import urlencode

from locust import tag, task
from locust.env import Environment

from swarmscope import Endpoint
from testdata.leads import PROJECT_STATUSES
from users import checks
from users.api_user import ApiUser
from users.endpoints import (
    CACHE_HEALTH,
    CACHE_STATS,
    CREATE_LEAD,
    CRM_DASHBOARD,
    CRM_DASHBOARD_METRICS,
    DELETE_LEAD,
    FILTER_LEADS,
    FILTER_PROJECTS,
    FUNNEL,
    LIST_LEADS,
    LIST_PROJECTS,
    LOGIN,
    PERFORMANCE,
    READ_LEAD,
    READ_PROJECT,
    REFRESH,
    REVENUE,
    UPDATE_LEAD,
)
from users.lead_book import LeadBook

PAGE_SIZE = 20
#: Periods that people look back over, in days.
PERIODS_DAYS = (7, 30, 90)


class CrmUser(ApiUser):
    """What several kinds of CRM users do."""

    abstract = True
    roles = ("regular", "power")

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.leads = LeadBook(self)
        self._project_id: int | None = None

    def view_dashboard(self) -> None:
        self.ask(CRM_DASHBOARD, checks.mapping_with())

    def list_projects(self) -> None:
        """Look at the first page, and remember a project."""
        page = self.ask(LIST_PROJECTS, checks.page(PAGE_SIZE), path=f"{LIST_PROJECTS.name}?limit={PAGE_SIZE}")
        if page is not None and page.items:
            self._project_id = self.rng.choice(page.items)["id"]

    def filter_projects(self) -> None:
        status = self.rng.choice(PROJECT_STATUSES)
        query = urlencode({"status": status, "limit": PAGE_SIZE})
        self.ask(FILTER_PROJECTS, checks.page(PAGE_SIZE, status=status), path=f"{LIST_PROJECTS.name}?{query}")

    def read_project(self) -> None:
        """Open a project from the list; look at the list first when none is known."""
        if self._project_id is None:
            self.list_projects()
            return
        check = checks.entity(id=self._project_id)
        self.ask(READ_PROJECT, check, path=f"{LIST_PROJECTS.name}/{self._project_id}")

    def analyse(self, endpoint: Endpoint) -> None:
        days = self.rng.choice(PERIODS_DAYS)
        self.ask(endpoint, checks.mapping_with(), path=f"{endpoint.name}?days={days}")


class DashboardUser(CrmUser):
    """Has the dashboard open."""

    weight = 40
    think_seconds = (1.0, 3.0)
    endpoints = (LOGIN, REFRESH, CRM_DASHBOARD, CRM_DASHBOARD_METRICS, CACHE_STATS, CACHE_HEALTH)

    @tag("dashboard")
    @task(10)
    def look_at_dashboard(self) -> None:
        self.view_dashboard()

    @tag("dashboard")
    @task(6)
    def look_at_metrics(self) -> None:
        self.ask(CRM_DASHBOARD_METRICS, checks.mapping_with())

    @tag("dashboard", "cache")
    @task(1)
    def look_at_cache(self) -> None:
        self.ask(CACHE_STATS, checks.mapping_with("hits", "misses", "hit_ratio"))

    @tag("dashboard", "cache", "health")
    @task(1)
    def check_cache(self) -> None:
        self.ask(CACHE_HEALTH, checks.mapping_with("status"))


class LeadManagementUser(CrmUser):
    """Works on leads, from the first call to the deal."""

    weight = 30
    think_seconds = (1.0, 4.0)
    endpoints = (LOGIN, REFRESH, LIST_LEADS, FILTER_LEADS, READ_LEAD, CREATE_LEAD, UPDATE_LEAD, DELETE_LEAD)

    @tag("leads")
    @task(6)
    def list_leads(self) -> None:
        self.leads.list()

    @tag("leads")
    @task(4)
    def filter_leads(self) -> None:
        self.leads.filter()

    @tag("leads")
    @task(5)
    def read_lead(self) -> None:
        self.leads.read()

    @tag("leads", "write")
    @task(2)
    def create_lead(self) -> None:
        self.leads.create()

    @tag("leads", "write")
    @task(2)
    def update_lead(self) -> None:
        self.leads.update()

    @tag("leads", "write")
    @task(1)
    def delete_lead(self) -> None:
        self.leads.delete()


class ProjectViewUser(CrmUser):
    """Follows projects."""

    weight = 20
    think_seconds = (1.0, 3.0)
    endpoints = (LOGIN, REFRESH, LIST_PROJECTS, FILTER_PROJECTS, READ_PROJECT)

    @tag("projects")
    @task(4)
    def look_at_projects(self) -> None:
        self.list_projects()

    @tag("projects")
    @task(3)
    def look_at_projects_by_status(self) -> None:
        self.filter_projects()

    @tag("projects")
    @task(3)
    def look_at_project(self) -> None:
        self.read_project()


class AnalyticsUser(CrmUser):
    """Runs reports, which are expensive."""

    weight = 10
    think_seconds = (3.0, 8.0)
    endpoints = (LOGIN, REFRESH, REVENUE, FUNNEL, PERFORMANCE)

    @tag("analytics")
    @task(3)
    def look_at_revenue(self) -> None:
        self.analyse(REVENUE)

    @tag("analytics")
    @task(3)
    def look_at_funnel(self) -> None:
        self.analyse(FUNNEL)

    @tag("analytics")
    @task(2)
    def look_at_performance(self) -> None:
        self.analyse(PERFORMANCE)


class MixedWorkloadUser(CrmUser):
    """Does a little of everything."""

    weight = 15
    think_seconds = (1.0, 4.0)
    endpoints = (
        LOGIN,
        REFRESH,
        CRM_DASHBOARD,
        LIST_LEADS,
        CREATE_LEAD,
        DELETE_LEAD,
        LIST_PROJECTS,
        REVENUE,
        FUNNEL,
        PERFORMANCE,
    )

    @tag("dashboard")
    @task(4)
    def look_at_dashboard(self) -> None:
        self.view_dashboard()

    @tag("leads")
    @task(3)
    def list_leads(self) -> None:
        self.leads.list()

    @tag("leads", "write")
    @task(1)
    def create_lead(self) -> None:
        self.leads.create()

    @tag("projects")
    @task(2)
    def look_at_projects(self) -> None:
        self.list_projects()

    @tag("analytics")
    @task(1)
    def look_at_reports(self) -> None:
        self.analyse(self.rng.choice((REVENUE, FUNNEL, PERFORMANCE)))
