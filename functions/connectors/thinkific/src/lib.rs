//! The Thinkific connector: who is enrolled in which courses and bundles.
//!
//! `manifest.json` says what a merchant can ask for; each action has its module.
//!
//! Its triggers are those that give a reason to let somebody in or out: purchases, refunds, subscriptions, orders. A
//! prospect and a failed checkout have bought nothing, so there is nothing to enroll in and nothing to take back; and a
//! course that is taught in Thinkific is not one of our own courses, so what happens in those is none of its business.

pub mod actions;
pub mod client;
pub mod error;
pub mod person;

use connector::call::{Access, Call, Connector, Identity, unknown_list};
use connector::credentials::Credentials;
use connector::http::{AppHttp, HttpSettings, HttpSetupError, Origin};
use domain::app::App;
use domain::options::OptionItem;
use domain::outcome::{Outcome, Setback};
use jiff::Timestamp;
use secrecy::ExposeSecret;

use crate::client::Client;
use crate::error::Failure;

/// The connector. One a process: it holds the HTTP client.
#[derive(Debug, Clone)]
pub struct Thinkific {
    http: AppHttp,
    origin: Origin,
}

impl Thinkific {
    /// Builds the HTTP client.
    ///
    /// # Errors
    /// It cannot be built.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let http = AppHttp::new(Self::APP, settings)?;
        let origin = http.origin("https://api.thinkific.com")?;
        Ok(Self { http, origin })
    }

    fn client<'a>(&'a self, credentials: &'a Credentials, now: Timestamp) -> Result<Client<'a>, Failure> {
        Client::new(&self.http, &self.origin, credentials, now)
    }

    async fn act(&self, call: &Call<'_>) -> Result<Outcome, Failure> {
        let client = self.client(call.credentials, call.now)?;
        match call.job.action.as_str() {
            "enroll_in_course" => actions::enroll_in_course::perform(&client, call).await,
            "unenroll_from_course" => actions::unenroll_from_course::perform(&client, call).await,
            "enroll_in_bundle" => actions::enroll_in_bundle::perform(&client, call).await,
            "unenroll_from_bundle" => actions::unenroll_from_bundle::perform(&client, call).await,
            _ => Ok(call.unknown_action()),
        }
    }
}

impl Connector for Thinkific {
    const APP: App = App::Thinkific;

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        self.act(call).await.unwrap_or_else(Outcome::from)
    }

    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Setback> {
        let client = self.client(access.credentials, access.now)?;
        client.test().await?;
        // Thinkific tells no name, but it has just let us into the site of this address.
        let site = access.credentials.get("subdomain").ok();
        let account = site.map(|site| format!("{}.thinkific.com", site.expose_secret().trim()));
        Ok(Identity { account })
    }

    async fn options(&self, access: &Access<'_>, list: &str) -> Result<Vec<OptionItem>, Setback> {
        let client = self.client(access.credentials, access.now)?;
        let pulled = match list {
            "courses" => client.courses().await,
            "bundles" => client.bundles().await,
            _ => return Err(unknown_list(Self::APP, list)),
        };
        Ok(pulled?)
    }
}
