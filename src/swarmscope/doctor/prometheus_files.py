"""Writes what a Prometheus of the user's own has to read: the rule files of a run, and a scrape configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from swarmscope.doctor.scrape_probe import ExporterAddress
from swarmscope.errors import CommandError
from swarmscope.project.yaml_text import load_yaml
from swarmscope.prometheus.names import EXPORTER_JOB, INTERVAL_SECONDS, SELF_JOB, TARGET_JOB
from swarmscope.prometheus.rule_sets import lay_out

_HEADER = "# Written by `swarmscope doctor --write`: it is replaced the next time.\n"
_INTERVAL = f"{INTERVAL_SECONDS:g}s"


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as one."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


@dataclass(frozen=True)
class SelfScrape:
    """Where a Prometheus serves its own metrics, as it reaches itself."""

    address: str = "localhost:9090"
    path: str = "/metrics"

    @classmethod
    def of(cls, flags: Mapping[str, str]) -> SelfScrape:
        """Return what the options say that Prometheus was started with."""
        port = re.search(r":(\d+)\D*$", flags.get("web.listen-address", ""))
        prefix = flags.get("web.route-prefix", "").rstrip("/")
        return cls(f"localhost:{port[1]}" if port else cls.address, f"{prefix}/metrics")


def write_files(
    folder: Path, rules: Path, thresholds: Path | None, exporter: ExporterAddress, itself: SelfScrape | None
) -> tuple[Path, ...]:
    """Write ``rules/*.yml``, ``scrape.yml`` and a ``prometheus.yml`` that reads both; return what was written.

    ``itself`` is None for a Prometheus that scrapes itself already, unless it does so by an earlier ``scrape.yml``.
    Files of an earlier call that are no longer needed are removed, and no others. Raise CommandError when the folder
    cannot be written.
    """
    scrape, configuration = folder / "scrape.yml", folder / "prometheus.yml"
    try:
        for path in (*(folder / "rules").glob("*.yml"), scrape, configuration):
            _require_ours(path)
        itself = itself or _self_scrape_in(scrape)
        written = _write_rules(folder / "rules", rules, thresholds)
        scrape.write_text(_HEADER + _scrape_text(exporter, itself), encoding="utf-8")
        configuration.write_text(_HEADER + _configuration_text(), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"The files cannot be written to {folder}: {error.strerror}") from error
    return (*written, scrape, configuration)


def _self_scrape_in(path: Path) -> SelfScrape | None:
    """Return what an earlier call wrote: it may be the only reason why Prometheus scrapes itself."""
    jobs = load_yaml(path.read_text(encoding="utf-8"))["scrape_configs"] if path.exists() else []
    found = [job for job in jobs if job["job_name"] == SELF_JOB]
    return SelfScrape(found[0]["static_configs"][0]["targets"][0], found[0]["metrics_path"]) if found else None


def _write_rules(folder: Path, rules: Path, thresholds: Path | None) -> tuple[Path, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.yml"):
        path.unlink()
    lay_out(rules, thresholds, folder)
    written = tuple(sorted(folder.glob("*.yml")))
    for path in written:
        path.write_text(_HEADER + _rules_text(path.read_text(encoding="utf-8")), encoding="utf-8")
    return written


def _require_ours(path: Path) -> None:
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(_HEADER):
        raise CommandError(
            f"{path} was not written by `swarmscope doctor --write`: give --write a folder of its own, or move the file"
        )


def _rules_text(text: str) -> str:
    """Return the same groups, evaluated as often as a run needs it whatever this Prometheus does by default."""
    groups = [
        {"name": group["name"], "interval": _INTERVAL, "query_offset": "0s"}
        | {key: value for key, value in group.items() if key != "name"}
        for group in load_yaml(text)["groups"]
    ]
    return _dumped({"groups": groups})


def _scrape_text(exporter: ExporterAddress, itself: SelfScrape | None) -> str:
    jobs = [_job(EXPORTER_JOB, exporter.scraped)]
    if itself is not None:
        jobs.append(_job(SELF_JOB, itself.address) | {"metrics_path": itself.path})
    text = _dumped({"scrape_configs": jobs})
    example = _dumped([_job(TARGET_JOB, "your-api:8080")]).replace("\n", "\n#").rstrip("#")
    return f"{text}# If your API serves /metrics, the ledger of a run can end at its own request counter:\n#{example}"


def _job(name: str, address: str) -> dict[str, Any]:
    return {
        "job_name": name,
        "scrape_interval": _INTERVAL,
        "scrape_timeout": _INTERVAL,
        "static_configs": [{"targets": [address]}],
    }


def _configuration_text() -> str:
    """Return a configuration that works as it is; in another one, the two lists are added to those that it has."""
    return _dumped({"rule_files": ["rules/*.yml"], "scrape_config_files": ["scrape.yml"]})


def _dumped(document: object) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)
