"""How signals reach the clean-up: SIGTERM and SIGHUP end a program like Ctrl-C does, and none of them cuts it short."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

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


class Interruptions:
    """Ctrl-C, SIGTERM and SIGHUP, for a program that has to come to an end of its own.

    Inside ``held`` they raise KeyboardInterrupt in the stretches of ``let_through`` alone. One that comes elsewhere
    is raised at the beginning of the next stretch, and after the second one each stretch is over at its beginning.
    """

    def __init__(self) -> None:
        self.count = 0  #: how many there were
        self._is_pending = self._is_open = False

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep signals away from what is inside; those that are ignored (nohup) stay ignored."""
        numbers = [signal.SIGINT, *ENDING_SIGNALS]
        with _handled([each for each in numbers if signal.getsignal(each) is not signal.SIG_IGN], self._on_signal):
            yield

    @contextlib.contextmanager
    def let_through(self) -> Iterator[None]:
        """Yield a stretch, such as a wait, that a signal ends; raise KeyboardInterrupt."""
        self._is_open = True  # first, so that no signal falls between the question and the stretch
        try:
            if self._is_pending or self.count > 1:
                self._is_pending = False
                raise KeyboardInterrupt
            yield
        finally:
            self._is_open = False

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self._is_open:
            self._is_open = False  # what follows has to be able to come to its end
            raise KeyboardInterrupt
        self._is_pending = True


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
