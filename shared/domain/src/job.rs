//! One action to perform: what travels on an app's queue.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::effect::{Contender, Effect};
use crate::fact::Address;
use crate::id::{IntegrationId, JobId, MarketplaceId, OrderKey, ProductId, RuleId};
use crate::payload::Payload;
use crate::run::Rerun;
use crate::settings::Settings;
use crate::trigger::Trigger;

/// One action to perform for one contact on one target.
///
/// Its id is the same however often the fact is planned, so a job that is sent twice is one job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The version of this message: a connector refuses one it does not know.
    pub v: Version,
    /// Its id.
    pub id: JobId,
    /// Whose job it is.
    pub marketplace: MarketplaceId,
    /// The account to act in.
    pub integration: IntegrationId,
    /// That account's app.
    pub app: App,
    /// The rule that asked for it.
    pub rule: RuleId,
    /// The trigger that fired.
    pub trigger: Trigger,
    /// The action of the app's manifest.
    pub action: String,
    /// The action's settings; a `many` setting holds its one value here.
    pub settings: Settings,
    /// The settings whose value was typed by hand, not chosen from an option list.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub typed: BTreeSet<String>,
    /// Whom it is about.
    pub contact: Contact,
    /// What it changes, for the ledger.
    pub effect: Effect,
    /// When the fact occurred.
    pub occurred_at: Timestamp,
    /// The time that orders its effect among others. It is never later than the engine received the fact, so that a
    /// producer whose clock is ahead undoes nothing that happens next.
    pub ordered_at: Timestamp,
    /// The order line, where the trigger fires per line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The products that the job is about. A gift's recipient has to do with those of the gift only.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub products: BTreeSet<ProductId>,
    /// Whether the contact is the recipient of a gift.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gift: bool,
    /// The order that the fact is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderKey>,
    /// Whether the fact is a test.
    #[serde(default)]
    pub test_mode: bool,
    /// Whether it has waited in the table, so that there is a record of it to go on from.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
    /// The operator's request to run it again, although it may have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun: Option<Rerun>,
    /// The fact's detail, for actions that pass it on; with `item` in place of `items` where it is about one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
}

impl Job {
    /// The job as the ledger orders it.
    pub fn contender(&self) -> Contender {
        Contender { job: self.id, ordered_at: self.ordered_at, intent: self.effect.intent, order: self.order }
    }

    /// The job as it waits in the table: when it goes on, there is a record of it.
    #[must_use]
    pub fn parked(&self) -> Self {
        Self { resumed: true, ..self.clone() }
    }
}

/// The message's version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// The first.
    #[default]
    #[serde(rename = "1")]
    V1,
}

/// Whom an action is about: the buyer, or the gift's recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The address, as given.
    pub email: String,
    /// The first name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The phone number, as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}
