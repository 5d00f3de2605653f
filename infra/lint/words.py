#!/usr/bin/env python3
"""Finds phrases that CONTRIBUTING.md ("Words") replaces by plainer ones, in every tracked text file.

    words.py [PATH …]        prints path:line: phrase → replacement, and exits with 1 if it finds any
"""

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

# A phrase, and how to write it instead.
PHRASES = {
    r"\bwho(m|so)?ever\b": "name the caller, the job or the function",
    r"\bthose who\b": "name them: merchants, callers, functions",
    r"\b(some|no)body\b": "name the actor: a merchant, another function, no function",
    r"\bthat (is|are) there\b": "stored, existing",
    r"\bone that\b": "repeat the noun",
    r"\bmeanwhile\b": "since then, in the meantime; or say which write came between",
    r"\blets? (it |them )?in\b": "authorize, allow",
    r"\banew\b": "again, replace",
    r"\b(come|comes|came) to\b": "result in, become",
    r"\bstands\b": "is, is stored, applies",
    r"\bput off\b": "reschedule, postpone",
    r"\b(is|are|was|be|been) told\b": "is returned, is notified, gets an error",
    r"\bgoe?s? on\b": "continue",
    r"\bas good as\b": "treated as",
    r"\bfor want of\b": "without",
    r"(//[/!] |\"\"\")What\b": "begin with the thing: 'The reason …', 'Which …'",
    r"(^|[.:] |\| )What (is|was|has|had|a|an|it|the|they|came|comes|goes|waits)\b": "begin with the thing that the sentence is about",
}  # fmt: skip

# Contracts and data, in which words are values, and the record of changes.
SKIPPED = re.compile(r"(Cargo\.lock|LICENSE|CHANGELOG\.md|infra/lint/words\.py|package-lock\.json|(open|async)api\.json)$|^events/samples/")


def findings(path: str) -> list[str]:
    try:
        lines = (PROJECT / path).read_text().splitlines()
    except (UnicodeDecodeError, IsADirectoryError, FileNotFoundError):
        return []
    in_words = False
    found = []
    for number, line in enumerate(lines, 1):
        # The section that lists the phrases quotes them.
        if path == "CONTRIBUTING.md" and line.startswith("## "):
            in_words = line == "## Words"
        if in_words:
            continue
        for phrase, instead in PHRASES.items():
            for match in re.finditer(phrase, line, re.IGNORECASE if phrase.startswith(r"\b") else 0):
                found.append(f"{path}:{number}: {match.group().strip()!r} → {instead}")
    return found


def main() -> int:
    command = ["git", "ls-files", "--", *sys.argv[1:]]
    tracked = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.splitlines()
    found = [finding for path in tracked if not SKIPPED.search(path) for finding in findings(path)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
