"""Plants each defect of `mutants/` in a copy of the engine, and checks that the simulator finds it.

The copy is a worktree of the current commit in `.local/mutants`, so that nothing of a defect is ever in shipped code. It
begins with the dependencies that the checkout has built. The table in `README.md` says how many seeds each defect took.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATCHES = ROOT / "tests" / "simulator" / "mutants"
README = ROOT / "tests" / "simulator" / "README.md"
PLACE = ROOT / ".local" / "mutants"
TREE = PLACE / "tree"
TARGET = PLACE / "target"
# A change of one line rebuilds little.
BUILDING = os.environ | {"CARGO_TARGET_DIR": str(TARGET), "CARGO_INCREMENTAL": "1"}
# The simulator runs slower, and is built faster.
FAST = [f"--config=profile.dev.package.{crate}.opt-level=0" for crate in ("simulator", "connector", "aws")]
# Files that the compiler replaces and never changes, so the copy can share them.
SHARED = {".rlib", ".rmeta", ".so"}
# One long history takes the time of this many short ones.
LONG = 500
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


def find(patch: pathlib.Path, seeds: int) -> str | None:
    """Plants a defect, and runs the histories and then the exhaustive check. Returns how it was found, or None."""
    checkout()
    run("git", "apply", str(patch), cwd=TREE, check=True)
    build = ["cargo", "build", *FAST, "--quiet", "--workspace", "--bin", "soak"]
    run(*build, cwd=TREE, env=BUILDING, check=True, stderr=subprocess.PIPE)
    for kind, count in (("short", seeds), ("long", seeds // LONG)):
        soak = [str(TARGET / "debug" / "soak"), "--seeds", str(count), "--first", f"--{kind}"]
        found = run(*soak, cwd=TREE, capture_output=True)
        if found.returncode == 0:
            continue
        first = re.search(r"^first violation: seed (\d+), its \w+ history: (.*)$", found.stdout, re.MULTILINE)
        if not first:
            raise SystemExit(f"{patch.stem}: the simulator ended early:\n{found.stdout}{found.stderr}")
        print(f"  {first[0]}")
        needed = int(first[1]) + 1
        return f"after {needed} {kind} {'history' if needed == 1 else 'histories'}"
    ledger = ["cargo", "test", *FAST, "--quiet", "--workspace", "--test", "ledger"]
    checked = run(*ledger, cwd=TREE, env=BUILDING, capture_output=True)
    return "by the exhaustive check" if "test result: FAILED" in checked.stdout else None


def place(patch: pathlib.Path) -> str:
    """The changed file."""
    return re.search(r"^\+\+\+ b/(.*)$", patch.read_text(), re.MULTILINE)[1]


def tabled(readme: str, found: dict[str, str]) -> str:
    """The README with these results in its table. Results of defects that no longer exist are removed."""
    before, rest = readme.split(HEADER)
    rows, after = re.match(r"((?:\|[^\n]*\n)*)\n*(.*)", rest, re.DOTALL).groups()
    known = dict(re.findall(r"^\| `([a-z-]+)` \| .* \| (.*) \|$", rows, re.MULTILINE)) | found
    patches = sorted(PATCHES.glob("*.patch"))
    rows = [f"| `{p.stem}` | `{place(p)}` | {known[p.stem]} |" for p in patches if p.stem in known]
    return before + HEADER + "\n".join(rows) + "\n\n" + after


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="the defects to plant; without names, all of them")
    parser.add_argument("--seeds", type=int, default=10_000, help="the most seeds for a defect")
    args = parser.parse_args()
    patches = sorted(PATCHES.glob("*.patch"))
    patches = [patch for patch in patches if not args.names or patch.stem in args.names]
    take_dependencies()
    found = {}
    for patch in patches:
        how = find(patch, args.seeds)
        print(f"{patch.stem}: {f'found {how}' if how else 'NOT FOUND'}", flush=True)
        found |= {patch.stem: how} if how else {}
        README.write_text(tabled(README.read_text(), found))
    print(f"found {len(found)} of {len(patches)}")
    return 0 if patches and len(found) == len(patches) else 1


if __name__ == "__main__":
    sys.exit(main())
