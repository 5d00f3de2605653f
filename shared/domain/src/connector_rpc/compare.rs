//! Whether an app is in the states that actions set.

use serde::{Deserialize, Serialize};

use super::texts;
use crate::id::{IntegrationId, MarketplaceId};
use crate::job::Job;
use crate::outcome::Reason;

/// Asks an app whether it is in the states that actions set. Nothing is changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compare {
    /// The marketplace of the account.
    pub marketplace: MarketplaceId,
    /// The account.
    pub integration: IntegrationId,
    /// The actions.
    #[serde(with = "texts")]
    pub jobs: Vec<Job>,
}

/// The app's states, in the order of the actions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// A state for each action.
    pub states: Vec<InApp>,
}

/// The state of an app, compared with the state that an action sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum InApp {
    /// The app is in the state that the action sets.
    AsSet,
    /// It is in another state.
    Otherwise,
    /// The app was not asked, or did not answer.
    Unknown {
        /// Why.
        reason: Reason,
    },
}
