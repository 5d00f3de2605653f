//! Tests of the command line: the documents' commands, and the messages for invalid input.

#![expect(clippy::unwrap_used, reason = "a failed assertion ends the test")]

mod documents;
mod messages;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The repository.
fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A separate folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("commands").join(name);
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a command in a folder, for the deployment of the outputs file there.
fn engine<S: AsRef<str>>(folder: &Path, args: &[S]) -> Output {
    let args = args.iter().map(AsRef::as_ref);
    let mut command = Command::new(env!("CARGO_BIN_EXE_engine"));
    command
        .current_dir(folder)
        .env("ENGINE_OUTPUTS", folder.join("outputs.json"))
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn completions_and_man_pages_know_every_command() {
    let here = folder("manual");
    let completions = engine(&here, &["completions", "bash"]);
    let completions = String::from_utf8(completions.stdout).unwrap();
    assert!(completions.contains("--discard-poison") && completions.contains("timeline"), "{completions}");
    assert!(engine(&here, &["man", "pages"]).status.success());
    for page in ["engine.1", "engine-log.1", "engine-facts-discard.1"] {
        let text = std::fs::read_to_string(here.join("pages").join(page)).unwrap();
        assert!(text.contains(".SH SYNOPSIS"), "{page}: {text}");
    }
}
