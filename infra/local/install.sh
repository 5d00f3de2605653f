#!/bin/sh
# Installs the Python packages of a requirements file into .local/venv, unless they are there already.
set -eu
cd "$(dirname "$0")/../.."

requirements=${1:-infra/local/requirements.txt}
venv=.local/venv
stamp=$venv/$(echo "$requirements" | tr / -)

if cmp -s "$requirements" "$stamp"; then exit 0; fi
if [ ! -x "$venv/bin/pip" ]; then
    python3 -m venv --clear "$venv" || { echo "Python cannot make a virtual environment (on Debian: apt-get install python3-venv)." >&2; exit 1; }
fi
echo "Installing $requirements into $venv …"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
cp "$requirements" "$stamp"
