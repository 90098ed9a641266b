#!/usr/bin/env bash
# Runs a scenario and judges it.
#   scripts/run-tests.sh <scenario> [--users N] [--spawn-rate N] [--run-time T] [--host URL] [--headless] …
#   scripts/run-tests.sh web        Locust's web interface on the whole stack
#   scripts/run-tests.sh help
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
make --silent install
case ${1:-help} in
  help | -h | --help) exec .venv/bin/python -m scripts.run --help ;;
  web) shift && exec .venv/bin/python -m scripts.web "$@" ;;
  *) exec .venv/bin/python -m scripts.run "$@" ;;
esac
