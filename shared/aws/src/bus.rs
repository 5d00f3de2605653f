//! The event bus.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use domain::integration::Integration;
use domain::log::FailedActions;
use domain::outcome::Reason;
use jiff::Timestamp;
use serde_json::json;

use crate::clients::{OnUse, on_use};

/// The source of the engine's own events.
pub const ENGINE_SOURCE: &str = "integration-engine";

/// The event that notifies the operator's own systems of an account that its merchant has to reconnect.
const NEEDS_ATTENTION: &str = "Integration Needs Attention";

/// The event that notifies the operator's own systems of actions that failed.
const ACTIONS_FAILED: &str = "Actions Failed";

/// An event that was not published.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// EventBridge refused the event.
    #[error("EventBridge refused the event `{detail_type}`: {why}")]
    Refused {
        /// The event's name.
        detail_type: String,
        /// The error that EventBridge returned.
        why: String,
    },
    /// The call failed temporarily.
    #[error("EventBridge did not answer PutEvents")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The event bus.
#[derive(Debug, Clone)]
pub struct Bus {
    client: OnUse<Client>,
    name: String,
}

impl Bus {
    /// `name`: the name of the bus.
    pub fn new(config: &aws_config::SdkConfig, name: String) -> Self {
        Self { client: on_use(config, Client::new), name }
    }

    /// Notifies the operator's own systems of an account that its merchant has to reconnect.
    pub async fn needs_attention(
        &self,
        account: &Integration,
        reason: &Reason,
        since: Timestamp,
    ) -> Result<(), BusError> {
        let detail = json!({
            "marketplace_id": account.marketplace,
            "integration": account.id,
            "app": account.app,
            "since": since,
            "reason": reason,
        });
        self.publish(ENGINE_SOURCE, NEEDS_ATTENTION, &detail.to_string()).await
    }

    /// Notifies the operator's own systems of a group of actions that failed.
    pub async fn actions_failed(&self, group: &FailedActions) -> Result<(), BusError> {
        self.publish(ENGINE_SOURCE, ACTIONS_FAILED, &json!(group).to_string()).await
    }

    /// Publishes one event; `detail` is JSON.
    pub async fn publish(&self, source: &str, detail_type: &str, detail: &str) -> Result<(), BusError> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(source)
            .detail_type(detail_type)
            .detail(detail)
            .build();
        let answer = self.client.put_events().entries(entry).send().await;
        let answer = answer.map_err(|source| BusError::Unavailable(Box::new(source)))?;
        // PutEvents returns 200 even if it accepted no entries.
        match answer.entries().iter().find_map(|entry| entry.error_message().or(entry.error_code())) {
            None => Ok(()),
            Some(why) => Err(BusError::Refused { detail_type: detail_type.to_owned(), why: why.to_owned() }),
        }
    }
}
