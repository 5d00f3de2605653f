//! The rules of the effect ledger: each effect happens once per fact, and never after a newer fact decided otherwise.
//!
//! A job *claims* its effect with one conditional write, calls the app, and *marks* the end of the attempt with its
//! record in the Action Log. The record contains the claim's token: a claim whose token is in its holder's record is
//! released, so no third write is needed. A claim also has a lease, so a crash between claim and mark blocks the effect
//! for a limited time. An action and its opposite share one effect.
//!
//! A newer job supersedes an older one if it wants the opposite, took effect, or is still open. A newer job that wanted
//! the same and failed for good decides nothing, so an older job may take its claim over. The claim then remembers the
//! newest job and the newest job that is still decisive, so jobs between them are ordered as before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{EffectKey, FactKey, JobId, OrderKey};
use crate::intent::Intent;
use crate::log::JobRecord;
use crate::outcome::Reason;

/// The most jobs in [`Claim::added`].
const MOST_ADDED: usize = 2;

/// The change that a job makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// A digest of integration, target and contact; for a message also of fact and line.
    pub key: EffectKey,
    /// The change that the job makes to it.
    pub intent: Intent,
}

/// A job as the ledger orders it among the jobs that share its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contender {
    /// The job.
    pub job: JobId,
    /// The earlier of the fact's time and the time of receipt.
    pub ordered_at: Timestamp,
    /// The change that the job makes.
    pub intent: Intent,
    /// The fact's order, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderKey>,
}

impl Contender {
    /// Whether this job decides over the other: it is newer, or it removes at the same instant.
    pub fn overrules(&self, other: &Self) -> bool {
        matches!(other.against(self), Order::Older)
    }

    /// Orders this job against another: by time, and at the same instant a removal after an addition. The result is
    /// therefore the same in any order of arrival, and never too much access. One fact can request an effect and its
    /// opposite through two rules. Two facts can have the same time; then exactly one of them is newer.
    fn against(&self, other: &Self) -> Order {
        if self.fact() == other.fact() {
            return match (self.intent, other.intent) {
                (Intent::On, Intent::Off) => Order::Older,
                (Intent::Off, Intent::On) => Order::Newer,
                (Intent::On | Intent::Off | Intent::Send, _) => Order::Same,
            };
        }
        if self.rank() < other.rank() { Order::Older } else { Order::Newer }
    }

    fn fact(&self) -> FactKey {
        self.job.event.fact
    }

    fn rank(&self) -> (Timestamp, bool, FactKey) {
        (self.ordered_at, self.intent == Intent::Off, self.fact())
    }
}

enum Order {
    Older,
    Same,
    Newer,
}

/// The ledger's item for one effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The job that claimed the effect last.
    pub holder: Contender,
    /// The newest job that ever claimed it; `None` if that is the holder. Otherwise it wanted the same as the holder
    /// and failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Contender>,
    /// The newest job before `newest` that supersedes older jobs: it took effect, or wants the opposite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Contender>,
    /// The latest jobs whose addition no job has removed since, two at most. A removal names them in its message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<Contender>,
    /// Unique to this attempt.
    pub token: String,
    /// The time until which the attempt may be running.
    pub leased_until: Timestamp,
}

impl Claim {
    /// The first claim of an effect.
    pub fn new(holder: Contender, token: String, leased_until: Timestamp) -> Self {
        Self { holder, newest: None, decided: None, added: Vec::new(), token, leased_until }
    }

    /// This claim with the state that it takes over from another.
    #[must_use]
    pub fn over(self, Takeover { newest, decided, added, .. }: &Takeover) -> Self {
        Self { newest: *newest, decided: *decided, added: added.clone(), ..self }
    }

    /// Whether an attempt of the record's job may be running.
    pub fn is_running(&self, record: &JobRecord, now: Timestamp) -> bool {
        self.holder.job == record.id && holder(self, Some(record), now) == Holder::Running
    }

    fn newest(&self) -> Contender {
        self.newest.unwrap_or(self.holder)
    }

    /// The decided job if it took effect: it wants the same as the newest job.
    fn had(&self) -> Option<Contender> {
        self.decided.filter(|decided| decided.intent == self.newest().intent)
    }
}

/// The ledger's decision about a job whose effect is claimed already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Take the claim over and run.
    Take(Takeover),
    /// The job has ended already: no call.
    Ended,
    /// Another job of the same fact already made this change.
    Duplicate(JobId),
    /// Another job decides this effect.
    Superseded(Conflict),
    /// Another attempt may be running: read the claim again at this time.
    Wait(Timestamp),
}

/// The state that a job takes over with a claim, and the note for its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takeover {
    /// The new claim's `newest`.
    newest: Option<Contender>,
    /// The new claim's `decided`.
    decided: Option<Contender>,
    /// The new claim's `added`.
    added: Vec<Contender>,
    /// A note for the job's record besides the call's result, if the job takes effect.
    pub note: Option<String>,
}

/// Two jobs that want different states of one effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// The job that decides.
    pub by: Contender,
    /// The job that is superseded.
    pub over: Contender,
}

impl Conflict {
    /// The reason why the superseded job does not run.
    pub fn reason(&self) -> Reason {
        let by = self.by.job;
        Reason::new(match self.tie() {
            Some(tie) => format!("{tie} See {by}."),
            None => format!("A newer event, of {}, decided this through {by}.", self.by.ordered_at),
        })
    }

    /// The explanation if the two jobs are not ordered by time.
    fn tie(&self) -> Option<&'static str> {
        if self.by.intent == self.over.intent {
            None
        } else if self.by.fact() == self.over.fact() {
            Some("Two rules ask for opposite things for the same event; the removal wins.")
        } else if self.by.ordered_at == self.over.ordered_at {
            Some("Two events with the same time ask for opposite things; the removal wins.")
        } else {
            None
        }
    }
}

