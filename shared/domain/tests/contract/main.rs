//! Checks the contract with producers: the schemas, the samples and the Rust types agree.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement;
mod apps;
mod schemas;

use std::collections::{BTreeMap, BTreeSet};

use domain::fact::{FactError, FactKind, ProductSaved};
use domain::trigger::Trigger;
use serde::Deserialize;
use serde_json::Value;

use crate::schemas::{Schemas, json_files, parse, schema_of};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// Sample → trigger → number of firings.
    fires: BTreeMap<String, BTreeMap<String, usize>>,
    /// Sample in `invalid/` → field that the error names.
    refused: BTreeMap<String, String>,
}

/// One entry of `aws events put-events`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Entry {
    source: String,
    detail_type: String,
    event_bus_name: String,
    detail: String,
}

struct Sample {
    name: String,
    detail_type: String,
    detail: Value,
}

fn expected() -> Expected {
    serde_json::from_value(json_files("samples").remove("expected").unwrap()).unwrap()
}

fn samples(folder: &str) -> Vec<Sample> {
    let files = json_files(folder).into_iter().filter(|(name, _)| name != "expected");
    files
        .map(|(name, entries)| {
            let [entry]: [Entry; 1] = serde_json::from_value(entries).unwrap();
            assert_eq!(entry.source, "commerce", "{name}");
            assert_eq!(entry.event_bus_name, "commerce", "{name}");
            let detail = serde_json::from_str(&entry.detail).unwrap();
            Sample { name, detail_type: entry.detail_type, detail }
        })
        .collect()
}

/// The JSON pointer of every value inside another.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, value)| (i.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in inner {
        let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        found.push(at.clone());
        pointers(value, &at, found);
    }
}

#[test]
fn every_fact_has_a_schema_named_after_it_and_there_are_no_others() {
    let kinds = FactKind::PUBLISHED.iter().map(|kind| (kind.schema(), kind.detail_type()));
    let facts: BTreeMap<_, _> = kinds.chain([(ProductSaved::SCHEMA, ProductSaved::DETAIL_TYPE)]).collect();
    let schemas = Schemas::load();
    for (name, schema) in &schemas.files {
        let file = format!("{name}.json");
        assert!(schema["$id"].as_str().unwrap().ends_with(&format!("/events/schemas/{file}")), "{file}");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{file}");
        jsonschema::meta::validate(schema).unwrap();
        if name != "common" {
            assert_eq!(facts.get(file.as_str()).copied(), schema["title"].as_str(), "{file}");
        }
    }
    assert_eq!(schemas.validators.len(), facts.len());
}

#[test]
fn every_part_of_a_schema_says_what_it_means() {
    fn check(schema: &Value, at: &str) {
        for key in ["properties", "$defs"] {
            for (name, part) in schema[key].as_object().into_iter().flatten() {
                let at = format!("{at}/{name}");
                assert!(part["description"].as_str().is_some_and(|text| text.ends_with('.')), "{at}");
                check(part, &at);
            }
        }
    }
    for (name, schema) in Schemas::load().files {
        check(&schema, &name);
    }
}

#[test]
fn expectations_are_about_the_samples_that_exist_and_every_trigger() {
    let expected = expected();
    let names = |folder| samples(folder).into_iter().map(|sample| sample.name).collect::<BTreeSet<_>>();
    assert_eq!(names("samples"), expected.fires.keys().cloned().collect());
    assert_eq!(names("samples/invalid"), expected.refused.keys().cloned().collect());

    let fired: BTreeSet<&str> =
        expected.fires.values().flat_map(BTreeMap::keys).map(String::as_str).collect();
    assert_eq!(fired, Trigger::ALL.iter().map(|trigger| trigger.key()).collect());
}

#[test]
fn a_sample_is_named_after_its_fact() {
    for sample in samples("samples").into_iter().chain(samples("samples/invalid")) {
        let (fact, _) = sample.name.split_once('.').unwrap();
        assert_eq!(fact, schema_of(&sample.detail_type), "{}", sample.name);
        assert_eq!(sample.detail_type.to_lowercase().replace(' ', "-"), fact, "{}", sample.name);
    }
}

#[test]
fn samples_do_not_get_in_each_others_way() {
    let (mut ids, mut buyers) = (BTreeSet::new(), BTreeSet::new());
    for sample in samples("samples") {
        let detail = &sample.detail;
        assert_eq!(detail["marketplace_id"], "demo", "{}", sample.name);
        assert!(detail["occurred_at"].as_str().unwrap().starts_with("2026-"), "{}", sample.name);
        assert!(ids.insert(detail["id"].to_string()), "{}: its id is not unique", sample.name);
        if let Some(email) = detail["customer"]["email"].as_str() {
            assert!(buyers.insert(email.to_lowercase()), "{}: its buyer is not unique", sample.name);
        }
    }
}

#[test]
fn every_sample_satisfies_its_schema_and_is_read() {
    let schemas = Schemas::load();
    for Sample { name, detail_type, detail } in samples("samples") {
        let errors: Vec<_> = schemas.validators[schema_of(&detail_type)]
            .iter_errors(&detail)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        parse(&detail_type, &detail.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn every_invalid_sample_is_refused_by_its_schema_and_at_the_field_that_is_wrong() {
    let (schemas, expected) = (Schemas::load(), expected());
    for Sample { name, detail_type, detail } in samples("samples/invalid") {
        assert!(!schemas.accepts(&detail_type, &detail), "{name}");
        match parse(&detail_type, &detail.to_string()) {
            Err(FactError::FieldInvalid { path, .. }) => assert_eq!(path, expected.refused[&name], "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_refusal_does_not_repeat_a_long_value() {
    let mut sample = samples("samples").remove(0);
    sample.detail["customer"] = Value::from("x".repeat(200_000));
    let refusal = parse(&sample.detail_type, &sample.detail.to_string()).unwrap_err().to_string();
    assert!(refusal.starts_with("`customer` has an invalid type") && refusal.len() < 1_000, "{refusal}");
}

#[test]
fn the_samples_use_every_field_there_is() {
    // Fields that many facts share need not be in every sample: one order has all of them.
    const WHOLE: &str = "order-completed.every-field";

    let schemas = Schemas::load();
    let samples = samples("samples");
    for file in schemas.validators.keys() {
        let mut unused = BTreeSet::new();
        schemas.paths(file, &schemas.files[file], "", &mut unused);
        for sample in samples.iter().filter(|s| schema_of(&s.detail_type) == file || s.name == WHOLE) {
            let mut used = Vec::new();
            pointers(&sample.detail, "", &mut used);
            for pointer in used {
                let steps =
                    pointer.split('/').map(|step| if step.parse::<usize>().is_ok() { "*" } else { step });
                let path = steps.collect::<Vec<_>>().join("/");
                unused.remove(&path);
                unused.remove(&path.replace("/items/*", "/item"));
            }
        }
        assert!(unused.is_empty(), "{file}: no sample has {unused:?}");
    }
}
