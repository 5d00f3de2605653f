"""Publishes facts with boto3. Reads a JSON list of facts, each with `type` and `detail`, from standard input:

    python3 publish.py < facts.json
"""

import json
import random
import sys
import time

import boto3

BUS = "commerce"
SOURCE = "commerce"
BATCH = 10  # the most entries of a PutEvents request; use fewer if your facts are large
ATTEMPTS = 6


def entry(fact: dict) -> dict:
    # The id inside `detail` comes from what happened, such as `ord_5001.completed`. It is the same in every attempt and in
    # every later run, so a fact that EventBridge has accepted twice fires its rules once.
    return {"EventBusName": BUS, "Source": SOURCE, "DetailType": fact["type"], "Detail": json.dumps(fact["detail"])}


def publish(events, facts: list[dict], pause=time.sleep) -> list[tuple[dict, str]]:
    """Returns the facts that EventBridge did not accept, with its error. Store them and publish them again."""
    failed = []
    for start in range(0, len(facts), BATCH):
        pending = [(fact, "") for fact in facts[start : start + BATCH]]
        for attempt in range(ATTEMPTS):
            if attempt:
                pause(random.uniform(0, 2**attempt))
            answer = events.put_events(Entries=[entry(fact) for fact, _ in pending])
            # EventBridge returns 200 even if it accepted no entry. The results are in the order of the entries, so only
            # those with an ErrorCode are published again.
            results = answer["Entries"] if answer["FailedEntryCount"] else []
            pending = [
                (fact, f"{result['ErrorCode']}: {result.get('ErrorMessage', '')}")
                for (fact, _), result in zip(pending, results)
                if "ErrorCode" in result
            ]
            if not pending:
                break
        failed += pending
    return failed


if __name__ == "__main__":
    # boto3 itself retries a request that fails as a whole: connections, throttling, 5xx.
    failed = publish(boto3.client("events"), json.load(sys.stdin))
    for fact, error in failed:
        print(f"{fact['detail']['id']}: {error}", file=sys.stderr)
    sys.exit(1 if failed else 0)
