//! Reports of events, for readable histories and for invariants.

use jiff::Timestamp;
use serde_json::Value;

use super::faults::Service;
use super::request::Request;

/// An event in the AWS in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// When it happened.
    pub at: Timestamp,
    /// The service.
    pub service: Service,
    /// One line: the operation, its resource and its result.
    pub text: String,
}

/// The resource of a call.
pub(super) fn resource(request: &Request) -> String {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match request.service {
        Service::DynamoDb => {
            let writes = body["TransactItems"].as_array().into_iter().flatten();
            let writes = writes.filter_map(|write| write.as_object()?.values().next());
            let all = std::iter::once(&body).chain(writes);
            all.filter_map(item).collect::<Vec<_>>().join(", ")
        }
        Service::Sqs => text(&body["QueueUrl"]).rsplit('/').next().unwrap_or_default().to_owned(),
        Service::EventBridge => text(&body["Entries"][0]["DetailType"]),
        Service::Kms => text(&body["EncryptionContext"]["integration"]),
        Service::SecretsManager => text(&body["SecretId"]),
        Service::Lambda | Service::Scheduler => request.resource.clone(),
    }
}

fn item(write: &Value) -> Option<String> {
    let key = write.get("Key").or_else(|| write.get("Item"));
    if let Some(key) = key {
        let part = |name: &str| key[name]["S"].as_str().unwrap_or_default();
        return Some(format!("{} / {}", part("pk"), part("sk")));
    }
    let values = write.get("ExpressionAttributeValues")?;
    Some(format!("{} {}", write["IndexName"].as_str().unwrap_or("table"), values[":pk"]["S"].as_str()?))
}
