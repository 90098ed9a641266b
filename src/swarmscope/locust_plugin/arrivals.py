# ruff: noqa: SLF001  # Locust has no public names for what is replaced here
"""Starts the tasks of an open model: on a schedule, whatever the target does, by users that wait for an arrival.

In a run with arrivals a user pauses in no other way: it waits until an arrival of its class is due, and does one task.
The schedule draws the class and the task. A user within a nested task set goes on in it: one arrival for each of its
tasks. An arrival that finds no free user waits for one, up to the longest wait, and is dropped then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import gevent
from gevent import Greenlet, getcurrent
from gevent.hub import Hub
from locust import TaskSet
from locust.env import Environment
from locust.exception import StopUser
from locust.rpc import Message
from locust.runners import WorkerRunner
from locust.user.task import (
    LOCUST_STATE_RUNNING,
    LOCUST_STATE_STOPPING,
    LOCUST_STATE_WAITING,
    DefaultTaskSet,
)

from swarmscope.locust_plugin.arrival_order import LOCAL, OPTION, SHARES_MESSAGE, ArrivalOrder
from swarmscope.scenarios.arrivals import Arrival, Draw
from swarmscope_exporter.intended_starts import ArrivalCounts, IntendedStarts, Start
from swarmscope_exporter.virtual_users import BETWEEN_TASKS

#: A dispatcher that is far behind lets users run after so many.
_AT_ONCE = 500
#: An arrival that is handed over later than this is late by the generator's own fault: its event loop was elsewhere.
_LATE_SECONDS = 0.1
#: How often those are looked for that have waited too long, in seconds.
_LOOK_SECONDS = 0.1


class Due(NamedTuple):
    """An arrival that is due: when, by the clock of `IntendedStarts`, and what chooses its task."""

    seconds: float
    choice: float


class Waiting:
    """A user that waits for an arrival."""

    __slots__ = ("due", "is_gone", "where")

    def __init__(self, where: Greenlet[..., Any]) -> None:
        self.where = where
        self.due: Due | None = None
        self.is_gone = False


class Line:
    """The users of one class that wait for an arrival, or the arrivals that wait for a user: never both."""

    __slots__ = ("arrivals", "users")

    def __init__(self) -> None:
        self.users: deque[Waiting] = deque()
        self.arrivals: deque[Due] = deque()


class Arrivals:
    """Those of one run that this process owns, and their books."""

    def __init__(self, order: ArrivalOrder, me: str, starts: IntendedStarts) -> None:
        self._order = order
        self._me = me
        self._starts = starts
        self._clock = starts.clock
        self._begin_seconds = self._clock()
        self._lines = {name: Line() for name in order.weights}
        self._draw = Draw(order.weights)
        self._hub: Hub = gevent.get_hub()
        self._epochs = deque([(0, order.workers)])
        self._in_task: set[Any] = set()  #: users that are in a task
        self._entering: set[Any] = set()  #: users whose arrival is for the first task of the task set that they enter
        self._look: Greenlet[..., Any] | None = None
        self._ramp_seconds = order.schedule.ramp_seconds
        self._rest = iter(order.schedule)
        self._next: Arrival | None = None  #: the one that is not due yet; None before the beginning and after the end
        self._timer: Any = self._hub.loop.timer(0.0)
        self._scheduled = self._started = self._dropped = self._cut_off = self._position = self._late = 0
        self._is_over = False
        starts.exist, starts.read_arrivals = True, self.counts

    def counts(self) -> ArrivalCounts:
        waiting = self._scheduled - self._started - self._dropped - self._cut_off
        done = (self._scheduled, self._started, self._dropped, self._cut_off)
        return ArrivalCounts(*done, waiting, self._position, self._late)

    def begin(self, elapsed_seconds: float = 0.0) -> None:
        """Start the clock, of a load that has lasted so long."""
        self._begin_seconds = self._clock() - elapsed_seconds
        self._next = next(self._rest, None)
        self._timer.start(self._hand_over_due)
        self._look = gevent.spawn(self._look_for_expired)

    def share_anew(self, since: int, workers: tuple[str, ...]) -> None:
        """Let other workers own the arrivals from a number on."""
        self._epochs.append((since, workers))

    def close(self) -> None:
        """End the run: what is due and waits still is cut off."""
        if self._is_over:
            return
        self._is_over = True
        self._timer.stop()
        if self._look is not None:
            self._look.kill(block=False)
        now = self._clock()
        self._close_schedule(now)
        self._drop_expired()
        for line in self._lines.values():
            self._cut_off += len(line.arrivals)
            self._starts.not_served((now - due.seconds) * 1000 for due in line.arrivals)
            line.arrivals.clear()

    def _close_schedule(self, now: float) -> None:
        """Put in line what is due and was not handed over yet: a busy generator is late."""
        while self._next is not None and self._begin_seconds + self._next.due_seconds <= now:
            arrival, self._next = self._next, next(self._rest, None)
            self._position = arrival.number + 1
            if self._owns(arrival.number):
                self._scheduled += 1
                self._late += self._is_late(arrival, now - self._begin_seconds)
                name, choice = self._draw(arrival.choice)
                self._lines[name].arrivals.append(Due(self._begin_seconds + arrival.due_seconds, choice))

    # ------------------------------------------------------------------------------------------ the schedule

    def _hand_over_due(self) -> None:
        """Hand over what is due, and set the timer for what comes next; runs in the hub, where nothing may block."""
        now = self._clock() - self._begin_seconds
        for _ in range(_AT_ONCE):
            arrival = self._next
            if arrival is None or self._is_over:
                return
            if arrival.due_seconds > now and self._owns(arrival.number):
                break
            self._next, self._position = next(self._rest, None), arrival.number + 1
            if self._owns(arrival.number):
                self._scheduled += 1
                self._late += self._is_late(arrival, now)
                self._hand_over(arrival)
        else:  # far behind: others have their turn
            arrival = self._next
        if arrival is not None and not self._is_over:
            delay = self._begin_seconds + arrival.due_seconds - self._clock()
            self._timer.close()
            self._timer = self._hub.loop.timer(max(0.0, delay))
            self._timer.start(self._hand_over_due, update=True)

    def _is_late(self, arrival: Arrival, elapsed_seconds: float) -> bool:
        """Return whether this process hands it over late; not in the ramp, in which it starts users too."""
        return elapsed_seconds - arrival.due_seconds > _LATE_SECONDS and arrival.due_seconds >= self._ramp_seconds

    def _owns(self, number: int) -> bool:
        epochs = self._epochs
        while len(epochs) > 1 and epochs[1][0] <= number:
            epochs.popleft()
        workers = epochs[0][1]
        return workers[number % len(workers)] == self._me

    def _hand_over(self, arrival: Arrival) -> None:
        name, choice = self._draw(arrival.choice)
        user = _given(self._lines[name], Due(self._begin_seconds + arrival.due_seconds, choice))
        if user is not None:
            user.where.switch()  # it comes back when the user waits for something

    def _look_for_expired(self) -> None:
        while True:
            gevent.sleep(_LOOK_SECONDS)
            self._drop_expired()

    def _drop_expired(self) -> None:
        """Drop what has waited too long; it has no latency: its own objective counts it."""
        earliest = self._clock() - self._order.max_wait_seconds
        for line in self._lines.values():
            while line.arrivals and line.arrivals[0].seconds < earliest:
                line.arrivals.popleft()
                self._dropped += 1

    # --------------------------------------------------------------------------------------------- the users

    def run_task(self, task_set: Any, execute: Callable[[Any], None]) -> None:
        """Do the next task of a user with an arrival, for which it waits."""
        user = task_set._user
        if user in self._entering:
            self._entering.discard(user)
        else:
            choice = self._take(user)
            if task_set._task_queue[0] is _as_drawn:
                tasks = user.tasks
                task_set._task_queue[0] = tasks[min(int(choice * len(tasks)), len(tasks) - 1)]
        if isinstance(task_set._task_queue[0], type):
            self._entering.add(user)
            execute(task_set)
            return
        self._in_task.add(user)
        try:
            execute(task_set)
        except gevent.GreenletExit:
            raise  # what it waited for was cut off
        except BaseException:
            self._starts.pending.pop(getcurrent(), None)
            raise
        else:
            self._starts.pending.pop(getcurrent(), None)
        finally:
            self._in_task.discard(user)

    def waits_as_written(self, user: Any) -> bool:
        """Return whether a pause is the user's own: within a task, and of a class that takes no arrivals."""
        return user in self._in_task or not self.takes_part(user)

    def takes_part(self, user: Any) -> bool:
        """Return whether such users wait for arrivals; those of a fixed number do what they would without."""
        return type(user).__name__ in self._lines

    def _take(self, user: Any) -> float:
        """Wait for an arrival; return what chooses its task. Raise StopUser when the run is over."""
        line = self._lines[type(user).__name__]
        if line.arrivals:
            self._drop_expired()
        due = line.arrivals.popleft() if line.arrivals else self._await(user, line)
        if self._is_over or user._state == LOCUST_STATE_STOPPING:
            self._give_back(line, due)
            raise StopUser
        now = self._clock()
        delay_ms = max(0.0, now - due.seconds) * 1000
        self._started += 1
        self._starts.lateness.add(delay_ms)
        self._starts.begin(Start(delay_ms, begun_seconds=now))
        return due.choice

    def _give_back(self, line: Line, due: Due) -> None:
        """Let another user take the arrival of one that ends; at the end of the run it is cut off."""
        if self._is_over:
            self._cut_off += 1
            self._starts.not_served(((self._clock() - due.seconds) * 1000,))
        else:
            user = _given(line, due)
            if user is not None:
                self._hub.loop.run_callback(_wake, user)

    def _await(self, user: Any, line: Line) -> Due:
        """Sleep until an arrival is handed over; a stop may kill a user here at once, as between two tasks."""
        if user._state == LOCUST_STATE_STOPPING:
            raise StopUser
        waiting = Waiting(getcurrent())
        line.users.append(waiting)
        user._state = LOCUST_STATE_WAITING
        try:
            self._hub.switch()
        except BaseException:
            waiting.is_gone = True
            if waiting.due is not None:
                self._give_back(line, waiting.due)
            raise
        if user._state == LOCUST_STATE_WAITING:
            user._state = LOCUST_STATE_RUNNING
        assert waiting.due is not None
        return waiting.due


