//! The providers, a row each: what tells them apart.
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// How a request for tokens is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Form,
    Json,
}

/// Where a client's id and secret go in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAuth {
    Body,
    Basic,
}

/// How an error looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `error` and `error_description`, as in RFC 6749, section 5.2.
    Standard,
    /// The same, and the `statusCode` and `message` of HighLevel's own errors; 422 for what is missing.
    HighLevel,
}

/// One app's OAuth.
pub(super) struct Provider {
    pub(super) app: &'static str,
    /// The name on its page.
    pub(super) label: &'static str,
    pub(super) authorize: &'static str,
    pub(super) token: &'static str,
    /// Where tokens are taken back.
    pub(super) revoke: &'static [&'static str],
    /// Where the app tells whose account a token is for.
    pub(super) metadata: Option<&'static str>,
    pub(super) format: Format,
    pub(super) client: ClientAuth,
    /// Whether a code is only taken together with its `redirect_uri`. One that is given must be right everywhere.
    pub(super) repeats_redirect: bool,
    /// Whether a `code_challenge` (S256) is taken, and its verifier asked for; where not, both go unnoticed.
    pub(super) pkce: bool,
    /// Seconds that a code lives.
    pub(super) code_lifetime: u32,
    /// Seconds that an access token lives; 0: for ever.
    pub(super) expires_in: u32,
    /// Whether there is a refresh token, good for one use, with each access token.
    pub(super) refresh: bool,
    /// What a bad code or refresh token is answered with.
    pub(super) refused: StatusCode,
    pub(super) dialect: Dialect,
    /// What comes back to the client beside `code` and `state`.
    pub(super) callback: &'static [(&'static str, &'static str)],
    /// What a token answer holds beside the tokens and `expires_in`.
    pub(super) beside: fn(&Consent, Timestamp) -> Value,
}

/// What somebody allowed.
#[derive(Clone, Debug)]
pub(super) struct Consent {
    /// Its number, from 1.
    pub(super) id: u64,
    pub(super) client_id: String,
    /// As asked for; empty where nothing was.
    pub(super) scope: String,
    /// At HighLevel: for an agency in place of a location.
    pub(super) company: bool,
}

/// Every app with OAuth. Where no source says how long a code lives, it is the ten minutes that RFC 6749 allows at most.
pub(super) static ALL: [Provider; 4] = [
    // https://mailchimp.com/developer/marketing/guides/access-user-data-oauth-2/
    Provider {
        app: "mailchimp",
        label: "Mailchimp",
        authorize: "/oauth2/authorize",
        token: "/oauth2/token",
        revoke: &[],
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

impl Provider {
    /// [`Provider::beside`] as an object.
    pub(super) fn beside(&self, consent: &Consent, at: Timestamp) -> Map<String, Value> {
        match (self.beside)(consent, at) {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }
}
