"""The example for producers in Python, against EventBridge in memory."""

import importlib.util
import json
import unittest
from pathlib import Path

EVENTS = Path(__file__).resolve().parents[2] / "events"


class Bus:
    """EventBridge that refuses each of some facts a number of times, and answers as PutEvents does."""

    def __init__(self, refused: dict[str, int]):
        self.refused, self.requests = dict(refused), []

    def put_events(self, Entries: list[dict]) -> dict:
        ids = [json.loads(entry["Detail"])["id"] for entry in Entries]
        self.requests.append(ids)
        results = []
        for id in ids:
            left = self.refused.get(id, 0)
            self.refused[id] = left - 1
            results.append({"ErrorCode": "ThrottlingException", "ErrorMessage": "Slow down"} if left > 0 else {"EventId": id})
        return {"FailedEntryCount": sum("ErrorCode" in one for one in results), "Entries": results}


class Producing(unittest.TestCase):
    def setUp(self):
        spec = importlib.util.spec_from_file_location("publish", EVENTS / "examples/publish.py")
        self.example = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.example)
        self.facts = [{"type": "Order Completed", "detail": {"id": f"ord_{number}.completed"}} for number in range(12)]

    def test_the_example_publishes_again_what_was_refused_and_nothing_else(self):
        bus, pauses = Bus({"ord_3.completed": 2, "ord_7.completed": 1}), []
        self.assertEqual(self.example.publish(bus, self.facts, pauses.append), [])
        ids = [fact["detail"]["id"] for fact in self.facts]
        again = [["ord_3.completed", "ord_7.completed"], ["ord_3.completed"]]
        self.assertEqual(bus.requests, [ids[:10], *again, ids[10:]])
        self.assertEqual(len(pauses), 2)

    def test_the_example_returns_the_facts_that_stay_refused(self):
        bus = Bus({"ord_11.completed": 99})
        failed = self.example.publish(bus, self.facts, lambda seconds: None)
        self.assertEqual(failed, [(self.facts[11], "ThrottlingException: Slow down")])
        self.assertEqual(len(bus.requests), 1 + self.example.ATTEMPTS)

    def test_the_example_makes_entries_as_the_samples_are(self):
        for path in EVENTS.glob("samples/*.*.json"):
            (sample,) = json.loads(path.read_text())
            made = self.example.entry({"type": sample["DetailType"], "detail": json.loads(sample["Detail"])})
            self.assertEqual(json.loads(made.pop("Detail")), json.loads(sample.pop("Detail")), path.stem)
            self.assertEqual(made, sample, path.stem)


if __name__ == "__main__":
    unittest.main()
