#!/usr/bin/env python3
"""Writes the figures of tests/bench/latest.json, which `make bench` measures, into the documents that quote them."""

import json
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LATEST = PROJECT / "tests/bench/latest.json"
BEGIN, END = "<!-- begin: infra/build/figures.py writes this from tests/bench/latest.json -->", "<!-- end -->"


def measured(figures: dict) -> str:
    return f"`make bench` measured this on {figures['date']}: {figures['machine']}."


def speed(figures: dict) -> str:
    """For README.md: the cost, and the CPU beside functions that are written the usual way."""
    usd, cpu, ends, rss = (figures[part] for part in ("usd_per_million", "cpu_ms", "end_to_end", "rss_mb"))
    return f"""
One million facts that match one rule with one action cost USD {usd["sparse"]:.2f} in sparse traffic, {usd["dense"]:.2f} in dense, and
{usd["provisioned"]:.2f} with provisioned capacity; a million facts that match no rule {usd["no_match"]:.2f}. [What it costs](infra/README.md#what-it-costs)
has each line of the bill.

| | Engine | Python, boto3 | Node.js, AWS SDK v3 |
|---|---|---|---|
| CPU of a trigger for a fact, ms | {cpu["trigger"]:.2f} | {cpu["python_trigger"]:.2f} | {cpu["node_trigger"]:.2f} |
| CPU of a connector for a job, in batches of ten, ms | {cpu["connector_job"]:.2f} | {cpu["python_job"]:.2f} | {cpu["node_job"]:.2f} |

A trigger uses {rss["trigger"]:.1f} MB, a connector {rss["connector"]:.1f} MB. A start takes at most {figures["init_ratio"]:.2f} times the CPU of that of a
hello-world function in Rust; that of a usual function with one call of the AWS SDK takes {figures["init_ratio_sdk"]:.2f} times. A first event takes
at most {figures["first_event_ratio"]:.2f} times the CPU of a later one. On local AWS, which is one Python process, {ends["facts_per_s"]:.1f} facts a second pass with two
actions each, and a fact's action is performed {ends["p50_ms"]:.0f} ms after its publication (median; 99th percentile {ends["p99_ms"]:.0f} ms), of which
local AWS takes most.
{measured(figures)} [tests/bench](tests/bench/README.md) says how.
"""


def bill(figures: dict) -> str:
    """For infra/README.md: the bill."""
    usd, month = figures["usd_per_million"], figures["usd_month"]
    return f"""
| USD a million facts | sparse | dense | dense, provisioned capacity | dense, 4 KB | no rule matches, sparse |
|---|---|---|---|---|---|
| without storage | {usd["sparse"]:.2f} | {usd["dense"]:.2f} | {usd["provisioned"]:.2f} | {usd["dense_4kb"]:.2f} | {usd["no_match"]:.2f} |

A month of sparse traffic with seven apps costs in all, storage included:

| Events a month | 0.1 million | 1 million | 10 million | 100 million |
|---|---|---|---|---|
| USD | {month["m0_1"]:.2f} | {month["m1"]:.2f} | {month["m10"]:.2f} | {month["m100"]:.2f} |

{measured(figures)}
"""


DOCUMENTS = {"README.md": speed, "infra/README.md": bill}


def written(text: str, figures: str) -> str:
    """A document with these figures between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"the document has no lines {BEGIN} and {END}")
    return before + BEGIN + figures + end + after


def main() -> None:
    figures = json.loads(LATEST.read_text())
    for name, part in DOCUMENTS.items():
        document = PROJECT / name
        document.write_text(written(document.read_text(), part(figures)))


if __name__ == "__main__":
    main()
