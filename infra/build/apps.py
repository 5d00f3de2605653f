#!/usr/bin/env python3
"""The apps that are data: ours in functions/connectors/declared/apps, and an operator's own in infra/apps.

Each is deployed with the binary `declared`. Ours are part of every binary; an operator's own are packed beside it, as
apps.json: apps.py <folder of a build> [--apps <folder>].
"""

import argparse
import shutil
import subprocess
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
OURS = PROJECT / "functions/connectors/declared/apps"
OWN = PROJECT / "infra/apps"
PACKED = "apps.json"
# A fixed date: the same content results in the same archive, which is then not uploaded again.
DATE = (1980, 1, 1, 0, 0, 0)


def names(*folders: Path) -> list[str]:
    """The apps whose definitions are in these folders."""
    return sorted(path.stem for folder in folders for path in folder.glob("*.yaml"))


def packed(engine: list[str | Path], own: Path = OWN) -> bytes | None:
    """The operator's own definitions as JSON, checked by `engine`; None if there are none."""
    files = sorted(own.glob("*.yaml"))
    if not files:
        return None
    command = [*map(str, engine), "app", "pack", *map(str, files)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def add(archive: Path, definitions: bytes | None) -> None:
    """Puts the operator's own definitions into a function's archive, in the place of earlier ones."""
    with zipfile.ZipFile(archive) as function:
        kept = [(entry, function.read(entry)) for entry in function.infolist() if entry.filename != PACKED]
        found = function.read(PACKED) if PACKED in function.namelist() else None
    if found == definitions:
        return
    changed = archive.with_suffix(".changed")
    with zipfile.ZipFile(changed, "w") as out:
        for entry, content in kept:
            out.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=1)
        if definitions is not None:
            entry = zipfile.ZipInfo(PACKED, date_time=DATE)
            entry.external_attr = 0o644 << 16
            out.writestr(entry, definitions, zipfile.ZIP_DEFLATED)
    changed.replace(archive)


def lay_out(functions: Path, definitions: bytes | None, own: Path = OWN) -> None:
    """Gives every function the operator's own definitions, and every app that is data the binary `declared`."""
    declared = functions / "declared/bootstrap.zip"
    apps = [name for name in names(OURS, own) if name != "declared"]
    for archive in functions.glob("*/bootstrap.zip"):
        if archive.parent.name not in apps:
            add(archive, definitions)
    for app in apps:
        place = functions / app
        place.mkdir(exist_ok=True)
        shutil.copy2(declared, place / "bootstrap.zip")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("functions", type=Path, help="the folder with a folder for each function")
    parser.add_argument("--apps", type=Path, default=OWN, help="the folder with your own definitions")
    parser.add_argument("--engine", nargs="+", default=["cargo", "run", "--quiet", "--package", "engine", "--"])
    args = parser.parse_args()
    lay_out(args.functions, packed(args.engine, args.apps), args.apps)


if __name__ == "__main__":
    main()
