#!/usr/bin/env bash
# Runs load tests and judges them: `swarmscope run`, `all` and `web` of this clone, installed when it is not yet.
# It may be called from any folder: paths on the command line are taken from there, and with --locustfile the project is
# there, too; else it is this clone.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

usage() {
  cat <<'USAGE'
scripts/run-tests.sh <scenario> [options]       run a scenario and judge it: exit code 0 pass, 1 fail, 2 not judged
scripts/run-tests.sh all [options]              all scenarios but the long ones (--include-soak: these too), one by one
scripts/run-tests.sh distributed [scenario]     a scenario (baseline) with 4 workers; --workers N for another number
scripts/run-tests.sh web [options]              Locust's web interface on the whole stack
scripts/run-tests.sh help [scenario|all|web]    this text, or all options of a command

  --headless        no live display           --users N         peak number of virtual users
  --docker          on the Docker stack       --spawn-rate N    users started per second
  --host URL        your own API              --run-time T      length of the run: 90, 30s, 5m, 1h30m
USAGE
}

install() { (cd "$root" && make --silent install); }
# Modules are those of this clone, and never of the caller's folder, where a `swarmscope` or a `locust` may be.
swarmscope() { install && exec "$root/.venv/bin/python" -P -m swarmscope "$@"; }

[[ " $* " == *" --locustfile"* ]] || export SWARMSCOPE_PROJECT=$root

command=${1:-help}
(($#)) && shift
case $command in
  help | -h | --help)
    case ${1:-} in
      '') usage ;;
      all | web) swarmscope "$1" --help ;;
      *) swarmscope run --help ;;
    esac
    ;;
  all | web) swarmscope "$command" "$@" ;;
  distributed)
    scenario=baseline
    if [[ ${1:-} && $1 != -* ]]; then
      scenario=$1
      shift
    fi
    swarmscope run "$scenario" --workers 4 "$@" # of two --workers the last one counts
    ;;
  *) swarmscope run "$command" "$@" ;;
esac
