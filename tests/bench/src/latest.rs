//! `tests/bench/latest.json`: the figures that the documents quote.
use std::fs;

use serde_json::{Map, Value, json};
use stack::{now, project};

use crate::machine::machine;

/// Replaces the fields of one part, and the machine and the date.
pub(crate) fn write(part: &Value) {
    let path = project().join("tests/bench/latest.json");
    let mut figures: Map<String, Value> = fs::read(&path)
        .map_or_else(|_| Map::new(), |text| serde_json::from_slice(&text).expect("latest.json"));
    figures.insert("machine".to_owned(), json!(machine()));
    figures.insert("date".to_owned(), json!(now().strftime("%Y-%m-%d").to_string()));
    figures.extend(part.as_object().expect("fields").clone());
    let text = serde_json::to_string_pretty(&figures).expect("JSON");
    fs::write(&path, text + "\n").expect("latest.json is written");
}
