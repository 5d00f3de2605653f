//! The engine's records: events with their verdicts, jobs with their attempts, changes of configuration.

mod config;
mod failed;
mod standing;
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

pub use config::{ConfigEntry, ConfigKind};
pub use failed::FailedActions;
pub use standing::{Standing, Success};
pub use status::Status;

/// The sweeper sends a job again if its message has not returned this long after its time, or if its record has not
/// changed this long after it was sent: the function that received it has crashed.
pub const RESENT_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// A job that is late by more than this has lost its message, and no sweep has sent it again.
pub const LOST_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// The `detail_type` of the event of a rule's test. It is no fact's, so no trigger, replay, dry run or prospect takes a
/// test for a fact.
pub const RULE_TEST: &str = "Rule Test";

/// A fact as it was received, and the verdicts of each trigger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Its id.
    pub id: EventId,
    /// The marketplace of the event.
    pub marketplace: MarketplaceId,
    /// The producer's id of the fact.
    pub fact_id: String,
    /// The fact's `detail-type`.
    pub detail_type: String,
    /// The buyer's address.
    pub email: String,
    /// The fact's time.
    pub occurred_at: Timestamp,
    /// The time at which the engine first received it.
    pub received_at: Timestamp,
    /// The fact's detail as it was published, JSON.
    pub detail: String,
    /// The verdict on every rule that was read, by trigger.
    pub verdicts: BTreeMap<Trigger, Vec<RuleVerdict>>,
    /// The number of verdicts that did not fit into the event, by trigger. They can be computed again from the rules.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unstored: BTreeMap<Trigger, usize>,
    /// The prospect's timer, if there is one.
    pub timer: Option<Timer>,
}

impl EventRecord {
    /// Whether a merchant tried a rule.
    pub fn is_test(&self) -> bool {
        self.detail_type == RULE_TEST
    }

    /// The time that decides which rules apply to the event; see [`judged_at`].
    pub fn judged_at(&self) -> Timestamp {
        judged_at(self.received_at, self.timer.as_ref())
    }
}

/// The time that decides which rules apply to an event: the time at which the engine first stored the fact or, for a
/// prospect, the end of its delay. A repetition or a redrive of the fact does not fire rules that were created later.
pub fn judged_at(received_at: Timestamp, timer: Option<&Timer>) -> Timestamp {
    match timer {
        Some(Timer::Waiting { fires_at, .. } | Timer::Fired { at: fires_at }) => *fires_at,
        Some(Timer::Joined { .. } | Timer::Bought { .. }) | None => received_at,
    }
}

/// The state of a prospect's wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Timer {
    /// The timer is running.
    Waiting {
        /// The time at which the trigger fires unless the buyer buys.
        fires_at: Timestamp,
        /// The schedule's name.
        name: String,
    },
    /// An earlier prospect of the same buyer and product is waiting; this prospect shares its timer.
    Joined {
        /// The schedule's name.
        name: String,
        /// The earlier prospect's event.
        event: EventId,
    },
    /// The wait ended, and the trigger fired.
    Fired {
        /// The end of the wait.
        at: Timestamp,
    },
    /// The buyer bought the product during the wait, so the trigger does not fire.
    Bought {
        /// The event of the purchase.
        event: EventId,
    },
}

/// One record of the Action Log: a job and all its attempts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobRecord {
    /// The job.
    pub id: JobId,
    /// The marketplace of the job.
    pub marketplace: MarketplaceId,
    /// The rule that requested it.
    pub rule: RuleId,
    /// The trigger that fired.
    pub trigger: Trigger,
    /// The account acted in.
    pub integration: IntegrationId,
    /// That account's app.
    pub app: App,
    /// The action.
    pub action: String,
    /// The values of the settings that name its target, by setting; see [`Job::target`](crate::job::Job::target).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub target: BTreeMap<String, String>,
    /// The change that the job makes to its effect.
    pub intent: Intent,
    /// The ledger's item for that effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectKey>,
    /// The contact's address.
    pub email: String,
    /// The order line, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The fact's time.
    pub occurred_at: Timestamp,
    /// The time of the last write.
    pub updated_at: Timestamp,
    /// The job's status.
    pub status: Status,
    /// Whether a merchant tried the rule.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// The reason for the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The note of earlier attempts, which a success repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The success of an earlier run, while a rerun waits; see [`Standing`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success: Option<Success>,
    /// The time of the next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Timestamp>,
    /// The number of calls of the current run. Waits and rate limits do not count.
    pub attempts: u32,
    /// The place on the retry schedule. It also advances with each wait for a circuit breaker.
    #[serde(default)]
    pub step: u32,
    /// The time at which the current run was first recorded.
    #[serde(default)]
    pub since: Timestamp,
    /// The result of each call, and each other stop or end of the job, oldest first. Waits for a rate limit or a claim
    /// are not included.
    #[serde(default)]
    pub history: Vec<HistoryEntry>,
    /// The token of the claim whose attempt this record ends.
    #[serde(default)]
    pub token: String,
    /// The latest run that an operator requested, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

/// The result of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The time of the call.
    pub at: Timestamp,
    /// The job's status after it.
    pub status: Status,
    /// The reason, in the merchant's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl JobRecord {
    /// Whether the action is an exception: it has not succeeded, or an operator or a merchant sent it again. All other
    /// actions are named by the verdicts of their events, and succeeded.
    pub fn is_exception(&self) -> bool {
        !self.status.took_effect() || self.run.is_some()
    }

    /// The time before which a rate limit allows no call of the job, if that is in the future. A message that comes
    /// earlier was delivered twice.
    pub fn limited_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.next_attempt.filter(|next| self.status == Status::RateLimited && *next > now)
    }

    /// Whether the job's message must be lost: the record has a next attempt, and its time has long passed. A job that
    /// is only late also counts as lost. This is harmless: a job that is sent twice runs once.
    pub fn is_lost(&self, now: Timestamp) -> bool {
        let next = self.next_attempt.filter(|_| !self.status.is_final());
        next.is_some_and(|next| now.duration_since(next) > LOST_AFTER)
    }
}
