#!/usr/bin/env python3
"""Publishes the schema of each fact's event to a registry of EventBridge, from which IDEs generate code.

    schemas.py --registry integration-engine --source commerce --region us-east-1

It creates the registry and the schemas that are missing, and adds a version to each schema that has changed. They are no part
of the stack: CloudFormation takes a schema only as a text in the template, so it would be a second copy of events/schemas.
"""

import argparse
import json
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from contract import facts, parts

DEFINITIONS = "#/definitions/"
STRING = {"type": "string"}
# https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
ENVELOPE = {
    "version": STRING,
    "id": STRING,
    "detail-type": STRING,
    "source": STRING,
    "account": STRING,
    "time": {"type": "string", "format": "date-time"},
    "region": STRING,
    "resources": {"type": "array", "items": STRING},
}


def referenced(part: str, definitions: dict) -> set[str]:
    """The part, and all parts that it refers to."""
    found, open_ = set(), {part}
    while open_:
        found |= open_
        text = "".join(json.dumps(definitions[name]) for name in open_)
        open_ = {name for name in definitions if f'"{DEFINITIONS}{name}"' in text} - found
    return found


def events(source: str) -> dict[str, str]:
    """The schema of each fact's whole event as JSON Schema Draft 4, by its name in the registry."""
    definitions = parts(DEFINITIONS)

    def event(fact: str, detail_type: str) -> dict:
        return {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "title": detail_type.replace(" ", ""),
            "type": "object",
            "required": [*ENVELOPE, "detail"],
            "properties": ENVELOPE | {"detail": {"$ref": DEFINITIONS + fact}},
            "x-amazon-events-detail-type": detail_type,
            "x-amazon-events-source": source,
            "definitions": {name: definitions[name] for name in sorted(referenced(fact, definitions))},
        }

    return {f"{source}@{title.replace(' ', '')}": json.dumps(event(fact, title)) for fact, title in facts().items()}


def publish(client, registry: str, source: str) -> None:
    try:
        client.create_registry(RegistryName=registry, Description="Facts of the integration engine")
    except client.exceptions.ConflictException:
        pass
    for name, content in events(source).items():
        schema = {"RegistryName": registry, "SchemaName": name}
        try:
            stored = client.describe_schema(**schema)["Content"]
        except client.exceptions.NotFoundException:
            client.create_schema(**schema, Type="JSONSchemaDraft4", Content=content)
            print(f"created    {name}")
            continue
        if json.loads(stored) == json.loads(content):
            print(f"unchanged  {name}")
            continue
        client.update_schema(**schema, Type="JSONSchemaDraft4", Content=content)
        print(f"updated    {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--registry", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--region", required=True)
    args = parser.parse_args()
    try:
        publish(boto3.client("schemas", region_name=args.region), args.registry, args.source)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"Cannot publish the schemas to {args.registry} in {args.region}: {error}")


if __name__ == "__main__":
    main()
