#!/usr/bin/env python3
"""Describes a deployment for the command line: its queues, functions, table and key, as JSON.

    describe.py --stack integration-engine --region eu-west-1 > production.json
"""

import argparse
import json
import sys
from typing import Callable


def describe(client: Callable, stack: str) -> dict:
    """`client` returns a boto3 client of a service."""
    found = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])}

    pages = client("lambda").get_paginator("list_functions").paginate()
    functions = [function for page in pages for function in page["Functions"]]
    functions = [function for function in functions if function["FunctionName"].startswith(f"{stack}-")]
    # An app's function and queues are named by the stack and the app.
    names = (function["FunctionName"].removeprefix(f"{stack}-") for function in functions)
    apps = sorted(name.removeprefix("app-") for name in names if name.startswith("app-"))
    facts = outputs["FactsQueueUrl"]

    def queues(kind: str) -> dict[str, str]:
        return {app: f"{facts.removesuffix('facts')}{kind}-{app}" for app in apps}

    return {
        "stack": stack,
        "bus": outputs["EventBusName"],
        "table": outputs["TableName"],
        "source": parameters.get("Source", "commerce"),
        "facts_queue_url": facts,
        "schedule_group": outputs["ProspectScheduleGroup"],
        "queues": queues("jobs"),
        "dlqs": queues("dead"),
        # By handler, by which other programs refer to a function.
        "functions": dict(sorted((function["Handler"], function["FunctionArn"]) for function in functions)),
        "kms_key_id": outputs["KeyArn"],
        "digest_secret_arn": outputs["DigestSecretArn"],
        "api_url": (parameters.get("ApiUrl") or outputs["ApiUrl"]).rstrip("/"),
        "log_ttl_days": int(parameters.get("LogTtlDays", 35)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stack", default="integration-engine")
    parser.add_argument("--region", required=True)
    args = parser.parse_args()
    import boto3
    import botocore.exceptions

    session = boto3.Session(region_name=args.region)
    try:
        described = describe(session.client, args.stack)
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        sys.exit(f"Cannot describe the stack {args.stack} in {args.region}: {error}")
    print(json.dumps({"region": args.region} | described, indent=2))


if __name__ == "__main__":
    main()
