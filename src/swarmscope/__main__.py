"""The command `swarmscope`, also as ``python -m swarmscope``."""

from __future__ import annotations

import sys

from swarmscope.cli.early_interruption import end_in_one_line


def main(*arguments: str) -> None:
    """Run the command line: ``arguments``, and then those that this process was called with."""
    end_in_one_line()
    from swarmscope.cli.main import app  # noqa: PLC0415  # from here on Ctrl-C ends in one line

    app(args=[*arguments, *sys.argv[1:]], prog_name="swarmscope")


if __name__ == "__main__":
    main()
