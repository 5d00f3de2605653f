"""Plants the defects of `mutants/` in a copy of the engine, and checks that the simulator finds each.

The copy is a worktree of the current commit in `.local/mutants`, so that nothing of a defect is ever in shipped code. It
begins with the dependencies that the checkout has built, and is built once: a run names the defect that it has
(`planted.py`). The table in `README.md` says how many seeds each defect took.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import planted

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATCHES = ROOT / "tests" / "simulator" / "mutants"
README = ROOT / "tests" / "simulator" / "README.md"
PLACE = ROOT / ".local" / "mutants"
TREE = PLACE / "tree"
TARGET = PLACE / "target"
# Defects are changed one after another, and a change of one line rebuilds little.
BUILDING = os.environ | {"CARGO_TARGET_DIR": str(TARGET), "CARGO_INCREMENTAL": "1"}
SOAK = TARGET / "debug" / "soak"
LEDGER = ["cargo", "test", "--quiet", "--workspace", "--test", "ledger"]
# Files that the compiler replaces and never changes, so the copy can share them.
SHARED = {".rlib", ".rmeta", ".so"}
# The code that short histories run.
IN_SHORT = ("shared/domain/", "shared/connector/src/attempt", "shared/connector/src/circuit_breaker")
HEADER = "| Defect | In | Found |\n|---|---|---|\n"


def run(*command: str, cwd: pathlib.Path = ROOT, **more) -> subprocess.CompletedProcess:
    """Runs a command; its output is text."""
    return subprocess.run(command, cwd=cwd, text=True, **more)


def checkout() -> None:
    """Makes the copy show the current commit, without changes."""
    commit = run("git", "rev-parse", "HEAD", capture_output=True, check=True).stdout.strip()
    run("git", "worktree", "prune", check=True)
    if not TREE.exists():
        PLACE.mkdir(parents=True, exist_ok=True)
        run("git", "worktree", "add", "--quiet", "--detach", str(TREE), commit, check=True)
    run("git", "checkout", "--quiet", "--force", "--detach", commit, cwd=TREE, check=True)


def own_packages() -> set[str]:
    """The names of the workspace's packages."""
    metadata = run("cargo", "metadata", "--no-deps", "--format-version=1", capture_output=True, check=True)
    return {package["name"] for package in json.loads(metadata.stdout)["packages"]}


def take_dependencies() -> None:
    """Copies the dependencies that the checkout has built. The workspace's crates are built in the copy."""
    built = ROOT / "target" / "debug"
    if TARGET.exists() or not built.exists():
        return
    own = {name.replace("-", "_") for name in own_packages()}

    def is_needed(folder: pathlib.Path, name: str) -> bool:
        """Whether `serde_json-0123456789abcdef`, or a file of it, is of no crate of ours."""
        crate = re.sub(r"-[0-9a-f]{16}.*$", "", name).replace("-", "_")
        if folder.name != "deps":
            return crate not in own
        return name.endswith(".d") or (crate.startswith("lib") and crate.removeprefix("lib") not in own)

    def copy(source: str, target: str) -> None:
        if pathlib.Path(source).suffix in SHARED:
            os.link(source, target)
        else:
            shutil.copy2(source, target)

    def ignored(folder: str, names: list[str]) -> list[str]:
        top = pathlib.Path(folder)
        return [name for name in names if top.parent == built and not is_needed(top, name)]

    for part in (".fingerprint", "build", "deps"):
        shutil.copytree(built / part, TARGET / "debug" / part, symlinks=True, ignore=ignored, copy_function=copy)


def build(patches: list[pathlib.Path]) -> None:
    """Builds the copy with all defects, of which none is chosen."""
    checkout()
    planted.plant(TREE, patches)
    run("cargo", "build", "--quiet", "--workspace", "--bin", "soak", cwd=TREE, env=BUILDING, check=True)
    run(*LEDGER, "--no-run", cwd=TREE, env=BUILDING, check=True)


def find(patch: pathlib.Path, most: dict[str, int]) -> str | None:
    """Runs the histories and then the exhaustive check with a defect. Returns how it was found, or None."""
    chosen = BUILDING | {planted.VARIABLE: patch.stem}
    is_short = planted.file_of(patch).startswith(IN_SHORT)
    for kind, count in most.items():
        if kind == "short" and not is_short:
            continue
        soak = [str(SOAK), "--seeds", str(count), "--threads", "1", "--first", f"--{kind}"]
        found = run(*soak, cwd=TREE, env=chosen, capture_output=True)
        if found.returncode == 0:
            continue
        first = re.search(r"^first violation: seed (\d+), its \w+ history: (.*)$", found.stdout, re.MULTILINE)
        if not first:
            raise SystemExit(f"{patch.stem}: the simulator ended early:\n{found.stdout}{found.stderr}")
        needed = int(first[1]) + 1
        print(f"  {patch.stem}, {first[0]}", flush=True)
        return f"after {needed} {kind} {'history' if needed == 1 else 'histories'}"
    checked = run(*LEDGER, cwd=TREE, env=chosen, capture_output=True)
    return "by the exhaustive check" if "test result: FAILED" in checked.stdout else None


def tabled(readme: str, found: dict[str, str]) -> str:
    """The README with these results in its table. Results of defects that no longer exist are removed."""
    before, rest = readme.split(HEADER)
    rows, after = re.match(r"((?:\|[^\n]*\n)*)\n*(.*)", rest, re.DOTALL).groups()
    known = dict(re.findall(r"^\| `([a-z-]+)` \| .* \| (.*) \|$", rows, re.MULTILINE)) | found
    patches = sorted(PATCHES.glob("*.patch"))
    rows = [f"| `{p.stem}` | `{planted.file_of(p)}` | {known[p.stem]} |" for p in patches if p.stem in known]
    return before + HEADER + "\n".join(rows) + "\n\n" + after


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="the defects to plant; without names, all of them")
    parser.add_argument("--short", type=int, default=100_000, help="the most short histories for a defect")
    parser.add_argument("--long", type=int, default=500, help="the most long histories for a defect")
    args = parser.parse_args()
    patches = sorted(PATCHES.glob("*.patch"))
    chosen = [patch for patch in patches if not args.names or patch.stem in args.names]
    began = time.monotonic()
    take_dependencies()
    build(patches)
    print(f"built in {time.monotonic() - began:.0f} s", flush=True)
    found = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(find, patch, {"short": args.short, "long": args.long}): patch for patch in chosen}
        for done in concurrent.futures.as_completed(running):
            patch, how = running[done], done.result()
            print(f"{patch.stem}: {f'found {how}' if how else 'NOT FOUND'}", flush=True)
            found |= {patch.stem: how} if how else {}
            README.write_text(tabled(README.read_text(), found))
    print(f"found {len(found)} of {len(chosen)} in {time.monotonic() - began:.0f} s")
    return 0 if chosen and len(found) == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
