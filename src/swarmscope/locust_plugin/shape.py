"""Makes Locust follow the stages of a scenario, and tells the exporter which phase a run is in."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import gevent
from locust import LoadTestShape, User
from locust.dispatch import UsersDispatcher
from locust.env import Environment
from locust.runners import MasterRunner, Runner

from swarmscope.locust_plugin.arrival_order import OPTION, ArrivalOrder
from swarmscope.locust_plugin.arrival_shares import ArrivalShares, ready_workers
from swarmscope.locust_plugin.driven import SIZE
from swarmscope.locust_plugin.pool import PoolDispatcher
from swarmscope.locust_plugin.scenario_run import scenario_run_of
from swarmscope.locust_plugin.task_tags import tags_in_force, tags_of_tasks
from swarmscope.scenarios.arrivals import pool_of
from swarmscope.scenarios.model import Scenario
from swarmscope.scenarios.schedule import PhaseTracker, Timetable
from swarmscope.scenarios.selection import TaskTags, select
from swarmscope_exporter.arrival_plan import ArrivalPlan
from swarmscope_exporter.phases import Phase, set_phase

#: How long a run waits for workers that are not connected yet, in seconds.
WORKERS_WAIT_SECONDS = 30.0

Tick = tuple[int, float, list[type[User]]]


@dataclass(frozen=True)
class Plan:
    """What one run does."""

    timetable: Timetable
    phases: PhaseTracker
    user_classes: list[type[User]]
    users: int | None = None  #: those that wait for arrivals; None: as the timetable says
    arrivals: ArrivalShares | None = None


class ScenarioShape(LoadTestShape):
    """The load shape of every scenario; runs on the master, or in the only process of a single-process run."""

    #: Read by the exporter: the phases of other shapes are found out from their users.
    sets_phases = True

    def __init__(self) -> None:
        LoadTestShape.__init__(self)
        self._plan: Plan | None = None
        self._load_start: float | None = None  # by the monotonic clock; None until the load starts
        self._command_line: dict[str, Any] = {}
        self._left_open: frozenset[str] = frozenset()
        self._task_tags: dict[str, list[frozenset[str]]] = {}

    @property
    def planned_seconds(self) -> float:
        """Length of the run under way, in seconds; 0 when there was none yet."""
        return self._plan.timetable.seconds if self._plan is not None else 0.0

    @property
    def arrival_plan(self) -> ArrivalPlan | None:
        """The books of the arrivals of the run under way, for the exporter; None where it has none."""
        shares = self._plan.arrivals if self._plan is not None else None
        return shares.plan if shares is not None else None

    def attach(self, environment: Environment) -> None:
        """Follow the runs of this process; to be called after the exporter is attached, on Locust's init event.

        Remembers what the command line left open: Locust puts 1 there before a headless run starts.
        """
        options: Any = environment.parsed_options
        ours = ("loadtest_think_time_scale", "loadtest_arrival_rate", "loadtest_arrival_seed")
        self._command_line = {name: getattr(options, name) for name in (*SIZE, *ours)}
        if options.headless or options.autostart:
            self._left_open = frozenset(name for name in SIZE if self._command_line[name] is None)
        # Before the first run, in which Locust removes the tasks that --tags leave out.
        self._task_tags = {
            name: list(tags_of_tasks(user_class.tasks)) for name, user_class in environment.user_classes_by_name.items()
        }
        # After the exporter's listener, which holds the load back until Prometheus has seen the series at 0.
        environment.events.test_start.add_listener(self._on_load_start)
        environment.events.test_stop.add_listener(self._on_test_stop)

    def tick(self) -> Tick | None:
        """Users, spawn rate and user classes of this moment; None when the run is over, or makes no sense.

        Before the load starts the clock stands still: another answer would start a single-process run twice.
        """
        if self._load_start is None:
            self._plan = self._make_plan()
        if self._plan is None:
            return None
        elapsed_seconds = 0.0 if self._load_start is None else time.monotonic() - self._load_start
        if self._plan.arrivals is not None and self._load_start is not None:
            self._plan.arrivals.follow(elapsed_seconds)
        step = self._plan.timetable.at(elapsed_seconds)
        if step is None:
            return None
        if self._load_start is not None:
            phase = self._plan.phases.phase(step, elapsed_seconds, self._runner.user_count)
            set_phase(self._runner.environment, Phase(phase))
        return self._plan.users or step.users, step.spawn_rate, self._plan.user_classes

    def _on_load_start(self, **_: Any) -> None:
        self._load_start = time.monotonic()  # Locust's own clock (`get_run_time`) starts here on a master only

    def _on_test_stop(self, **_: Any) -> None:
        self._load_start = None
        self._forget_posted_options()

    def _forget_posted_options(self) -> None:
        """Forget what was posted to the web interface for one run: it is not meant for the next."""
        vars(self._runner.environment.parsed_options).update(self._command_line)

    def _restore_zeros(self, options: Any) -> None:
        """Undo the 0 that Locust's form posts for users and spawn rate where there is a shape: it means "as before"."""
        posted = vars(options)
        posted.update({name: self._command_line[name] for name in SIZE if posted[name] == 0})

    @property
    def _runner(self) -> Runner:
        assert self.runner is not None  # Locust sets it before the first tick
        return self.runner

    def _make_plan(self) -> Plan | None:
        """Return what the options ask for.

        None, with the reason logged and exit code 2 set, when that cannot be done.
        """
        environment = self._runner.environment
        options: Any = environment.parsed_options
        self._restore_zeros(options)
        try:
            scenario = overridden(
                scenario_run_of(environment).catalogue.find(options.loadtest_scenario), options, self._left_open
            )
            user_classes = chosen_user_classes(scenario, environment, self._task_tags)
            timetable = Timetable(scenario)
            await_workers(self._runner, max(1, options.expect_workers))
            return self._with_arrivals(scenario, Plan(timetable, PhaseTracker(timetable), user_classes))
        except (ValueError, NoWorkersError) as error:
            abort = scenario_run_of(environment).abort
            abort.reset()
            abort.announce(str(error))
            self._forget_posted_options()
            return None

    def _with_arrivals(self, scenario: Scenario, plan: Plan) -> Plan:
        """Return the plan with the arrivals of its scenario, and tell the workers; raise ValueError."""
        environment, schedule, model = self._runner.environment, scenario.schedule, scenario.arrivals
        vars(environment.parsed_options)[OPTION] = ""
        environment.dispatcher_class = UsersDispatcher
        if schedule is None or model is None:
            return plan
        workers = ready_workers(self._runner)
        weights = {each.__name__: float(each.weight) for each in plan.user_classes if not each.fixed_count}
        fixed = {each.__name__: each.fixed_count for each in plan.user_classes if each.fixed_count}
        if not weights:
            raise ValueError(f"arrivals need a user class without fixed_count, and {', '.join(fixed)} have one")
        pool = pool_of(weights, scenario.size.users, len(workers))
        order = ArrivalOrder(schedule, weights, workers, model.max_wait_seconds)
        vars(environment.parsed_options)[OPTION] = order.to_text()
        environment.dispatcher_class = partial(PoolDispatcher, pool, fixed)  # type: ignore[assignment]
        users = sum(pool.values()) + sum(fixed.values())
        return replace(plan, users=users, arrivals=ArrivalShares(self._runner, schedule, workers))


