//! The schemas and the engine accept and reject the same details.
//!
//! The engine also rejects what a schema cannot express: [`BEYOND_SCHEMAS`], a time in the last hours of the year 9999,
//! JSON that is nested more than 127 levels deep or has a number beyond the range of a double and, when a fact arrives,
//! a detail of more than 256,000 bytes or a time more than 15 minutes ahead.

use std::collections::BTreeMap;

use domain::fact::FactError;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::schemas::{Schemas, parse};
use crate::{pointers, samples};

/// The beginnings of problems that no schema can express: two lines with one id, and amounts that contradict each
/// other.
const BEYOND_SCHEMAS: [&str; 3] = ["has one line id", "mixes currencies", "has `refunded_total`"];

/// Checks that the schema and the engine agree on a detail; the error says how they differ.
fn agree(schemas: &Schemas, detail_type: &str, detail: &Value, text: &str) -> Result<(), String> {
    let (by_schema, by_engine) = (schemas.accepts(detail_type, detail), parse(detail_type, text));
    let beyond = match &by_engine {
        Err(FactError::FieldInvalid { problem, .. }) => {
            let is_far = problem.starts_with("is not an RFC 3339 time") && text.contains("\"9999-12-3");
            is_far || BEYOND_SCHEMAS.iter().any(|start| problem.starts_with(start))
        }
        _ => false,
    };
    if by_schema == by_engine.is_ok() || beyond {
        return Ok(());
    }
    Err(format!("{detail_type}, by schema {by_schema}, by engine {by_engine:?}: {text}"))
}

/// Random choices from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound.max(1) as u64).unwrap()
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Texts that match the boundaries of the rules.
fn texts() -> Vec<String> {
    let written = [
        "",
        " ",
        "\u{200b}",
        "\u{85}\u{3000}",
        "x",
        "ord_1",
        " ord_1\n",
        "\u{feff}é😀\u{2060}",
        "a\u{200d}b",
        "\u{fffd}",
        "a\u{1}b",
        "a@b",
        " A@b.example\u{feff}",
        "a b@c",
        "a@@b",
        "@b",
        "\u{200b}@b",
        "a\u{ad}@b\u{2060}",
        "a@b\u{7}",
        "a@\u{2028}b",
        "a@b\u{85}",
        "demo",
        " demo",
        "demo shop",
        "USD",
        "usd",
        "BR",
        "br",
        "Brazil",
        "primary",
        "upsell",
        "active",
        "canceled",
        "merchant",
        "live",
        "checkout",
        "12",
        "true",
        "2026-05-04T10:00:00Z",
        "2026-05-04T10:00:00.123456789+02:00",
        "2026-05-04T10:00:00-00:00",
        "0000-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-05-04T10:00:60Z",
        "2016-12-31T23:59:60Z",
        "2026-02-30T10:00:00Z",
        "2026-05-04T24:00:00Z",
        "2026-05-04T10:00:00+24:00",
        "2026-05-04T10:00:00.Z",
        "2026-05-04 10:00:00Z",
        "2026-05-04t10:00:00z",
        "2026-05-04T10:00:00.1234567890Z",
    ];
    let long = [64, 65, 128, 129, 256, 257, 320, 321].map(|length| "é".repeat(length));
    let addresses = [308, 309].map(|length| format!("{}@example.com", "a".repeat(length)));
    let rest = ["x".repeat(10_001), "a".repeat(65), format!(" {} ", "i".repeat(128))];
    written.map(str::to_owned).into_iter().chain(long).chain(addresses).chain(rest).collect()
}

/// A few characters that are special in some rule.
fn scrap(dice: &mut Dice) -> String {
    let characters =
        ['a', '@', ' ', '\t', '\u{1}', '\u{85}', '\u{a0}', '\u{ad}', '\u{200b}', '\u{2028}', '\u{feff}', 'é'];
    (0..dice.below(5)).map(|_| *dice.of(&characters)).collect()
}

fn numbers() -> Vec<Value> {
    let written = "0 1 2 -1 -0 0.0 1.0 -0.0 4900 4900.0 4.9e3 4900.5 1e-3 4294967295 4294967296 4294967295.0 \
        9007199254740991 9007199254740992 9007199254740991.0 18446744073709551616 -1.5 1e300";
    written.split_whitespace().map(|number| serde_json::from_str(number).unwrap()).collect()
}

