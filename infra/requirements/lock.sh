#!/bin/sh
# Locks the sets: every package of a <set>.in, and of what it depends on, with its hashes in <set>.txt, one line each.
# All sets go into one environment, so they are resolved together. Needs uv: pip install uv.
set -eu
cd "$(dirname "$0")"
compile="uv pip compile --quiet --universal --python-version 3.11 --no-strip-extras --no-header --no-annotate"
together=$(mktemp)
trap 'rm "$together"' EXIT
$compile --output-file "$together" ./*.in >/dev/null
for set in *.in; do
    $compile --generate-hashes --constraint "$together" "$set" |
        awk '{ more = sub(/ \\$/, ""); sub(/^ +/, " "); printf "%s%s", $0, more ? "" : "\n" }' >"${set%.in}.txt"
done
