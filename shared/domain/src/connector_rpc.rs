//! What a connector can be asked beside performing jobs. Only connectors open credentials and know an app's own secrets,
//! so whatever needs those is asked of the app's connector, by invoking its function with a [`Request`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::id::{IntegrationId, MarketplaceId};
use crate::integration::Ciphertext;
use crate::outcome::{Reason, Setback};
use crate::token::Pair;

/// One thing to ask, and what is answered.
pub trait Rpc: Into<Request> {
    /// The answer. On the wire it is `{"Ok": …}`, or `{"Err": …}` with a [`RpcError`].
    type Answer: Serialize + DeserializeOwned;
}

/// What a connector's function is invoked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// Do these credentials work? They need not be saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// Whose account it is.
    pub marketplace: MarketplaceId,
    /// The account that the credentials are sealed for.
    pub integration: IntegrationId,
    /// The manifest's method that they are of.
    pub method: String,
    /// The credentials.
    pub credentials: Ciphertext,
}

/// An account that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// What the app calls it, where it says.
    pub account: Option<String>,
}

/// Where does a merchant allow us in (OAuth)? The address is good once, for a quarter of an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorize {
    /// Whose account it will be.
    pub marketplace: MarketplaceId,
    /// The account's id: a new one, or that of the account to connect again.
    pub integration: IntegrationId,
    /// Its label; absent where it keeps the one that it has.
    pub label: Option<String>,
    /// The manifest's method, one with OAuth.
    pub method: String,
    /// What the merchant typed in before, sealed for the account.
    pub credentials: Ciphertext,
    /// Where the app sends the merchant back to; registered with the app.
    pub redirect_uri: String,
    /// The portal's page that finishes the login; absent where whoever comes back does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_to: Option<String>,
}

/// Where to send the merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// The app's page.
    pub url: String,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

/// The app sent a merchant back: take what they allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accept {
    /// The parameters that they came back with, `state` and `code` among them.
    pub parameters: BTreeMap<String, String>,
    /// Whose portal finishes the login; absent where whoever comes back does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<MarketplaceId>,
}

impl Accept {
    /// The `state` among the parameters.
    pub fn state(&self) -> &str {
        self.parameters.get("state").map_or("", String::as_str)
    }
}

/// An account that a merchant allowed us into. Nothing of it is saved yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Whose account it is.
    pub marketplace: MarketplaceId,
    /// Its id.
    pub integration: IntegrationId,
    /// Its label; absent where it keeps the one that it has.
    pub label: Option<String>,
    /// The manifest's method.
    pub method: String,
    /// What calls are made with, beside the tokens.
    pub credentials: Ciphertext,
    /// The tokens, where they can be renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Pair>,
    /// What the app calls it, where it says.
    pub account: Option<String>,
    /// Why the app did not say whether the access works, where it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untested: Option<Reason>,
}

/// Pull the option lists of a connected account and store them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    /// Whose account it is.
    pub marketplace: MarketplaceId,
    /// Which.
    pub integration: IntegrationId,
}

/// What was pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refreshed {
    /// What the app calls the account, where it says.
    pub account: Option<String>,
    /// How many things each list holds.
    pub lists: Vec<ListSize>,
    /// The lists that could not be pulled. They stay as they were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<FailedList>,
}

/// A list that could not be pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedList {
    /// Its key in the manifest.
    pub list: String,
    /// Why.
    pub reason: Reason,
}

/// The size of an option list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSize {
    /// Its key in the manifest.
    pub list: String,
    /// How many things it holds.
    pub count: usize,
    /// Whether the app has more than are kept.
    pub truncated: bool,
}

/// Give our access back to the app, where it takes it back, and forget the tokens. The account need not be saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disconnect {
    /// Whose account it is.
    pub marketplace: MarketplaceId,
    /// Which.
    pub integration: IntegrationId,
    /// The manifest's method that it was connected by.
    pub method: String,
    /// Its credentials.
    pub credentials: Ciphertext,
    /// The tokens of a login that came to nothing: they are given back, and those that are stored stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsaved: Option<Pair>,
}

/// An account that we cannot reach any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disconnected {
    /// Whether the app took the access back; otherwise it ends by itself, or with the merchant's removing us there.
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
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum RpcError {
    /// The app does not take the credentials: the merchant has to give others.
    #[error("{}", .reason.message)]
    Credentials {
        /// What the app said.
        reason: Reason,
    },
    /// Not as it is: the merchant has to change something.
    #[error("{}", .reason.message)]
    Rejected {
        /// What.
        reason: Reason,
    },
    /// Not now: ask again later.
    #[error("{}", .reason.message)]
    Later {
        /// Not before this, where the app named a time.
        until: Option<Timestamp>,
        /// Why.
        reason: Reason,
    },
}

impl RpcError {
    /// Somebody comes back from an app twice, too late, or from nowhere.
    pub fn stale_login() -> Self {
        let reason = Reason::new("This login was used already, has expired, or did not begin here.");
        Self::Rejected { reason: reason.hint("Connect the integration again.") }
    }

    /// Somebody finishes what was begun in another portal: whoever allowed it is not whoever began it.
    pub fn others_login() -> Self {
        let reason = Reason::new("This login was not begun in this portal.");
        Self::Rejected { reason: reason.hint("Begin it here, in the browser that you log in with.") }
    }

    /// Why, and the way out.
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
