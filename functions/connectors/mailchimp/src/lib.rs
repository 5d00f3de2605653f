//! The Mailchimp connector: audiences (which Mailchimp's API calls lists) and their tags.
//!
//! `manifest.json` says what a merchant can ask for; each action has its module.

pub mod actions;
pub mod client;
pub mod error;

use connector::call::{Access, Call, Connector, Identity};
use connector::http::{AppHttp, HttpSettings, HttpSetupError};
use domain::app::App;
use domain::outcome::Outcome;

use crate::client::Client;
use crate::error::Error;

/// The connector. One a process: it holds the HTTP client.
#[derive(Debug, Clone)]
pub struct Mailchimp {
    http: AppHttp,
}

impl Mailchimp {
    /// Builds the HTTP client.
    ///
    /// # Errors
    /// It cannot be built.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        Ok(Self { http: AppHttp::new(Self::APP, settings)? })
    }
}

impl Connector for Mailchimp {
    const APP: App = App::Mailchimp;

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        let client = match Client::new(&self.http, call.credentials, call.now) {
            Ok(client) => client,
            Err(error) => return error.outcome(),
        };
        let result = match call.job.action.as_str() {
            "add_to_list" => actions::add_to_list::perform(&client, call).await,
            "remove_from_list" => actions::remove_from_list::perform(&client, call).await,
            "add_tag" => actions::add_tag::perform(&client, call).await,
            "remove_tag" => actions::remove_tag::perform(&client, call).await,
            _ => return call.unknown_action(),
        };
        result.unwrap_or_else(Error::outcome)
    }

    async fn identify(&self, _access: &Access<'_>) -> Result<Identity, Outcome> {
        Ok(Identity::default())
    }
}
