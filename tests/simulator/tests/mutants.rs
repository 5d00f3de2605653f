//! The planted defects of `mutants/`: `make mutants` checks that each is found, which takes minutes. This checks what a
//! change of the code can break.

#![expect(clippy::unwrap_used, reason = "in a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The code that decides about a job: whether it runs, what comes after, and what the ledger says.
const DECISIONS: [&str; 3] = ["admission.rs", "admission/after.rs", "effect.rs"];

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn patches() -> Vec<PathBuf> {
    let folder = fs::read_dir(here().join("mutants")).unwrap();
    let mut patches: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    patches.sort();
    patches
}

#[test]
fn every_planted_defect_fits_the_code() {
    let fits = |patch: &PathBuf| {
        let root = here().join("../..");
        let check =
            Command::new("git").args(["apply", "--check"]).arg(patch).current_dir(root).output().unwrap();
        let name = patch.file_name().unwrap().to_string_lossy().into_owned();
        (!check.status.success()).then(|| format!("{name}: {}", String::from_utf8_lossy(&check.stderr)))
    };
    let stale: Vec<_> = patches().iter().filter_map(fits).collect();
    assert!(stale.is_empty(), "plant these again:\n{}", stale.join("\n"));
}

#[test]
fn every_planted_defect_was_found_and_has_its_row() {
    let readme = fs::read_to_string(here().join("README.md")).unwrap();
    let (_, rows) = readme.split_once("| Defect | In | Found |\n|---|---|---|\n").unwrap();
    let rows = rows.lines().take_while(|row| row.starts_with('|'));
    let named: Vec<_> = rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect();
    let name = |patch: &PathBuf| patch.file_stem().unwrap().to_string_lossy().into_owned();
    let planted: Vec<_> = patches().iter().map(name).collect();
    assert_eq!(named, planted, "run `make mutants`");
}

#[test]
fn ten_defects_or_more_are_of_admission_its_results_and_rulings() {
    let changes = |patch: &&PathBuf| {
        let text = fs::read_to_string(patch).unwrap();
        DECISIONS.iter().any(|file| text.contains(&format!("+++ b/shared/domain/src/{file}\n")))
    };
    assert!(patches().iter().filter(changes).count() >= 10);
}
