#!/usr/bin/env python3
"""Upgrades a stack on local AWS from another revision to this one, with data and with jobs that wait.

    upgrade.py --from v0.1.0

Builds and deploys the revision, performs a purchase, and leaves jobs waiting: some for their app's pause, some for the next
attempt. Then it updates the same stack to this revision, whose build must be staged, and checks that everything is
listed, and that each job that waited is performed once. The revision is built in .local/upgrade, the first time from nothing.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import stack
import yaml

FOLDER = stack.PROJECT / ".local/upgrade"
SOURCES, BUILT, STAGE, RUN = FOLDER / "sources", FOLDER / "target", FOLDER / "stage", FOLDER / "run"
SAMPLE = "events/samples/order-completed.one-item.json"
# A call that has failed three times is repeated after an hour, so its job waits in the table. An Add Tag that precedes its Add
# To List is done after the first wait.
ATTEMPTS = 3
PARAMETERS = {"RetrySchedule": "2,2,3600,3600"}
PATIENCE = 180


def build(revision: str) -> None:
    """Builds a revision from git, and stages its deployment."""
    shutil.rmtree(SOURCES, ignore_errors=True)
    SOURCES.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", revision], cwd=stack.PROJECT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "--extract", "--directory", SOURCES], input=archive, check=True)
    # The console's build and its packages are below the sources; Python's are shared.
    (SOURCES / ".local").mkdir()
    (SOURCES / ".local/venv").symlink_to(stack.PROJECT / ".local/venv")
    subprocess.run([sys.executable, "infra/build/console.py", "build"], cwd=SOURCES, check=True)
    env = os.environ | {"CARGO_TARGET_DIR": str(BUILT)}
    subprocess.run(["cargo", "build", "--workspace"], cwd=SOURCES, env=env, check=True)
    binaries = ["--binaries", BUILT / "debug", "--to", STAGE]
    subprocess.run([sys.executable, "infra/local/stage.py", *binaries], cwd=SOURCES, check=True)


def check_rules(revision: str) -> None:
    """Stops at a revision that does not store which products have rules: this one would not find its rules for products."""
    stores = ["git", "grep", "--quiet", "product_groups", revision, "--", "shared/aws"]
    if subprocess.run(stores, cwd=stack.PROJECT).returncode != 0:
        raise SystemExit(f"{revision} cannot be upgraded: infra/UPGRADING.md says why, under To 0.1.0.")


def indexes(template: Path) -> dict[str, str]:
    """The global indexes of the table, as text."""
    table = yaml.load(template.read_text(), stack.Template)["Resources"]["Table"]["Properties"]
    return {index["IndexName"]: json.dumps(index, sort_keys=True) for index in table["GlobalSecondaryIndexes"]}


def check_indexes(before: Path, after: Path) -> None:
    """CloudFormation creates or deletes one index in an update, and changes none."""
    old, new = indexes(before), indexes(after)
    changed = sorted(name for name in old.keys() & new.keys() if old[name] != new[name])
    if changed or len(old.keys() ^ new.keys()) > 1:
        raise SystemExit(f"CloudFormation cannot make this update of indexes: {changed or sorted(old.keys() ^ new.keys())}")


class Engine:
    """The command line of a revision."""

    def __init__(self, binary: Path, endpoint: str):
        self.binary, self.env = binary, stack.environment(endpoint) | {"ENGINE_OUTPUTS": str(RUN / "outputs.json")}

    def __call__(self, *args: str) -> str:
        command = [str(self.binary), *args]
        ran = subprocess.run(command, cwd=stack.PROJECT, env=self.env, capture_output=True, text=True)
        if ran.returncode != 0:
            raise SystemExit(f"{' '.join(command)}:\n{ran.stdout}{ran.stderr}")
        return ran.stdout

    def publish(self) -> str:
        return self("publish", SAMPLE, "--fresh", "--ids").strip()

    def actions(self) -> list[dict]:
        return [json.loads(line) for line in self("log", "--json", "--limit", "1000").splitlines()]

    def statuses(self) -> dict[str, str]:
        """The status of each action of the log, by its id."""
        return {action["id"]: action["status"] for action in self.actions()}

    def waits(self) -> bool:
        """Whether every action has ended or waits for long."""
        return all(action["attempts"] >= ATTEMPTS for action in self.actions() if action["status"] == "retrying")


def until(what: str, look) -> None:
    deadline = time.monotonic() + PATIENCE
    while not look():
        if time.monotonic() > deadline:
            raise SystemExit(f"Did not happen within {PATIENCE} s: {what}")
        time.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="revision", required=True, help="a revision of this repository")
    revision = parser.parse_args().revision
    new = stack.PROJECT / ".local/stage"
    check_rules(revision)
    build(revision)
    check_indexes(STAGE / "template.yaml", new / "template.yaml")
    up = [sys.executable, "infra/local/stack.py", "up", "--dir", RUN, "--stage", STAGE, "--port", "0", "--sandbox-port", "0"]
    up += [part for name, value in PARAMETERS.items() for part in ("--param", f"{name}={value}")]
    try:
        # With this revision's script: the stand-ins and the proxy are this revision's too.
        subprocess.run(up, cwd=stack.PROJECT, check=True)
        upgrade(revision, new)
    finally:
        subprocess.run([*up[:2], "down", "--dir", RUN], cwd=stack.PROJECT, check=True)


def upgrade(revision: str, new: Path) -> None:
    outputs = json.loads((RUN / "outputs.json").read_text())
    endpoint, sandbox = outputs["endpoint_url"], outputs["sandbox_url"]
    old = Engine(BUILT / "debug/engine", endpoint)
    old("connect", "mailchimp", "--label", "Demo audience", "--set", "api_key=demo0000000000000000000000000000-us6")
    secret = "signing_secret=whsec_ZGVtbyBzZWNyZXQgb2YgdGhlIGxvY2FsIHNhbmRib3g="
    old("connect", "webhook", "--label", "Demo webhook", "--set", f"url={sandbox}/webhook/demo", "--set", secret)
    old("rules", "apply", "infra/demo/rules.yaml")
    done = old.publish()
    old("wait", "--event", done, "--jobs", "3", "--timeout", str(PATIENCE))
    old("pause", "mailchimp", "--note", "An upgrade is tested.")
    fault = json.dumps({"app": "webhook", "status": 503}).encode()
    faults = urllib.request.Request(f"{sandbox}/_faults", fault, {"content-type": "application/json"})
    urllib.request.urlopen(faults).close()
    old.publish()
    old.publish()
    until("every action has ended or waits", lambda: len(old.statuses()) == 9 and old.waits())
    before = old.statuses()
    waiting = [job for job, status in before.items() if status in ("held", "retrying")]
    if not any(before[job] == "retrying" for job in waiting) or not any(before[job] == "held" for job in waiting):
        raise SystemExit(f"No job waits for its app or for its next attempt: {before}")
    stack.say(f"{len(before)} actions of {revision}, of which {len(waiting)} wait. Updating the stack …")

    stack.update(RUN, new, endpoint)
    now = Engine(stack.PROJECT / "target/debug/engine", endpoint)
    if (after := now.statuses()) != before:
        raise SystemExit(f"The log has other actions than before: {before} {after}")
    now("event", done)
    urllib.request.urlopen(urllib.request.Request(f"{sandbox}/_faults", method="DELETE")).close()
    now("resume", "mailchimp")
    for job in waiting:
        if before[job] == "retrying":
            now("retry", job)
    until("the jobs that waited are performed", lambda: set(now.statuses().values()) <= {"performed", "already_so"})
    fresh = now.publish()
    now("wait", "--event", fresh, "--jobs", "3", "--timeout", str(PATIENCE))
    stack.say(f"Upgraded from {revision}: {len(before)} actions are listed, the {len(waiting)} that waited are done, and a new purchase too.")


if __name__ == "__main__":
    main()
