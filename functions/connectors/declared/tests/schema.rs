//! The JSON Schema that editors use accepts the definitions of this project, and has the fields that the reader has.
#![expect(clippy::expect_used, reason = "in a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use declared::definition::{
    Auth, Calls, Choice, Collect, Condition, Each, End, Errors, Find, Granted, Identify, List, Request, Row,
    Step, Unusable, Wait,
};
use domain::manifest::{Action, Credential, Manifest, Method, OAuth, Rate, Setting};
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).expect(path)
}

fn schema() -> Value {
    serde_json::from_str(&read("app.schema.json")).expect("JSON")
}

fn parsed(yaml: &str) -> Value {
    serde_json::from_str(&yaml::to_json(yaml, 1 << 20).expect("YAML")).expect("JSON")
}

fn example() -> Value {
    let text = read("README.md");
    let (_, rest) = text.split_once("```yaml\n").expect("an example");
    parsed(rest.split_once("```").expect("its end").0)
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).expect("a schema")
}

fn problems(definition: &Value) -> Vec<String> {
    validator().iter_errors(definition).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn every_definition_fits_the_schema() {
    let none: [String; 0] = [];
    assert_eq!(problems(&example()), none);
    let skeleton = read("../../infra/engine/src/app/skeleton.yaml");
    let skeleton =
        skeleton.replace("{app}", "bakery").replace("{label}", "Bakery").replace("{initials}", "Ba");
    assert_eq!(problems(&parsed(&skeleton)), none);
    let apps = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("apps")).expect("apps");
    for file in apps.map(|file| file.expect("a file").path()) {
        let text = fs::read_to_string(&file).expect("a text");
        assert_eq!(problems(&parsed(&text)), none, "{}", file.display());
    }
}

#[test]
fn what_the_reader_refuses_the_schema_refuses() {
    for (pointer, value) in [
        ("/call/orgin", json!("https://api.example.com")),
        ("/app", json!("My App")),
        ("/call/answers/0/status", json!(700)),
        ("/call/answers/0/then", json!("fine")),
        ("/call/actions/add_to_list/0", json!({ "us": "block" })),
        ("/call/identify/steps/0/request/follow", json!(true)),
    ] {
        let mut definition = example();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        match definition.pointer_mut(parent).expect(parent) {
            Value::Array(list) => list[name.parse::<usize>().expect("a place")] = value,
            object => object[name] = value,
        }
        assert!(!problems(&definition).is_empty(), "{pointer}");
        assert!(declared::definition::Definition::read(&definition.to_string()).is_err(), "{pointer}");
    }
}

/// The fields that a type reads, as its error about an unknown one lists them.
fn fields<T: DeserializeOwned>() -> BTreeSet<String> {
    let error =
        serde_json::from_value::<T>(json!({ "no such field": 1 })).err().expect("an error").to_string();
    let (_, list) = error.split_once("expected ").expect(&error);
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_schema_has_the_fields_of_the_reader() {
    let schema = schema();
    let of = |name: &str| -> BTreeSet<String> {
        let found = if name.is_empty() { &schema } else { &schema["$defs"][name] };
        found["properties"].as_object().expect(name).keys().cloned().collect()
    };
    for (name, fields) in [
        ("", fields::<Manifest>()),
        ("action", fields::<Action>()),
        ("auth", fields::<Auth>()),
        ("calls", fields::<Calls>()),
        ("choice", fields::<Choice>()),
        ("collect", fields::<Collect>()),
        ("condition", fields::<Condition>()),
        ("credential", fields::<Credential>()),
        ("each", fields::<Each>()),
        ("end", fields::<End>()),
        ("errors", fields::<Errors>()),
        ("find", fields::<Find>()),
        ("granted", fields::<Granted>()),
        ("identify", fields::<Identify>()),
        ("list", fields::<List>()),
        ("method", fields::<Method>()),
        ("oauth", fields::<OAuth>()),
        ("rate", fields::<Rate>()),
        ("request", fields::<Request>()),
        ("row", fields::<Row>()),
        ("setting", fields::<Setting>()),
        ("step", fields::<Step>()),
        ("unusable", fields::<Unusable>()),
        ("wait", fields::<Wait>()),
    ] {
        assert_eq!(of(name), fields, "{name}");
    }
}
