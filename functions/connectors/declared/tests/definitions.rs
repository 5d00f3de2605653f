//! The definitions of this project, and the example of the documentation.

use std::fs;
use std::path::Path;

use declared::{file, lint};
use domain::manifest::Catalog;
use sandbox::Examples;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_definition_is_valid_and_named_as_its_app() {
    let files = fs::read_dir(folder().join("apps")).unwrap();
    for path in files.map(|file| file.unwrap().path()) {
        let read = file::read(&fs::read_to_string(&path).unwrap());
        let (definition, _) = read.unwrap_or_else(|error| panic!("{}:\n{error}", path.display()));
        let manifest = Catalog::get().manifest(definition.manifest.app).unwrap();
        if let Some(examples) = &manifest.examples {
            Examples::read(examples.get()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        assert_eq!(path.file_stem().unwrap(), definition.manifest.app.key());
    }
}

/// Doubts that are meant: place and beginning of the message.
const MEANT: [(&str, &str, &str); 1] = [("hubspot", "actions.create_contact", "has no opposite")];

#[test]
fn no_definition_leaves_a_doubt() {
    for path in fs::read_dir(folder().join("apps")).unwrap().map(|file| file.unwrap().path()) {
        let (definition, _) = file::read(&fs::read_to_string(&path).unwrap()).unwrap();
        let app = definition.manifest.app.key();
        let doubts = lint::lints(&definition).into_iter().filter(|doubt| {
            let meant = |(of, place, message): &(&str, &str, &str)| {
                *of == app && *place == doubt.place && doubt.message.starts_with(message)
            };
            !MEANT.iter().any(meant)
        });
        assert_eq!(doubts.collect::<Vec<_>>(), [], "{app}");
    }
}

#[test]
fn the_example_of_the_documentation_is_valid() {
    let text = fs::read_to_string(folder().join("../README.md")).unwrap();
    let (_, rest) = text.split_once("```yaml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    file::read(example).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_required_action_must_exist() {
    let text = fs::read_to_string(folder().join("apps/circle.yaml")).unwrap();
    let wrong = text.replacen("requires: [invite_member]", "requires: [invite_members]", 1);
    let error = file::read(&wrong).unwrap_err().to_string();
    assert!(error.contains("requires `invite_members`, which is no action"), "{error}");
}
