//! Compresses the OpenAPI document, which the function serves.

use std::env::{self, VarError};
use std::error::Error;
use std::fs::File;
use std::io::{Write, copy};
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=openapi.json");
    // At run time: the folder of the compilation is another one if a target folder was copied.
    let mut document = File::open(folder("CARGO_MANIFEST_DIR")?.join("openapi.json"))?;
    let packed = File::create(folder("OUT_DIR")?.join("openapi.json.gz"))?;
    let mut packed = GzEncoder::new(packed, Compression::best());
    copy(&mut document, &mut packed)?;
    packed.finish()?.flush()?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "cargo gives a build script its folders so")]
fn folder(name: &str) -> Result<PathBuf, VarError> {
    env::var(name).map(PathBuf::from)
}
