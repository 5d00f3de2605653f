#!/usr/bin/env python3
"""Deploys the output of build.sh: deploy.py <architecture>. The environment variable PARAMS has the template's parameters."""

import os
import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SAM = Path(sys.executable).parent / "sam"


def parameters(text: str) -> list[str]:
    """`Name=value Name=value …` as sam takes them. A value may have spaces, as in SweepSchedule=rate(5 minutes): it ends
    where the next name begins."""
    given = re.split(r"\s+(?=[A-Za-z0-9]+=)", text.strip())
    for one in filter(None, given):
        if not re.match(r"[A-Za-z0-9]+=", one):
            sys.exit(f"PARAMS: `{one}` is not Name=value.")
    pairs = (one.partition("=") for one in given if one)
    return ['{}="{}"'.format(name, value.strip("\"'")) for name, _, value in pairs]


def main() -> None:
    architecture = sys.argv[1]
    template = PROJECT / "target/lambda" / architecture / "template.yaml"
    if not template.exists():
        sys.exit(f"Nothing is built for {architecture}: run `make build` first.")
    given = [f"Architecture={architecture}", *parameters(os.environ.get("PARAMS", ""))]
    sam = [SAM, "deploy", "--config-file", PROJECT / "infra/samconfig.toml", "--template", template]
    os.execv(SAM, [*map(str, sam), "--parameter-overrides", *given])


if __name__ == "__main__":
    main()
