//! The requests that a connector serves besides jobs. Only connectors can decrypt credentials and read an app's own
//! secrets, so every operation that needs those invokes the connector's function with a [`Request`].

mod compare;
mod preview;
mod texts;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::id::{IntegrationId, MarketplaceId};
use crate::integration::Ciphertext;
use crate::outcome::{Reason, Setback};
use crate::token::Pair;

pub use compare::{Compare, Compared, InApp};
pub use preview::{Preview, Previewed, PreviewedAction, PreviewedRequest};

/// A request and the type of its answer.
pub trait Rpc: Into<Request> {
    /// The answer. On the wire it is `{"Ok": …}`, or `{"Err": …}` with a [`RpcError`].
    type Answer: Serialize + DeserializeOwned;
}

/// The input of a connector's function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// See [`Test`].
    Test(Test),
    /// See [`Authorize`].
    Authorize(Authorize),
    /// See [`Accept`].
    Accept(Accept),
    /// See [`Refresh`].
    Refresh(Refresh),
    /// See [`Disconnect`].
    Disconnect(Disconnect),
    /// See [`Preview`].
    Preview(Preview),
    /// See [`Compare`].
    Compare(Compare),
}

/// Tests whether credentials work. They need not be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// The marketplace of the account.
    pub marketplace: MarketplaceId,
    /// The account that the credentials are encrypted for.
    pub integration: IntegrationId,
    /// The key of the manifest's method that the credentials belong to.
    pub method: String,
    /// The credentials.
    pub credentials: Ciphertext,
}

/// The result of a successful test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// The app's name for the account, if it returns one.
    pub account: Option<String>,
}

/// Requests the address at which a merchant authorizes us (OAuth). It can be used once, for 15 minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorize {
    /// The marketplace of the account.
    pub marketplace: MarketplaceId,
    /// The account's id: a new id, or the id of the account to reconnect.
    pub integration: IntegrationId,
    /// Its label; `None` keeps the current label.
    pub label: Option<String>,
    /// The key of a manifest's method with OAuth.
    pub method: String,
    /// The credentials that the merchant entered before, encrypted for the account.
    pub credentials: Ciphertext,
    /// The address that the app redirects the merchant to; registered with the app.
    pub redirect_uri: String,
    /// The portal's page that finishes the login; `None` if the browser that returns finishes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_to: Option<String>,
}

/// The address to send the merchant to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// The URL of the app's page.
    pub url: String,
    /// The time until which it can be used.
    pub expires_at: Timestamp,
}

/// Finishes a login after the app has redirected the merchant back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accept {
    /// The query parameters of the redirect, including `state` and `code`.
    pub parameters: BTreeMap<String, String>,
    /// The marketplace whose portal finishes the login; `None` if the browser that returns finishes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<MarketplaceId>,
}

impl Accept {
    /// The `state` parameter.
    pub fn state(&self) -> &str {
        self.parameters.get("state").map_or("", String::as_str)
    }
}

/// An account that a merchant has authorized. It is not stored yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The marketplace of the account.
    pub marketplace: MarketplaceId,
    /// Its id.
    pub integration: IntegrationId,
    /// Its label; `None` keeps the current label.
    pub label: Option<String>,
    /// The key of the manifest's method.
    pub method: String,
    /// The credentials for calls, besides the tokens.
    pub credentials: Ciphertext,
    /// The tokens, if they can be refreshed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Pair>,
    /// The app's name for the account, if it returns one.
    pub account: Option<String>,
    /// The reason if the app could not confirm that the access works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untested: Option<Reason>,
}

/// Pulls the option lists of a connected account and stores them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    /// The marketplace of the account.
    pub marketplace: MarketplaceId,
    /// The account's id.
    pub integration: IntegrationId,
}

/// The result of a Refresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refreshed {
    /// The app's name for the account, if it returns one.
    pub account: Option<String>,
    /// The number of options in each list.
    pub lists: Vec<ListSize>,
    /// The lists that could not be pulled. Their stored options stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedList>,
}

/// A list that could not be pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedList {
    /// The list's key in the manifest.
    pub list: String,
    /// Why.
    pub reason: Reason,
}

