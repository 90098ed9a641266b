"""What a block of an A/B run and a step of a search refuse: a load that is not one steady load."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.errors import CommandError
from swarmscope.run.options import RunOptions
from swarmscope.run.steady_load import require_steady


def test_a_scenario_with_stages_is_refused() -> None:
    with pytest.raises(CommandError, match=r"^Scenario spike has stages, and each step has one steady load: choose"):
        require_steady(RunOptions("spike"), "each step")


def test_a_locustfile_with_a_load_shape_of_its_own_is_refused() -> None:
    options = RunOptions("shop", locustfiles=(Path("shop.py"),), own_shape="Steps")
    with pytest.raises(CommandError, match=r"^shop\.py has a load shape of its own, Steps, and each step has one"):
        require_steady(options, "each step")


@pytest.mark.parametrize("scenario", ["baseline", "smoke", "shop"])
def test_one_steady_load_is_let_through(scenario: str) -> None:
    require_steady(RunOptions(scenario), "each step")
