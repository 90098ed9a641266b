# ruff: noqa: SLF001  # Locust has no public names for what is followed here
"""What becomes of the tasks of virtual users: iterations that end, exceptions, and users that a stop finds in a task.

An iteration is one call of a task; a nested TaskSet is none, its own tasks are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from types import TracebackType
from typing import Any

from gevent import Greenlet, GreenletExit, getcurrent
from locust import TaskSet
from locust.event import Events
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser

from swarmscope_exporter.listeners import listen_first
from swarmscope_exporter.spawned import Raised, SpawnedExceptions
from swarmscope_exporter.task_exceptions import TaskExceptions
from swarmscope_exporter.virtual_users import VirtualUsers, is_sleep

#: How Locust ends a user, and how a task hands control back to Locust.
ENDS_A_USER = (StopTest, StopUser, GreenletExit)
CONTROL_FLOW = (*ENDS_A_USER, InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately)


class Iterations:
    """Counts them by user class since the run began."""

    def __init__(self, users: VirtualUsers, exceptions: TaskExceptions) -> None:
        self._users = users
        self._exceptions = exceptions
        self._done: defaultdict[type[Any], int] = defaultdict(int)
        #: Users that waited in a task without any event of its when the stop timeout was over; not those that slept.
        self.users_cut_off: Counter[str] = Counter()
        self._spawned = SpawnedExceptions(users, self._note_spawned)

    def reset(self) -> None:
        """Start from nothing, for a new run."""
        self._done.clear()
        self.users_cut_off.clear()
        self._spawned.reset()

    def settle(self, *, is_over: bool) -> None:
        """Count what greenlets of users have raised and no code fetches; to be called now and then, and at the end."""
        self._spawned.settle(is_over=is_over)

    def counts(self) -> dict[str, int]:
        """Return the iterations that have ended, by user class."""
        counts: Counter[str] = Counter()
        for user_class, count in self._done.items():
            counts[user_class.__name__] += count
        return dict(counts)

    def watch(self, events: Events) -> None:
        """Follow what users do from now on; to be called once in a process."""
        self._users.watch(self._on_end)
        listen_first(events.user_error, self._on_user_error)
        self._watch_tasks()
        self._watch_on_stop()
        self._spawned.watch()

    def _watch_tasks(self) -> None:
        execute: Any = TaskSet.execute_next_task
        users, done, failed, last = self._users, self._done, self._users.failed, self._exceptions.last

        def watched_execute(task_set: TaskSet) -> None:
            if isinstance(task_set._task_queue[0], type):
                execute(task_set)
                return
            if failed or last:  # of any user: mostly none
                self._forget(getcurrent())
            looks = users.looks
            try:
                execute(task_set)
            except BaseException as error:
                self._note_end(type(task_set._user), error, looks)
                raise
            done[task_set._user.__class__] += 1
            if failed:
                failed.discard(getcurrent())

        TaskSet.execute_next_task = watched_execute  # type: ignore[method-assign]  # Locust has no hook for it

    def _forget(self, where: Greenlet[..., Any]) -> None:
        """Forget what failed there or was raised: it is of an iteration that is over."""
        self._users.failed.discard(where)
        self._exceptions.last.pop(where, None)

    def _note_end(self, user_class: type[Any], error: BaseException, looks: int) -> None:
        """End an iteration by what it raised; it had begun after so many ``looks`` at the users."""
        where = getcurrent()
        if not isinstance(error, GreenletExit):
            self._done[user_class] += 1
            self._note(where, user_class.__name__, error)
        elif not _slept(error.__traceback__) and not self._users.had_event_since(where, looks):
            self.users_cut_off[user_class.__name__] += 1
        self._users.failed.discard(where)

    def _watch_on_stop(self) -> None:
        """Locust only logs what on_stop of a TaskSet raises; what that of a user raises ends its greenlet."""
        run: Any = TaskSet.run

        def watched_run(task_set: TaskSet) -> None:
            if type(task_set).on_stop is TaskSet.on_stop:
                run(task_set)
                return
            task_set.on_stop = partial(self._stop, task_set, task_set.on_stop)  # type: ignore[method-assign]
            try:
                run(task_set)
            finally:
                del task_set.on_stop

        TaskSet.run = watched_run  # type: ignore[method-assign,misc]  # Locust has no hook for it

    def _stop(self, task_set: TaskSet, on_stop: Any) -> None:
        try:
            on_stop()
        except BaseException as error:
            self._note(getcurrent(), type(task_set._user).__name__, error)
            raise

    def _note_spawned(self, raised: Raised) -> None:
        self._exceptions.count(raised.user_class, raised.error, after_failed_request=raised.after_failed_request)

    def _on_user_error(self, user_instance: Any, exception: BaseException, **_: Any) -> None:
        """Note what is raised outside a task: on_start, wait_time, a TaskSet without tasks; tasks have been noted."""
        user = getattr(user_instance, "user", user_instance)
        self._note(getcurrent(), type(user).__name__, exception)

    def _note(self, where: Greenlet[..., Any], user_class: str, error: BaseException) -> None:
        if not isinstance(error, CONTROL_FLOW):
            has_failed = where in self._users.failed
            self._exceptions.note(where, user_class, error, after_failed_request=has_failed)

    def _on_end(self, where: Any, user_class: str) -> None:
        """Note an exception that ends a user, whatever its type, unless Locust ends users by it."""
        error = where.exception
        if error is not None and not isinstance(error, ENDS_A_USER):
            has_failed = where in self._users.failed
            self._exceptions.note(where, user_class, error, after_failed_request=has_failed)
        self._forget(where)


def _slept(trace: TracebackType | None) -> bool:
    while trace is not None:
        if is_sleep(trace.tb_frame.f_code):
            return True
        trace = trace.tb_next
    return False
