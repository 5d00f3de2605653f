//! The contract between the kit and a connector.

use std::collections::BTreeMap;
use std::future::Future;

use domain::app::App;
use domain::job::Job;
use domain::options::OptionItem;
use domain::outcome::{Fix, Outcome, Reason, Setback};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::credentials::Credentials;

/// One app's connector: it performs a job and returns the outcome. Between calls it keeps only its HTTP client.
pub trait Connector: Send + Sync {
    /// The app.
    fn app(&self) -> App;

    /// Opens a connection to the app before the first job needs it. By default nothing: the app's origin depends on the
    /// account.
    fn warm(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Performs the job once, without retries. Every result is an [`Outcome`].
    fn perform(&self, call: &Call<'_>) -> impl Future<Output = Outcome> + Send;

    /// The connection test: asks the app which account the credentials belong to. It changes nothing.
    fn identify(&self, access: &Access<'_>) -> impl Future<Output = Result<Identity, Setback>> + Send;

    /// Reads one of the manifest's option lists, page by page, until the list is complete or has more than
    /// [`domain::options::MOST`] entries.
    fn options(
        &self,
        _access: &Access<'_>,
        list: &str,
    ) -> impl Future<Output = Result<Vec<OptionItem>, Setback>> + Send {
        let unknown = unknown_list(self.app(), list);
        async { Err(unknown) }
    }

    /// Asks the app whether it is in the state that the job's action sets; `None`: it cannot be asked about this action.
    /// Every request is a GET: others are refused.
    fn is_as_set(&self, _call: &Call<'_>) -> impl Future<Output = Result<Option<bool>, Setback>> + Send {
        async { Ok(None) }
    }

    /// Values to store of an OAuth grant beside its tokens, such as the account's data center. An account of the wrong
    /// kind is rejected here.
    fn granted(&self, _grant: &Grant<'_>) -> impl Future<Output = Result<GrantedValues, Setback>> + Send {
        async { Ok(GrantedValues::new()) }
    }
}

/// An account to call.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The merchant's credentials, the values that [`Connector::granted`] returned and, for an account connected by
    /// OAuth, a valid `access_token`.
    pub credentials: &'a Credentials,
    /// The time now.
    pub now: Timestamp,
}

/// An account as the app describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The account's name in the app, if the app returns one: "Ada's Bookshop".
    pub account: Option<String>,
}

/// An account that the merchant has just authorized.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// The account, with its new `access_token`.
    pub access: Access<'a>,
    /// The token endpoint's response, without the tokens.
    pub answer: &'a Map<String, Value>,
}

/// Texts that are encrypted with an account's credentials, by key.
pub type GrantedValues = BTreeMap<String, String>;

/// One attempt at one job.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The job to perform.
    pub job: &'a Job,
    /// The credentials of the job's account.
    pub credentials: &'a Credentials,
    /// The number of this attempt, from 1.
    pub attempt: u32,
    /// The time now.
    pub now: Timestamp,
}

/// A setting's value, by its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen<'a> {
    /// Chosen from an option list: a value that the app returned, such as an id.
    Listed(&'a str),
    /// Typed by the merchant: always a name, also if it looks like an id.
    Typed(&'a str),
}

impl<'a> Call<'a> {
    /// The account to call.
    pub fn access(&self) -> Access<'a> {
        Access { credentials: self.credentials, now: self.now }
    }

    /// The text of a required setting.
    ///
    /// # Errors
    /// The setting is absent, blank or not text.
    pub fn setting(&self, key: &str) -> Result<&'a str, Setback> {
        self.job.settings.text(key).ok_or_else(|| {
            Setback::rejected(Fix::Rule, format!("The rule has no `{key}`."), "Edit the rule and fill it in.")
        })
    }

    /// A required setting that may be chosen from an option list or typed.
    ///
    /// # Errors
    /// The setting is absent, blank or not text.
    pub fn chosen(&self, key: &str) -> Result<Chosen<'a>, Setback> {
        let text = self.setting(key)?;
        Ok(if self.job.typed.contains(key) { Chosen::Typed(text) } else { Chosen::Listed(text) })
    }

    /// The outcome of a job whose action the connector does not implement.
    pub fn unknown_action(&self) -> Outcome {
        let message = format!("{} has no action `{}`.", self.job.app.label(), self.job.action);
        Setback::rejected(Fix::Rule, message, "Edit the rule and choose an action.").into()
    }
}

/// The setback of an option list that the connector does not implement.
pub fn unknown_list(app: App, list: &str) -> Setback {
    Setback::Rejected { reason: Reason::new(format!("{} has no option list `{list}`.", app.label())) }
}
