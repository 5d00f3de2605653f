//! Claims and records without times, so that states can be compared.

use std::sync::LazyLock;

use connector::testing;
use domain::admission::{After, Circumstances, Conclusion, after};
use domain::app::App;
use domain::effect::{Claim, Contender, Effect};
use domain::id::{EffectKey, EventId, FactKey, JobId, JobPart};
use domain::intent::Intent;
use domain::job::Job;
use domain::log::{JobRecord, Status};
use domain::outcome::Outcome;
use domain::retry::Schedule;
use jiff::Timestamp;
use serde_json::json;

pub(super) const NOW: Timestamp = Timestamp::constant(1_795_255_200, 0);
const SOON: Timestamp = Timestamp::constant(1_795_255_205, 0);
pub(super) const LEASE: Timestamp = Timestamp::constant(1_795_255_260, 0);

pub(super) static JOBS: LazyLock<[Job; 3]> = LazyLock::new(|| {
    [job("1", 10, Intent::On, "a"), job("1", 10, Intent::On, "b"), job("2", 20, Intent::Off, "a")]
});
/// Two attempts.
pub(super) static SCHEDULE: LazyLock<Schedule> = LazyLock::new(|| "5".parse().unwrap());

fn job(fact: &str, second: i64, intent: Intent, rule: &str) -> Job {
    let occurred_at = Timestamp::from_second(second).unwrap();
    let event = EventId::new(occurred_at, "0123456789abcdef".parse().unwrap(), FactKey::of(&[fact]));
    let job = testing::job(App::MAILCHIMP, "add_to_list", json!({ "list_id": "news" }));
    let effect = Effect { key: EffectKey::of(&["news"]), intent };
    let id = JobId { event, part: JobPart::of(&[rule]) };
    Job { id, occurred_at, ordered_at: occurred_at, effect, ..job }
}

fn number(id: JobId) -> usize {
    JOBS.iter().position(|job| job.id == id).expect("a job of the model")
}

/// The token of a job's claim: the job, and how many claims it had before.
pub(super) type Token = Option<(usize, u8)>;

pub(super) fn text(token: Token) -> String {
    token.map(|(job, nth)| format!("{job}.{nth}")).unwrap_or_default()
}

fn token(text: &str) -> Token {
    let (job, nth) = text.split_once('.')?;
    Some((job.parse().unwrap(), nth.parse().unwrap()))
}

/// A claim without times.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Held {
    pub(super) holder: usize,
    pub(super) newest: Option<usize>,
    pub(super) decided: Option<usize>,
    pub(super) added: Vec<usize>,
    pub(super) token: Token,
    pub(super) is_open: bool,
}

impl Held {
    pub(super) fn of(claim: &Claim) -> Self {
        let job = |contender: Contender| number(contender.job);
        Self {
            holder: job(claim.holder),
            newest: claim.newest.map(job),
            decided: claim.decided.map(job),
            added: claim.added.iter().copied().map(job).collect(),
            token: token(&claim.token),
            is_open: claim.leased_until > NOW,
        }
    }

    pub(super) fn claim(&self) -> Claim {
        let contender = |job: usize| JOBS[job].contender();
        Claim {
            holder: contender(self.holder),
            newest: self.newest.map(contender),
            decided: self.decided.map(contender),
            added: self.added.iter().copied().map(contender).collect(),
            token: text(self.token),
            leased_until: if self.is_open { LEASE } else { NOW },
        }
    }
}

/// A record without times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Record {
    pub(super) status: &'static str,
    pub(super) token: Token,
    /// Whether the next attempt is due; `None`: there is none.
    pub(super) is_due: Option<bool>,
    pub(super) attempts: u32,
    pub(super) step: u32,
}

impl Record {
    pub(super) fn of(record: &JobRecord) -> Self {
        Self {
            status: record.status.key(),
            token: token(&record.token),
            is_due: record.next_attempt.map(|at| at <= NOW),
            attempts: record.attempts,
            step: record.step,
        }
    }

    pub(super) fn status(self) -> Status {
        self.status.parse().unwrap()
    }

    pub(super) fn stored(self, job: usize) -> JobRecord {
        let circumstances = circumstances(job, None, "");
        let After { record, .. } = after(Conclusion::Called(Outcome::DONE), &circumstances);
        JobRecord {
            status: self.status(),
            token: text(self.token),
            next_attempt: self.is_due.map(|is_due| if is_due { NOW } else { SOON }),
            attempts: self.attempts,
            step: self.step,
            history: Vec::new(),
            ..record
        }
    }
}

pub(super) fn circumstances<'a>(
    job: usize,
    before: Option<&'a JobRecord>,
    token: &'a str,
) -> Circumstances<'a> {
    let token = Some(token).filter(|token| !token.is_empty());
    let schedule = &SCHEDULE;
    Circumstances { job: &JOBS[job], before, token, note: None, schedule, jitter: 0.5, receives: 1, now: NOW }
}
