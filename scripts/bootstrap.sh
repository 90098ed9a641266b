#!/bin/sh
# Sets up .venv from requirements.lock, for `make install`; does nothing, in milliseconds, when it is up to date.
#   PYTHON=/path/to/python3.12 scripts/bootstrap.sh      chooses the interpreter
# It writes to the clone and the system's temp folder only, and uses whatever pip configuration the machine has.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
venv=$root/.venv
lock=$root/requirements.lock
stamp=$venv/.installed # what was installed: the clone's place, which .venv holds in many files, and from what

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 2; }

wanted() { printf '%s\n' "$root"; cat "$lock" "$root/pyproject.toml"; }

find_python() {
  for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
      command -v "$candidate"
      return
    fi
    [ -z "${PYTHON:-}" ] || die "PYTHON=$PYTHON is not a Python 3.11 or later that runs: name one, or leave PYTHON unset"
  done
  die "no Python 3.11 or later on PATH (python3 is $(python3 --version 2>/dev/null || echo absent)): install one, or set PYTHON to its path"
}

# A .venv that came here with a moved clone is not: its programs name the old place.
usable_venv() {
  [ ! -f "$stamp" ] || [ "$(head -n 1 "$stamp")" = "$root" ] || return 1
  "$venv/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

make_venv() {
  python=$(find_python) || exit $?
  say "install: making .venv with $python ($("$python" --version))"
  "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || die "$python cannot make a virtual environment: install it (Debian, Ubuntu: apt install python3-venv)"
  [ ! -L "$venv" ] || rm "$venv" # of another clone, which --clear would empty
  "$python" -m venv --clear "$venv"
}

# setuptools goes first, so that a package without a wheel is built with the pinned one and not with today's newest.
install_requirements() {
  packages=$(grep -c '==' "$lock")
  say "install: installing $packages pinned packages from requirements.lock (a minute or two)"
  awk '/^[^ ]/ {inside = /^setuptools==/} inside' "$lock" | pip_install --quiet -r /dev/stdin
  pip_install --no-build-isolation --use-pep517 -r "$lock"
}

# Says how far pip is: in one line that renews itself on a terminal, in every thirtieth elsewhere.
pip_install() {
  { "$venv/bin/python" -m pip install --disable-pip-version-check --no-cache-dir --no-deps --require-hashes --progress-bar off "$@" || echo FAILED; } |
    awk -v of="${packages:-0}" -v live="$([ -t 1 ] && echo 1 || echo 0)" '
      /^(Collecting|Processing|Requirement already satisfied)/ {
        count++
        if (live) { printf "\rinstall: %d of %d downloaded", count, of; shown = 1 }
        else if (count % 30 == 0) print "install: " count " of " of " downloaded"
        fflush()
      }
      /^Installing collected packages/ { if (shown) printf "\n"; shown = 0; print "install: putting them into .venv"; fflush() }
      /^FAILED$/ { failed = 1 }
      END { if (shown) printf "\n"; exit failed }' ||
    die "install: pip failed (see above): once that is fixed, run \`make install\` again"
}

# The command `swarmscope`, and the packages of this clone wherever it is called from; hatchling is in the lock.
install_clone() {
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps --no-build-isolation --editable "$root" ||
    die "install: pip failed (see above): once that is fixed, run \`make install\` again"
}

if [ -f "$stamp" ] && wanted | cmp -s - "$stamp"; then
  exit 0
fi
if ! usable_venv; then
  make_venv
fi
install_requirements
install_clone
wanted >"$stamp"
say "install: done"
