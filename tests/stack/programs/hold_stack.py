"""Starts a stack with the stand-in API in the folder given, prints the pids of its children, and waits for a signal."""

import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

from swarmscope.project.settings import project
from swarmscope.stack.options import StackOptions
from swarmscope.stack.stack import EmbeddedStack

STANDIN_API = Path(__file__).with_name("standin_api.py")


def main() -> None:
    folder = Path(sys.argv[1])
    target = project().target
    assert target is not None
    options = StackOptions(
        state_dir=folder / "stack",
        env_file=folder / ".env",
        rules_dir=folder / "rules",
        target=replace(target, command=(sys.executable, str(STANDIN_API))),
    )
    try:
        with EmbeddedStack(options) as stack:
            print(json.dumps(dict(stack.pids)), flush=True)
            signal.pause()
    except KeyboardInterrupt:
        sys.exit(40)


if __name__ == "__main__":
    main()