class NoWorkersError(RuntimeError):
    """A master has too few workers to start a run."""


def await_workers(runner: Runner, expected: int) -> None:
    """Wait until a master has its workers; Locust itself would skip the first stage, and never start.

    After a run workers are away for as long as the stop timeout. Raise `NoWorkersError`, one line.
    """
    if not isinstance(runner, MasterRunner):
        return
    deadline = time.monotonic() + WORKERS_WAIT_SECONDS + float(runner.environment.stop_timeout or 0)
    while runner.worker_count < expected:
        if time.monotonic() > deadline:
            raise NoWorkersError(
                f"{runner.worker_count} of {expected} workers are connected: start them with --worker --master-host, "
                "or ask for fewer with --expect-workers"
            )
        gevent.sleep(0.1)


def overridden(scenario: Scenario, options: Any, left_open: frozenset[str]) -> Scenario:
    """Return the scenario with the users, spawn rate and run time of the options, but for those of ``left_open``.

    Raise ValueError, one line, for options that make no sense.
    """
    if not options.loadtest_think_time_scale > 0:
        raise ValueError(f"--think-time-scale must be above 0, not {options.loadtest_think_time_scale}")
    given = {
        name: None if name in left_open or getattr(options, name) is None else float(getattr(options, name))
        for name in SIZE
    }
    users = given["num_users"]
    return scenario.scaled(
        users=None if users is None else int(users),
        spawn_rate=given["spawn_rate"],
        run_time_seconds=given["run_time"],
        rate=options.loadtest_arrival_rate or None,
        seed=options.loadtest_arrival_seed or None,
    )


def chosen_user_classes(scenario: Scenario, environment: Environment, task_tags: TaskTags) -> list[type[User]]:
    """Return the classes that take part, weighted as the scenario says.

    Those named on the command line replace its mix.
    """
    classes, options = environment.user_classes_by_name, environment.parsed_options
    tags, excluded = tags_in_force(scenario, options)
    weights = select(
        scenario.mix,
        {name: user_class.weight for name, user_class in classes.items()},
        task_tags,
        picked=getattr(options, "user_classes", None) or (),
        tags=tags,
        exclude_tags=excluded,
    )
    for name, weight in weights.items():
        classes[name].weight = weight
    return [classes[name] for name in weights]
