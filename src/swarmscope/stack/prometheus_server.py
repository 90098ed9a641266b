"""The embedded Prometheus: the committed configuration and rules, with targets of this stack, on a loopback port."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from swarmscope.processes.process import ManagedProcess
from swarmscope.project.places import DEFAULT_RULES, PROMETHEUS_DIR
from swarmscope.prometheus.names import JOBS
from swarmscope.prometheus.rule_sets import lay_out

#: What the committed configuration reads beside the rules for all: here those of a project are among them.
_REFERENCE_RULES = "  - rules/reference/*.yml # of the reference workloads, in a checkout\n"
DEFAULT_RETENTION = "7d"
#: Three intervals instead of 5 minutes: after a restart the series of the run before are not marked stale, and would be
#: taken for this run's for as long as a query looks back.
LOOKBACK_SECONDS = 6.0
#: A pattern that no header Origin matches: that is an address, or the word null.
NO_ORIGIN = "none"
#: How much it may allocate, in percent of what it holds, before it collects garbage: it holds little, and its own
#: default of 75 costs a fifth of its CPU time, beside users that need the same cores.
GARBAGE_COLLECTION_PERCENT = "200"


@dataclass(frozen=True)
class PrometheusServer:
    """A Prometheus program with a folder for its data and a configuration that points at ``rules_dir``."""

    program: Path
    folder: Path
    rules_dir: Path = PROMETHEUS_DIR / "rules"
    retention: str = DEFAULT_RETENTION
    lookback_seconds: float = LOOKBACK_SECONDS

    @property
    def config_file(self) -> Path:
        """The configuration this server reads: the committed one, with rules and targets beside it."""
        return self.folder / "config" / "prometheus.yml"

    def write_config(self, targets: Mapping[str, Sequence[str]]) -> None:
        """Lay out the configuration; ``targets`` maps a job to its ``host:port`` addresses, an absent job has none.

        A folder of rules is read where it is; those of the package are copied, with those of the project.
        """
        config_dir = self.config_file.parent
        shutil.rmtree(config_dir, ignore_errors=True)
        (config_dir / "targets").mkdir(parents=True)
        committed = (PROMETHEUS_DIR / "prometheus.yml").read_text(encoding="utf-8")
        self.config_file.write_text(committed.replace(_REFERENCE_RULES, ""), encoding="utf-8")
        if self.rules_dir.resolve() == DEFAULT_RULES.resolve():
            lay_out(self.rules_dir, None, config_dir / "rules")
        else:
            (config_dir / "rules").symlink_to(self.rules_dir.resolve(), target_is_directory=True)
        for job in JOBS:
            groups = [{"targets": list(targets[job])}] if targets.get(job) else []
            (config_dir / "targets" / f"{job}.yml").write_text(yaml.safe_dump(groups))

    def process(self, port: int, log_path: Path) -> ManagedProcess:
        """Return the server, not yet started; ``write_config`` comes first."""
        return ManagedProcess(
            "Prometheus",
            [
                self.program,
                f"--config.file={self.config_file}",
                f"--storage.tsdb.path={self.folder / 'data'}",
                f"--storage.tsdb.retention.time={self.retention}",
                f"--web.listen-address=127.0.0.1:{port}",
                # Any web page can send requests to the loopback interface: none may end Prometheus or read its answers.
                "--no-web.enable-lifecycle",
                "--no-web.enable-admin-api",
                f"--web.cors.origin={NO_ORIGIN}",
                f"--query.lookback-delta={self.lookback_seconds:g}s",
                "--enable-feature=exemplar-storage",
            ],
            env={"GOGC": GARBAGE_COLLECTION_PERCENT} | os.environ,
            log_path=log_path,
        )
