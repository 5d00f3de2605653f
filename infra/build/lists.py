#!/usr/bin/env python3
"""Writes the lists and figures that follow from the apps: run it after you have added or changed a manifest.

It writes the template's default of `Apps`, the number of resources in infra/README.md, the table in functions/README.md, and the
API's document. A test compares each.
"""

import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import expanded
from apps import OURS, names

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATE = PROJECT / "infra/template.yaml"
README = PROJECT / "infra/README.md"
DEFAULT = re.compile(r"(?<=\n  Apps:\n)(.*?\n    Default: )[^\n]*", re.DOTALL)
SIZE = re.compile(r"The stack has \d+ of the .*? more apps\s+fit\.", re.DOTALL)
WIDTH = 128
# The file that a test writes if the committed one differs, and the committed one.
WRITTEN = {"target/functions-README.md": "functions/README.md", "target/openapi.json": "functions/api/openapi.json"}


def of_project() -> list[str]:
    """The ids of all apps of this project."""
    coded = [file.parent.name for file in (PROJECT / "functions/connectors").glob("*/manifest.json")]
    return sorted({*coded, *names(OURS)})


def with_default(template: str, apps: list[str]) -> str:
    """The template with these apps as the default of `Apps`."""
    return DEFAULT.sub(lambda found: found[1] + ",".join(apps), template, count=1)


def with_size(readme: str, sentences: str) -> str:
    """The document with these sentences about the size of the stack."""
    return SIZE.sub(lambda _: textwrap.fill(sentences, WIDTH), readme, count=1)


def main() -> None:
    TEMPLATE.write_text(with_default(TEMPLATE.read_text(), of_project()))
    README.write_text(with_size(README.read_text(), expanded.size(expanded.expand()["Resources"])))
    for fresh in WRITTEN:
        (PROJECT / fresh).unlink(missing_ok=True)
    # A test fails if it writes a file.
    tests = ["--test", "contract", "--test", "openapi"]
    subprocess.run(["cargo", "test", "--workspace", "--quiet", "--no-fail-fast", *tests], cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for fresh, committed in WRITTEN.items():
        if (PROJECT / fresh).exists():
            shutil.copy(PROJECT / fresh, PROJECT / committed)
    subprocess.run(["git", "status", "--short", "--", str(TEMPLATE), str(README), *WRITTEN.values()], cwd=PROJECT, check=True)


if __name__ == "__main__":
    main()
