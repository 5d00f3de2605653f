#!/bin/sh
# Deploys what build.sh built: deploy.sh <architecture> [Parameter=value …]
set -eu
cd "$(dirname "$0")/../.."
architecture=$1
shift
folder=target/lambda/$architecture
[ -f "$folder/template.yaml" ] || { echo "Nothing is built for $architecture: run \`make build\` first." >&2; exit 1; }
exec .local/venv/bin/sam deploy --config-file "$PWD/infra/samconfig.toml" --template "$folder/template.yaml" \
    --parameter-overrides "Architecture=$architecture" "$@"
