"""The first use of a new clone: the scripts that `make` calls, on machines without a required program."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# A stand-in for Python: it answers the calls of install.sh, and records the installed packages.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
    --version) echo "Python {version}" ;;
    "-c import sys"*) exit {too_old} ;;
    "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; printf '#!/bin/sh\\necho "$@" >>installed\\n' >"$3/bin/pip"; chmod +x "$3/bin/pip" ;;
esac
"""


def run(*command: str, cwd: Path = PROJECT, **env: str) -> subprocess.CompletedProcess:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MAKE", "MFLAGS"))}
    return subprocess.run(command, cwd=cwd, env=clean | env, capture_output=True, text=True)


def deploy_script():
    spec = importlib.util.spec_from_file_location("deploy", PROJECT / "infra/build/deploy.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Install(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "infra/local").mkdir(parents=True)
        (self.folder / "infra/requirements").mkdir()
        (self.folder / "infra/requirements/run.txt").write_text("ministack==1\n")
        shutil.copy(PROJECT / "infra/local/install.sh", self.folder / "infra/local")

    def install(self, version: str = "3.12.1", too_old: int = 0) -> subprocess.CompletedProcess:
        python = self.folder / "python"
        python.write_text(FAKE_PYTHON.format(version=version, too_old=too_old))
        python.chmod(0o755)
        return run("infra/local/install.sh", "run", cwd=self.folder, PYTHON3=str(python))

    def installed(self) -> int:
        return (self.folder / "installed").read_text().count("run.txt")

    def test_an_old_python_is_told_in_one_line(self):
        done = self.install("3.9.2", too_old=1)
        self.assertEqual((done.returncode, done.stderr), (1, "Python 3.11 or newer is needed; Python 3.9.2.\n"))

    def test_it_installs_what_is_missing_once_and_says_so_apart_from_what_a_command_prints(self):
        first, again = self.install(), self.install()
        self.assertEqual((first.returncode, first.stdout, again.stderr), (0, "", ""))
        self.assertIn("Installing", first.stderr)
        self.assertEqual(self.installed(), 1)

    def test_an_environment_that_was_interrupted_or_whose_python_is_gone_is_made_anew(self):
        venv = self.folder / ".local/venv"
        (venv / "bin").mkdir(parents=True)
        (venv / "bin/pip").touch(0o755)
        self.assertEqual(self.install().returncode, 0)
        (venv / "bin/python").unlink()
        self.assertEqual(self.install().returncode, 0)
        self.assertEqual(self.installed(), 2)


class Ports(unittest.TestCase):
    def test_a_port_in_use_is_named_with_the_option_that_moves_it(self):
        with socket.create_server(("127.0.0.1", 0)) as taken, tempfile.TemporaryDirectory() as folder:
            port = str(taken.getsockname()[1])
            for moved, option in (("--port", "PORT"), ("--sandbox-port", "SANDBOX_PORT")):
                ports = {"--port": "0", "--sandbox-port": "0"} | {moved: port}
                command = [sys.executable, "infra/local/stack.py", "ports", "--dir", folder]
                done = run(*command, *(part for pair in ports.items() for part in pair))
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"Port {port} is in use: stop the process that uses it, or choose another port with {option}=.", done.stderr)


class Deploying(unittest.TestCase):
    def test_a_parameter_may_have_spaces_and_parentheses(self):
        given = "SweepSchedule=rate(5 minutes)  LogLevel=WARN RetrySchedule='5,60'"
        told = ['SweepSchedule="rate(5 minutes)"', 'LogLevel="WARN"', 'RetrySchedule="5,60"']
        self.assertEqual(deploy_script().parameters(given), told)
        made = run("make", "deploy", f"PARAMS={given}", "INSTALL=true", "PYTHON=true")
        self.assertEqual((made.returncode, made.stderr), (0, ""))

    def test_what_is_no_parameter_is_named(self):
        with self.assertRaisesRegex(SystemExit, "PARAMS: `LogLevel` is not Name=value."):
            deploy_script().parameters("LogLevel Source=shop")

    def test_describing_a_deployment_without_credentials_fails_in_one_line(self):
        nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}
        done = run(sys.executable, "infra/local/describe.py", "--region", "eu-west-1", **nowhere)
        said = "Cannot describe the stack integration-engine in eu-west-1: Unable to locate credentials\n"
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", said))


if __name__ == "__main__":
    unittest.main()
