//! Events that no trigger takes because a name or a field that the bus filters on is none that there is.
//!
//! A filter cannot tell a fact that fires nothing from one that breaks the contract. These rules take the second kind
//! straight to the facts queue, with the reason and without a function.

use domain::fact::{FactKind, ProductSaved};
use serde_json::{Value, json};

/// One kind of misfit: a rule on the bus.
#[derive(Debug, Clone, Copy)]
pub struct Misfit {
    /// The rule's name in the template.
    pub name: &'static str,
    /// The reason that is kept with the event.
    pub reason: &'static str,
    detail_type: Option<FactKind>,
    filter: fn() -> Value,
}

/// All of them.
pub const MISFITS: &[Misfit] = &[
    Misfit {
        name: "UnknownFact",
        reason: "the detail-type is no fact; see events/README.md for the facts",
        detail_type: None,
        filter: || Value::Null,
    },
    Misfit {
        name: "UnknownChargeKind",
        reason: "`charge_kind` must be checkout or subscription; see events/schemas/charge-refunded.json",
        detail_type: Some(FactKind::ChargeRefunded),
        filter: || json!({ "charge_kind": none_of(&["checkout", "subscription"]) }),
    },
    Misfit {
        name: "UnknownFailureCount",
        reason: "`consecutive_failures` must be a number from 1; see events/schemas/subscription-charge-failed.json",
        detail_type: Some(FactKind::SubscriptionChargeFailed),
        filter: || {
            let no_number =
                json!([{ "exists": false }, { "wildcard": "*" }, null, true, false, { "numeric": ["<", 1] }]);
            json!({ "consecutive_failures": no_number })
        },
    },
    Misfit {
        name: "UnknownStatus",
        reason: "`to` must be a subscription's status; see events/schemas/subscription-status-changed.json",
        detail_type: Some(FactKind::SubscriptionStatusChanged),
        filter: || json!({ "to": none_of(&STATUSES) }),
    },
    Misfit {
        name: "UnknownEarlierStatus",
        reason: "`from` must be a subscription's status; see events/schemas/subscription-status-changed.json",
        detail_type: Some(FactKind::SubscriptionStatusChanged),
        filter: || json!({ "to": UNHEARD, "from": none_of(&STATUSES) }),
    },
    Misfit {
        name: "UnknownActor",
        reason: "`by` must be merchant, customer or system; see events/schemas/subscription-status-changed.json",
        detail_type: Some(FactKind::SubscriptionStatusChanged),
        filter: || json!({ "to": UNHEARD, "by": none_of(&["merchant", "customer", "system"]) }),
    },
];

const STATUSES: [&str; 6] = ["active", "canceled", "delinquent", "completed", "paused", "trialing"];
/// Changes to these can pass every trigger by, so that nobody else would see what is wrong with them.
const UNHEARD: [&str; 4] = ["active", "completed", "paused", "trialing"];

fn none_of(values: &[&str]) -> Value {
    json!([{ "exists": false }, { "anything-but": values }])
}

impl Misfit {
    /// The pattern of its rule on the bus, where producers publish as `source`.
    pub fn pattern(&self, source: &str) -> Value {
        let Some(kind) = self.detail_type else {
            let mut names: Vec<_> = FactKind::PUBLISHED.iter().map(|kind| kind.detail_type()).collect();
            names.push(ProductSaved::DETAIL_TYPE);
            return json!({ "source": [source], "detail-type": [{ "anything-but": names }] });
        };
        json!({ "source": [source], "detail-type": [kind.detail_type()], "detail": (self.filter)() })
    }
}
