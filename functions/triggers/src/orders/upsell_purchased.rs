//! The trigger Upsell Purchased.

use domain::fact::{FactKind, Role};
use domain::trigger::Trigger;
use serde_json::json;

use crate::definition::{Definition, lines};

/// The fact, the bus filter and the subjects that fire the trigger.
pub const DEFINITION: Definition = Definition {
    trigger: Trigger::UpsellPurchased,
    fact: FactKind::OrderCompleted,
    description: "A product was bought as an upsell. Fires once for each upsell of a completed order.",
    stored_by: Some(Trigger::ProductPurchased),
    filter: || json!({ "items": { "role": ["upsell"] } }),
    fires: |fact| lines(fact, |item| item.role == Role::Upsell),
};