/// The state of a claim's holder, from its record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// The attempt may be running.
    Running,
    /// No attempt is running and the job has not ended: it waits, is held, or crashed.
    Idle {
        next: Option<Timestamp>,
    },
    Succeeded,
    Failed,
}

fn holder(claim: &Claim, record: Option<&JobRecord>, now: Timestamp) -> Holder {
    let marked = record.is_some_and(|record| record.token == claim.token);
    match record {
        _ if !marked && claim.leased_until > now => Holder::Running,
        // No attempt is running. If another attempt of the same job wrote a result, it counts; otherwise this attempt
        // crashed.
        Some(record) if record.status.took_effect() => Holder::Succeeded,
        Some(record) if has_failed(record) => Holder::Failed,
        Some(record) => Holder::Idle { next: record.next_attempt },
        None => Holder::Idle { next: None },
    }
}

/// Whether the job has ended without effect.
fn has_failed(record: &JobRecord) -> bool {
    record.status.is_final() && !record.status.took_effect()
}

/// Decides about a job whose effect has a claim, given the holder's record. `rerun`: the job has ended, and an operator
/// requests a new run.
pub fn rule(
    job: Contender,
    rerun: bool,
    claim: &Claim,
    record: Option<&JobRecord>,
    now: Timestamp,
) -> Ruling {
    let holder = holder(claim, record, now);
    let take = || Ruling::Take(takeover(job, claim, holder));
    let superseded = |by| Ruling::Superseded(Conflict { by, over: job });
    if job.job == claim.holder.job {
        return match holder {
            Holder::Running => Ruling::Wait(claim.leased_until),
            // A message that SQS delivers twice must not run before the next attempt is due.
            Holder::Idle { next: Some(next) } if next > now => Ruling::Wait(next),
            Holder::Idle { .. } => take(),
            Holder::Succeeded | Holder::Failed if rerun => take(),
            Holder::Succeeded | Holder::Failed => Ruling::Ended,
        };
    }
    let newest = claim.newest();
    if newest.overrules(&job) && newest.intent != job.intent {
        return superseded(newest);
    }
    if let Some(decided) = claim.decided.filter(|decided| decided.overrules(&job)) {
        return superseded(decided);
    }
    // A job that runs again is no duplicate of its own earlier run.
    let had = claim.had().filter(|had| had.job != job.job);
    if let Some(had) = had.filter(|had| matches!(job.against(had), Order::Same)) {
        return Ruling::Duplicate(had.job);
    }
    match (job.against(&claim.holder), holder) {
        (Order::Older, Holder::Failed) => take(),
        // The holder failed for good or was canceled before: it decides only if this attempt takes effect.
        (Order::Older, Holder::Running) if record.is_some_and(has_failed) => Ruling::Wait(claim.leased_until),
        (Order::Older, _) => superseded(claim.holder),
        (Order::Newer | Order::Same, Holder::Running) => Ruling::Wait(claim.leased_until),
        (Order::Same, Holder::Succeeded) => Ruling::Duplicate(claim.holder.job),
        (Order::Same, Holder::Idle { next: Some(next) }) if next > now => Ruling::Wait(next),
        (Order::Newer, _) | (Order::Same, Holder::Idle { .. } | Holder::Failed) => take(),
    }
}

fn takeover(job: Contender, claim: &Claim, holder: Holder) -> Takeover {
    let before = claim.newest();
    let newest = Some(before).filter(|before| before.overrules(&job));
    let had = Some(claim.holder).filter(|_| holder == Holder::Succeeded);
    // The job in `decided` did not overrule the holder, so the holder is the newer one.
    let decided =
        if newest.unwrap_or(job).intent == before.intent { had.or(claim.decided) } else { Some(before) };
    let added = added(claim, holder);
    // A retry, or another job that wants the same, writes the note of the first attempt again.
    let mut overruled =
        [Some(before), claim.decided].into_iter().flatten().filter(|over| job.overrules(over));
    let tie = overruled.find_map(|over| Conflict { by: job, over }.tie()).map(str::to_owned);
    let ended = added.iter().filter_map(|grant| ends(&job, grant));
    let note: Vec<_> = tie.into_iter().chain(ended).collect();
    Takeover { newest, decided, added, note: Some(note.join(" ")).filter(|note| !note.is_empty()) }
}

/// The additions that no job had removed when the holder ended.
fn added(claim: &Claim, holder: Holder) -> Vec<Contender> {
    let by = claim.holder;
    match (holder, by.intent) {
        (Holder::Succeeded, Intent::Off) => Vec::new(),
        (Holder::Succeeded, Intent::On) => {
            let before = claim.added.iter().filter(|other| other.job != by.job).copied();
            let added: Vec<_> = before.chain([by]).collect();
            added[added.len().saturating_sub(MOST_ADDED)..].to_vec()
        }
        (Holder::Succeeded, Intent::Send) | (Holder::Running | Holder::Idle { .. } | Holder::Failed, _) => {
            claim.added.clone()
        }
    }
}

/// The note of a removal that also ends access from another purchase: access is not counted per purchase.
fn ends(job: &Contender, grant: &Contender) -> Option<String> {
    let another = matches!((job.order, grant.order), (Some(of), Some(gave)) if of != gave);
    (another && job.intent == Intent::Off && grant.intent == Intent::On).then(|| {
        let (date, event) = (grant.ordered_at.strftime("%Y-%m-%d"), grant.job.event);
        format!("This also ends what the purchase of {date} ({event}) gave.")
    })
}

#[cfg(test)]
mod tests;
