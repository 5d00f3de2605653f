//! The Mailchimp connector: audiences (which Mailchimp's API calls lists) and their tags.
//!
//! `manifest.json` lists what a merchant can configure; each action has its module.

pub mod actions;
pub mod client;
pub mod error;
pub mod member;
pub mod options;

use connector::call::{Access, Call, Connector, Grant, GrantedValues, Identity, unknown_list};
use connector::http::{AppHttp, HttpSettings, HttpSetupError};
use domain::app::App;
use domain::options::OptionItem;
use domain::outcome::{Outcome, Setback};

use crate::client::Client;
use crate::error::Failure;
use crate::options::Part;

/// The connector, one per process: it holds the HTTP client.
#[derive(Debug, Clone)]
pub struct Mailchimp {
    http: AppHttp,
}

impl Mailchimp {
    /// Builds the HTTP client.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        Ok(Self { http: AppHttp::new(App::MAILCHIMP, settings)? })
    }

    async fn act(&self, call: &Call<'_>) -> Result<Outcome, Failure> {
        let client = Client::new(&self.http, call.access())?;
        match call.job.action.as_str() {
            "add_to_list" => actions::add_to_list::perform(&client, call).await,
            "remove_from_list" => actions::remove_from_list::perform(&client, call).await,
            "add_tag" => actions::add_tag::perform(&client, call).await,
            "remove_tag" => actions::remove_tag::perform(&client, call).await,
            _ => Ok(call.unknown_action()),
        }
    }
}

impl Connector for Mailchimp {
    fn app(&self) -> App {
        App::MAILCHIMP
    }

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        self.act(call).await.unwrap_or_else(Outcome::from)
    }

    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Setback> {
        let client = Client::new(&self.http, *access)?;
        Ok(Identity { account: client.account_name().await? })
    }

    async fn is_as_set(&self, call: &Call<'_>) -> Result<Option<bool>, Setback> {
        let client = Client::new(&self.http, call.access())?;
        Ok(actions::is_as_set(&client, call).await?)
    }

    async fn options(&self, access: &Access<'_>, list: &str) -> Result<Vec<OptionItem>, Setback> {
        let client = Client::new(&self.http, *access)?;
        let pulled = match list {
            "audiences" => options::audiences(&client).await,
            "tags" => options::of_each_audience(&client, Part::Tags).await,
            "merge_fields" => options::of_each_audience(&client, Part::MergeFields).await,
            _ => return Err(unknown_list(App::MAILCHIMP, list)),
        };
        Ok(pulled?)
    }

    /// A token does not contain the account's data center, so the data center is requested and stored.
    async fn granted(&self, grant: &Grant<'_>) -> Result<GrantedValues, Setback> {
        let center = client::locate(&self.http, &grant.access).await?;
        Ok(GrantedValues::from([("dc".to_owned(), center)]))
    }
}
