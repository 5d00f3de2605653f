#!/usr/bin/env python3
"""Writes events/asyncapi.json, the contract with producers as AsyncAPI 3.0, from events/schemas, and the events that the engine
publishes itself, from events/notifications."""

import json

from release import PROJECT, version

EVENTS = PROJECT / "events"
ASYNCAPI = EVENTS / "asyncapi.json"
COMMON = "common"


def schemas() -> dict[str, dict]:
    """The schemas of the facts and of their common parts, by the names of their files."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((EVENTS / "schemas").glob("*.json"))}


def facts() -> dict[str, str]:
    """The detail-type of each fact, by the name of its schema."""
    return {name: schema["title"] for name, schema in schemas().items() if name != COMMON}


def notifications() -> dict[str, dict]:
    """The schemas of the events that the engine publishes for the operator, by the names of their files."""
    found = {path.stem: json.loads(path.read_text()) for path in sorted((EVENTS / "notifications").glob("*.json"))}
    return {name: {key: part for key, part in schema.items() if key not in ("$schema", "$id")} for name, schema in found.items()}


def parts(root: str) -> dict[str, dict]:
    """Every schema and every part of one, by name, for a document that has them all at `root`. The keywords in use mean the
    same in each draft of JSON Schema, except that `4900.0` is no integer in draft 4."""

    def moved(value):
        if isinstance(value, list):
            return [moved(each) for each in value]
        if not isinstance(value, dict):
            return value
        kept = {key: moved(each) for key, each in value.items() if key not in ("$schema", "$id", "$defs", "$ref")}
        if "$ref" not in value:
            return kept
        target = {"$ref": root + value["$ref"].rpartition("/")[2]}
        # Drafts before 2019-09 ignore the keywords beside a reference.
        return kept | {"allOf": [target]} if kept else target

    found: dict[str, dict] = {}
    for name, schema in schemas().items():
        for part, content in [*schema.get("$defs", {}).items(), *([] if name == COMMON else [(name, schema)])]:
            if part in found:
                raise SystemExit(f"Two schemas have a part that is called {part}.")
            found[part] = moved(content)
    return found


def asyncapi() -> dict:
    def message(name: str, detail_type: str, description: str, source: dict) -> dict:
        envelope = {"source": source, "detail-type": {"const": detail_type}}
        return {
            "name": name,
            "title": detail_type,
            "description": description,
            "headers": {"type": "object", "required": [*envelope], "properties": envelope},
            "payload": {"$ref": f"#/components/schemas/{name}"},
        }

    def references(messages: dict) -> dict:
        return {name: {"$ref": f"#/components/messages/{name}"} for name in messages}

    components = parts("#/components/schemas/")
    producer = {"type": "string", "default": "commerce"}
    own = notifications()
    received = {name: message(name, title, components[name]["description"], producer) for name, title in facts().items()}
    sent = {name: message(name, one["title"], one["description"], {"const": "integration-engine"}) for name, one in own.items()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Integration engine: facts and notifications",
            "version": version(),
            "description": "Facts that producers publish on the engine's event bus, and notifications that the engine publishes there. A message's payload is the event's `detail`; "
            "its headers are fields of the EventBridge event. README.md beside this file has the rules that a schema cannot express.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "eventbridge": {
                "host": "events.{region}.amazonaws.com",
                "protocol": "eventbridge",
                "description": "PutEvents of Amazon EventBridge, signed with IAM.",
                "variables": {"region": {"default": "us-east-1", "description": "The AWS region of the stack."}},
            }
        },
        "channels": {
            "facts": {
                "address": "commerce",
                "description": "The event bus: the template parameter EventBusName.",
                "messages": references(received),
            },
            "notifications": {
                "address": "commerce",
                "description": "The same event bus.",
                "messages": references(sent),
            },
        },
        "operations": {
            "receiveFacts": {
                "action": "receive",
                "channel": {"$ref": "#/channels/facts"},
                "summary": "The engine receives facts.",
            },
            "sendNotifications": {
                "action": "send",
                "channel": {"$ref": "#/channels/notifications"},
                "summary": "The engine notifies the operator's own systems.",
            },
        },
        "components": {"messages": received | sent, "schemas": components | own},
    }


def text() -> str:
    return json.dumps(asyncapi(), indent=2, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    ASYNCAPI.write_text(text())
