# Load testing with a verdict that can be trusted. `make` lists the targets; `make smoke` does everything from scratch.
#
#   make smoke USERS=20 RUN_TIME=30s HOST=https://staging.example.com
#   make stress ARGS="--headless --tags chat"
#
# make ends with 2 whatever the verdict was: for exit code 1 on FAIL call scripts/run-tests.sh SCENARIO.
#
# Windows: scripts/run_load_tests.bat

SHELL := /bin/sh
PYTHON_BIN := .venv/bin/python
SWARMSCOPE := $(PYTHON_BIN) -m swarmscope
RUN := scripts/run-tests.sh
COMPOSE := docker compose -f docker-compose.load-test.yml

# Options of every scenario, for the command line alone: some shells export HOST. SMOKE_RUN_TIME, LOAD_RUN_TIME and so
# on shorten one scenario, and may come from the environment.
USERS :=
SPAWN_RATE :=
RUN_TIME :=
HOST :=
ARGS :=
WORKERS := 2

PYTEST := .venv/bin/pytest

uppercase = $(shell printf '%s' '$(1)' | tr 'a-z-' 'A-Z_')
run_time = $(or $(RUN_TIME),$($(call uppercase,$(1))_RUN_TIME))
options = $(if $(USERS),--users $(USERS)) $(if $(SPAWN_RATE),--spawn-rate $(SPAWN_RATE)) \
          $(if $(call run_time,$(1)),--run-time $(call run_time,$(1))) $(if $(HOST),--host $(HOST)) $(ARGS)

# Every scenario and every other name of one is a target: read as text, for make starts at every command.
SCENARIOS := $(shell sed -n 's/^\[scenarios\.\([a-z0-9-]*\)]$$/\1/p; s/^aliases = \[\(.*\)].*/\1/p' swarmscope.toml | tr -d '",')

.DEFAULT_GOAL := help
.PHONY: help install up env validate seed all distributed stop-distributed web $(SCENARIOS) test test-fast test-faults prove-alerts test-compose bench lint clean distclean

help: ## List these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'
	@awk -F'"' '/^\[scenarios\.[a-z0-9-]*]/ {name = substr($$0, 12, length($$0) - 12)} /^purpose/ {printf "  %-16s %s\n", name, $$2} \
	  /^aliases/ {for (i = 2; i < NF; i += 2) printf "  %-16s The same as %s\n", $$i, name}' swarmscope.toml

install: ## Set up .venv from requirements.lock (every other target does this by itself)
	@scripts/bootstrap.sh

web: ## Locust's web interface on the whole stack; judges what is started there
$(SCENARIOS) web: install
	@$(RUN) $@ $(strip $(call options,$@))

up: install ## The stack alone (API, PostgreSQL, Redis, Prometheus, Grafana where there is one) until Ctrl-C
	@$(SWARMSCOPE) up $(ARGS)

env: install ## Make .env with random secrets, as Docker needs it beforehand
	@$(PYTHON_BIN) -m swarmscope.project.env_file
	@mkdir -p results

validate: install ## Check this machine, and say how to fix what is missing
	@$(PYTHON_BIN) scripts/validate_setup.py $(if $(HOST),--host $(HOST)) $(ARGS)

seed: install ## Test data for the reference API: ARGS="--leads 1000 --clear-first"
	@$(PYTHON_BIN) scripts/seed_data.py $(ARGS)

all: install ## All scenarios but the long ones, one by one, and a summary
	@$(RUN) $@ $(strip $(if $(RUN_TIME),--run-time $(RUN_TIME)) $(if $(HOST),--host $(HOST)) $(ARGS))

distributed: env ## The whole stack in Docker, with WORKERS=2 Locust workers
	@$(COMPOSE) up --build --detach --wait --scale locust-worker=$(WORKERS) $(ARGS)

stop-distributed: ## Remove the stack in Docker, with its data
	@$(COMPOSE) down --volumes

# Some machines keep Python from writing bytecode: every process of the tests would then compile all modules again.
test test-fast test-faults test-compose: export PYTHONDONTWRITEBYTECODE :=

test: install ## All tests that need no Docker, and of those that break something in mid-run a few (with ARGS: in one process)
ifeq ($(strip $(ARGS)),)
	@$(PYTHON_BIN) -c 'from swarmscope.stack.programs.prometheus import find_prometheus; find_prometheus()' # not four times
	@failed=; \
	$(PYTEST) -n 6 --durations 15 -m "not compose and not faults and not nightly and not alone" || failed="$$failed, the tests in parallel"; \
	$(PYTEST) -n 2 --dist loadgroup --durations 15 -m "alone and not compose and not faults and not nightly" || failed="$$failed, the tests marked alone"; \
	if [ "$$failed" ]; then echo "make test: failed, see above:$${failed#,}" >&2; exit 1; fi
else
	@$(PYTEST) -m "not compose and not faults" $(ARGS)
endif

test-fast: install ## Tests that start no processes
	@$(PYTEST) -n 2 -m "not real and not compose and not faults" $(ARGS)

test-faults: install ## Each kind of fault of docs/fault-matrix.md: none may pass (about 45 minutes)
	@$(PYTEST) -m "faults or kind or nightly" $(ARGS)

prove-alerts: install ## Bring about the cause of each alert and require that it fires (1.5 hours; ARGS=--fast: 40 minutes)
	@$(SWARMSCOPE) prove-alerts $(ARGS)

test-compose: install ## Tests of the Docker stack
	@$(PYTEST) -m compose $(ARGS)

bench: install ## Measure what the harness costs, and rewrite PERFORMANCE_BASELINES.md (nginx; ARGS=lean: one part)
	@$(PYTHON_BIN) -m benchmarks $(ARGS)

lint: install ## Formatting, style, types, who imports whom, and declared dependencies
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy .
	@said=$$(.venv/bin/lint-imports --no-cache) || { echo "$$said"; exit 1; }
	@said=$$(.venv/bin/deptry src exporters locust api scripts 2>&1) || { echo "$$said"; exit 1; }

clean: ## Remove the stack's data, results and caches; keep .venv and .env
	@if [ -x $(PYTHON_BIN) ]; then $(SWARMSCOPE) clean; fi
	@rm -rf .swarmscope results .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean ## Remove .venv and .env as well
	@rm -rf .venv .env
