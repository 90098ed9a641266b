"""A run waits until Prometheus has loaded the rules on disk, and says what is missing when it has not."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from scripts.errors import CommandError, PrometheusUnavailableError
from scripts.prometheus_api import LoadedRule, PrometheusApi
from scripts.running import rule_files
from scripts.running.rule_files import FileRule, difference, require_loaded

ON_DISK = (FileRule("own", "own:answer", "vector(2)", {}),)


class SlowPrometheus(PrometheusApi):
    """One that finds the rules on disk when it is asked for the ``after``-th time."""

    def __init__(self, after: int, *, knows_of_reloads: bool = True) -> None:
        super().__init__("http://unset")
        self.asked = 0
        self._after = after
        self._knows_of_reloads = knows_of_reloads

    def rules(self) -> tuple[LoadedRule, ...]:
        self.asked += 1
        query = "vector(2)" if self.asked >= self._after else "vector(1)"
        return (LoadedRule("own", "own:answer", query, "ok", "", {}, 2.0),)

    def formatted(self, query: str) -> str:
        return query

    def last_reload_succeeded(self) -> bool:
        if not self._knows_of_reloads:
            raise PrometheusUnavailableError("Prometheus at http://unset refused a query: not found")
        return True


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_files, "_LOADED_POLL_SECONDS", 0.0)


def test_it_asks_until_they_are_loaded() -> None:
    prometheus = SlowPrometheus(after=4)
    require_loaded(prometheus, ON_DISK, Path("rules"))
    assert prometheus.asked == 5  # once more for whether they evaluate


@pytest.mark.parametrize("knows_of_reloads", [True, False])
def test_after_the_deadline_it_names_the_rule_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, *, knows_of_reloads: bool
) -> None:
    monkeypatch.setattr(rule_files, "_LOADED_TIMEOUT_SECONDS", 0.0)
    prometheus = SlowPrometheus(after=1_000_000, knows_of_reloads=knows_of_reloads)
    with pytest.raises(CommandError) as error:
        require_loaded(prometheus, ON_DISK, Path("rules"))
    assert str(error.value) == (
        "Prometheus at http://unset has other rules than rules, and did not load these within 0 s: own/own:answer is"
        " not loaded as the file has it; send its process SIGHUP or restart it, or name the folder that it reads with"
        " --rules"
    )


def test_only_what_the_files_spell_otherwise_is_formatted_and_one_expression_may_be_spelled_in_two_ways() -> None:
    class Loaded(PrometheusApi):
        formats: ClassVar[list[str]] = []

        def rules(self) -> tuple[LoadedRule, ...]:
            return tuple(LoadedRule("g", name, "x > 1", "ok", "", {}, 2.0) for name in ("plain", "wide"))

        def formatted(self, query: str) -> str:
            self.formats.append(query)
            return f"x\n  > {query.rsplit(maxsplit=1)[-1]}"

    def files(wide: str) -> tuple[FileRule, ...]:
        return (FileRule("g", "plain", "x > 1", {}), FileRule("g", "wide", wide, {}))

    assert difference(Loaded("http://unset"), files("x > 1")) == ""
    assert Loaded.formats == []
    assert difference(Loaded("http://unset"), files("x  >  1")) == ""
    assert difference(Loaded("http://unset"), files("x  >  2")) == "g/wide is not loaded as the file has it"
