//! The operator's instructions about credentials.
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// An app's verdict on a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Accepted in any form.
    Valid,
    /// Rejected as the vendor rejects a revoked credential.
    Revoked,
    /// Rejected as the vendor rejects an expired credential.
    Expired,
}

impl Standing {
    /// Its name in an instruction.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Standing::Valid => "valid",
            Standing::Revoked => "revoked",
            Standing::Expired => "expired",
        }
    }
}

/// The credentials with an instruction; the app checks the form of all others.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<HashMap<(&'static str, String), Standing>>);

impl Tokens {
    pub(crate) fn set(&self, app: &'static str, token: String, standing: Standing) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((app, token), standing);
    }

    pub(crate) fn standing(&self, app: &'static str, token: &str) -> Option<Standing> {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A tuple key cannot be looked up by its parts without an allocation; most runs have no instructions.
        if tokens.is_empty() { None } else { tokens.get(&(app, token.to_owned())).copied() }
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
