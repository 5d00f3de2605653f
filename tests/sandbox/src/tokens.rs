//! What the operator said about credentials.
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// What an app thinks of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Accepted, whatever it looks like.
    Valid,
    /// Refused as the vendor refuses a credential that its owner withdrew.
    Revoked,
    /// Refused as the vendor refuses a credential whose time is over.
    Expired,
}

/// The credentials that something was said about; of every other one, the app judges the form.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<(&'static str, String), Standing>>);

impl Tokens {
    pub(crate) fn set(&self, app: &'static str, token: String, standing: Standing) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((app, token), standing);
    }

    pub(crate) fn standing(&self, app: &'static str, token: &str) -> Option<Standing> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A tuple key cannot be looked up by parts without building it; most runs say nothing of any token.
        if tokens.is_empty() { None } else { tokens.get(&(app, token.to_owned())).copied() }
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
