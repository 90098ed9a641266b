"""How a command ends."""

from __future__ import annotations

import pytest

from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError


def test_a_command_that_breaks_has_not_judged_anything_and_shows_where(capsys: pytest.CaptureFixture[str]) -> None:
    app = new_app()

    @app.command()
    def breaks() -> None:
        raise ZeroDivisionError("by a mistake of ours")

    with pytest.raises(SystemExit) as end:
        app([])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("Traceback (most recent call last):")
    assert error.endswith("ZeroDivisionError: by a mistake of ours\n")


def test_a_mistake_of_the_user_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    app = new_app()

    @app.command()
    def refuses() -> None:
        with one_line_errors():
            raise CommandError("no such thing: expected another")

    with pytest.raises(SystemExit) as end:
        app([])
    assert end.value.code == 2
    assert capsys.readouterr().err == "no such thing: expected another\n"
