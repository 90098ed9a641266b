"""How each command of the docs is run as printed, or why it is not: one line for every command that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_DOCKER = "needs Docker: tests/compose runs the stack and the runner"
_MEASURES = "measures for minutes on a quiet machine: tests/benchmarks takes each benchmark's first steps"
_PATTERN = "stands for commands that other lines of this table run"
_TESTS = "is what runs this test, or CI runs it beside"
_JUDGE_RUNS = "follows a running master, which tests/run/test_judge_runs.py does"
_PROVE_ALERTS = "breaks the stack for 40 minutes and more: tests/alert_proof runs one of its cases"
_ANALYZE = "judges what a run left, as tests/cli/test_analyze_results.py does"
_THRESHOLDS = "judges what a run left, as tests/cli/test_check_thresholds.py does"
_FIRST_RUN = "needs an API at the host of the file: tests/starter/test_real_run.py"
_INIT = "writes files, as tests/starter/test_init.py does in a folder of its own"
_EXAMPLES = "runs from a copy of its folder, on the server beside it: tests/examples/test_repositories.py"
_OWN_PROMETHEUS = "needs a Prometheus of the user's own: tests/doctor/test_on_a_real_prometheus.py"
_OWN_GRAFANA = "needs a Grafana of the user's own: tests/cli/test_dashboards.py"
_ARRIVALS = "runs with arrivals, as tests/faults/test_open_model.py does"
_COMPARES = "compares runs, as tests/runs/test_ab.py, tests/cli/test_compare.py and tests/cli/test_baseline.py do"
_SEARCHES = "searches for minutes, as tests/runs/test_capacity.py does for two"
_UNTIL_SURE = "runs for minutes, as tests/runs/test_until_sure.py does for seconds"
_NAMED = "names a command that other lines of this table run"


@dataclass(frozen=True)
class Run:
    """``instead`` has values in the place of names such as ID; ``more`` and ``setting`` make it short, or say where.

    It runs in ``folder`` of the clone. ``until`` is what a command prints that goes on until Ctrl-C. A command that
    ends has one of ``codes``.
    """

    instead: str = ""
    more: str = ""
    setting: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    until: str = ""
    codes: tuple[int, ...] = (0,)


#: A run that was judged: a machine busy with other tests may make it inconclusive, or a failure by latency alone.
_JUDGED = (0, 2)

RUN: dict[str, Run] = {
    "make install": Run(),
    "make help": Run(),
    "make env": Run(),
    "scripts/run-tests.sh": Run(),
    "scripts/run-tests.sh help": Run(),
    "make <scenario>": Run("make --dry-run endurance"),
    ".venv/bin/swarmscope run --help-all": Run(),
    "swarmscope NAME --help": Run("swarmscope verdict --help"),
    ".venv/bin/python -m deploy.kubernetes --image IMAGE --host URL": Run(
        ".venv/bin/python -m deploy.kubernetes --image registry.example.com/locust:1 --host http://api.shop:8000"
    ),
    ".venv/bin/python -m deploy.kubernetes --image registry.example.com/swarmscope-locust:1"
    " --host http://api.shop:8000 --workers 50": Run(),
    ".venv/bin/python -m grafana.source": Run(),
    "swarmscope capacity shop --plan": Run("swarmscope capacity breakpoint --plan"),
    ".venv/bin/pytest tests/locust_users/test_scenarios.py tests/rules/test_thresholds.py": Run(
        more="--collect-only --quiet"
    ),
    ".venv/bin/pytest tests/exporters/test_collector.py tests/grafana/test_lint.py tests/docs/test_pages.py": Run(
        more="--collect-only --quiet"
    ),
    ".venv/bin/pytest tests/rules tests/alert_proof tests/report/test_advice.py": Run(more="--collect-only --quiet"),
    ".venv/bin/pytest tests/grafana": Run(more="--collect-only --quiet"),
    "make smoke": Run(setting={"SMOKE_RUN_TIME": "8s"}, codes=_JUDGED),
    "scripts/run-tests.sh smoke": Run(more="--run-time 6s --headless", codes=_JUDGED),
    "swarmscope verdict --last": Run(codes=_JUDGED),
    "swarmscope verdict --run-id ID": Run("swarmscope verdict --run-id {run_id}", codes=_JUDGED),
    "swarmscope report --last": Run(),
    "swarmscope history": Run(),
    "swarmscope history --json": Run(),
    "swarmscope history --changes": Run(),
    "swarmscope history --html history.html": Run(),
    "swarmscope baseline show": Run("swarmscope baseline add --force {run_id}"),
    "swarmscope clean --keep 30d --dry-run": Run(),
    "swarmscope clean --keep 30d": Run(),
    "swarmscope verdict --from results/20261130-222926-smoke": Run(
        "swarmscope verdict --from results/{run_id}", codes=_JUDGED
    ),
    "swarmscope report --from results/20261130-222926-smoke": Run("swarmscope report --from results/{run_id}"),
    "scripts/run-tests.sh smoke --otel http://127.0.0.1:4318": Run(more="--run-time 6s --headless", codes=_JUDGED),
    "swarmscope run shop --locustfile shop.py --host http://127.0.0.1:8080 --users 50 --run-time 5m": Run(
        more="--host {shop} --users 10 --run-time 6s --headless", codes=_JUDGED
    ),
    "swarmscope run shop --locustfile shop.py --thresholds shop.yml --host http://127.0.0.1:8080 --users 50"
    " --run-time 5m": Run(more="--host {shop} --users 10 --run-time 6s --headless", codes=_JUDGED),
    ".venv/bin/swarmscope run shop --locustfile examples/own_api/locustfile.py"
    " --thresholds examples/own_api/thresholds.yml --host http://127.0.0.1:8700 --users 20 --run-time 60s": Run(
        more="--host {shop} --run-time 6s --headless", codes=_JUDGED
    ),
    "swarmscope run shop": Run(
        more="--host {shop} --users 10 --run-time 6s --headless --results ../results", folder="shop", codes=_JUDGED
    ),
    "swarmscope doctor": Run(),
    "swarmscope dashboards --out dashboards --datasource prom-1": Run(),
    "swarmscope scenarios": Run(),
    "swarmscope thresholds SCENARIO": Run("swarmscope thresholds smoke"),
    "swarmscope thresholds --write": Run(),
    ".venv/bin/swarmscope thresholds --write": Run(),
    "make web": Run(until="Ctrl-C stops everything"),
    "make up": Run(until="Ctrl-C stops everything."),
    "make clean": Run(),
}

EXCEPTIONS: dict[str, str] = {
    "make lint": _TESTS,
    "make test": _TESTS,
    "make test-fast": _TESTS,
    "make test-faults": _TESTS,
    "make test-faults ARGS=--write-fault-matrix": _TESTS,
    ".venv/bin/python -m tests.fault_matrix": "writes a page of the docs: tests/docs/test_fault_matrix.py",
    "swarmscope comment RESULTS": "comments on a pull request: tests/ci/test_action.py",
    "make prove-alerts": _PROVE_ALERTS,
    "make bench": _MEASURES,
    ".venv/bin/python -m benchmarks NAME": _MEASURES,
    ".venv/bin/python -m benchmarks.scenarios NAME …": _MEASURES,
    ".venv/bin/python -m benchmarks.scenarios stress baseline spike mixed dashboard --run-time 2m": _MEASURES,
    ".venv/bin/python -m benchmarks.scenarios soak --run-time 20m": _MEASURES,
    ".venv/bin/python -m benchmarks.lean": _MEASURES,
    ".venv/bin/python -m benchmarks.arrivals": _MEASURES,
    ".venv/bin/python -m benchmarks.confidence": _MEASURES,
    ".venv/bin/python -m benchmarks.on_threshold": _MEASURES,
    "swarmscope run shop --confidence 0": _NAMED,
    ".venv/bin/python -m benchmarks.comparison": _MEASURES,
    ".venv/bin/python -m benchmarks.changes": _MEASURES,
    "swarmscope ab smoke --host-a http://127.0.0.1:8001 --host-b http://127.0.0.1:8002": _COMPARES,
    "swarmscope run smoke --baseline smoke": _COMPARES,
    "swarmscope baseline add last": _COMPARES,
    "swarmscope compare smoke last": _COMPARES,
    "swarmscope baseline add results": _COMPARES,
    "swarmscope capacity shop": _SEARCHES,
    "swarmscope capacity shop --at-least 400/s": _SEARCHES,
    "swarmscope capacity shop --locustfile locustfile.py --host URL": _SEARCHES,
    "swarmscope verdict --from RESULTS/steps/step07": _SEARCHES,
    "swarmscope capacity": _NAMED,
    ".venv/bin/swarmscope capacity breakpoint --from 1600/s": _SEARCHES,
    "swarmscope capacity SCENARIO": _NAMED,
    "swarmscope capacity SCENARIO --at-least 400/s": _NAMED,
    "swarmscope capacity SCENARIO --from 2020/s --to 2020/s --at-least 2020/s": _NAMED,
    ".venv/bin/python -m benchmarks.capacity": _MEASURES,
    ".venv/bin/python -m benchmarks.capacity --servers": _MEASURES,
    "swarmscope ab": _NAMED,
    "swarmscope ab SCENARIO": _NAMED,
    "swarmscope baseline add": _NAMED,
    "swarmscope baseline add RUN …": _NAMED,
    "swarmscope baseline show NAME": _NAMED,
    "swarmscope baseline show smoke": _NAMED,
    "swarmscope compare": _NAMED,
    "swarmscope compare --json": _NAMED,
    "swarmscope compare A B": _NAMED,
    "swarmscope run --baseline": _NAMED,
    "swarmscope verdict --from": _NAMED,
    "swarmscope run shop --until-sure 30s..10m": _UNTIL_SURE,
    "python -m benchmarks.stalling_server PORT": _ARRIVALS,
    "python -m benchmarks.stalling_server 8080 --after 20 --hang 5 --answer-ms 2": _ARRIVALS,
    "python -m benchmarks.stalling_server 8080 --after 30 --hang 5": _ARRIVALS,
    "swarmscope run hang --locustfile locustfile.py --rate 200/s --users 1500 --spawn-rate 1500 --run-time 64s --host"
    " http://127.0.0.1:8080": _ARRIVALS,
    "swarmscope run rate": _ARRIVALS,
    "swarmscope run rate --rate 300/s": _ARRIVALS,
    "swarmscope run --locustfile locustfile.py --rate 200/s --users 300 --run-time 5m": _ARRIVALS,
    ".venv/bin/python -m benchmarks.overhead": _MEASURES,
    ".venv/bin/python -m benchmarks.tracing": _MEASURES,
    ".venv/bin/python -m benchmarks.recorder": _MEASURES,
    ".venv/bin/python -m benchmarks.accuracy": _MEASURES,
    ".venv/bin/python -m benchmarks.scale": _MEASURES,
    ".venv/bin/python -m benchmarks.merge": _MEASURES,
    ".venv/bin/python -m benchmarks.healthy_runs": _MEASURES,
    ".venv/bin/python -m benchmarks.peers": _MEASURES,
    "scripts/run-tests.sh distributed": "runs baseline for ten minutes: tests/scripts/test_run_tests_sh.py",
    "scripts/run-tests.sh <scenario> --users N --spawn-rate N --run-time T --host URL --headless": _PATTERN,
    ".venv/bin/python examples/own_api/app.py --port 8700": "is the target of the example: the test serves it on a port"
    " of its own",
    "swarmscope verdict --from FOLDER": _NAMED,
    "swarmscope report --from FOLDER": _NAMED,
    "swarmscope locust": _NAMED,
    "swarmscope locust -f locustfile.py --worker --master-host <master>": "needs a master on another machine",
    "swarmscope run --keep": "stays up until Ctrl-C: tests/runs/test_run_to_verdict.py runs it",
    "swarmscope run shop -- --tenant acme --loglevel DEBUG": "needs a locustfile with that argument:"
    " tests/run/test_any_locustfile.py",
    "swarmscope report --run-id ID --prometheus-url http://127.0.0.1:9090": "needs a Prometheus"
    " on a port that may be another's: without the address it is in the table",
    ".venv/bin/swarmscope judge-runs": _JUDGE_RUNS,
    "swarmscope judge-runs": _JUDGE_RUNS,
    "locust -f load/catalogue.py --headless -u 5 -t 1m -H http://127.0.0.1:8718": _EXAMPLES,
    "locust -f loadtests/locustfile.py --headless -u 5 -t 1m -H http://127.0.0.1:8717 --scenario buy"
    " --tenant globex": _EXAMPLES,
    "swarmscope run smoke": _EXAMPLES,
    "swarmscope run smoke --locustfile locustfile.py --host http://127.0.0.1:8712 --users 5 --run-time 1m": _EXAMPLES,
    "swarmscope run smoke -- --scenario buy --tenant globex": _EXAMPLES,
    "swarmscope run stages": _EXAMPLES,
    ".venv/bin/swarmscope run": _NAMED,
    "swarmscope run": _NAMED,
    "swarmscope run SCENARIO": _NAMED,
    "swarmscope verdict": _NAMED,
    "swarmscope report": _NAMED,
    "swarmscope verdict --last --thresholds FILE": "judges as tests/verdict/test_what_if.py does",
    "swarmscope init": "is what the first-project page shows with options",
    ".venv/bin/swarmscope run smoke": _FIRST_RUN,
    "swarmscope init --host https://staging.example.com": _INIT,
    "swarmscope init --host https://staging.example.com --openapi openapi.yaml": _INIT,
    ".venv/bin/pip install SWARMSCOPE faker": "downloads; tests/packaging installs the wheel",
    "docker compose -f docker-compose.load-test.yml build locust-master": _DOCKER,
    "docker compose -f docker-compose.load-test.yml -f docker-compose.own-api.yml -f examples/docker/compose.yml"
    " run --rm --build runner shop": _DOCKER,
    "swarmscope doctor --prometheus-url": _NAMED,
    "swarmscope doctor --write": _NAMED,
    "swarmscope doctor --prometheus-url URL": _OWN_PROMETHEUS,
    "swarmscope doctor --prometheus-url http://127.0.0.1:9290 --thresholds thresholds.yml --exporter-port 9700"
    " --write /srv/prometheus/swarmscope": _OWN_PROMETHEUS,
    "swarmscope run shop --thresholds thresholds.yml --prometheus-url http://127.0.0.1:9290"
    " --exporter-port 9700": _OWN_PROMETHEUS,
    "swarmscope dashboards": _NAMED,
    "swarmscope dashboards --to URL": _OWN_GRAFANA,
    "swarmscope dashboards --to http://127.0.0.1:3000": _OWN_GRAFANA,
    "swarmscope all": "runs for half an hour and more: tests/cli/test_run_load_tests.py",
    "swarmscope all --thresholds FILE": "runs for half an hour and more: tests/cli/test_run_load_tests.py",
    "swarmscope web": "is what `make web` runs",
    "swarmscope up": "is what `make up` runs",
    "swarmscope clean": "is what `make clean` runs",
    "swarmscope analyze": _ANALYZE,
    "swarmscope analyze RESULTS": _ANALYZE,
    "swarmscope thresholds": _THRESHOLDS,
    "swarmscope thresholds STATS.csv": _THRESHOLDS,
    "swarmscope prove-alerts": _PROVE_ALERTS,
    "docker compose logs judge": _DOCKER,
    ".venv/bin/swarmscope verdict --run-id $run_id --prometheus-url http://127.0.0.1:9090": "needs a cluster",
    ".venv/bin/swarmscope verdict --run-id ID --prometheus-url https://mimir.example.com/prometheus": "needs a cluster",
    "make distributed WORKERS=8": _DOCKER,
    "make stop-distributed": _DOCKER,
    "scripts/run-tests.sh spike --docker": _DOCKER,
    "scripts/run-tests.sh smoke --docker --otel http://jaeger:4318": _DOCKER,
    "docker compose config": _DOCKER,
    "docker compose run": _DOCKER,
    "docker compose run --rm runner smoke": _DOCKER,
    "docker compose down --volumes": _DOCKER,
    "docker compose -f docker-compose.load-test.yml up -d --build": _DOCKER,
    "docker compose -f docker-compose.load-test.yml up --detach --wait --build --scale locust-worker=4": _DOCKER,
    "docker compose -f docker-compose.load-test.yml down -v": _DOCKER,
    "docker compose -f docker-compose.load-test.yml down --volumes": _DOCKER,
    "docker compose -f docker-compose.load-test.yml run --rm runner smoke": _DOCKER,
    "docker compose -f docker-compose.load-test.yml run --rm runner stress --run-time 2m": _DOCKER,
    "docker compose -f docker-compose.load-test.yml -f docker-compose.own-api.yml run --rm runner smoke": _DOCKER,
    "docker compose -f docker-compose.load-test.yml --profile tracing up -d --build": _DOCKER,
}
