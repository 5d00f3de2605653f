//! What the engine remembers: events with their verdicts, jobs with their attempts, changes of configuration.

mod status;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::id::{EffectKey, EventId, IntegrationId, JobId, MarketplaceId, RuleId};
use crate::intent::Intent;
use crate::outcome::Reason;
use crate::run::RunId;
use crate::trigger::Trigger;
use crate::verdict::RuleVerdict;

pub use status::Status;

/// The sweeper sends a job again whose message has not returned so long after its time, or whose record has not changed so
/// long after it was sent: whoever had it is gone.
pub const RESENT_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// A job that is later than this has lost its message, and no sweep has sent it again.
pub const LOST_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// A fact as it was received, and what each trigger made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Its id.
    pub id: EventId,
    /// Whose event it is.
    pub marketplace: MarketplaceId,
    /// The producer's id of the fact.
    pub fact_id: String,
    /// The fact's name on the bus.
    pub detail_type: String,
    /// The buyer's address.
    pub email: String,
    /// When the fact occurred.
    pub occurred_at: Timestamp,
    /// When the engine first saw it.
    pub received_at: Timestamp,
    /// The fact's detail as it was published, JSON.
    pub detail: String,
    /// The verdict on every rule that was read, by trigger.
    pub verdicts: BTreeMap<Trigger, Vec<RuleVerdict>>,
    /// How many verdicts more there were than the event had room for, by trigger: what those rules make of the fact can be
    /// judged again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unstored: BTreeMap<Trigger, usize>,
    /// The prospect's timer, where there is one.
    pub timer: Option<Timer>,
}

impl EventRecord {
    /// The time whose rules decide what the event does; see [`judged_at`].
    pub fn judged_at(&self) -> Timestamp {
        judged_at(self.received_at, self.timer.as_ref())
    }
}

/// The time whose rules decide what an event does: when the engine first stored the fact or, for a prospect, when its wait
/// ends. A rule that was created later is not fired by a repetition or a redrive of the fact.
pub fn judged_at(received_at: Timestamp, timer: Option<&Timer>) -> Timestamp {
    match timer {
        Some(Timer::Waiting { fires_at, .. } | Timer::Fired { at: fires_at }) => *fires_at,
        Some(Timer::Joined { .. } | Timer::Bought { .. }) | None => received_at,
    }
}

/// Where a prospect's wait stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Timer {
    /// It runs until then.
    Waiting {
        /// When the trigger fires unless the buyer buys.
        fires_at: Timestamp,
        /// The schedule's name.
        name: String,
    },
    /// An earlier prospect of the same buyer and product waits, and this one with it.
    Joined {
        /// The schedule's name.
        name: String,
        /// The earlier prospect's event.
        event: EventId,
    },
    /// It ended, and the trigger fired.
    Fired {
        /// When it ended.
        at: Timestamp,
    },
    /// The buyer bought the product meanwhile: nothing to remind of.
    Bought {
        /// The event that says so.
        event: EventId,
    },
}

/// One row of the Action Log: a job and every attempt at it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobRecord {
    /// The job.
    pub id: JobId,
    /// Whose job it is.
    pub marketplace: MarketplaceId,
    /// The rule that asked for it.
    pub rule: RuleId,
    /// The trigger that fired.
    pub trigger: Trigger,
    /// The account acted in.
    pub integration: IntegrationId,
    /// That account's app.
    pub app: App,
    /// The action.
    pub action: String,
    /// What it wants of its effect.
    pub intent: Intent,
    /// The ledger's item for that effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectKey>,
    /// The address of the contact.
    pub email: String,
    /// The order line, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// When the fact occurred.
    pub occurred_at: Timestamp,
    /// When this was last written.
    pub updated_at: Timestamp,
    /// Where the job stands.
    pub status: Status,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What a success will say of the attempts before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Timestamp>,
    /// How many calls its present run has made. Waits and rate limits do not count.
    pub attempts: u32,
    /// Its place on the retry schedule. It also advances with each wait for a circuit breaker.
    #[serde(default)]
    pub step: u32,
    /// When its present run was first recorded.
    #[serde(default)]
    pub since: Timestamp,
    /// What each call came to, and how else the job was stopped or ended, oldest first. A wait for a turn is not in it.
    #[serde(default)]
    pub history: Vec<HistoryEntry>,
    /// The token of the claim whose attempt this record ends.
    #[serde(default)]
    pub token: String,
    /// The latest run that an operator asked for, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

/// What one call came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When.
    pub at: Timestamp,
    /// Where the job stood after it.
    pub status: Status,
    /// Why, in the merchant's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// One row of the Configuration Log: what happened to a connected account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigEntry {
    /// When.
    pub at: Timestamp,
    /// The account.
    pub integration: IntegrationId,
    /// Its app.
    pub app: App,
    /// What was done: "Connect App", "Needs reconnect".
    pub action: String,
    /// Whether it went well.
    pub ok: bool,
    /// What came of it, in the merchant's words.
    pub message: String,
}

impl JobRecord {
    /// Whether the job's message must be lost: the record names a next attempt, and that time is long past. A job that
    /// is only late is taken for lost too, which does no harm: a job that is sent twice runs once.
    pub fn is_lost(&self, now: Timestamp) -> bool {
        let next = self.next_attempt.filter(|_| !self.status.is_final());
        next.is_some_and(|next| now.duration_since(next) > LOST_AFTER)
    }
}

impl ConfigEntry {
    /// What is said of credentials that the app refused.
    pub fn held(reason: &Reason) -> String {
        let said = reason.message.trim_end_matches('.');
        format!("{said}. Actions wait until the integration is connected again.")
    }
}
