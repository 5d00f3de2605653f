//! The Thinkific connector: enrollments in courses and bundles.
//!
//! `manifest.json` lists what a merchant can configure; each action has its module.
//!
//! Its triggers are those that can start or end an enrollment: purchases, refunds, subscriptions, orders. A prospect
//! and a failed checkout have no purchase, so there is nothing to enroll in or to unenroll from. Courses in Thinkific
//! are not the marketplace's own courses, so facts about those do not concern it.

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

/// The connector, one per process: it holds the HTTP client.
#[derive(Debug, Clone)]
pub struct Thinkific {
    http: AppHttp,
    origin: Origin,
}

impl Thinkific {
    /// Builds the HTTP client.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let http = AppHttp::new(App::THINKIFIC, settings)?;
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
    fn app(&self) -> App {
        App::THINKIFIC
    }

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        self.act(call).await.unwrap_or_else(Outcome::from)
    }

    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Setback> {
        let client = self.client(access.credentials, access.now)?;
        client.test().await?;
        // Thinkific returns no name, but it has just accepted the credentials for the site of this subdomain.
        let site = access.credentials.get("subdomain").ok();
        let account = site.map(|site| format!("{}.thinkific.com", site.expose_secret().trim()));
        Ok(Identity { account })
    }

    async fn options(&self, access: &Access<'_>, list: &str) -> Result<Vec<OptionItem>, Setback> {
        let client = self.client(access.credentials, access.now)?;
        let pulled = match list {
            "courses" => client.courses().await,
            "bundles" => client.bundles().await,
            _ => return Err(unknown_list(App::THINKIFIC, list)),
        };
        Ok(pulled?)
    }
}
