"""Numbers and lists in the documents are those of the code."""

import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.append(str(PROJECT / "infra/build"))

import figures  # noqa: E402


def read(path: str) -> str:
    """A file of the project, as if it had no line breaks."""
    return " ".join((PROJECT / path).read_text().split())


def number(path: str, before: str) -> int:
    """The number that follows a text in a source file."""
    digits = re.search(re.escape(before) + r"([0-9_]+(?: \* [0-9_]+)*)", read(path))
    product = 1
    for factor in digits[1].split(" * "):
        product *= int(factor)
    return product


FACT, RULES, BOUNDS = "shared/domain/src/fact", "shared/operations/src/rules", "functions/api/src/input/bounds.rs"
# A document, a sentence of it, and where the code has its numbers: a file, and the text before the number there.
SAID = [
    ("README.md", "| Size of a fact | {:,} bytes;", (f"{FACT}/error.rs", "MOST_BYTES: usize = ")),
    ("events/README.md", "**A detail** has at most {:,} bytes.", (f"{FACT}/error.rs", "MOST_BYTES: usize = ")),
    ("README.md", "| Lines of a fact | 1 to {} |", (f"{FACT}/item.rs", "MAX: usize = ")),
    ("README.md", "| Texts | ids {} characters,", (f"{FACT}/text.rs", "MAX: usize = ")),
    ("README.md", "characters, a marketplace's {},", ("shared/domain/src/id.rs", "MarketplaceId, \"marketplace_id\", \"1 to ")),
    ("README.md", "a fact's own {};", ("shared/domain/src/id.rs", "FactId, \"id\", \"1 to ")),
    ("README.md", "names and labels {},", (f"{FACT}/text.rs", "describing!(Label, ")),
    ("README.md", "free text {:,},", (f"{FACT}/text.rs", "describing!(Prose, ")),
    ("README.md", "e-mail addresses {} |", (f"{FACT}/email.rs", "MAX: usize = ")),
    ("README.md", "and {:,} bytes as one document |", (f"{RULES}/quota.rs", "LARGEST: usize = ")),
    ("README.md", "it accepts a document of {:,} bytes", (f"{RULES}/document.rs", "LARGEST: usize = ")),
    ("README.md", "| YAML of {:,} values,", ("shared/yaml/src/parser.rs", "MOST_VALUES: usize = ")),
    ("README.md", "values, nested {} deep;", ("shared/yaml/src/parser.rs", "DEEPEST: usize = ")),
    ("README.md", "A run reports up to {} mistakes", (f"{RULES}/document.rs", "MOST_PROBLEMS: usize = ")),
    ("README.md", "| Products of one rule | {} |", ("shared/domain/src/rule.rs", "MOST_PRODUCTS: usize = ")),
    ("README.md", "| Rules of one marketplace | {:,},", ("shared/domain/src/rule.rs", "MOST_RULES: usize = ")),
    ("README.md", "such as tags | {} |", ("shared/domain/src/manifest.rs", "MOST_TARGETS: usize = ")),
    ("README.md", "| Accounts of one marketplace | {} |", ("shared/operations/src/integrations.rs", "MOST_ACCOUNTS: usize = ")),
]  # fmt: skip


class Numbers(unittest.TestCase):
    def test_limits_are_those_of_the_code(self):
        for document, sentence, (path, before) in SAID:
            said = sentence.format(number(path, before))
            self.assertIn(said, read(document), document)

    def test_the_largest_bodies_of_the_api_are_those_of_the_code(self):
        body, imported = number(BOUNDS, "LARGEST_BODY: usize = "), number(BOUNDS, "LARGEST_IMPORT: usize = ")
        said = f"a body has at most {body >> 10} KiB (an import of rules {imported >> 20} MiB)"
        self.assertIn(said, read("functions/api/README.md"))

    def test_the_sample_that_is_priced_has_the_size_that_is_given(self):
        (entry,) = json.loads((PROJECT / "events/samples/order-completed.one-item.json").read_text())
        self.assertIn(f"whose detail is {len(entry['Detail'].encode())} bytes.", read("infra/README.md"))

    def test_figures_are_those_that_were_measured(self):
        latest = json.loads(figures.LATEST.read_text())
        for name, part in figures.DOCUMENTS.items():
            text = (PROJECT / name).read_text()
            self.assertEqual(figures.written(text, part(latest)), text, f"{name}: run python3 infra/build/figures.py")

    def test_latest_figures_have_the_agreed_fields(self):
        latest = json.loads(figures.LATEST.read_text())
        fields = {name: sorted(value) if isinstance(value, dict) else None for name, value in latest.items()}
        languages = [f"{language}_{part}" for language in ("node", "python") for part in ("job", "trigger")]
        expected = {
            "machine": None,
            "date": None,
            "usd_per_million": ["dense", "dense_4kb", "no_match", "provisioned", "sparse"],
            "usd_month": ["m0_1", "m1", "m10", "m100"],
            "cpu_ms": sorted(["connector_job", "trigger", *languages]),
            "init_ratio": None,
            "init_ratio_sdk": None,
            "first_event_ratio": None,
            "rss_mb": ["connector", "trigger"],
            "end_to_end": ["facts_per_s", "p50_ms", "p99_ms"],
        }
        self.assertEqual(fields, expected)

    def test_make_lists_every_command(self):
        phony = re.search(r"\.PHONY: (.*)", (PROJECT / "Makefile").read_text())[1].split()
        listed = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True).stdout
        self.assertEqual(sorted(re.findall(r"^  make (\S+)", listed, re.MULTILINE)), sorted(phony))


if __name__ == "__main__":
    unittest.main()
