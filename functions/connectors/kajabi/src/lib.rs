//! The Kajabi connector: offers, granted and revoked.
//!
//! `manifest.json` lists what a merchant can configure; each action has its module. An account has either all of the
//! merchant's offers, through [`client`], or one offer, through its [`activation`] URL.

pub mod actions;
pub mod activation;
pub mod client;
pub mod error;
mod token;

use connector::call::{Access, Call, Connector, Identity, unknown_list};
use connector::http::{AppHttp, HttpSettings, HttpSetupError, Origin};
use domain::app::App;
use domain::options::OptionItem;
use domain::outcome::{Outcome, Setback};

use crate::activation::Activation;
use crate::client::Client;
use crate::error::Failure;
use crate::token::Tokens;

/// The connector, one per process: it holds the HTTP client and the access tokens.
#[derive(Debug, Clone)]
pub struct Kajabi {
    http: AppHttp,
    api: Origin,
    tokens: Tokens,
}

/// An account, by the way it is connected.
#[derive(Debug)]
pub enum Account<'a> {
    /// With an API key and its secret.
    Api(Client<'a>),
    /// With one offer's activation URL.
    Offer(Activation<'a>),
}

impl Kajabi {
    /// Builds the HTTP client.
    ///
    /// # Errors
    /// The HTTP client cannot be built.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let http = AppHttp::new(App::KAJABI, settings)?;
        Ok(Self { api: http.origin("https://api.kajabi.com")?, http, tokens: Tokens::default() })
    }

    fn account<'a>(&'a self, access: &Access<'a>) -> Result<Account<'a>, Failure> {
        Ok(if access.credentials.get("activate_url").is_ok() {
            Account::Offer(Activation::new(&self.http, access)?)
        } else {
            Account::Api(Client::new(&self.http, &self.api, &self.tokens, access)?)
        })
    }

    async fn act(&self, call: &Call<'_>) -> Result<Outcome, Failure> {
        let account = self.account(&call.access())?;
        match call.job.action.as_str() {
            "grant_offer" => actions::grant_offer::perform(&account, call).await,
            "revoke_offer" => actions::revoke_offer::perform(&account, call).await,
            _ => Ok(call.unknown_action()),
        }
    }

    /// A call to an offer's URL would grant the offer, so only the URL's form is checked.
    async fn whose(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let account = match self.account(access)? {
            Account::Api(client) => {
                let titles = client.sites().await?.into_iter().filter_map(|site| site.title);
                titles.collect::<Vec<_>>().join(", ")
            }
            Account::Offer(activation) => activation.label(),
        };
        Ok(Identity { account: Some(account).filter(|account| !account.is_empty()) })
    }

    async fn offers(&self, access: &Access<'_>) -> Result<Vec<OptionItem>, Failure> {
        match self.account(access)? {
            Account::Api(client) => client.offers().await,
            Account::Offer(activation) => Ok(vec![OptionItem::new(activation.offer(), activation.label())]),
        }
    }
}

impl Connector for Kajabi {
    fn app(&self) -> App {
        App::KAJABI
    }

    async fn warm(&self) {
        self.http.warm(&self.api).await;
    }

    async fn perform(&self, call: &Call<'_>) -> Outcome {
        self.act(call).await.unwrap_or_else(Outcome::from)
    }

    async fn identify(&self, access: &Access<'_>) -> Result<Identity, Setback> {
        Ok(self.whose(access).await?)
    }

    async fn options(&self, access: &Access<'_>, list: &str) -> Result<Vec<OptionItem>, Setback> {
        match list {
            "offers" => Ok(self.offers(access).await?),
            _ => Err(unknown_list(App::KAJABI, list)),
        }
    }
}
