"""Plants each defect of `mutants/` in a copy of the engine, and checks that the simulator finds it.

The copy is a worktree of the current commit in `.local/mutants`, so that nothing of a defect is ever in shipped code.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACE = ROOT / ".local" / "mutants"
TREE = PLACE / "tree"


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


def find(patch: pathlib.Path, seeds: int) -> str | None:
    """Plants a defect, and runs the histories and then the exhaustive check. Returns how it was found, or None."""
    checkout()
    run("git", "apply", str(patch), cwd=TREE, check=True)
    environment = os.environ | {"CARGO_TARGET_DIR": str(PLACE / "target")}
    build = ["cargo", "build", "--quiet", "--workspace", "--bin", "soak"]
    run(*build, cwd=TREE, env=environment, check=True, stderr=subprocess.PIPE)
    soak = [str(PLACE / "target" / "debug" / "soak"), "--seeds", str(seeds), "--first"]
    found = run(*soak, cwd=TREE, capture_output=True)
    if found.returncode == 0:
        ledger = ["cargo", "test", "--quiet", "--workspace", "--test", "ledger"]
        checked = run(*ledger, cwd=TREE, env=environment, capture_output=True)
        if "test result: FAILED" not in checked.stdout:
            return None
        return "the exhaustive check of the ledger"
    first = re.search(r"^seed (\d+), its \w+ history: (.*)$", found.stdout, re.MULTILINE)
    if not first:
        raise SystemExit(f"{patch.stem}: the simulator ended without a violation:\n{found.stdout}{found.stderr}")
    return f"{int(first[1]) + 1} seeds: {first[2]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="the defects to plant; without names, all of them")
    parser.add_argument("--seeds", type=int, default=10_000, help="the most seeds for a defect")
    args = parser.parse_args()
    patches = sorted((pathlib.Path(__file__).parent / "mutants").glob("*.patch"))
    patches = [patch for patch in patches if not args.names or patch.stem in args.names]
    missed = []
    for patch in patches:
        found = find(patch, args.seeds)
        print(f"{patch.stem}: {found or 'NOT FOUND'}", flush=True)
        if found is None:
            missed.append(patch.stem)
    print(f"found {len(patches) - len(missed)} of {len(patches)}")
    return 1 if missed or not patches else 0


if __name__ == "__main__":
    sys.exit(main())
