#!/usr/bin/env python3
"""Collects the files of a deployment in one folder: the template, and beside it every function's bootstrap.zip.

The template is the same for AWS and for local AWS; only the binaries differ.
"""

import argparse
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.append(str(PROJECT / "infra/build"))

import apps  # noqa: E402


def functions() -> list[str]:
    """The packages that are Lambda functions, named as their folders."""
    manifests = [*PROJECT.glob("functions/*/Cargo.toml"), *PROJECT.glob("functions/connectors/*/Cargo.toml")]
    return sorted(manifest.parent.name for manifest in manifests)


def pack(binary: Path, archive: Path) -> None:
    """Zips a binary as `bootstrap`, without its symbols, unless the archive is newer than it."""
    if archive.exists() and archive.stat().st_mtime > binary.stat().st_mtime:
        return
    archive.parent.mkdir(parents=True, exist_ok=True)
    bootstrap = archive.with_name("bootstrap")
    subprocess.run(["strip", "-o", bootstrap, binary], check=True)
    entry = zipfile.ZipInfo("bootstrap", date_time=apps.DATE)
    entry.external_attr = 0o755 << 16
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr(entry, bootstrap.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=1)
    bootstrap.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binaries", type=Path, default=PROJECT / "target/debug")
    parser.add_argument("--to", type=Path, default=PROJECT / ".local/stage")
    parser.add_argument("--apps", type=Path, default=apps.OWN, help="the folder with an operator's own definitions")
    args = parser.parse_args()
    for function in functions():
        pack(args.binaries / function, args.to / function / "bootstrap.zip")
    definitions = apps.packed([args.binaries / "engine"], args.apps)
    apps.lay_out(args.to, definitions, args.apps)
    # The sandbox reads them here.
    (args.to / apps.PACKED).unlink(missing_ok=True)
    if definitions is not None:
        (args.to / apps.PACKED).write_bytes(definitions)
    shutil.copyfile(PROJECT / "infra/template.yaml", args.to / "template.yaml")


if __name__ == "__main__":
    main()
