//! Events that match no trigger and violate the contract: the source, the detail-type or a field that the bus filters on
//! has an unknown value, or a fact that fires no trigger lacks a required field.
//!
//! A trigger's filter cannot tell a fact that fires nothing from a fact that violates the contract. These rules send
//! the second kind to the facts queue with the reason, as far as an event pattern can detect it. No function is
//! invoked.

use domain::fact::{Actor, ChargeKind, FactKind, ProductSaved, SubscriptionStatus};
use serde_json::{Value, json};

/// One kind of contract violation: a rule on the bus.
#[derive(Debug, Clone, Copy)]
pub struct ContractViolation {
    /// The rule's name in the template.
    pub name: &'static str,
    /// The reason that is sent to the facts queue with the event.
    pub reason: &'static str,
    matches: Events,
}

/// The events that a rule matches.
#[derive(Debug, Clone, Copy)]
enum Events {
    /// Facts with an unknown source.
    FromOthers,
    /// Events of producers that are not facts.
    NoFacts,
    /// Facts of a kind whose detail matches the filter.
    Facts(FactKind, fn() -> Value),
}

/// Each kind has a rule of its own in `infra/template.yaml`; a test compares the patterns.
pub const CONTRACT_VIOLATIONS: &[ContractViolation] = &[
    ContractViolation {
        name: "UnknownFact",
        reason: "the detail-type is not a fact; see events/README.md for the facts",
        matches: Events::NoFacts,
    },
    ContractViolation {
        name: "UnknownSource",
        reason: "source <source> is not among the known sources",
        matches: Events::FromOthers,
    },
    ContractViolation {
        name: "UnknownChargeKind",
        reason: "`charge_kind` must be checkout or subscription; see events/schemas/charge-refunded.json",
        matches: Events::Facts(
            FactKind::ChargeRefunded,
            || json!({ "charge_kind": none_of(ChargeKind::KEYS) }),
        ),
    },
    ContractViolation {
        name: "UnknownFailureCount",
        reason: "`consecutive_failures` must be a number from 1; see events/schemas/subscription-charge-failed.json",
        matches: Events::Facts(FactKind::SubscriptionChargeFailed, || {
            let no_number = json!([{ "exists": false }, { "wildcard": "*" }, null, true, false]);
            json!({ "consecutive_failures": no_number })
        }),
    },
    ContractViolation {
        name: "IncompleteFailure",
        reason: "a required field is missing or null; see events/schemas/subscription-charge-failed.json",
        matches: Events::Facts(FactKind::SubscriptionChargeFailed, || {
            let required = [&OF_A_SUBSCRIPTION[..], &["amount.amount", "amount.currency"]].concat();
            json!({ "consecutive_failures": [{ "numeric": [">=", 2] }], "$or": lacks_one_of(&required) })
        }),
    },
    ContractViolation {
        name: "UnknownStatus",
        reason: "`to` must be a subscription's status; see events/schemas/subscription-status-changed.json",
        matches: Events::Facts(
            FactKind::SubscriptionStatusChanged,
            || json!({ "to": none_of(SubscriptionStatus::KEYS) }),
        ),
    },
    ContractViolation {
        name: "UnknownEarlierStatus",
        reason: "`from` must be a subscription's status; see events/schemas/subscription-status-changed.json",
        matches: Events::Facts(
            FactKind::SubscriptionStatusChanged,
            || json!({ "to": UNHEARD, "from": none_of(SubscriptionStatus::KEYS) }),
        ),
    },
    ContractViolation {
        name: "UnknownActor",
        reason: "`by` must be merchant, customer or system; see events/schemas/subscription-status-changed.json",
        matches: Events::Facts(
            FactKind::SubscriptionStatusChanged,
            || json!({ "to": UNHEARD, "by": none_of(Actor::KEYS) }),
        ),
    },
    ContractViolation {
        name: "IncompleteStatusChange",
        reason: "a required field is missing or null; see events/schemas/subscription-status-changed.json",
        matches: Events::Facts(
            FactKind::SubscriptionStatusChanged,
            || json!({ "to": UNHEARD, "$or": lacks_one_of(&OF_A_SUBSCRIPTION) }),
        ),
    },
];

