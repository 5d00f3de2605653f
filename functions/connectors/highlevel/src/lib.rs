//! The HighLevel connector: contacts of a location (a sub-account) and their tags.
//!
//! `manifest.json` lists what a merchant can configure; each action has its module.

pub mod actions;
pub mod client;
pub mod error;

use connector::call::{Access, Call, Connector, Grant, GrantedValues, Identity, unknown_list};
use connector::http::{AppHttp, HttpSettings, HttpSetupError, Origin};
use domain::app::App;
use domain::options::OptionItem;
use domain::outcome::{Fix, Outcome, Setback};
use serde_json::Value;

use crate::client::{Client, ORIGIN, Turns};
use crate::error::Failure;

/// The connector, one per process: it holds the HTTP client and the turns of jobs.
#[derive(Debug, Clone)]
pub struct HighLevel {
    http: AppHttp,
    origin: Origin,
    turns: Turns,
}

impl HighLevel {
    /// Builds the HTTP client.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let http = AppHttp::new(App::HIGHLEVEL, settings)?;
        Ok(Self { origin: http.origin(ORIGIN)?, http, turns: Turns::default() })
    }

    fn client<'a>(&'a self, access: Access<'a>) -> Result<Client<'a>, Failure> {
        Client::new(&self.http, &self.origin, &self.turns, access)
    }

    async fn act(&self, call: &Call<'_>) -> Result<Outcome, Failure> {
        let client = self.client(call.access())?;
        match call.job.action.as_str() {
            "create_contact" => actions::create_contact::perform(&client, call).await,
            "add_tags" => actions::add_tags::perform(&client, call).await,
            "remove_tags" => actions::remove_tags::perform(&client, call).await,
            _ => Ok(call.unknown_action()),
        }
    }
}

impl Connector for HighLevel {
    fn app(&self) -> App {
        App::HIGHLEVEL
    }

    async fn warm(&self) {
        self.http.warm(&self.origin).await;
    }

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        self.act(call).await.unwrap_or_else(Outcome::from)
    }

    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Setback> {
        let client = self.client(*access)?;
        Ok(Identity { account: client.name().await? })
    }

    async fn options(&self, access: &Access<'_>, list: &str) -> Result<Vec<OptionItem>, Setback> {
        if list != "tags" {
            return Err(unknown_list(App::HIGHLEVEL, list));
        }
        let client = self.client(*access)?;
        Ok(client.tags().await?)
    }

    /// Stores the location that the merchant chose, which every call names. An agency's token cannot access contacts.
    ///
    /// <https://marketplace.gohighlevel.com/docs/ghl/oauth/get-access-token>
    async fn granted(&self, grant: &Grant<'_>) -> Result<GrantedValues, Setback> {
        let said =
            |key: &str| grant.answer.get(key).and_then(Value::as_str).map(str::trim).unwrap_or_default();
        let refused = |message: &str| {
            let hint = "Connect again and choose the location (sub-account) that your contacts are in.";
            Err(Setback::rejected(Fix::Account, message, hint))
        };
        match (said("userType"), said("locationId")) {
            ("Company", _) => {
                refused("The connection is to a HighLevel agency, but contacts belong to its locations.")
            }
            (_, "") => refused("HighLevel did not return the location of the connection."),
            (_, location) => Ok(GrantedValues::from([("location_id".to_owned(), location.to_owned())])),
        }
    }
}