/// Creates values that are valid for a schema, or nearly.
struct Maker {
    schemas: Schemas,
    texts: Vec<String>,
    numbers: Vec<Value>,
    /// Texts for each pattern.
    patterned: BTreeMap<String, Vec<String>>,
}

impl Maker {
    fn new() -> Self {
        Self { schemas: Schemas::load(), texts: texts(), numbers: numbers(), patterned: BTreeMap::new() }
    }

    fn value(&mut self, file: &str, schema: &Value, dice: &mut Dice) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let (file, target) = self.schemas.follow(file, reference);
            let (file, target) = (file.to_owned(), target.clone());
            return self.value(&file, &target, dice);
        }
        if let Some(parts) = schema["anyOf"].as_array() {
            return self.value(file, dice.of(parts), dice);
        }
        if let Some(values) = schema["enum"].as_array() {
            return dice.of(values).clone();
        }
        let types: Vec<_> = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            named => named.as_str().into_iter().collect(),
        };
        match types.get(dice.below(types.len())).copied() {
            Some("null") => Value::Null,
            Some("boolean") => Value::Bool(dice.one_in(2)),
            Some("integer") => {
                let bound = |name: &str| schema[name].as_f64().unwrap();
                let fits = |number: &f64| {
                    number.fract() == 0.0 && (bound("minimum")..=bound("maximum")).contains(number)
                };
                let fitting = self.numbers.iter().filter(|number| number.as_f64().as_ref().is_some_and(fits));
                let fitting: Vec<_> = fitting.collect();
                if dice.one_in(40) { dice.of(&self.numbers).clone() } else { (*dice.of(&fitting)).clone() }
            }
            Some("string") => self.text(schema["pattern"].as_str(), dice),
            Some("array") => {
                let length = if dice.one_in(20) { 0 } else { 1 + dice.below(2) };
                (0..length).map(|_| self.value(file, &schema["items"], dice)).collect()
            }
            Some("object") | None => self.object(file, schema, dice),
            Some(other) => unreachable!("no schema has the type {other}"),
        }
    }

    fn object(&mut self, file: &str, schema: &Value, dice: &mut Dice) -> Value {
        let mut fields = Map::new();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            if let Value::Object(inherited) = self.value(file, part, dice) {
                fields.extend(inherited);
            }
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let is_required =
                schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
            let left_out = if is_required { dice.one_in(60) } else { dice.one_in(2) };
            if !left_out {
                fields.insert(name.clone(), self.value(file, property, dice));
            }
        }
        if let Some(others) = schema.get("additionalProperties") {
            for _ in 0..dice.below(3) {
                fields.insert(dice.of(&self.texts).clone(), self.value(file, others, dice));
            }
        }
        Value::Object(fields)
    }

    /// A text that usually matches the pattern.
    fn text(&mut self, pattern: Option<&str>, dice: &mut Dice) -> Value {
        if dice.one_in(40) {
            return Value::String(scrap(dice));
        }
        let Some(pattern) = pattern.filter(|_| !dice.one_in(40)) else {
            return Value::String(dice.of(&self.texts).clone());
        };
        let texts = self.patterned.entry(pattern.to_owned()).or_insert_with(|| {
            let schema = jsonschema::validator_for(&json!({ "pattern": pattern })).unwrap();
            self.texts.iter().filter(|text| schema.is_valid(&Value::from(text.as_str()))).cloned().collect()
        });
        Value::String(dice.of(texts).clone())
    }

    /// Changes one random value of a detail.
    fn change(&self, detail: &mut Value, dice: &mut Dice) {
        let mut places = Vec::new();
        pointers(detail, "", &mut places);
        let Some(place) = places.get(dice.below(places.len())) else { return };
        let value = detail.pointer_mut(place).unwrap();
        *value = match (dice.below(6), value.take()) {
            (0, _) => dice.of(&self.numbers).clone(),
            (1, _) => Value::String(dice.of(&self.texts).clone()),
            (2, Value::Object(fields)) => fields.into_iter().map(|(_, value)| value).collect(),
            (3, Value::String(text)) => Value::String(scrap(dice) + &text + &scrap(dice)),
            (4, value) => json!([value]),
            (5, value) => json!({ "primary": value }),
            _ => Value::Null,
        };
    }
}

