//! The contract between the kit and a connector.

use std::collections::BTreeMap;
use std::future::Future;

use domain::app::App;
use domain::job::Job;
use domain::options::OptionItem;
use domain::outcome::{Outcome, Reason, Setback};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::credentials::Credentials;

/// One app's connector: it performs a job and returns the outcome. Between calls it keeps nothing but its HTTP client.
pub trait Connector: Send + Sync {
    /// The app.
    const APP: App;

    /// Performs the job once, without retries. Every result is an [`Outcome`].
    fn perform(&self, call: &Call<'_>) -> impl Future<Output = Outcome> + Send;

    /// The connection test: asks the app whose account this is, and changes nothing.
    fn identify(&self, access: &Access<'_>) -> impl Future<Output = Result<Identity, Setback>> + Send;

    /// Pulls one of the manifest's option lists, page by page, until it is whole or holds more than
    /// [`domain::options::MOST`].
    fn options(
        &self,
        _access: &Access<'_>,
        list: &str,
    ) -> impl Future<Output = Result<Vec<OptionItem>, Setback>> + Send {
        let unknown = unknown_list(Self::APP, list);
        async { Err(unknown) }
    }

    /// What to store of an OAuth grant beside its tokens, such as the account's data center. An account of the wrong kind is
    /// rejected here.
    fn granted(&self, _grant: &Grant<'_>) -> impl Future<Output = Result<GrantedValues, Setback>> + Send {
        async { Ok(GrantedValues::new()) }
    }
}

/// An account to call.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The merchant's credentials, what [`Connector::granted`] returned and, for an account connected by OAuth, a valid
    /// `access_token`.
    pub credentials: &'a Credentials,
    /// The time now.
    pub now: Timestamp,
}

/// What an app says of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// What the app calls it, where it says: "Ada's Bookshop".
    pub account: Option<String>,
}

/// An account that the merchant has just authorized.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// The account, with its new `access_token`.
    pub access: Access<'a>,
    /// What the token endpoint answered beside the tokens.
    pub answer: &'a Map<String, Value>,
}

/// Texts that are encrypted with an account's credentials, by key.
pub type GrantedValues = BTreeMap<String, String>;

/// One attempt at one job.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// What to do.
    pub job: &'a Job,
    /// The account to do it in.
    pub credentials: &'a Credentials,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// The time now.
    pub now: Timestamp,
}

/// A setting's value, by where the merchant got it from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen<'a> {
    /// Chosen from an option list: a value that the app gave, such as an id.
    Listed(&'a str),
    /// Typed by hand: what the merchant calls it, whatever it looks like.
    Typed(&'a str),
}

impl<'a> Call<'a> {
    /// The account to do it in.
    pub fn access(&self) -> Access<'a> {
        Access { credentials: self.credentials, now: self.now }
    }

    /// The text of a required setting.
    ///
    /// # Errors
    /// It is absent, blank or no text.
    pub fn setting(&self, key: &str) -> Result<&'a str, Setback> {
        self.job.settings.text(key).ok_or_else(|| {
            Setback::rejected(format!("The rule has no `{key}`."), "Edit the rule and fill it in.")
        })
    }

    /// A required setting that may be chosen from an option list or typed.
    ///
    /// # Errors
    /// It is absent, blank or no text.
    pub fn chosen(&self, key: &str) -> Result<Chosen<'a>, Setback> {
        let text = self.setting(key)?;
        Ok(if self.job.typed.contains(key) { Chosen::Typed(text) } else { Chosen::Listed(text) })
    }

    /// The outcome of a job whose action the connector does not have.
    pub fn unknown_action(&self) -> Outcome {
        let message = format!("{} has no action `{}`.", self.job.app.label(), self.job.action);
        Setback::rejected(message, "Edit the rule and choose an action.").into()
    }
}

/// The setback of an option list that the connector does not have.
pub fn unknown_list(app: App, list: &str) -> Setback {
    Setback::Rejected { reason: Reason::new(format!("{} has no option list `{list}`.", app.label())) }
}
