//! Every sample fires exactly the triggers that `events/samples/expected.json` lists, and as many times.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use domain::condition::{Condition, Field, Operator};
use domain::fact::product::ProductSaved;
use domain::fact::{Fact, FactKind};
use domain::lint;
use serde_json::Value;
use triggers::registry::DEFINITIONS;

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_sample_fires_exactly_what_is_expected_of_it() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/samples");
    let expected = read(&samples.join("expected.json"));
    let expected = expected["fires"].as_object().unwrap();
    assert!(expected.len() > 40);
    for (sample, counts) in expected {
        let entry = &read(&samples.join(format!("{sample}.json")))[0];
        let (detail_type, detail) =
            (entry["DetailType"].as_str().unwrap(), entry["Detail"].as_str().unwrap());
        if detail_type == ProductSaved::DETAIL_TYPE {
            assert_eq!(counts, &serde_json::json!({}), "{sample}");
            continue;
        }
        let fact = Fact::parse(detail_type, detail).unwrap();
        // A prospect fires when its delay has passed. The engine then publishes the same detail as Prospect Abandoned.
        let waited = Fact::parse(FactKind::ProspectAbandoned.detail_type(), detail);
        let fact = if fact.kind() == FactKind::ProspectCreated { waited.unwrap() } else { fact };
        let listening = DEFINITIONS.iter().filter(|definition| definition.fact == fact.kind());
        let fired: BTreeMap<_, _> = listening
            .map(|definition| (definition.trigger.key(), (definition.fires)(&fact).len()))
            .filter(|(_, count)| *count > 0)
            .collect();
        for definition in DEFINITIONS.iter().filter(|definition| fired.contains_key(definition.trigger.key()))
        {
            let stored_by = definition.stored_by.is_none_or(|trigger| fired.contains_key(trigger.key()));
            assert!(stored_by, "{sample}: {} fires alone", definition.trigger);
        }
        assert_eq!(&serde_json::to_value(fired).unwrap(), counts, "{sample}");
    }
}

#[test]
fn no_sample_satisfies_a_condition_that_the_lint_reports_as_impossible() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/samples");
    let expected = read(&samples.join("expected.json"));
    let fields = [
        "amount",
        "currency",
        "coupon_code",
        "item_role",
        "payment_option",
        "test_mode",
        "customer_country",
        "utm.source",
        "utm.medium",
        "utm.campaign",
        "utm.term",
        "utm.content",
    ];
    for sample in expected["fires"].as_object().unwrap().keys() {
        let entry = &read(&samples.join(format!("{sample}.json")))[0];
        let (detail_type, detail) =
            (entry["DetailType"].as_str().unwrap(), entry["Detail"].as_str().unwrap());
        let Ok(fact) = Fact::parse(detail_type, detail) else { continue };
        let listening = DEFINITIONS.iter().filter(|definition| definition.fact.published() == fact.kind());
        for definition in listening {
            for subject in (definition.fires)(&fact) {
                for field in fields.map(|field| field.parse::<Field>().unwrap()) {
                    for operator in [Operator::Exists, Operator::NotExists] {
                        let condition = Condition { field: field.clone(), operator, value: Value::Null };
                        let never =
                            !lint::conditions(Some(definition.trigger), &[Some(&condition)]).is_empty();
                        let holds = condition.judge(&fact, subject).is_ok();
                        assert!(!(never && holds), "{sample}: {} {condition:?}", definition.trigger);
                    }
                }
            }
        }
    }
}