/// The size of an option list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSize {
    /// The list's key in the manifest.
    pub list: String,
    /// The number of its options.
    pub count: usize,
    /// Whether the app has more options than are stored.
    pub truncated: bool,
}

/// Revokes our access at the app, if the app supports that, and deletes the tokens. The account need not be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disconnect {
    /// The marketplace of the account.
    pub marketplace: MarketplaceId,
    /// The account's id.
    pub integration: IntegrationId,
    /// The key of the manifest's method that it was connected by.
    pub method: String,
    /// Its credentials.
    pub credentials: Ciphertext,
    /// The tokens of a login that failed. They are revoked, and the stored tokens stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsaved: Option<Pair>,
}

/// The result of a disconnect: we can no longer call the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disconnected {
    /// Whether the app revoked the access. Otherwise the access expires, or the merchant removes us in the app.
    pub revoked: bool,
}

macro_rules! rpcs {
    ($($ask:ident => $answer:ident;)*) => {$(
        impl From<$ask> for Request {
            fn from(ask: $ask) -> Self {
                Self::$ask(ask)
            }
        }

        impl Rpc for $ask {
            type Answer = $answer;
        }
    )*};
}

rpcs! {
    Test => Tested;
    Authorize => Authorization;
    Accept => Accepted;
    Refresh => Refreshed;
    Disconnect => Disconnected;
    Preview => Previewed;
    Compare => Compared;
}

/// The reason why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum RpcError {
    /// The app refuses the credentials: the merchant has to enter others.
    #[error("{}", .reason.message)]
    Credentials {
        /// The app's reason.
        reason: Reason,
    },
    /// The request cannot succeed as it is: the merchant has to change something.
    #[error("{}", .reason.message)]
    Rejected {
        /// The reason, and the change that is needed.
        reason: Reason,
    },
    /// A temporary failure: retry later.
    #[error("{}", .reason.message)]
    Later {
        /// The earliest time for a retry, if the app named one.
        until: Option<Timestamp>,
        /// Why.
        reason: Reason,
    },
}

impl RpcError {
    /// The error for a login that was used already, has expired or is unknown.
    pub fn stale_login() -> Self {
        let reason = Reason::new("This login was used already, has expired, or did not begin here.");
        Self::Rejected { reason: reason.hint("Connect the integration again.") }
    }

    /// The error for a login that was started in another portal: the person who authorized it may not be the person who
    /// started it.
    pub fn others_login() -> Self {
        let reason = Reason::new("This login was not started in this portal.");
        Self::Rejected { reason: reason.hint("Start it here, in the browser that you log in with.") }
    }

    /// The reason, with a hint.
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Credentials { reason } | Self::Rejected { reason } | Self::Later { reason, .. } => reason,
        }
    }
}

impl From<Setback> for RpcError {
    fn from(setback: Setback) -> Self {
        match setback {
            Setback::ReconnectNeeded { reason } => Self::Credentials { reason },
            Setback::Rejected { reason } => Self::Rejected { reason },
            Setback::Transient { reason } | Setback::PreconditionMissing { reason } => {
                Self::Later { until: None, reason }
            }
            Setback::RateLimited { until, reason } => Self::Later { until: Some(until), reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_names_what_is_asked() {
        let refresh =
            Refresh { marketplace: "shop-1".parse().unwrap(), integration: "int_1".parse().unwrap() };
        let wire = json!({ "ask": "refresh", "marketplace": "shop-1", "integration": "int_1" });
        assert_eq!(serde_json::to_value(Request::from(refresh.clone())).unwrap(), wire);
        assert_eq!(serde_json::from_value::<Request>(wire).unwrap(), Request::Refresh(refresh));
    }

    #[test]
    fn an_answer_or_its_refusal_survives_the_wire() {
        let refused = RpcError::Later { until: None, reason: Reason::new("Kit is down.") };
        for answer in [Ok(Tested { account: Some("Ada's".to_owned()) }), Err(refused)] {
            let wire = serde_json::to_value(&answer).unwrap();
            assert_eq!(serde_json::from_value::<Result<Tested, RpcError>>(wire).unwrap(), answer);
        }
    }
}
