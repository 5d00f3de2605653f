//! The definitions of this project, and the example of the documentation.
#![expect(clippy::unwrap_used, reason = "in a test")]

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

/// The example of the documentation with these steps before the last request of an action. They follow a `find` that
/// captures `person_id` and has no `missing`.
fn after_a_find(steps: &str) -> String {
    let text = fs::read_to_string(folder().join("../README.md")).unwrap();
    let (_, rest) = text.split_once("```yaml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let missing = "          missing: [already: The contact is unknown to Bakery.]\n";
    assert!(example.contains(missing));
    example.replacen(missing, steps, 1)
}

#[test]
fn a_value_that_a_find_may_not_have_found_is_not_used_as_if_it_were_there() {
    let create = "request: { method: POST, path: [people], json: { a: b }, capture: { person_id: /id } }";
    for safe in [
        "          missing: [done: The contact is unknown.]\n".to_owned(),
        format!("          missing: [{create}]\n"),
        "          missing: [let: { person_id: ~ }]\n".to_owned(),
        format!("      - {{ when: {{ value: \"{{person_id}}\", present: false }}, {create} }}\n"),
        "      - { when: { not: { value: \"{person_id}\", present: true } }, already: Unknown. }\n".to_owned(),
        "      - { when: { any: [{ value: \"{person_id | text}\", present: false }, { value: \"{attempt}\", above: 3 }] }, done: Unknown. }\n"
            .to_owned(),
        "      - { when: { value: \"{person_id}\", present: false }, let: { person_id: none } }\n".to_owned(),
        "      - let: { id: \"{person_id | default('none')}\" }\n      - let: { person_id: \"{id}\" }\n".to_owned(),
    ] {
        file::read(&after_a_find(&safe)).unwrap_or_else(|error| panic!("{safe}{error}"));
    }
    let request = "call.actions.remove_from_list[1].request.path[3]";
    let second = "call.actions.remove_from_list[2].request.path[3]";
    for (unsafe_steps, place) in [
        ("", request),
        ("          missing: [note: The contact is unknown.]\n", request),
        ("          missing: [{ when: { value: \"{attempt}\", above: 3 }, done: Unknown. }]\n", request),
        (
            "          missing: [note: \"No {person_id}.\"]\n",
            "call.actions.remove_from_list[0].find.missing[0].note",
        ),
        (
            "      - { when: { value: \"{person_id}\", present: true }, note: The contact is known. }\n",
            second,
        ),
        ("      - { when: { value: \"{person_id}\", is_not: p1 }, note: Another. }\n", second),
        (
            "      - { when: { any: [{ value: \"{person_id}\", present: true }, { value: \"{attempt}\", above: 3 }] }, note: \
             \"{person_id}\" }\n",
            "call.actions.remove_from_list[1].if.then[0].note",
        ),
        (
            "      - let: { id: \"{person_id}\" }\n      - note: \"No {id}.\"\n",
            "call.actions.remove_from_list[2].note",
        ),
    ] {
        let error = file::read(&after_a_find(unsafe_steps)).err().map(|error| error.to_string());
        let told = "` has no value if `call.actions.remove_from_list[0].find` finds nothing: let its `missing` end the action";
        assert!(
            error
                .as_ref()
                .is_some_and(|error| error.contains(&format!("{place}: `")) && error.contains(told)),
            "{unsafe_steps}{error:?}"
        );
    }
}
