"""How signals reach the clean-up: SIGTERM and SIGHUP end a program like Ctrl-C does, and none of them cuts it short."""

import contextlib
import signal
import threading
from collections.abc import Iterator

ENDING_SIGNALS = [signal.Signals[name] for name in ("SIGTERM", "SIGHUP") if name in signal.Signals.__members__]


@contextlib.contextmanager
def ending_signals_interrupt() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP raise KeyboardInterrupt, unless the program has a handler of its own for them."""
    ours = [number for number in ENDING_SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    with _handled(ours, signal.default_int_handler):
        yield


@contextlib.contextmanager
def signals_ignored() -> Iterator[None]:
    """Inside, neither an impatient Ctrl-C nor SIGTERM has an effect: what runs in here must be short and bounded."""
    with _handled([signal.SIGINT, *ENDING_SIGNALS], signal.SIG_IGN):
        yield


@contextlib.contextmanager
def _handled(numbers: list[signal.Signals], handler: "signal._HANDLER") -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set handlers
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
