//! Embeds the definitions of our apps: `src/manifest/catalog.rs` includes the list that this writes.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The apps that have a crate of their own. An app that is data has a file in `declared/apps` and no row here.
const WITH_CODE: [&str; 6] = ["highlevel", "httprequest", "kajabi", "kit", "mailchimp", "webhook"];

/// The largest definition, in bytes.
const MOST: usize = 256 << 10;

#[expect(clippy::disallowed_methods, reason = "cargo gives a build script its folder so")]
fn main() -> Result<(), Box<dyn Error>> {
    // At run time: the folder of the compilation is another one if a target folder was copied.
    let connectors = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../functions/connectors");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    let mut apps = Vec::new();
    for app in WITH_CODE {
        let manifest = connectors.join(app).join("manifest.json").canonicalize()?;
        println!("cargo::rerun-if-changed={}", manifest.display());
        apps.push((app.to_owned(), manifest));
    }
    let declared = connectors.join("declared/apps");
    println!("cargo::rerun-if-changed={}", declared.display());
    for file in fs::read_dir(&declared)? {
        let file = file?.path();
        if file.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let name = file.file_stem().and_then(|name| name.to_str()).ok_or("a file without a name")?.to_owned();
        // The JSON is newer than this run of the script, so cargo must not watch it: each build would build everything.
        println!("cargo::rerun-if-changed={}", file.display());
        let json = out.join(format!("{name}.json"));
        fs::write(&json, converted(&file)?)?;
        apps.push((name, json));
    }
    apps.sort();
    if let Some([(app, _), _]) =
        apps.windows(2).find(|pair| pair[0].0 == pair[1].0).and_then(|pair| pair.first_chunk())
    {
        return Err(format!("app `{app}` has code and a file in declared/apps").into());
    }
    let mut list = String::from("/// Our apps: key and definition.\nconst BUILT_IN: &[(&str, &str)] = &[\n");
    for (app, path) in apps {
        writeln!(list, "    ({app:?}, include_str!({:?})),", path.to_string_lossy())?;
    }
    list.push_str("];\n");
    fs::write(out.join("apps.rs"), list)?;
    Ok(())
}

/// A definition in YAML as JSON.
fn converted(file: &Path) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    yaml::to_json(&text, MOST).map_err(|error| format!("{}: {error}", file.display()).into())
}
