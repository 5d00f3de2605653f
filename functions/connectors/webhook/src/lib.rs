//! The webhook connector: posts events to a merchant's own server, signed according to Standard Webhooks.
//!
//! Both actions are one POST. They differ only in whether the planner creates a job for each line or one for the fact.

pub mod client;
pub mod error;
pub mod message;
pub mod signature;

use connector::call::{Access, Call, Connector, Identity};
use connector::http::{Guarded, HttpSettings, HttpSetupError};
use domain::app::App;
use domain::outcome::{Outcome, Setback};

use crate::message::Message;

/// The connector, one per process: it holds the HTTP client.
#[derive(Debug, Clone)]
pub struct Webhook {
    http: Guarded,
}

impl Webhook {
    /// Builds the HTTP client.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        Ok(Self { http: Guarded::new(settings)? })
    }
}

impl Connector for Webhook {
    fn app(&self) -> App {
        App::WEBHOOK
    }

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

    /// A delivery of type `test`: only a response from the receiver shows that it accepts our signature.
    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Setback> {
        client::post(&self.http, access, &Message::test(access.now)).await.map(|()| Identity::default())
    }
}
