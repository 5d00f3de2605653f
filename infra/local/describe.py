#!/usr/bin/env python3
"""Describes a deployment for the command line: its queues, functions, table and key, as JSON.

    describe.py --stack integration-engine --region eu-west-1 > production.json
"""

import argparse
import json
from typing import Callable

import boto3


def describe(client: Callable, stack: str) -> dict:
    """`client` gives a boto3 client of a service."""
    found = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])}

    def by_app(suffix: str) -> dict[str, str]:
        return {key.removesuffix(suffix): value for key, value in outputs.items() if key.endswith(suffix)}

    queues = by_app("QueueUrl")
    facts_queue = queues.pop("Facts")
    # A function's logical id is not its handler, which is what everybody else calls it by.
    pages = client("lambda").get_paginator("list_functions").paginate()
    functions = {
        function["Handler"]: function["FunctionArn"]
        for page in pages
        for function in page["Functions"]
        if function["FunctionName"].startswith(f"{stack}-")
    }
    return {
        "stack": stack,
        "bus": outputs["EventBusName"],
        "table": outputs["TableName"],
        "facts_queue_url": facts_queue,
        "queues": queues,
        "dlqs": by_app("DeadLettersUrl"),
        "functions": dict(sorted(functions.items())),
        "kms_key_id": outputs["KeyArn"],
        "api_url": (parameters.get("ApiUrl") or outputs["ApiUrl"]).rstrip("/"),
        "log_ttl_days": int(parameters.get("LogTtlDays", 35)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stack", default="integration-engine")
    parser.add_argument("--region", required=True)
    args = parser.parse_args()
    session = boto3.Session(region_name=args.region)
    print(json.dumps({"region": args.region} | describe(session.client, args.stack), indent=2))


if __name__ == "__main__":
    main()
