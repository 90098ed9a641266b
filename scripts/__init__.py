"""The commands, and what stands behind them."""

import sys

if sys.argv[:1] == ["-m"]:  # `python -m scripts.NAME` is about to import that module, and all that it needs
    from scripts.early_interruption import end_in_one_line

    end_in_one_line()
