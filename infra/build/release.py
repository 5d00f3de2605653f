#!/usr/bin/env python3
"""Packs what build.sh built as the files of a release, into target/dist: the same binaries make the same files.

For each architecture, `functions` is deployable as it is (the template, its configuration and a zip for each function) and
`engine` is the operator's command line. SHA256SUMS has the checksums, as `sha256sum --check` reads them.
"""

import hashlib
import shutil
import sys
import tomllib
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
ARCHITECTURES = ["arm64", "x86_64"]
COMMAND_LINE = "engine"
# Files of the project that a deployment takes beside the functions.
CONFIGURATION = ["infra/template.yaml", "infra/samconfig.toml"]


def version() -> str:
    return tomllib.loads((PROJECT / "Cargo.toml").read_text())["workspace"]["package"]["version"]


def binary(archive: Path) -> bytes:
    """The binary in a zip that cargo-lambda made."""
    with zipfile.ZipFile(archive) as built:
        return built.read("bootstrap")


def pack(archive: Path, files: dict[str, bytes], executable: str | None = None, method: int = zipfile.ZIP_DEFLATED) -> None:
    """Zips files, sorted by name. A fixed date and fixed permissions keep the archive the same on every machine."""
    with zipfile.ZipFile(archive, "w", method) as out:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, so that the permissions count
            entry.external_attr = (0o100755 if name == executable else 0o100644) << 16
            out.writestr(entry, content, method)


def release(lambdas: Path, dist: Path) -> list[Path]:
    """Packs every architecture below `lambdas` into `dist`, which it empties first."""
    built = {each: {path.parent.name: path for path in (lambdas / each).glob("*/bootstrap.zip")} for each in ARCHITECTURES}
    names = {COMMAND_LINE}.union(*built.values())
    missing = [f"{each}/{name}" for each, archives in built.items() for name in sorted(names - archives.keys())]
    if missing:
        sys.exit(f"A release needs both architectures. Not built: {', '.join(missing)}.")

    shutil.rmtree(dist, ignore_errors=True)
    dist.mkdir(parents=True)
    license = (PROJECT / "LICENSE").read_bytes()
    for architecture, archives in built.items():
        suffix = f"{version()}-linux-{architecture}.zip"
        command_line = {COMMAND_LINE: binary(archives.pop(COMMAND_LINE)), "LICENSE": license}
        pack(dist / f"engine-{suffix}", command_line, executable=COMMAND_LINE)

        functions = {Path(path).name: (PROJECT / path).read_bytes() for path in CONFIGURATION} | {"LICENSE": license}
        for name, archive in archives.items():
            inner = dist / "bootstrap.zip"
            pack(inner, {"bootstrap": binary(archive)}, executable="bootstrap")
            functions[f"{name}/bootstrap.zip"] = inner.read_bytes()
            inner.unlink()
        # The functions are compressed already.
        pack(dist / f"functions-{suffix}", functions, method=zipfile.ZIP_STORED)

    made = sorted(dist.iterdir())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made]
    (dist / "SHA256SUMS").write_text("".join(sums))
    return [*made, dist / "SHA256SUMS"]


if __name__ == "__main__":
    for path in release(PROJECT / "target/lambda", PROJECT / "target/dist"):
        print(path.relative_to(PROJECT))
