//! The marketplaces that an invocation or an operation is for. A call that concerns another one breaks the history.

use std::future::Future;

use serde_json::Value;

use super::shop::MARKETPLACES;
use crate::aws::{Call, Service};

/// A set of marketplaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tenants(u8);

tokio::task_local! {
    static TENANTS: Tenants;
}

impl Tenants {
    /// Every marketplace: what is for the operator is for all merchants.
    pub(super) const ALL: Self = Self((1 << MARKETPLACES.len()) - 1);

    /// One marketplace.
    pub(super) fn one(marketplace: usize) -> Self {
        Self(1 << marketplace)
    }

    /// The marketplaces that an event of a function names; all, if it names none.
    pub(super) fn of(event: &str) -> Self {
        let event = serde_json::from_str(event).unwrap_or_default();
        let named = named(&event);
        if named == 0 { Self::ALL } else { Self(named) }
    }

    /// Runs a future that is for these marketplaces.
    pub(super) async fn during<F: Future>(self, future: F) -> F::Output {
        TENANTS.scope(self, future).await
    }

    pub(super) fn has(self, marketplace: usize) -> bool {
        self.0 & (1 << marketplace) != 0
    }
}

/// The marketplaces of the task; all, outside of invocations and operations.
pub(super) fn current() -> Tenants {
    TENANTS.try_with(|tenants| *tenants).unwrap_or(Tenants::ALL)
}

/// The beginnings of the partition keys of all marketplaces. Every other key begins with a marketplace.
const SHARED: [&str; 8] =
    ["DUE#", "REQUESTS", "PAUSED#", "APP#", "FLEET#", "MARKETPLACES#", "DIRECT_CALLS", "#CONFIG"];

/// The first marketplace that a call to AWS concerns and that its invocation is not for, or a key of no marketplace.
pub(super) fn crossed(call: &Call<'_>) -> Option<String> {
    let tenants = current();
    if tenants == Tenants::ALL {
        return None;
    }
    let body: Value = serde_json::from_slice(call.body).ok()?;
    let (mut found, mut partitions) = (Vec::new(), Vec::new());
    match call.service {
        Service::DynamoDb => keys(&body, &mut found, &mut partitions),
        Service::Kms => found.extend(body["EncryptionContext"]["marketplace"].as_str()),
        Service::Sqs => {
            let entries = body["Entries"].as_array().into_iter().flatten();
            found.extend(entries.chain([&body]).filter_map(|entry| entry["MessageGroupId"].as_str()));
        }
        Service::EventBridge | Service::Lambda | Service::Scheduler | Service::SecretsManager => {}
    }
    // A key of a merchant's data begins with the marketplace.
    let tenant = |key: &&str| {
        let name = key.split('#').next().unwrap_or_default();
        MARKETPLACES.iter().position(|marketplace| *marketplace == name)
    };
    let crossed = found.iter().filter_map(tenant).find(|tenant| !tenants.has(*tenant));
    let of_none = |key: &&&str| tenant(key).is_none() && !SHARED.iter().any(|shared| key.starts_with(shared));
    let of_none = || partitions.iter().find(of_none).map(|key| format!("the key {key} of no marketplace"));
    crossed.map(|tenant| MARKETPLACES[tenant].to_owned()).or_else(of_none)
}

/// The partition keys of a call to DynamoDB and the values of its conditions, and the partition keys alone.
fn keys<'a>(body: &'a Value, found: &mut Vec<&'a str>, partitions: &mut Vec<&'a str>) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                let is_partition = name == "pk" || name.ends_with("_pk");
                match value["S"].as_str() {
                    Some(text) => {
                        partitions.extend(is_partition.then_some(text));
                        found.extend((is_partition || name.starts_with(':')).then_some(text));
                    }
                    None => keys(value, found, partitions),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, found, partitions)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The marketplaces that an event names, in its fields or in those of its messages.
fn named(event: &Value) -> u8 {
    let position = |name: &str| MARKETPLACES.iter().position(|marketplace| *marketplace == name);
    match event {
        Value::Object(fields) => fields.iter().fold(0, |found, (name, value)| {
            found
                | match (name.as_str(), value) {
                    ("marketplace" | "marketplace_id" | "portal", Value::String(text)) => {
                        position(text).map_or(0, |marketplace| 1 << marketplace)
                    }
                    ("body", Value::String(text)) => {
                        serde_json::from_str(text).map_or(0, |message| named(&message))
                    }
                    _ => named(value),
                }
        }),
        Value::Array(list) => list.iter().fold(0, |found, value| found | named(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(service: Service, body: &Value) -> Option<String> {
        crossed(&Call { service, operation: "", body: body.to_string().as_bytes() })
    }

    #[tokio::test]
    async fn a_call_for_another_marketplace_is_found() {
        let event = json!({ "Records": [{ "body": json!({ "marketplace": "shop" }).to_string() }] });
        let tenants = Tenants::of(&event.to_string());
        assert_eq!(tenants, Tenants::one(0));
        let found = tenants
            .during(async {
                [
                    call(Service::DynamoDb, &json!({ "Key": { "pk": { "S": "shop#BUYER#1" } } })),
                    call(Service::DynamoDb, &json!({ "Key": { "pk": { "S": "DUE#1" } } })),
                    call(Service::DynamoDb, &json!({ "Key": { "pk": { "S": "EFFECT#1" } } })),
                    call(Service::DynamoDb, &json!({ "Key": { "pk": { "S": "shop2" } } })),
                    call(
                        Service::DynamoDb,
                        &json!({ "ExpressionAttributeValues": { ":pk": { "S": "shop2#HELD#int_kit" } } }),
                    ),
                    call(
                        Service::DynamoDb,
                        &json!({ "TransactItems": [{ "Put": { "Item": { "listing_pk": { "S": "shop2#X" } } } }] }),
                    ),
                    call(Service::Kms, &json!({ "EncryptionContext": { "marketplace": "shop2" } })),
                    call(Service::Sqs, &json!({ "Entries": [{ "MessageGroupId": "shop2" }] })),
                ]
            })
            .await;
        let found = found.each_ref().map(|found| found.as_deref());
        let (other, none) = (Some("shop2"), Some("the key EFFECT#1 of no marketplace"));
        assert_eq!(found, [None, None, none, other, other, other, other, other]);
        assert_eq!(Tenants::of("{}"), Tenants::ALL);
    }
}
