"""The AsyncAPI document and the schemas for a registry, both generated from events/schemas."""

import contextlib
import io
import json
import re
import sys
import unittest
from pathlib import Path

from jsonschema import Draft4Validator, Draft7Validator

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "infra/build"))

import contract
import schemas

SAMPLES = PROJECT / "events/samples"
REFUSED = json.loads((SAMPLES / "expected.json").read_text())["refused"]
# A schema cannot say these, as events/README.md explains.
UNSAYABLE = {"order-completed.occurred-at-on-no-day"}


def samples(folder: Path) -> list[tuple[str, dict]]:
    """The sample entries of a folder, with their names."""
    return [(path.stem, json.loads(path.read_text())[0]) for path in sorted(folder.glob("*.*.json"))]


class Made(unittest.TestCase):
    """Both documents accept the valid samples, and refuse the invalid ones."""

    def agree(self, of):
        self.assertEqual(len(samples(SAMPLES / "invalid")), len(REFUSED))
        for name, entry in samples(SAMPLES):
            Draft7Validator(of(entry)[0]).validate(of(entry)[1])
        for name, entry in samples(SAMPLES / "invalid"):
            self.assertEqual(Draft7Validator(of(entry)[0]).is_valid(of(entry)[1]), name in UNSAYABLE, name)

    def test_the_asyncapi_document_says_what_the_schemas_say(self):
        self.assertEqual(contract.ASYNCAPI.read_text(), contract.text(), "Renew it: python3 infra/build/contract.py")
        document = json.loads(contract.ASYNCAPI.read_text())
        messages = {one["title"]: one for one in document["components"]["messages"].values()}
        for name in document["channels"]["facts"]["messages"]:
            self.assertIn(name, document["components"]["messages"])

        def payload(entry: dict) -> tuple[dict, dict]:
            message = messages[entry["DetailType"]]
            Draft7Validator(message["headers"]).validate({"source": entry["Source"], "detail-type": entry["DetailType"]})
            return document | message["payload"], json.loads(entry["Detail"])

        self.agree(payload)

    def test_every_reference_of_the_asyncapi_document_leads_somewhere(self):
        document = contract.asyncapi()
        for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
            target = document
            for step in reference.split("/"):
                self.assertIn(step, target, reference)
                target = target[step]

    def test_the_schemas_of_the_registry_say_what_the_schemas_say_and_fit(self):
        made = schemas.events("shop")
        self.assertIn("shop@OrderCompleted", made)
        # https://docs.aws.amazon.com/eventbridge/latest/schema-reference/v1-registries-name-registryname-schemas-name-schemaname.html
        self.assertLess(max(map(len, made.values())), 100_000)
        aws = {"version": "0", "id": "1", "account": "111122223333", "time": "2026-05-04T10:00:00Z", "region": "us-east-1", "resources": []}

        def event(entry: dict) -> tuple[dict, dict]:
            envelope = aws | {"source": "shop", "detail-type": entry["DetailType"], "detail": json.loads(entry["Detail"])}
            return json.loads(made["shop@" + entry["DetailType"].replace(" ", "")]), envelope

        for text in made.values():
            Draft4Validator.check_schema(json.loads(text))
        self.agree(event)


class Registry:
    """The registry of an account, in memory."""

    class exceptions:
        class ConflictException(Exception):
            pass

        class NotFoundException(Exception):
            pass

    def __init__(self):
        self.registries, self.schemas, self.calls = set(), {}, []

    def create_registry(self, RegistryName: str, Description: str):
        if RegistryName in self.registries:
            raise self.exceptions.ConflictException
        self.registries.add(RegistryName)

    def describe_schema(self, RegistryName: str, SchemaName: str) -> dict:
        if SchemaName not in self.schemas:
            raise self.exceptions.NotFoundException
        return {"Content": self.schemas[SchemaName]}

    def create_schema(self, RegistryName: str, SchemaName: str, Type: str, Content: str):
        self.calls.append(("create", SchemaName))
        self.schemas[SchemaName] = Content

    def update_schema(self, RegistryName: str, SchemaName: str, Type: str, Content: str):
        self.calls.append(("update", SchemaName))
        self.schemas[SchemaName] = Content


class Publishing(unittest.TestCase):
    def publish(self, registry: Registry):
        with contextlib.redirect_stdout(io.StringIO()):
            schemas.publish(registry, "facts", "shop")

    def test_schemas_are_created_once_and_get_a_version_when_they_change(self):
        registry = Registry()
        names = list(schemas.events("shop"))
        self.publish(registry)
        self.publish(registry)
        self.assertEqual(registry.calls, [("create", name) for name in names])
        registry.schemas["shop@ProductSaved"] = "{}"
        self.publish(registry)
        self.assertEqual(registry.calls[len(names) :], [("update", "shop@ProductSaved")])


if __name__ == "__main__":
    unittest.main()
