//! The providers, one row each, with their differences.
use std::sync::LazyLock;

use axum::http::StatusCode;
use domain::manifest::{self, Catalog, Manifest};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The format of a token request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Form,
    Json,
}

/// The location of a client's id and secret in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAuth {
    Body,
    Basic,
}

/// The form of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `error` and `error_description`, as in RFC 6749, section 5.2.
    Standard,
    /// The same, with the `statusCode` and `message` of HighLevel's own errors; 422 for missing parameters.
    HighLevel,
}

/// The tokens that the paths for revocation take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Revokes {
    AnyToken,
    RefreshToken,
}

/// One app's OAuth.
pub(super) struct Provider {
    pub(super) app: &'static str,
    /// The name on its page.
    pub(super) label: &'static str,
    pub(super) authorize: &'static str,
    pub(super) token: &'static str,
    /// The paths that revoke tokens.
    pub(super) revoke: &'static [&'static str],
    pub(super) revokes: Revokes,
    /// The path of a token's account.
    pub(super) metadata: Option<&'static str>,
    pub(super) format: Format,
    pub(super) client: ClientAuth,
    /// Whether a code requires its `redirect_uri`. If present, it must be correct for every provider.
    pub(super) repeats_redirect: bool,
    /// Whether a `code_challenge` (S256) is accepted and its verifier required; otherwise both are ignored.
    pub(super) pkce: bool,
    /// The lifetime of a code in seconds.
    pub(super) code_lifetime: u32,
    /// The lifetime of an access token in seconds; 0 if it does not expire.
    pub(super) expires_in: u32,
    /// Whether each access token comes with a refresh token, which is valid for one use.
    pub(super) refresh: bool,
    /// The status for a wrong code or refresh token.
    pub(super) refused: StatusCode,
    pub(super) dialect: Dialect,
    /// The parameters of the redirect besides `code` and `state`.
    pub(super) callback: &'static [(&'static str, &'static str)],
    /// The fields of a token response besides the tokens and `expires_in`.
    pub(super) beside: fn(&Consent, Timestamp) -> Value,
}

/// A user's consent.
#[derive(Clone, Debug)]
pub(super) struct Consent {
    /// Its number, from 1.
    pub(super) id: u64,
    pub(super) client_id: String,
    /// The requested scope; empty if none was requested.
    pub(super) scope: String,
    /// In HighLevel: for an agency instead of a location.
    pub(super) company: bool,
}

