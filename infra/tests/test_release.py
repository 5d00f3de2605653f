"""The files of a release, packed from builds with made-up binaries."""

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "infra/build"))

from release import release, version


def build(lambdas: Path, architecture: str, names: list[str], date: tuple = (2026, 5, 4, 10, 0, 0)) -> None:
    """What cargo-lambda leaves of packages, as if it ran at a date."""
    for name in names:
        folder = lambdas / architecture / name
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(folder / "bootstrap.zip", "w") as out:
            out.writestr(zipfile.ZipInfo("bootstrap", date), f"{name} for {architecture}")


class Release(unittest.TestCase):
    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.lambdas, self.dist = folder / "lambda", folder / "dist"

    def release(self, names: list[str], **date: tuple) -> dict[str, bytes]:
        for architecture in ("arm64", "x86_64"):
            build(self.lambdas, architecture, names, **date)
        return {path.name: path.read_bytes() for path in release(self.lambdas, self.dist)}

    def test_a_release_has_the_functions_and_the_command_line_for_both_architectures_with_checksums(self):
        files = self.release(["engine", "triggers", "api"])
        made = [f"{kind}-{version()}-linux-{each}.zip" for kind in ("engine", "functions") for each in ("arm64", "x86_64")]
        self.assertEqual(list(files), [*made, "SHA256SUMS"])
        sums = "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in made)
        self.assertEqual(files["SHA256SUMS"].decode(), sums)

    def test_the_functions_unpack_to_what_the_template_deploys(self):
        files = self.release(["engine", "triggers", "api"])
        for architecture in ("arm64", "x86_64"):
            with zipfile.ZipFile(io.BytesIO(files[f"functions-{version()}-linux-{architecture}.zip"])) as functions:
                self.assertEqual(
                    functions.namelist(), ["LICENSE", "api/bootstrap.zip", "samconfig.toml", "template.yaml", "triggers/bootstrap.zip"]
                )
                self.assertEqual(functions.read("template.yaml"), (PROJECT / "infra/template.yaml").read_bytes())
                with zipfile.ZipFile(io.BytesIO(functions.read("api/bootstrap.zip"))) as api:
                    self.assertEqual(api.read("bootstrap").decode(), f"api for {architecture}")
                    self.assertEqual(api.getinfo("bootstrap").external_attr >> 16, 0o100755)

    def test_the_command_line_can_be_run_once_unpacked(self):
        files = self.release(["engine"])
        with zipfile.ZipFile(io.BytesIO(files[f"engine-{version()}-linux-x86_64.zip"])) as engine:
            self.assertEqual(engine.read("engine"), b"engine for x86_64")
            self.assertEqual([one.external_attr >> 16 for one in engine.infolist()], [0o100644, 0o100755])

    def test_the_same_binaries_make_the_same_files_whenever_they_are_built(self):
        first = self.release(["engine", "triggers", "api"])
        again = self.release(["api", "engine", "triggers"], date=(2027, 1, 2, 3, 4, 6))
        self.assertEqual(first, again)

    def test_a_build_that_lacks_an_architecture_or_a_function_is_not_released(self):
        build(self.lambdas, "arm64", ["engine", "api"])
        build(self.lambdas, "x86_64", ["api"])
        with self.assertRaisesRegex(SystemExit, "Not built: x86_64/engine."):
            release(self.lambdas, self.dist)
        self.assertFalse(self.dist.exists())

    def test_an_architecture_that_this_rust_cannot_build_leaves_no_older_build_behind(self):
        copy = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for path, text in {"infra/local/install.sh": "#!/bin/sh\n", "bin/rustc": "#!/bin/sh\necho /nowhere\n"}.items():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_text(text)
            (copy / path).chmod(0o755)
        script = copy / "infra/build/build.sh"
        script.parent.mkdir(parents=True)
        script.write_bytes((PROJECT / "infra/build/build.sh").read_bytes())
        build(copy / "target/lambda", "arm64", ["engine"])
        path = f"{copy / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run(["sh", script, "engine"], env=os.environ | {"PATH": path}, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertFalse((copy / "target/lambda/arm64").exists())


if __name__ == "__main__":
    unittest.main()
