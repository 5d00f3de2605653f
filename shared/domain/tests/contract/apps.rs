//! The table of apps in `functions/README.md` is written from their manifests.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use domain::manifest::{Catalog, Manifest};

const BEGIN: &str =
    "<!-- The manifests' table: `cargo test -p domain --test contract` says how to renew it. -->\n";
const END: &str = "<!-- The end of the manifests' table. -->\n";

/// The file of an app, from the folder of the table.
fn file(manifest: &Manifest) -> String {
    let app = manifest.app.key();
    let is_data = manifest.call.is_some();
    if is_data {
        format!("connectors/declared/apps/{app}.yaml")
    } else {
        format!("connectors/{app}/manifest.json")
    }
}

/// The credentials that a merchant enters, each once, with the vendor's page about it.
fn credentials(manifest: &Manifest) -> String {
    let mut found: Vec<String> = Vec::new();
    for method in &manifest.methods {
        let login = method.oauth.as_ref().map(|_| "login".to_owned());
        let typed = method.credentials.iter().map(|one| match &one.page {
            Some(page) => format!("[{}]({page})", one.label),
            None => one.label.clone(),
        });
        for credential in login.into_iter().chain(typed) {
            if !found.contains(&credential) {
                found.push(credential);
            }
        }
    }
    found.join(", ")
}

fn table() -> String {
    let mut apps: Vec<&Manifest> = Catalog::get().all().collect();
    apps.sort_by_key(|manifest| manifest.label.to_lowercase());
    let mut table =
        "| App | Category | Actions | Credentials | Needs | Known traps |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for manifest in apps {
        let actions: Vec<&str> = manifest.actions.iter().map(|action| action.label.as_str()).collect();
        let cells = [
            format!("[{}]({})", manifest.label, file(manifest)),
            manifest.category.key().replace('_', " "),
            actions.join(", "),
            credentials(manifest),
            manifest.needs.join(" "),
            manifest.traps.join(" "),
        ];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        // Writing to a string cannot fail.
        writeln!(table, "| {} |", cells.join(" | ")).ok();
    }
    table
}

#[test]
fn the_table_of_apps_is_that_of_their_manifests() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(project.join("functions/README.md")).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the beginning of the table");
    let (_, after) = rest.split_once(END).expect("its end");
    let made = format!("{before}{BEGIN}\n{}\n{END}{after}", table());
    if made != text {
        fs::write(project.join("target/functions-README.md"), &made).unwrap();
        panic!("the manifests have changed: cp target/functions-README.md functions/README.md");
    }
}

#[test]
fn every_page_is_an_address() {
    for manifest in Catalog::get().all() {
        for credential in manifest.methods.iter().flat_map(|method| &method.credentials) {
            let is_address = |page: &String| page.starts_with("https://") && !page.contains([' ', ')']);
            assert!(credential.page.as_ref().is_none_or(is_address), "{}: {credential:?}", manifest.label);
        }
        for text in manifest.needs.iter().chain(&manifest.traps) {
            assert!(text.ends_with('.'), "{}: {text}", manifest.label);
        }
    }
}
