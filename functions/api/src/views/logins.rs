//! Logins at apps.

use std::collections::BTreeMap;

use domain::app::App;
use domain::id::IntegrationId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A login to begin.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLogin {
    /// The app's key.
    #[schema(schema_with = crate::openapi::words::app)]
    pub(crate) app: App,
    /// The merchant's own name for a new account, unique in the marketplace.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) label: Option<String>,
    /// The account to reconnect, instead of `label`. Its label does not change.
    #[schema(value_type = Option<String>, format = "integration-id")]
    pub(crate) integration: Option<IntegrationId>,
    /// The key of a connection method of the app. Default: the app's first method with a login.
    pub(crate) method: Option<String>,
    /// The credentials that the app's manifest requires before a login, by key.
    #[schema(value_type = BTreeMap<String, String>)]
    #[serde(default)]
    pub(crate) credentials: BTreeMap<String, SecretString>,
    /// The URL of your page that finishes the login, at the session's origin. Required.
    #[schema(format = "uri", max_length = 2000, example = "https://app.example.com/integrations/back")]
    pub(crate) return_to: Option<String>,
}

/// A login to finish, after the app has sent the merchant back to your page.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Finish {
    /// The app's key: the parameter `app` of your page's query.
    #[schema(schema_with = crate::openapi::words::app)]
    pub(crate) app: App,
    /// The other parameters of your page's query, unchanged, including `state` and `code`.
    pub(crate) parameters: BTreeMap<String, String>,
}

/// The URL to redirect the merchant to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoginView {
    /// The URL of the app's login page. It is valid for one login.
    #[schema(format = "uri")]
    pub(crate) url: String,
    /// When the URL expires.
    #[schema(format = DateTime)]
    pub(crate) expires_at: String,
}
