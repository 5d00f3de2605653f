//! A job: one action to perform, and the message on an app's queue.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::effect::{Contender, Effect};
use crate::fact::Address;
use crate::id::{IntegrationId, JobId, MarketplaceId, OrderKey, ProductId, RuleId};
use crate::manifest::{Action, Catalog};
use crate::payload::Payload;
use crate::run::Rerun;
use crate::settings::Settings;
use crate::trigger::Trigger;

/// The most characters of a target's value in the Action Log. A longer value is cut: the record only shows it.
const LONGEST_TARGET: usize = 200;

/// One action to perform for one contact on one target.
///
/// Its id is the same each time the fact is planned, so a job that is sent twice is one job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the job")]
pub struct Job {
    /// The version of this message. A connector rejects an unknown version.
    pub v: Version,
    /// Its id.
    pub id: JobId,
    /// The marketplace of the job.
    pub marketplace: MarketplaceId,
    /// The account to act in.
    pub integration: IntegrationId,
    /// That account's app.
    pub app: App,
    /// The rule that requested it.
    pub rule: RuleId,
    /// The trigger that fired.
    pub trigger: Trigger,
    /// The key of the action in the app's manifest.
    pub action: String,
    /// The action's settings. A `many` setting has one of its values here.
    pub settings: Settings,
    /// The settings whose value was entered by hand, not chosen from an option list.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub typed: BTreeSet<String>,
    /// The person that the action is about.
    pub contact: Contact,
    /// The change that it makes, for the ledger.
    pub effect: Effect,
    /// The fact's time.
    pub occurred_at: Timestamp,
    /// The time that orders its effect among others. It is never later than the time of receipt, so that a fact whose
    /// producer's clock is ahead undoes no later change.
    pub ordered_at: Timestamp,
    /// The order line, if the trigger fires per line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The products that the job is about. For a gift's recipient: the products of the gift only.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub products: BTreeSet<ProductId>,
    /// Whether the contact is the recipient of a gift.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gift: bool,
    /// The products of which every line is a gift to another person, if the contact is the buyer. A rule that uses gift
    /// recipients does not act for the buyer of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub gifted: BTreeSet<ProductId>,
    /// The order that the fact is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderKey>,
    /// Whether the fact happened in test mode.
    #[serde(default)]
    pub test_mode: bool,
    /// Whether it has waited in the table: then it has a record, and continues from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumed: bool,
    /// Whether a merchant tries the rule: the job is of no published fact. Its rule is not compared with it, because it
    /// may be a draft.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// The operator's request to run it again, even if it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun: Option<Rerun>,
    /// The fact's detail, for actions that send it. If the job is about one line, `item` replaces `items`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
}

impl Job {
    /// The values of the settings that name the job's target, by setting, such as a list and a tag; empty for a message.
    pub fn target(&self) -> BTreeMap<String, String> {
        let action = Catalog::get().manifest(self.app).and_then(|app| app.action(&self.action));
        let named = action.map(Action::target).unwrap_or_default().iter();
        let value = |key: &String| Some(self.settings.text(key)?.chars().take(LONGEST_TARGET).collect());
        named.filter_map(|key| Some((key.clone(), value(key)?))).collect()
    }

    /// The job as the ledger orders it.
    pub fn contender(&self) -> Contender {
        Contender { job: self.id, ordered_at: self.ordered_at, intent: self.effect.intent, order: self.order }
    }

    /// The job as it is stored while it waits in the table: it has a record when it continues.
    #[must_use]
    pub fn parked(&self) -> Self {
        Self { resumed: true, ..self.clone() }
    }
}

/// The message's version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// The first version.
    #[default]
    #[serde(rename = "1")]
    V1,
}

/// The person that an action is about: the buyer, or the gift's recipient.
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