/// Changes to these statuses may match no trigger, so no function would detect a violation in them.
const UNHEARD: [&str; 4] = ["active", "completed", "paused", "trialing"];
/// The required fields of every fact about a subscription.
const OF_A_SUBSCRIPTION: [&str; 13] = [
    "id",
    "marketplace_id",
    "occurred_at",
    "test_mode",
    "customer.id",
    "customer.email",
    "subscription.id",
    "item.product_id",
    "item.name",
    "item.role",
    "item.quantity",
    "item.price.amount",
    "item.price.currency",
];

/// A filter for each field that matches if the field is missing. `exists` matches leaf fields only.
fn lacks_one_of(paths: &[&str]) -> Vec<Value> {
    let lacks = |path: &&str| {
        path.rsplit('.').fold(json!([{ "exists": false }, null]), |inner, field| json!({ field: inner }))
    };
    paths.iter().map(lacks).collect()
}

fn none_of(values: &[&str]) -> Value {
    json!([{ "exists": false }, { "anything-but": values }])
}

impl ContractViolation {
    /// The event pattern of its rule on the bus. Producers publish with `source` only.
    pub fn pattern(&self, source: &str) -> Value {
        let names = || -> Vec<_> {
            let facts = FactKind::PUBLISHED.iter().map(|kind| kind.detail_type());
            facts.chain([ProductSaved::DETAIL_TYPE]).collect()
        };
        match self.matches {
            Events::FromOthers => json!({ "source": [{ "anything-but": [source] }], "detail-type": names() }),
            Events::NoFacts => json!({ "source": [source], "detail-type": [{ "anything-but": names() }] }),
            Events::Facts(kind, filter) => {
                json!({ "source": [source], "detail-type": [kind.detail_type()], "detail": filter() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::fact::{Fact, FactError};

    use super::*;

    fn leaves(value: &Value, path: &str) -> Vec<String> {
        let Value::Object(fields) = value else { return vec![path.to_owned()] };
        fields.iter().flat_map(|(name, value)| leaves(value, &format!("{path}/{name}"))).collect()
    }

    fn refused_without(kind: FactKind, detail: &Value, pointer: &str) -> bool {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let mut detail = detail.clone();
        detail.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(field);
        matches!(
            Fact::parse(kind.detail_type(), &detail.to_string()),
            Err(FactError::FieldInvalid { path, .. }) if path == pointer[1..].replace('/', ".")
        )
    }

    #[test]
    fn of_a_fact_that_fires_nothing_every_required_field_is_looked_for() {
        let samples = [
            (
                "IncompleteFailure",
                include_str!("../../../events/samples/subscription-charge-failed.second-failure.json"),
            ),
            (
                "IncompleteStatusChange",
                include_str!("../../../events/samples/subscription-status-changed.paused.json"),
            ),
        ];
        for (name, sample) in samples {
            let violation = CONTRACT_VIOLATIONS.iter().find(|violation| violation.name == name).unwrap();
            let Events::Facts(kind, filter) = violation.matches else { panic!("{name}") };
            let sample: Value = serde_json::from_str(sample).unwrap();
            let detail: Value = serde_json::from_str(sample[0]["Detail"].as_str().unwrap()).unwrap();
            let filter = filter();
            // Fields that other contract violations match.
            let elsewhere = ["/consecutive_failures", "/from", "/to", "/by"];
            // A field of an optional object is required only if that object is present.
            let part = |leaf: &str| leaf.split('/').take(2).collect::<Vec<_>>().join("/");
            let required = leaves(&detail, "").into_iter().filter(|leaf| {
                !elsewhere.contains(&leaf.as_str())
                    && refused_without(kind, &detail, leaf)
                    && refused_without(kind, &detail, &part(leaf))
            });
            let looked_for = filter["$or"].as_array().unwrap();
            let mut count = 0;
            for leaf in required {
                assert!(looked_for.iter().any(|one| one.pointer(&leaf).is_some()), "{name}: {leaf}");
                count += 1;
            }
            assert_eq!(count, looked_for.len(), "{name}");
        }
    }
}
