"""Processes that outlive the script which starts them, each known by a pid file."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path


def started(pid: int) -> str:
    """The start time of a process; empty if it has ended. Distinguishes it from a later process with the same id."""
    if Path("/proc/self").exists():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        state, began = fields[0], fields[19]
    else:
        ps = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True)
        state, _, began = ps.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else began.strip()


def start(name: str, command: list[str], folder: Path, env: dict[str, str]) -> None:
    """Starts a command as leader of its own process group, with its output in `name`.log and its id in `name`.pid."""
    with open(folder / f"{name}.log", "wb") as log:
        process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    (folder / f"{name}.pid").write_text(f"{process.pid}\n{started(process.pid)}\n")


def stop(name: str, folder: Path, patience: float = 5) -> bool:
    """Ends a process that `start` began, with its child processes. Returns False if it was not running."""
    pid_file = folder / f"{name}.pid"
    if not pid_file.exists():
        return False
    pid, began = pid_file.read_text().splitlines()
    pid_file.unlink()
    if started(int(pid)) != began:
        return False
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(int(pid), sign)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + patience
        while started(int(pid)) and time.monotonic() < deadline:
            time.sleep(0.05)
    return True


def free_port(wanted: int, option: str) -> int:
    """Returns the wanted port, or a free one for 0; fails if the port is in use, and names the option."""
    if wanted and listens(wanted):
        raise SystemExit(f"Port {wanted} is in use: stop the process that uses it, or choose another port with {option}=.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return wanted or probe.getsockname()[1]


def listens(port: int) -> bool:
    """Whether a process accepts connections on a local port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port: int, name: str, folder: Path, seconds: float = 30) -> None:
    """Waits until the process accepts connections on its port; fails with its log if it does not."""
    pid = int((folder / f"{name}.pid").read_text().split()[0])
    deadline = time.monotonic() + seconds
    while not listens(port):
        if not started(pid) or time.monotonic() > deadline:
            raise SystemExit(f"{name} did not start:\n{(folder / f'{name}.log').read_text()[-2000:]}")
        time.sleep(0.05)
