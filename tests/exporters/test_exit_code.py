"""What the locustfile says of a run by the exit code that it sets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from swarmscope_exporter.exit_code import exit_code_of, forget_exit_code, say_exit_code, set_own_exit_code


@pytest.mark.parametrize(("set_to", "code"), [(None, 0), (0, 0), (False, 0), (1, 1), (17, 17), (True, 1), ("bad", 1)])
def test_only_what_is_not_zero_is_a_failed_check(set_to: object, code: int) -> None:
    assert exit_code_of(SimpleNamespace(process_exit_code=set_to)) == code


def test_our_own_code_is_not_taken_for_the_locustfile_s() -> None:
    environment: Any = SimpleNamespace(process_exit_code=None)
    set_own_exit_code(environment, 2)
    assert (environment.process_exit_code, exit_code_of(environment)) == (2, 0)
    environment.process_exit_code = 1
    assert exit_code_of(environment) == 1
    set_own_exit_code(environment, None)
    assert (environment.process_exit_code, exit_code_of(environment)) == (None, 0)


def test_the_code_of_one_run_does_not_count_for_the_next(capfd: pytest.CaptureFixture[str]) -> None:
    environment: Any = SimpleNamespace(process_exit_code=3)
    say_exit_code(environment, has_raised=False)
    forget_exit_code(environment)
    say_exit_code(environment, has_raised=True)
    assert capfd.readouterr().err.splitlines() == [
        "[loadtest] process_exit_code=3",
        "[loadtest] a listener raised",
        "[loadtest] process_exit_code=0",
    ]
