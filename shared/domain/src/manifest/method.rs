//! How an account of an app is connected, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One way to connect an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Its key: what an integration remembers of how it was connected.
    pub key: String,
    /// The name that a merchant reads.
    pub label: String,
    /// When to choose it, and what it takes.
    #[serde(default)]
    pub help: String,
    /// What a merchant types in. With OAuth: what has to be known before they are sent to the app.
    #[serde(default)]
    pub credentials: Vec<Credential>,
    /// Where the merchant is sent to allow us in; absent where what they type in is enough.
    #[serde(default)]
    pub oauth: Option<OAuth>,
    /// How often the app lets one account be called.
    #[serde(default)]
    pub rate: Option<Rate>,
    /// How many calls the app takes from one account at once.
    #[serde(default)]
    pub concurrency: Option<u32>,
}

/// One thing that a merchant gives to connect an account.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Its key.
    pub key: String,
    /// The name that a merchant reads.
    pub label: String,
    /// Where the merchant finds it.
    #[serde(default)]
    pub help: String,
    /// Whether it must never be shown again.
    #[serde(default)]
    pub secret: bool,
    /// Whether the account can be connected without it.
    #[serde(default)]
    pub optional: bool,
    /// A regular expression that a valid one matches.
    #[serde(default)]
    pub pattern: Option<String>,
}

/// An app's OAuth 2 authorization code flow (RFC 6749, section 4.1). In an address, `{key}` stands for what the merchant
/// gave as that credential.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    /// Where the merchant allows us in.
    pub authorize: String,
    /// Parameters of that address beside the standard's own.
    #[serde(default)]
    pub authorize_parameters: BTreeMap<String, String>,
    /// Where a code or a refresh token becomes tokens.
    pub token: String,
    /// Parameters of the request for tokens beside the standard's own.
    #[serde(default)]
    pub token_parameters: BTreeMap<String, String>,
    /// Where tokens are given back, where the app offers it (RFC 7009).
    #[serde(default)]
    pub revoke: Option<String>,
    /// What we ask to be allowed.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Whether the app takes a proof key (RFC 7636, S256).
    #[serde(default)]
    pub pkce: bool,
    /// How the request for tokens is written.
    pub body: Format,
    /// Where our own id and secret go in it.
    pub client: ClientAuth,
    /// Whether access tokens expire, and are renewed with a refresh token.
    pub refresh: bool,
}

/// How a request's body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `application/x-www-form-urlencoded`, as the standard has it.
    Form,
    /// JSON.
    Json,
}

/// Where our own id and secret go in a request for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// In the body.
    Body,
    /// In the `Authorization` header, Basic.
    Basic,
}

/// How often an app lets one account be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// So many calls
    pub calls: u32,
    /// in so many seconds.
    pub seconds: u32,
}