def _given(line: Line, due: Due) -> Waiting | None:
    """Return the user that is given an arrival, to be woken; None where the arrival has to wait for one."""
    while line.users:
        user = line.users.popleft()
        if not user.is_gone:
            user.due = due
            return user
    line.arrivals.append(due)
    return None


def _as_drawn(_: Any) -> None:
    """Stand for the task that an arrival will draw; a user may have scheduled another one itself."""


def _wake(user: Waiting) -> None:
    """Run in the hub: a user that was killed meanwhile is elsewhere, or nowhere."""
    if not user.is_gone:
        user.where.switch()


class ArrivalsOfProcess:
    """Follows the runs of a process that has users."""

    def __init__(self, environment: Environment, starts: IntendedStarts) -> None:
        self._environment = environment
        self._starts = starts
        self._current: Arrivals | None = None
        self._is_watching = False

    def attach(self) -> None:
        """Follow runs from now on; to be called on Locust's init event, after the exporter is attached."""
        events, runner = self._environment.events, self._environment.runner
        events.test_start.add_listener(self._on_test_start)
        events.test_stopping.add_listener(self._on_test_stopping)
        if isinstance(runner, WorkerRunner):
            runner.register_message(SHARES_MESSAGE, self._on_shares)

    @property
    def _me(self) -> str:
        runner = self._environment.runner
        return runner.client_id if isinstance(runner, WorkerRunner) else LOCAL

    def _on_test_start(self, **_: Any) -> None:
        text = getattr(self._environment.parsed_options, OPTION, "")
        self._current = None
        if not text:
            return
        if not self._is_watching:
            self._is_watching = True
            self._watch()
        order = ArrivalOrder.from_text(text)
        self._current = Arrivals(order, self._me, self._starts)
        if self._me in order.workers:
            self._current.begin()

    def _on_shares(self, msg: Message, **_: Any) -> None:
        """Take part from an arrival on; a worker that joins late learns here how long the load has lasted."""
        current = self._current
        if current is None:
            return
        workers = tuple(msg.data["workers"])
        current.share_anew(msg.data["since"], workers)
        if msg.data["joined"] and self._me in msg.data["joined"]:
            current.begin(msg.data["elapsed_seconds"])

    def _on_test_stopping(self, **_: Any) -> None:
        if self._current is not None:
            self._current.close()

    def _watch(self) -> None:
        choose: Any = DefaultTaskSet.get_next_task
        execute: Any = TaskSet.execute_next_task
        wait: Any = TaskSet.wait

        def leave_to_arrival(task_set: DefaultTaskSet) -> Any:
            is_drawn = self._current is not None and self._current.takes_part(task_set._user)
            return _as_drawn if is_drawn and task_set._user.tasks else choose(task_set)

        def execute_on_arrival(task_set: TaskSet) -> None:
            if self._current is not None and self._current.takes_part(task_set._user):
                self._current.run_task(task_set, execute)
            else:
                execute(task_set)

        def wait_within_task(task_set: TaskSet) -> None:
            if self._current is None or self._current.waits_as_written(task_set._user):
                wait(task_set)

        DefaultTaskSet.get_next_task = leave_to_arrival  # type: ignore[method-assign]  # as below
        TaskSet.execute_next_task = execute_on_arrival  # type: ignore[method-assign]  # Locust has no hook for it
        TaskSet.wait = wait_within_task  # type: ignore[method-assign]  # as above
        BETWEEN_TASKS.add(Arrivals._await.__code__)
