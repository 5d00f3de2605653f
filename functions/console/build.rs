//! Embeds the built web app, `web/dist`, in the function's binary: each file with its compressed copies.
#![expect(clippy::expect_used, reason = "a build script fails with its reason")]
#![expect(clippy::disallowed_methods, reason = "cargo configures a build script by its environment")]

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

/// The suffixes of the copies that the build of the web app writes beside a file.
const COMPRESSED: [&str; 2] = [".br", ".gz"];

fn main() {
    let dist = format!("{}/web/dist", env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    // Cargo repeats a build script for as long as a path that it watches is missing.
    fs::create_dir_all(&dist).expect("a folder for the web app");
    println!("cargo:rerun-if-changed={dist}");

    let mut files = Vec::new();
    find(&dist, &mut files);
    files.sort();
    let mut code = String::from("[\n");
    for path in &files {
        let name = path.strip_prefix(&dist).expect("below it").trim_start_matches('/');
        let [brotli, gzip] = COMPRESSED.map(|suffix| match format!("{path}{suffix}") {
            copy if Path::new(&copy).exists() => format!("Some(include_bytes!({copy:?}))"),
            _ => "None".to_owned(),
        });
        let file = format!("name: {name:?}, plain: include_bytes!({path:?}), brotli: {brotli}, gzip: {gzip}");
        writeln!(code, "File {{ {file} }},").expect("text");
    }
    code.push(']');
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(format!("{out}/files.rs"), code).expect("the list of files");
}

/// Collects the files below a folder, without the compressed copies.
fn find(folder: &str, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = format!("{folder}/{}", entry.file_name().to_str().expect("a name in UTF-8"));
        if entry.path().is_dir() {
            find(&path, files);
        } else if !COMPRESSED.iter().any(|suffix| path.ends_with(suffix)) {
            files.push(path);
        }
    }
}
