"""The commands: each parses, calls and prints."""

import sys

if sys.argv[:1] == ["-m"]:  # `python -m swarmscope.cli.NAME` is about to import that module, and all that it needs
    from swarmscope.cli.early_interruption import end_in_one_line

    end_in_one_line()
