#!/bin/sh
# Installs sets of Python packages into .local/venv, unless they are there: install.sh run test. The sets are those of
# infra/requirements. It prints to standard error, because `make outputs` writes JSON.
set -eu
cd "$(dirname "$0")/../.."
venv=.local/venv
python=${PYTHON3:-python3}

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Python 3.11 or newer is needed; $("$python" --version 2>&1 || echo "$python is missing")." >&2
    exit 1
fi
# `whole` is written last. Without it the installation was interrupted; without its Python an environment does not start.
if ! { [ -f "$venv/whole" ] && "$venv/bin/python" -c '' 2>/dev/null; }; then
    rm -rf "$venv"
    "$python" -m venv "$venv" >&2 || { echo "Python cannot make a virtual environment (on Debian: apt-get install python3-venv)." >&2; exit 1; }
    touch "$venv/whole"
fi
for set in "$@"; do
    locked=infra/requirements/$set.txt
    if cmp -s "$locked" "$venv/$set.txt"; then continue; fi
    echo "Installing the packages of $locked into $venv …" >&2
    # The lock names every package, so there is nothing to resolve; Python compiles a module when it is first used.
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes --requirement "$locked" >&2
    cp "$locked" "$venv/$set.txt"
done