/// Every app with a stand-in of its own that has OAuth. If no source states the lifetime of a code, it is ten minutes, the maximum that RFC 6749
/// recommends.
pub(super) static ALL: [Provider; 4] = [
    // https://mailchimp.com/developer/marketing/guides/access-user-data-oauth-2/
    Provider {
        app: "mailchimp",
        label: "Mailchimp",
        authorize: "/oauth2/authorize",
        token: "/oauth2/token",
        revoke: &[],
        revokes: Revokes::AnyToken,
        metadata: Some("/oauth2/metadata"),
        format: Format::Form,
        client: ClientAuth::Body,
        repeats_redirect: true,
        pkce: false,
        code_lifetime: 600,
        expires_in: 0,
        refresh: false,
        refused: StatusCode::BAD_REQUEST,
        dialect: Dialect::Standard,
        callback: &[],
        beside: |_, _| json!({ "scope": null }),
    },
    // https://developers.kit.com/ (OAuth). Its own libraries revoke outside of /v4.
    Provider {
        app: "kit",
        label: "Kit",
        authorize: "/v4/oauth/authorize",
        token: "/v4/oauth/token",
        revoke: &["/oauth/revoke", "/v4/oauth/revoke"],
        revokes: Revokes::AnyToken,
        metadata: None,
        format: Format::Json,
        client: ClientAuth::Body,
        repeats_redirect: true,
        pkce: true,
        code_lifetime: 600,
        expires_in: 172_800,
        refresh: true,
        refused: StatusCode::BAD_REQUEST,
        dialect: Dialect::Standard,
        callback: &[],
        beside: |consent, at| {
            let scope = if consent.scope.is_empty() { "public" } else { &consent.scope };
            json!({ "token_type": "Bearer", "scope": scope, "created_at": at.as_second() })
        },
    },
    // https://marketplace.gohighlevel.com/docs/oauth/Authorization
    Provider {
        app: "highlevel",
        label: "HighLevel",
        authorize: "/v2/oauth/chooselocation",
        token: "/oauth/token",
        revoke: &[],
        revokes: Revokes::AnyToken,
        metadata: None,
        format: Format::Form,
        client: ClientAuth::Body,
        repeats_redirect: false,
        pkce: false,
        code_lifetime: 600,
        expires_in: 86_399,
        refresh: true,
        refused: StatusCode::BAD_REQUEST,
        dialect: Dialect::HighLevel,
        callback: &[],
        beside: |consent, _| {
            let mut beside = json!({
                "token_type": "Bearer", "scope": consent.scope, "companyId": "company-1", "userId": "user-1",
            });
            beside["userType"] = if consent.company {
                beside["isBulkInstallation"] = json!(true);
                beside["approvedLocations"] = json!(["demo"]);
                json!("Company")
            } else {
                beside["locationId"] = json!("demo");
                json!("Location")
            };
            beside
        },
    },
    // https://support.thinkific.dev/ (OAuth Authorization)
    Provider {
        app: "thinkific",
        label: "Thinkific",
        authorize: "/oauth2/authorize",
        token: "/oauth2/token",
        revoke: &[],
        revokes: Revokes::AnyToken,
        metadata: None,
        format: Format::Json,
        client: ClientAuth::Basic,
        repeats_redirect: false,
        pkce: true,
        code_lifetime: 60,
        expires_in: 86_399,
        refresh: true,
        refused: StatusCode::UNAUTHORIZED,
        dialect: Dialect::Standard,
        callback: &[("subdomain", "sandbox")],
        beside: |_, _| json!({ "token_type": "bearer", "gid": "00000000-0000-4000-8000-000000000001" }),
    },
];

/// The apps that are data and have a login, as their definitions describe it. Each refresh token is valid for one use.
pub(super) static DECLARED: LazyLock<Vec<Provider>> = LazyLock::new(|| {
    let coded = |manifest: &&Manifest| ALL.iter().all(|provider| provider.app != manifest.app.key());
    let declared = |manifest: &'static Manifest| {
        manifest.examples.as_ref()?;
        let oauth = manifest.methods.iter().find_map(|method| method.oauth.as_ref())?;
        let client = match oauth.client {
            manifest::ClientAuth::Body => ClientAuth::Body,
            manifest::ClientAuth::Basic => ClientAuth::Basic,
        };
        let format = match oauth.body {
            manifest::Format::Form => Format::Form,
            manifest::Format::Json => Format::Json,
        };
        Some(Provider {
            app: manifest.app.key(),
            label: &manifest.label,
            authorize: path(&oauth.authorize),
            token: path(&oauth.token),
            revoke: oauth.revoke.iter().map(|address| path(address)).collect::<Vec<_>>().leak(),
            revokes: match oauth.revokes {
                manifest::TokenKind::Access => Revokes::AnyToken,
                manifest::TokenKind::Refresh => Revokes::RefreshToken,
            },
            metadata: None,
            format,
            client,
            repeats_redirect: true,
            pkce: oauth.pkce,
            code_lifetime: 600,
            expires_in: if oauth.refresh { 3600 } else { 0 },
            refresh: oauth.refresh,
            refused: StatusCode::BAD_REQUEST,
            dialect: Dialect::Standard,
            callback: &[],
            beside: |_, _| json!({ "token_type": "bearer" }),
        })
    };
    Catalog::get().all().filter(coded).filter_map(declared).collect()
});

/// The path of an address. Its host may have a placeholder.
fn path(address: &str) -> &str {
    let host = address.strip_prefix("https://").unwrap_or(address);
    host.find('/').map_or("/", |at| &host[at..])
}

/// Every app with OAuth.
pub(super) fn all() -> impl Iterator<Item = &'static Provider> {
    ALL.iter().chain(DECLARED.iter())
}

impl Provider {
    /// [`Provider::beside`] as an object.
    pub(super) fn beside(&self, consent: &Consent, at: Timestamp) -> Map<String, Value> {
        match (self.beside)(consent, at) {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}
