//! The ways to connect an account of an app, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One way to connect an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Its key, which an integration stores.
    pub key: String,
    /// The name that merchants read.
    pub label: String,
    /// When to choose this method, and what it requires.
    #[serde(default)]
    pub help: String,
    /// The credentials that a merchant enters. With OAuth: those that are needed before the merchant is sent to the
    /// app.
    #[serde(default)]
    pub credentials: Vec<Credential>,
    /// The app's OAuth flow; absent if the entered credentials are enough.
    #[serde(default)]
    pub oauth: Option<OAuth>,
    /// The app's rate limit for one account.
    #[serde(default)]
    pub rate: Option<Rate>,
    /// The most concurrent calls that the app accepts from one account.
    #[serde(default)]
    pub concurrency: Option<u32>,
}

/// One value that a merchant enters to connect an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Its key.
    pub key: String,
    /// The name that merchants read.
    pub label: String,
    /// The place where the merchant finds it.
    #[serde(default)]
    pub help: String,
    /// The vendor's page about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Whether it is a secret, which is never shown again.
    #[serde(default)]
    pub secret: bool,
    /// A regular expression of the parts that are no secret, such as the data center at the end of a key. The rest of
    /// the value is replaced when requests are previewed. Absent: a secret has no such part, and another value is not
    /// replaced.
    #[serde(default)]
    pub public: Option<String>,
    /// Whether the account can be connected without it.
    #[serde(default)]
    pub optional: bool,
    /// A regular expression that a valid value matches.
    #[serde(default)]
    pub pattern: Option<String>,
}

/// An app's OAuth 2 authorization code flow (RFC 6749, section 4.1). In a URL, `{key}` is replaced by the value that
/// the merchant entered for that credential.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    /// The URL at which the merchant authorizes us.
    pub authorize: String,
    /// Query parameters of that URL besides the standard's own.
    #[serde(default)]
    pub authorize_parameters: BTreeMap<String, String>,
    /// The URL that exchanges a code or a refresh token for tokens.
    pub token: String,
    /// Parameters of the token request besides the standard's own.
    #[serde(default)]
    pub token_parameters: BTreeMap<String, String>,
    /// The URL that revokes tokens, if the app has one (RFC 7009).
    #[serde(default)]
    pub revoke: Option<String>,
    /// The token that it takes.
    #[serde(default)]
    pub revokes: TokenKind,
    /// The scopes that we request.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Whether the app supports a proof key (RFC 7636, S256).
    #[serde(default)]
    pub pkce: bool,
    /// The format of the token request's body.
    pub body: Format,
    /// The place of our client id and secret in it.
    pub client: ClientAuth,
    /// Whether access tokens expire and are refreshed with a refresh token.
    pub refresh: bool,
}

/// A token of a pair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// The access token.
    #[default]
    Access,
    /// The refresh token.
    Refresh,
}

/// The format of a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `application/x-www-form-urlencoded`, as the standard requires.
    Form,
    /// JSON.
    Json,
}

/// The place of our client id and secret in a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// In the body.
    Body,
    /// In the `Authorization` header, Basic.
    Basic,
}

/// An app's rate limit for one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The number of calls
    pub calls: u32,
    /// in this many seconds.
    pub seconds: u32,
}
