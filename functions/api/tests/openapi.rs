//! The OpenAPI document that is committed is the one that the code makes.

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
            assert!(ids.insert(id.to_owned()), "{method} {path}: {id} is another's");
            assert!(operation["summary"].is_string(), "{method} {path} says nothing");
        }
    }
    assert!(ids.len() > 10, "{ids:?}");
}
