#!/usr/bin/env python3
"""Writes events/asyncapi.json, the contract with producers as AsyncAPI 3.0, from events/schemas."""

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
    def message(name: str, detail_type: str, description: str) -> dict:
        envelope = {"source": {"type": "string", "default": "commerce"}, "detail-type": {"const": detail_type}}
        return {
            "name": name,
            "title": detail_type,
            "description": description,
            "headers": {"type": "object", "required": [*envelope], "properties": envelope},
            "payload": {"$ref": f"#/components/schemas/{name}"},
        }

    components = parts("#/components/schemas/")
    messages = {name: message(name, title, components[name]["description"]) for name, title in facts().items()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Integration engine: facts",
            "version": version(),
            "description": "Facts that producers publish on the engine's event bus. A message's payload is the event's `detail`; "
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
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {
            "receiveFacts": {
                "action": "receive",
                "channel": {"$ref": "#/channels/facts"},
                "summary": "The engine receives facts.",
            }
        },
        "components": {"messages": messages, "schemas": components},
    }


def text() -> str:
    return json.dumps(asyncapi(), indent=2, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    ASYNCAPI.write_text(text())
