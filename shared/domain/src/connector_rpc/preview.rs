//! The preview of an action's requests.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::texts;
use crate::id::{IntegrationId, MarketplaceId};
use crate::job::Job;

/// Builds the requests of actions. Nothing is sent, and nothing is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// The marketplace of the account.
    pub marketplace: MarketplaceId,
    /// The account.
    pub integration: IntegrationId,
    /// The actions.
    #[serde(with = "texts")]
    pub jobs: Vec<Job>,
}

/// The previews of the actions, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previewed {
    /// A preview for each action.
    pub actions: Vec<PreviewedAction>,
}

/// The requests of one action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewedAction {
    /// The requests, in their order.
    pub requests: Vec<PreviewedRequest>,
    /// Whether further requests depend on the app's answers.
    pub continues: bool,
    /// Why the preview ends before the action does, or why the action makes no request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A request without credentials. A value of an answer is a placeholder, such as `{id of answer 1}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewedRequest {
    /// The HTTP method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The headers. Only values that cannot be credentials are shown.
    pub headers: Vec<(String, String)>,
    /// The body: JSON, the fields of a form as an object, or text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Request;
    use super::*;

    #[test]
    fn an_action_survives_the_wire_with_every_digit_of_its_fact() {
        let job = |payload: Value| {
            json!({
                "v": "1", "id": format!("job_{}", "0".repeat(58)), "marketplace": "shop-1", "integration": "int_1",
                "app": "webhook", "rule": "rul_1", "trigger": "order_completed", "action": "tell", "settings": {},
                "contact": { "email": "ada@example.com" }, "effect": { "key": "0".repeat(24), "intent": "send" },
                "occurred_at": "2026-11-21T09:59:00Z", "ordered_at": "2026-11-21T09:59:00Z", "payload": payload,
            })
        };
        for payload in [Value::Null, json!({ "total": 4900 })] {
            let preview = Preview {
                marketplace: "shop-1".parse().unwrap(),
                integration: "int_1".parse().unwrap(),
                jobs: vec![serde_json::from_value(job(payload)).unwrap()],
            };
            let wire = serde_json::to_vec(&Request::from(preview.clone())).unwrap();
            // A function's event is read as any JSON first.
            let event: Value = serde_json::from_slice(&wire).unwrap();
            assert_eq!(serde_json::from_value::<Request>(event).unwrap(), Request::Preview(preview));
        }
    }
}
