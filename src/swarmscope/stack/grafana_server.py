"""The embedded Grafana: the provisioning and dashboards of the Docker stack, on a loopback port.

All settings go by the environment, as Docker gives them: what a Grafana of this machine is configured to be stays out
of it, and a password is on no command line.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from swarmscope.grafana.client import ADMIN_USER
from swarmscope.processes.ports import LOOPBACK
from swarmscope.processes.process import ManagedProcess
from swarmscope.project.places import GRAFANA_DIR
from swarmscope.stack.programs.grafana import GrafanaProgram

HEALTH_PATH = "/api/health"
HOME_DASHBOARD = "run-overview.json"
#: What the Docker stack sets as well: anonymous viewers, no sign-up, and nothing is fetched from the internet.
COMMON_SETTINGS: Mapping[str, str] = {
    "GF_AUTH_ANONYMOUS_ENABLED": "true",
    "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
    "GF_USERS_ALLOW_SIGN_UP": "false",
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_ANALYTICS_FEEDBACK_LINKS_ENABLED": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    "GF_PLUGINS_PLUGIN_ADMIN_ENABLED": "false",
    "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
    "GF_SECURITY_DISABLE_GRAVATAR": "true",
    "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
    "GF_LOG_MODE": "console",
}


@dataclass(frozen=True)
class GrafanaServer:
    """A Grafana program with a folder for its data; ``traces_url`` is where its traced requests lead, if anywhere."""

    program: GrafanaProgram
    folder: Path
    traces_url: str | None = None

    def process(self, port: int, prometheus_url: str, admin_password: str, log_path: Path) -> ManagedProcess:
        """Return the server, not yet started. The password counts when the folder is new: Grafana keeps it there."""
        config = self.folder / "grafana.ini"
        self.folder.mkdir(parents=True, exist_ok=True)
        config.write_text("# Empty on purpose: instead of the file of a Grafana that is installed on this machine.\n")
        return ManagedProcess(
            "Grafana",
            [*self.program.command, f"--homepath={self.program.home}", f"--config={config}"],
            env={
                # No more of our own environment: another Grafana's GF_… settings, or a proxy, may be in it.
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(self.folder),
                **COMMON_SETTINGS,
                **self._own_settings(port),
                "GF_SECURITY_ADMIN_USER": ADMIN_USER,
                "GF_SECURITY_ADMIN_PASSWORD": admin_password,
                "LOADTEST_DASHBOARDS": str(GRAFANA_DIR / "dashboards"),
                "LOADTEST_PROMETHEUS_URL": prometheus_url,
                "LOADTEST_TRACES_URL": self.traces_url or "",
                "LOADTEST_TRACE_LABEL": "trace_id" if self.traces_url else "",
            },
            log_path=log_path,
            cwd=self.program.home,
        )

    def _own_settings(self, port: int) -> dict[str, str]:
        return {
            "GF_SERVER_HTTP_ADDR": LOOPBACK,
            "GF_SERVER_HTTP_PORT": str(port),
            "GF_SERVER_DOMAIN": LOOPBACK,
            "GF_PATHS_DATA": str(self.folder / "data"),
            "GF_PATHS_LOGS": str(self.folder / "log"),
            "GF_PATHS_PLUGINS": str(self.folder / "plugins"),
            "GF_PATHS_PROVISIONING": str(GRAFANA_DIR / "provisioning"),
            "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": str(GRAFANA_DIR / "dashboards" / HOME_DASHBOARD),
        }
