//! The Mailchimp connector: audiences (which Mailchimp's API calls lists) and their tags.
//!
//! `manifest.json` says what a merchant can ask for; each action has its module.

pub mod actions;
pub mod client;
pub mod error;
pub mod member;
pub mod options;

use connector::call::{Access, Call, Connector, Grant, Identity, Kept};
use connector::http::{AppHttp, HttpSettings, HttpSetupError};
use domain::app::App;
use domain::options::OptionItem;
use domain::outcome::{Outcome, Reason};

use crate::client::Client;
use crate::error::Error;
use crate::options::Part;

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
        let client = match Client::new(&self.http, call.access()) {
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

    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Outcome> {
        let client = Client::new(&self.http, *access).map_err(Error::outcome)?;
        Ok(Identity { account: client.account_name().await.map_err(Error::outcome)? })
    }

    async fn options(&self, access: &Access<'_>, list: &str) -> Result<Vec<OptionItem>, Outcome> {
        let client = Client::new(&self.http, *access).map_err(Error::outcome)?;
        let pulled = match list {
            "audiences" => options::audiences(&client).await,
            "tags" => options::of_each_audience(&client, Part::Tags).await,
            "merge_fields" => options::of_each_audience(&client, Part::MergeFields).await,
            _ => {
                let reason = Reason::new(format!("Mailchimp has no option list `{list}`."));
                return Err(Outcome::Rejected { reason });
            }
        };
        pulled.map_err(Error::outcome)
    }

    /// A token does not say in which data center the account lives.
    async fn granted(&self, grant: &Grant<'_>) -> Result<Kept, Outcome> {
        let center = client::locate(&self.http, &grant.access).await.map_err(Error::outcome)?;
        Ok(Kept::from([("dc".to_owned(), center)]))
    }
}