/// Bytes with a meaning in JSON.
const MARKS: &[u8] = b"\\\"u/{}[]:,-+.eE0d89 \x01n";

fn change_byte(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(bytes.len());
    match dice.below(4) {
        0 => drop(bytes.remove(at)),
        1 => bytes[at] = *dice.of(MARKS),
        2 => bytes.insert(at, *dice.of(MARKS)),
        _ => drop(bytes.splice(at..at, *dice.of(&[*b"\\ud83d", *b"\\udE00", *b"\\u0041", *b"1.0e01"]))),
    }
}

#[test]
fn schemas_and_engine_agree_on_generated_details_and_on_changes_of_them() {
    let mut maker = Maker::new();
    let facts: Vec<String> = maker.schemas.validators.keys().cloned().collect();
    let mut taken = 0;
    for seed in 0..12_000 {
        let mut dice = Dice(seed);
        let file = dice.of(&facts).clone();
        let schema = maker.schemas.files[&file].clone();
        let mut detail = maker.value(&file, &schema, &mut dice);
        for _ in 0..dice.below(3) {
            maker.change(&mut detail, &mut dice);
        }
        let detail_type = schema["title"].as_str().unwrap();
        agree(&maker.schemas, detail_type, &detail, &detail.to_string())
            .unwrap_or_else(|difference| panic!("seed {seed}: {difference}"));
        taken += usize::from(maker.schemas.accepts(detail_type, &detail));
    }
    assert!((1_000..11_000).contains(&taken), "{taken} of 12000 are valid: too few or too many to compare");
}

#[test]
fn schemas_and_engine_agree_on_every_sample_with_one_value_changed() {
    let schemas = Schemas::load();
    let wrong =
        [json!(null), json!(true), json!(-1), json!(1.5), json!(""), json!("no such"), json!([]), json!({})];
    for sample in samples("samples") {
        let mut places = Vec::new();
        pointers(&sample.detail, "", &mut places);
        for place in &places {
            let variants = wrong.iter().map(|value| {
                let mut variant = sample.detail.clone();
                *variant.pointer_mut(place).unwrap() = value.clone();
                variant
            });
            for variant in variants.chain([without(&sample.detail, place)]) {
                agree(&schemas, &sample.detail_type, &variant, &variant.to_string())
                    .unwrap_or_else(|difference| panic!("{}, {place}: {difference}", sample.name));
            }
        }
    }
}

fn without(detail: &Value, pointer: &str) -> Value {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    let mut detail = detail.clone();
    match detail.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.remove(&last.replace("~1", "/").replace("~0", "~"))),
        Value::Array(items) => drop(items.remove(last.parse().unwrap())),
        _ => unreachable!("only objects and arrays have children"),
    }
    detail
}

#[test]
fn schemas_and_engine_agree_on_every_json_text_and_the_engine_never_panics() {
    let schemas = Schemas::load();
    let samples = samples("samples");
    let (mut read, mut mended) = (0, 0);
    for seed in 0..6_000 {
        let mut dice = Dice(seed);
        let sample = dice.of(&samples);
        let mut bytes = sample.detail.to_string().into_bytes();
        for _ in 0..=dice.below(2) {
            change_byte(&mut bytes, &mut dice);
        }
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let refused = parse(&sample.detail_type, &text);
        if serde_json::from_str::<IgnoredAny>(&text).is_err() {
            assert!(matches!(refused, Err(FactError::NotJson { .. })), "seed {seed}: {text}");
            continue;
        }
        // The only thing beyond syntax that the JSON parser rejects is half a surrogate pair, which the engine
        // replaces.
        let Ok(detail) = serde_json::from_str(&text) else {
            assert!(!matches!(refused, Err(FactError::NotJson { .. })), "seed {seed}: {text}");
            mended += 1;
            continue;
        };
        read += 1;
        agree(&schemas, &sample.detail_type, &detail, &text)
            .unwrap_or_else(|difference| panic!("seed {seed}: {difference}"));
    }
    assert!(read > 500 && mended > 100, "{read} were read and {mended} mended: the changes prove nothing");
}
