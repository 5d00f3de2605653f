//! The Kit connector: tags of subscribers, and purchases. Kit was formerly called ConvertKit.
//!
//! Kit's API has two generations, and an account is connected with a credential of one of them: [`client`] hides the
//! difference. `manifest.json` lists what a merchant can configure; each action has its module.

pub mod actions;
pub mod client;
pub mod error;
pub mod purchase;
pub mod subscriber;

use connector::call::{Access, Call, Connector, Identity, unknown_list};
use connector::http::{AppHttp, HttpSettings, HttpSetupError};
use domain::app::App;
use domain::options::OptionItem;
use domain::outcome::{Outcome, Setback};

use crate::client::{Api, Client};
use crate::error::Failure;

/// The connector, one per process: it holds the HTTP client.
#[derive(Debug, Clone)]
pub struct Kit {
    api: Api,
}

impl Kit {
    /// Builds the HTTP client.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        Ok(Self { api: Api::new(AppHttp::new(App::KIT, settings)?)? })
    }

    async fn act(&self, call: &Call<'_>) -> Result<Outcome, Failure> {
        let client = Client::new(&self.api, &call.access())?;
        match call.job.action.as_str() {
            "add_tag" => actions::add_tag::perform(&client, call).await,
            "remove_tag" => actions::remove_tag::perform(&client, call).await,
            "add_purchase" => actions::add_purchase::perform(&client, call).await,
            _ => Ok(call.unknown_action()),
        }
    }
}

impl Connector for Kit {
    fn app(&self) -> App {
        App::KIT
    }

    async fn warm(&self) {
        self.api.warm().await;
    }

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        self.act(call).await.unwrap_or_else(Outcome::from)
    }

    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Setback> {
        let client = Client::new(&self.api, access)?;
        let account = client.account().await?;
        Ok(Identity { account })
    }

    async fn is_as_set(&self, call: &Call<'_>) -> Result<Option<bool>, Setback> {
        let client = Client::new(&self.api, &call.access())?;
        Ok(actions::is_as_set(&client, call).await?)
    }

    /// Tags and forms. The value is the id, which does not change when a merchant renames one.
    async fn options(&self, access: &Access<'_>, list: &str) -> Result<Vec<OptionItem>, Setback> {
        let client = Client::new(&self.api, access)?;
        let entries = match list {
            "tags" => client.tags().await,
            "forms" => client.forms().await,
            _ => return Err(unknown_list(App::KIT, list)),
        };
        let item = |entry: client::Entry| OptionItem::new(entry.id.to_string(), entry.name);
        Ok(entries?.into_iter().map(item).collect())
    }
}
