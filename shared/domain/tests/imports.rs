//! No import cycles: if a file of a crate needs another, directly or through others, the other does not need it.
//!
//! Imports are each file's `use crate::`, `use super::` and `use self::`, except in its tests. A re-export (`pub use
//! self::a::B`) is not an import: a file that imports `B` needs the file that defines it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module's path in its crate: `["fact", "order"]`.
type Module = Vec<String>;

/// A file's imports.
#[derive(Default)]
struct File {
    path: String,
    imports: BTreeSet<Module>,
    /// Its re-exports: name → location.
    passed_on: BTreeMap<String, Module>,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The `src` folders of the workspace's crates.
fn sources(root: &Path) -> Vec<PathBuf> {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let (_, members) = manifest.split_once("members = [").unwrap();
    let (members, _) = members.split_once(']').unwrap();
    members
        .split('"')
        .skip(1)
        .step_by(2)
        .map(|member| root.join(member).join("src"))
        .filter(|src| src.exists())
        .collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The module of a file; `None` for a file of tests.
fn module(file: &Path) -> Option<Module> {
    let parts = file.with_extension("");
    let mut parts: Module = parts.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if matches!(&*parts, [root] if root == "lib" || root == "main") {
        parts.clear();
    }
    (!parts.iter().any(|part| part == "tests")).then_some(parts)
}

/// The paths in a `use`: `a::{b, c::D}` is `a::b` and `a::c::D`.
fn named(tree: &str) -> Vec<String> {
    let Some((before, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap().trim();
        return vec![path.trim_end_matches("::self").trim_end_matches("::*").to_owned()];
    };
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    let inside = rest.trim_end().strip_suffix('}').unwrap();
    for (at, character) in inside.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inside[start..]);
    let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
    parts
        .flat_map(|part| named(&format!("{}{part}", before.trim())))
        .map(|path| path.trim_end_matches("::self").to_owned())
        .collect()
}

/// The path from the crate's root, if it is in this crate.
fn absolute(module: &Module, path: &str) -> Option<Module> {
    let mut steps = path.split("::").map(str::to_owned).peekable();
    let mut base = match steps.next()?.as_str() {
        "crate" => Vec::new(),
        "self" => module.clone(),
        "super" => module[..module.len().checked_sub(1)?].to_vec(),
        _ => return None,
    };
    while steps.next_if(|step| step == "super").is_some() {
        base.pop();
    }
    base.extend(steps);
    Some(base)
}

/// The paths that a file imports (`false`) or re-exports (`true`), in order.
fn uses(text: &str) -> Vec<(bool, String)> {
    let (mut lines, mut found) = (text.lines(), Vec::new());
    while let Some(line) = lines.next() {
        let public = ["pub use ", "pub(crate) use ", "pub(super) use "];
        let passed_on = public.iter().find_map(|start| line.strip_prefix(start));
        let Some(first) = passed_on.or_else(|| line.strip_prefix("use ")) else { continue };
        let mut tree = first.to_owned();
        while !tree.ends_with(';') {
            tree.push_str(lines.next().unwrap().trim());
        }
        let paths = named(tree.trim_end_matches(';')).into_iter();
        found.extend(paths.map(|path| (passed_on.is_some(), path)));
    }
    found
}

/// Reads a file without its tests.
fn read(path: String, module: &Module, text: &str) -> File {
    let mut file = File { path, ..File::default() };
    for (is_passed_on, path) in uses(text.split("#[cfg(test)]\nmod tests").next().unwrap()) {
        let Some(target) = absolute(module, &path) else { continue };
        if is_passed_on {
            file.passed_on.insert(target.last().cloned().unwrap_or_default(), target);
        } else {
            file.imports.insert(target);
        }
    }
    file
}

/// Whether a file names the table's module, in an import or in a path.
fn names_the_table(text: &str) -> bool {
    let imported = uses(text).into_iter().any(|(_, path)| path == "aws" || path.starts_with("aws::store"));
    imported || text.contains("aws::store")
}

/// The file that defines the item of a path.
fn definer(files: &BTreeMap<Module, File>, path: &[String]) -> Option<Module> {
    let home =
        (0..=path.len()).rev().map(|length| &path[..length]).find(|module| files.contains_key(*module))?;
    let passed_on = path.get(home.len()).and_then(|name| files[home].passed_on.get(name));
    match passed_on {
        Some(target) if target.as_slice() != path => definer(files, target),
        _ => Some(home.to_vec()),
    }
}

/// All files that a file needs, directly or through others.
fn reach(needs: &BTreeMap<Module, BTreeSet<Module>>, from: &Module) -> BTreeSet<Module> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        for next in &needs[module] {
            if found.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    found
}

/// The import cycles of one crate, each as its files.
fn circles(root: &Path, src: &Path) -> BTreeSet<Vec<String>> {
    let mut paths = Vec::new();
    rust_files(src, &mut paths);
    let files: BTreeMap<Module, File> = paths
        .iter()
        .filter_map(|path| {
            let module = module(path.strip_prefix(src).unwrap())?;
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let file = read(name, &module, &fs::read_to_string(path).unwrap());
            Some((module, file))
        })
        .collect();
    let needs: BTreeMap<Module, BTreeSet<Module>> = files
        .iter()
        .map(|(module, file)| {
            let targets = file.imports.iter().filter_map(|path| definer(&files, path));
            (module.clone(), targets.filter(|target| target != module).collect())
        })
        .collect();
    let reached: BTreeMap<_, _> = needs.keys().map(|module| (module, reach(&needs, module))).collect();
    let circle = |module: &Module| {
        let both = reached[module].iter().filter(|other| reached[other].contains(module));
        both.map(|other| files[other].path.clone()).collect::<Vec<_>>()
    };
    needs.keys().map(circle).filter(|circle| !circle.is_empty()).collect()
}

#[test]
fn no_file_needs_itself_through_others() {
    let root = workspace();
    let found: BTreeSet<_> = sources(&root).iter().flat_map(|src| circles(&root, src)).collect();
    let words: Vec<_> =
        found.iter().map(|circle| format!("\n  {} need each other", circle.join(", "))).collect();
    assert!(words.is_empty(), "move what these files share into a file of its own:{}", words.concat());
}

/// The API and the command line share `operations`, which alone decides how the table is read and written.
#[test]
fn the_api_and_the_command_line_reach_the_table_through_operations() {
    let (root, mut paths) = (workspace(), Vec::new());
    for folder in ["functions/api/src", "infra/engine/src"] {
        rust_files(&root.join(folder), &mut paths);
    }
    let found = paths.into_iter().filter(|path| names_the_table(&fs::read_to_string(path).unwrap()));
    let found: Vec<_> = found.map(|path| path.strip_prefix(&root).unwrap().display().to_string()).collect();
    assert!(found.is_empty(), "call `operations` in place of `aws::store`: {}", found.join(", "));
}

/// A test that replaces time and randomness replaces `runtime::clock`.
#[test]
fn the_functions_read_time_and_randomness_from_the_clock_alone() {
    let (root, mut paths) = (workspace(), Vec::new());
    for folder in ["shared", "functions"] {
        rust_files(&root.join(folder), &mut paths);
    }
    let clock = root.join("shared/runtime/src/clock.rs");
    let sources = [
        "Timestamp::now()",
        "Zoned::now()",
        "SystemTime",
        "time::Instant",
        "rand::random",
        "rand::rng",
        "fastrand::",
        "Uuid",
    ];
    let found = paths.into_iter().filter(|path| {
        let is_code = path.components().all(|part| part.as_os_str() != "tests") && *path != clock;
        let text = fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        is_code && sources.iter().any(|source| text.contains(source))
    });
    let found: Vec<_> = found.map(|path| path.strip_prefix(&root).unwrap().display().to_string()).collect();
    assert!(found.is_empty(), "call `runtime::clock` in place of {sources:?}: {}", found.join(", "));
}

#[test]
fn a_use_of_the_table_is_found_in_every_notation() {
    for text in [
        "use aws::store::Store;\n",
        "use aws::{\n    bus::Bus,\n    store::{Store, Use},\n};\n",
        "use aws::*;\n",
        "fn f(store: &aws::store::Store) {}\n",
    ] {
        assert!(names_the_table(text), "{text}");
    }
    assert!(!names_the_table("use aws::signer::Signer;\n"));
}

#[test]
fn a_circle_is_found_through_braces_parents_and_re_exports() {
    let text = "use crate::a::{self, b::{C, D as E}};\npub use self::x::Y;\nuse super::Z;\nlet use_it = 1;\n";
    let file = read("m/n.rs".to_owned(), &vec!["m".to_owned(), "n".to_owned()], text);
    let path = |path: &str| path.split("::").map(str::to_owned).collect::<Module>();
    assert_eq!(file.imports, ["a", "a::b::C", "a::b::D", "m::Z"].map(path).into());
    assert_eq!(file.passed_on, [("Y".to_owned(), path("m::n::x::Y"))].into());
}
