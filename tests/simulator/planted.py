"""Writes several defects into one copy of the code: each function that a defect changes chooses its body by a variable.

A defect is a patch of one function. The copy then needs one build for all of them, and a run names its defect.
"""

import pathlib
import re
import subprocess
from collections import defaultdict

# The variable that names the defect of a run; without it, the code is the shipped one.
VARIABLE = "PLANTED"
CHOICE = (
    "static PLANTED: std::sync::LazyLock<String> = "
    f'std::sync::LazyLock::new(|| std::env::var("{VARIABLE}").unwrap_or_default());\n'
    "match PLANTED.as_str() {\n"
)
FUNCTION = re.compile(r"^( *)(?:pub(?:\([a-z: ]+\))? )?(?:async )?fn ")


def file_of(patch: pathlib.Path) -> str:
    """The file that a patch changes."""
    return re.search(r"^\+\+\+ b/(.*)$", patch.read_text(), re.MULTILINE)[1]


def changed(tree: pathlib.Path, patch: pathlib.Path) -> list[str]:
    """The lines of the file with the defect. The tree is as before afterwards."""
    subprocess.run(["git", "apply", str(patch)], cwd=tree, check=True)
    lines = (tree / file_of(patch)).read_text().splitlines()
    subprocess.run(["git", "apply", "--reverse", str(patch)], cwd=tree, check=True)
    return lines


def body(lines: list[str], start: int) -> tuple[int, int]:
    """The first line of the body of the function that begins at `start`, and the line of its closing brace."""
    indent = FUNCTION.match(lines[start])[1]
    opens = (start, *(at for at in range(start + 1, len(lines)) if re.match(f"^{indent}[){{]", lines[at])))
    first = next(at for at in opens if lines[at].endswith("{")) + 1
    return first, lines.index(f"{indent}}}", first)


def enclosing(patch: pathlib.Path, before: list[str], after: list[str]) -> int:
    """The line of the function that contains the whole change."""
    first = next(at for at, (old, new) in enumerate(zip(before, after)) if old != new)
    pairs = zip(reversed(before), reversed(after))
    same_at_end = next(at for at, (old, new) in enumerate(pairs) if old != new)
    for start in range(first, -1, -1):
        if FUNCTION.match(before[start]):
            begin, end = body(before, start)
            if begin <= first and len(before) - same_at_end <= end:
                return start
    raise SystemExit(f"{patch.stem}: the change is not within one function")


def plant(tree: pathlib.Path, patches: list[pathlib.Path]) -> None:
    """Writes the defects into the tree."""
    by_file = defaultdict(list)
    for patch in patches:
        by_file[file_of(patch)].append(patch)
    for name, of_file in by_file.items():
        before = (tree / name).read_text().splitlines()
        by_function = defaultdict(list)
        for patch in of_file:
            after = changed(tree, patch)
            start = enclosing(patch, before, after)
            by_function[start].append((patch.stem, after))
        # From the last function to the first, so that lines keep their numbers.
        for start, defects in sorted(by_function.items(), reverse=True):
            first, end = body(before, start)
            arms = []
            for defect, after in defects:
                begin, close = body(after, start)
                arms += [f'"{defect}" => {{', *after[begin:close], "}"]
            before[first:end] = [CHOICE, *arms, "_ => {", *before[first:end], "}", "}"]
        (tree / name).write_text("\n".join(before) + "\n")
