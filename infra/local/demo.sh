#!/bin/sh
# Shows the engine at work on the stack that has just been deployed: connects two apps, writes rules, publishes a
# purchase, waits for its actions and prints the log. OUTPUTS is the path of outputs.json.
set -eu
cd "$(dirname "$0")/../.."
export ENGINE_OUTPUTS="$OUTPUTS"
engine=target/debug/engine
output() {
    sed -n "s/.*\"$1\": \"\(.*\)\".*/\1/p" "$OUTPUTS"
}
sandbox=$(output sandbox_url)

# Stand-ins other than ours may not implement a connection test.
connect() {
    $engine connect "$@" || $engine connect --untested "$@"
}

connect mailchimp --label "Demo audience" --set api_key=demo0000000000000000000000000000-us6
connect webhook --label "Demo webhook" --set "url=$sandbox/webhook/demo" \
    --set signing_secret=whsec_ZGVtbyBzZWNyZXQgb2YgdGhlIGxvY2FsIHNhbmRib3g=
$engine rules apply infra/demo/rules.yaml
echo
echo "A purchase is published …"
event=$($engine publish events/samples/order-completed.one-item.json --fresh --ids)
# Stand-ins other than ours may behave differently: then the log shows their results.
$engine wait --event "$event" --jobs 3 --timeout 60 || echo "Not every action has ended; the log says why."
echo
$engine log
echo
$engine event "$event"
cat <<END

The console, where merchants connect apps and write rules, is at
  $(output console_url)
within the hour; then \`$engine console\` prints another address. A page of another site shows it at
  $(output host_url)

The engine runs on local AWS at $AWS_ENDPOINT_URL; names and addresses are in $OUTPUTS. Look next at
  $engine publish events/samples/charge-refunded.full.json --fresh    what a refund takes away
  $engine log --watch                                                 the Action Log as it grows
  $sandbox/_requests?app=mailchimp                                    what Mailchimp's stand-in received
  $sandbox/_state/mailchimp                                           who is on its lists now
  events/README.md                                                    how your services publish facts
END
