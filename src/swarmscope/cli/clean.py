"""Remove all data, logs and configuration of the embedded stack."""

from __future__ import annotations

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app
from swarmscope.project.places import STATE_DIR
from swarmscope.stack.clean import remove_state
from swarmscope.stack.stack import print_line

app = new_app()


@app.command(help=__doc__)
def clean(state_dir: given.StateDir = STATE_DIR) -> None:
    remove_state(state_dir.absolute(), print_line)
