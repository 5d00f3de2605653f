//! The webhook connector: tells a merchant's own server what happened, signed after Standard Webhooks.
//!
//! Both of its actions are one POST; what differs is whether the planner made a job for each line or one for the fact.

pub mod client;
pub mod error;
pub mod message;
pub mod signature;

use connector::call::{Access, Call, Connector, Identity};
use connector::http::{Guarded, HttpSettings, HttpSetupError};
use domain::app::App;
use domain::outcome::{Outcome, Setback};

use crate::message::Message;

/// The connector. One a process: it holds the HTTP client.
#[derive(Debug, Clone)]
pub struct Webhook {
    http: Guarded,
}

impl Webhook {
    /// Builds the HTTP client.
    ///
    /// # Errors
    /// It cannot be built.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        Ok(Self { http: Guarded::new(settings)? })
    }
}

impl Connector for Webhook {
    const APP: App = App::Webhook;

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        match call.job.action.as_str() {
            "send_notify_url_post" | "send_notify_url_post_for_orders" => {
                let Some(message) = Message::of(call.job) else { return message::nothing_to_tell().into() };
                let posted = client::post(&self.http, &call.access(), &message).await;
                posted.map_or_else(Outcome::from, |()| Outcome::DONE)
            }
            _ => call.unknown_action(),
        }
    }

    /// A delivery of type `test`: only a receiver's own answer says that it takes our signature.
    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Setback> {
        client::post(&self.http, access, &Message::test(access.now)).await.map(|()| Identity::default())
    }
}
