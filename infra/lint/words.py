#!/usr/bin/env python3
"""Finds phrases that CONTRIBUTING.md ("Words") replaces by plainer ones: in the comments and strings of programs, and in
all other tracked text files.

    words.py [PATH …]        prints path:line: phrase → replacement, and exits with 1 if it finds any
"""

import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
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
    r"^\s*What\b": "begin with the thing: 'The reason …', 'Which …'",
    r"([.:] |\| )What (is|was|has|had|a|an|it|the|they|came|comes|goes|waits)\b": "begin with the thing that the sentence is about",
}  # fmt: skip
PATTERNS = [
    (re.compile(phrase, re.IGNORECASE if phrase.startswith(r"\b") else 0), instead)
    for phrase, instead in PHRASES.items()
]

# A comment, a raw string, a string or a character. A quote that begins a lifetime begins none of them.
RUST = re.compile(
    r"""//[/!]?(?P<comment>[^\n]*)"""
    r"""|/\*(?P<block>.*?)\*/"""
    r"""|\bb?r(?P<hashes>\#*)"(?P<raw>.*?)"(?P=hashes)"""
    r"""|"(?P<text>(?:\\.|[^"\\])*)\""""
    r"""|'(?:\\[^']+|[^'\\])'""",
    re.DOTALL,
)


def rust(source: str) -> Iterator[tuple[int, str]]:
    """The comments and strings of a Rust file, each with the number of its first line."""
    for found in RUST.finditer(source):
        for kind in ("comment", "block", "raw", "text"):
            if found.group(kind) is not None:
                yield source.count("\n", 0, found.start(kind)) + 1, found.group(kind)


def python(source: str) -> Iterator[tuple[int, str]]:
    """The comments and strings of a Python file, each with the number of its first line."""
    names = {"COMMENT", "STRING", "FSTRING_MIDDLE"}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if tokenize.tok_name[token.type] in names:
            yield token.start[0], token.string.strip("#\"' ") if token.type == tokenize.COMMENT else token.string


def document(source: str) -> Iterator[tuple[int, str]]:
    """The whole text."""
    yield 1, source


def without_examples(source: str) -> str:
    """CONTRIBUTING.md without the section that quotes the phrases; the lines keep their numbers."""
    return re.sub(r"^## Words\n.*?(?=^## )", lambda words: "\n" * words.group().count("\n"), source, flags=re.M | re.S)


def prose(path: str, source: str) -> Iterator[tuple[int, str]]:
    """The text of a file that people read, by line number."""
    match Path(path).suffix:
        case ".rs":
            return rust(source)
        case ".py":
            return python(source)
        case _:
            return document(without_examples(source) if path == "CONTRIBUTING.md" else source)


def findings(path: str, source: str) -> list[str]:
    found = []
    for first, text in prose(path, source):
        for number, line in enumerate(text.split("\n"), first):
            for pattern, instead in PATTERNS:
                found += [f"{path}:{number}: {match.group().strip()!r} → {instead}" for match in pattern.finditer(line)]
    return found


def main() -> int:
    command = ["git", "ls-files", "--", *sys.argv[1:]]
    tracked = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.splitlines()
    found = []
    for path in tracked:
        file = PROJECT / path
        try:
            found += findings(path, file.read_text())
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            pass  # It is no text, or is deleted or a folder in the working tree.
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
