#!/bin/sh
# Shows the engine at work on the stack that has just been deployed. The environment has AWS_ENDPOINT_URL with its
# keys, and OUTPUTS: the path of outputs.json.
set -eu
cd "$(dirname "$0")/../.."

echo "The engine runs on local AWS at $AWS_ENDPOINT_URL; names and addresses are in $OUTPUTS."
