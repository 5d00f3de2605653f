//! Tests that the committed OpenAPI document matches the code.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_committed_document_is_the_codes_own() {
    let made = api::document().to_pretty_json().unwrap() + "\n";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let committed = std::fs::read_to_string(folder.join("openapi.json")).unwrap_or_default();
    if made != committed {
        let fresh = folder.join("../../target/openapi.json");
        std::fs::write(&fresh, &made).unwrap();
        panic!("the routes have changed: cp target/openapi.json functions/api/openapi.json");
    }
}

#[test]
fn every_route_has_an_id_of_its_own_and_says_what_it_does() {
    let document = serde_json::to_value(api::document()).unwrap();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{method} {path}: {id} is not unique");
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
        }
    }
    assert!(ids.len() > 10, "{ids:?}");
}

#[test]
fn every_request_and_answer_has_an_example_that_fits_its_schema() {
    let document = serde_json::to_value(api::document()).unwrap();
    let mut count = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let answers = operation["responses"].as_object().unwrap();
            let bodies = answers.iter().map(|(status, answer)| (status.as_str(), &answer["content"]));
            for (of, content) in bodies.chain([("request", &operation["requestBody"]["content"])]) {
                let content = content.as_object().into_iter().flatten();
                for (_, content) in content.filter(|(kind, _)| kind.ends_with("json")) {
                    let mut schema = content["schema"].clone();
                    schema["components"] = document["components"].clone();
                    let wrong = jsonschema::validate(&schema, &content["example"]).err();
                    assert!(wrong.is_none(), "{method} {path} {of}: {wrong:?} {}", content["example"]);
                    assert!(!content["example"].to_string().contains('…'), "{method} {path} {of}");
                    count += 1;
                }
            }
        }
    }
    assert!(count > 100, "{count}");
}
