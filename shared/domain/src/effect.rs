//! The rules of the effect ledger: each effect is had once per fact, and never after a newer fact decided otherwise.
//!
//! A job *claims* its effect with one conditional write, runs, and its record in the Action Log *marks* the end of the
//! attempt: the record carries the claim's token, so a claim whose token the holder's record knows is released, and no
//! third write is needed. A claim also carries a lease, so a crash between claim and mark blocks nothing for long.
//! An action and its opposite share one effect.
//!
//! A job is superseded by a newer job that wants the opposite, that took effect, or that is still open. A newer job that
//! wanted the same and failed for good decides nothing, so an older one may take its claim over. The claim then remembers
//! the newest job and the newest one that stays decisive, so jobs between them are ordered as before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{EffectKey, FactKey, JobId, OrderKey};
use crate::intent::Intent;
use crate::log::JobRecord;
use crate::outcome::Reason;

/// A claim remembers so many jobs that added something.
const MOST_ADDED: usize = 2;

/// What a job changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Integration, target and contact; with fact and line for a message.
    pub key: EffectKey,
    /// What the job wants of it.
    pub intent: Intent,
}

/// A job as the ledger orders it against others that share its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contender {
    /// The job.
    pub job: JobId,
    /// The time that orders it.
    pub ordered_at: Timestamp,
    /// What it wants.
    pub intent: Intent,
    /// The order that its fact is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderKey>,
}

impl Contender {
    /// Whether this job decides over the other one: it is newer, or it removes in the same moment.
    pub fn overrules(&self, other: &Self) -> bool {
        matches!(other.against(self), Order::Older)
    }

    /// Orders this job against another one: by time, and what removes after what adds, so the end is the same in whatever
    /// order they arrive, and never too much access. One fact can ask for an effect and its opposite through two rules;
    /// two facts can share an instant, and then neither may be newer than the other both ways round.
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
    /// The newest job that ever claimed it. `None`: the holder. Otherwise it wants the same as the holder and failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<Contender>,
    /// The newest job before that one that supersedes what is older: it took effect, or wants the opposite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Contender>,
    /// The latest jobs that added something which nobody has removed since, two at most: a removal says whose it ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<Contender>,
    /// Tells this attempt from every other.
    pub token: String,
    /// Until when the attempt may be running.
    pub leased_until: Timestamp,
}

impl Claim {
    /// The first claim of an effect.
    pub fn new(holder: Contender, token: String, leased_until: Timestamp) -> Self {
        Self { holder, newest: None, decided: None, added: Vec::new(), token, leased_until }
    }

    /// The same claim where it takes over another one.
    #[must_use]
    pub fn over(self, Takeover { newest, decided, added, .. }: &Takeover) -> Self {
        Self { newest: *newest, decided: *decided, added: added.clone(), ..self }
    }

    /// Whether an attempt of the job of `record` may be running.
    pub fn is_running(&self, record: &JobRecord, now: Timestamp) -> bool {
        self.holder.job == record.id && holder(self, Some(record), now) == Holder::Running
    }

    fn newest(&self) -> Contender {
        self.newest.unwrap_or(self.holder)
    }

    /// The decided job, where it is known to have taken effect: it wants what the newest job wants.
    fn had(&self) -> Option<Contender> {
        self.decided.filter(|decided| decided.intent == self.newest().intent)
    }
}

/// What the ledger says to a job whose effect has a claim already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Take the claim over and run.
    Take(Takeover),
    /// The job has ended already: nothing to do.
    Ended,
    /// Another job of the same fact had this effect already.
    Duplicate(JobId),
    /// Another job decided this effect.
    Superseded(Conflict),
    /// Another attempt may be running: look again then.
    Wait(Timestamp),
}

/// What a job that takes a claim over has to remember and to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takeover {
    /// The new claim's `newest`.
    newest: Option<Contender>,
    /// The new claim's `decided`.
    decided: Option<Contender>,
    /// The new claim's `added`.
    added: Vec<Contender>,
    /// What the job's record should say beside what the call came to, if the job takes effect.
    pub note: Option<String>,
}

/// Two jobs that want different things of one effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// The job that decides.
    pub by: Contender,
    /// The job that does not.
    pub over: Contender,
}

impl Conflict {
    /// Why the one job does not run.
    pub fn reason(&self) -> Reason {
        let by = self.by.job;
        Reason::new(match self.tie() {
            Some(tie) => format!("{tie} See {by}."),
            None => format!("A newer fact, of {}, decided this through {by}.", self.by.ordered_at),
        })
    }

    /// How two jobs that no time orders are ordered.
    fn tie(&self) -> Option<&'static str> {
        if self.by.intent == self.over.intent {
            None
        } else if self.by.fact() == self.over.fact() {
            Some("Two rules ask for opposite things for the same fact; the one that removes wins.")
        } else if self.by.ordered_at == self.over.ordered_at {
            Some("Two facts of the same moment disagree; the one that removes wins.")
        } else {
            None
        }
    }
}

/// Where a claim's holder is, as its record tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// The attempt may be running.
    Running,
    /// No attempt is running, and the job has not ended: it waits, is held, or crashed.
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
        // No attempt is running: what another attempt of the same job wrote counts, and else this one crashed.
        Some(record) if record.status.took_effect() => Holder::Succeeded,
        Some(record) if record.status.is_final() => Holder::Failed,
        Some(record) => Holder::Idle { next: record.next_attempt },
        None => Holder::Idle { next: None },
    }
}

/// Decides what a job may do about an effect that `claim` holds, given the holder's own record. `rerun`: the job has ended,
/// and an operator requests a new run.
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
            // A message that was delivered twice must not run before the time that the app named.
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
    if let Some(had) = claim.had().filter(|had| matches!(job.against(had), Order::Same)) {
        return Ruling::Duplicate(had.job);
    }
    match (job.against(&claim.holder), holder) {
        (Order::Older, Holder::Failed) => take(),
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
    // The holder was not overruled by what was decided before it, so it is the newer one.
    let decided =
        if newest.unwrap_or(job).intent == before.intent { had.or(claim.decided) } else { Some(before) };
    let added = added(claim, holder);
    // A job that goes on, or another one for the same, says what the first attempt would have said.
    let mut overruled =
        [Some(before), claim.decided].into_iter().flatten().filter(|over| job.overrules(over));
    let tie = overruled.find_map(|over| Conflict { by: job, over }.tie()).map(str::to_owned);
    let ended = added.iter().filter_map(|grant| ends(&job, grant));
    let note: Vec<_> = tie.into_iter().chain(ended).collect();
    Takeover { newest, decided, added, note: Some(note.join(" ")).filter(|note| !note.is_empty()) }
}

/// What was added and not removed until the holder's end.
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

/// What a removal says of a grant that another purchase gave. Access is not counted per purchase, so it ends as well.
fn ends(job: &Contender, grant: &Contender) -> Option<String> {
    let another = matches!((job.order, grant.order), (Some(of), Some(gave)) if of != gave);
    (another && job.intent == Intent::Off && grant.intent == Intent::On).then(|| {
        let (date, event) = (grant.ordered_at.strftime("%Y-%m-%d"), grant.job.event);
        format!("This also ends what the purchase of {date} ({event}) gave.")
    })
}

#[cfg(test)]
mod tests;
