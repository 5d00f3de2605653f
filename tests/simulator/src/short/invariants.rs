//! The invariants that are checked when a history has ended.

use std::collections::BTreeSet;

use domain::id::EffectKey;
use domain::intent::Intent;
use domain::job::Job;
use domain::log::Status;
use domain::time;
use triggers::registry::DEFINITIONS;

use super::shop::schedule;
use super::state::{Rank, State, job_name, rank};
use super::world::{MOST_ATTEMPTS, World};

/// The first invariant that does not hold, in words.
pub(super) fn broken(world: &World) -> Option<String> {
    let state = world.shared.state.borrow();
    let ended = Ended { world, state: &state };
    let effects: BTreeSet<EffectKey> = state.jobs.iter().map(|job| job.effect.key).collect();
    let jobs = 0..state.jobs.len();
    ended
        .undecided()
        .or_else(|| jobs.clone().find_map(|job| ended.unexplained(job)))
        .or_else(|| ended.repeated())
        .or_else(|| ended.untold())
        .or_else(|| ended.forgotten())
        .or_else(|| ended.stale())
        .or_else(|| effects.into_iter().find_map(|effect| ended.not_the_newest(effect)))
}

struct Ended<'a> {
    world: &'a World,
    state: &'a State,
}

impl Ended<'_> {
    fn job(&self, number: usize) -> &Job {
        &self.state.jobs[number]
    }

    fn status(&self, job: &Job) -> Option<Status> {
        self.world.shared.status(job)
    }

    fn is_erased(&self, job: &Job) -> bool {
        let covers = |erased: &super::state::Erased| {
            erased.buyer == job.id.event.buyer && job.occurred_at <= erased.at
        };
        self.state.erased.iter().any(covers)
    }

    /// Whether a job took effect, as its record says.
    fn took_effect(&self, number: usize) -> bool {
        self.status(self.job(number)).is_some_and(Status::took_effect)
    }

    /// The jobs that request the same for the same fact.
    fn alike(&self, job: &Job) -> impl Iterator<Item = usize> {
        let of = (rank(job), job.effect.key);
        (0..self.state.jobs.len()).filter(move |other| {
            let other = self.job(*other);
            (rank(other), other.effect.key) == of
        })
    }

    /// A fact whose triggers fired, and have no verdicts.
    fn undecided(&self) -> Option<String> {
        self.state.events.values().find_map(|event| {
            let received = self.world.fact(event.fact);
            let fact = &received.fact;
            let mut fired = DEFINITIONS.iter().filter(|definition| definition.fact == fact.kind());
            let missing = fired.find(|definition| {
                !(definition.fires)(fact).is_empty() && !event.decided.contains(&definition.trigger)
            });
            missing.map(|definition| format!("fact {} has no verdict of {}", event.fact, definition.trigger))
        })
    }

    /// A job whose end has no cause.
    fn unexplained(&self, number: usize) -> Option<String> {
        let (state, job) = (self.state, self.job(number));
        if self.is_erased(job) {
            return None;
        }
        let calls = state.calls[number];
        let applied =
            || self.alike(job).any(|alike| state.applied.iter().any(|applied| applied.job == alike));
        let (record, attempts) = (self.world.stands(job).map(|(record, _)| record), state.attempts[number]);
        let status = record.as_ref().map(|record| record.status);
        let says = |message: &str| {
            let reason = record.as_ref().and_then(|record| record.reason.as_ref());
            reason.is_some_and(|reason| reason.message.starts_with(message))
        };
        let is_overdue = record.as_ref().is_some_and(|record| {
            record.updated_at.duration_since(record.since) > time::signed(schedule().length())
        });
        let explained = match status {
            Some(Status::Performed | Status::AlreadySo) => applied(),
            Some(Status::Duplicate) => self.alike(job).any(|alike| self.took_effect(alike)),
            Some(Status::Superseded) => {
                let is_newer = |other: &Job| other.effect.key == job.effect.key && rank(other) > rank(job);
                (0..state.jobs.len()).any(|other| is_newer(self.job(other)) && self.decides(other, number))
            }
            Some(Status::Rejected) if says("The integration was deleted.") => {
                state.deleted.contains(&job.integration)
            }
            Some(Status::Rejected) => attempts.rejected,
            Some(Status::Exhausted) if says("No request was sent.") => attempts.unsent && is_overdue,
            Some(Status::Exhausted) => attempts.failed,
            Some(Status::Canceled) => state.changed.contains(&job.rule),
            Some(Status::Retrying | Status::RateLimited | Status::Held) | None => false,
        };
        if !explained {
            return Some(format!("{} ended as {status:?} after {calls} calls", job_name(number)));
        }
        let record = record?;
        if record.attempts > calls || record.attempts > MOST_ATTEMPTS {
            return Some(format!("{} has {} attempts in {calls} calls", job_name(number), record.attempts));
        }
        let has_reason = record.reason.is_some() || record.status.took_effect();
        (!has_reason).then(|| format!("{} ended as {status:?} without a reason", job_name(number)))
    }

    /// Whether a newer job may supersede an older one: it wants the opposite, took effect, or had not ended when the
    /// older one was decided. A worker can stop between the reading of the newer job's record and its own write.
    fn decides(&self, newer: usize, older: usize) -> bool {
        let (newer_job, older_job) = (self.job(newer), self.job(older));
        let (at, superseded_at) = (self.state.written_at[newer], self.state.began_at[older]);
        // A newer job of an erased buyer has no record.
        let status = self.status(newer_job);
        let had = self.state.applied.iter().any(|applied| applied.job == newer);
        let took_effect = had || status.is_none_or(Status::took_effect);
        newer_job.effect.intent != older_job.effect.intent || took_effect || at >= superseded_at
    }

    /// A change that was repeated without a cause.
    fn repeated(&self) -> Option<String> {
        let state = self.state;
        let repeated = state
            .repeated
            .map(|job| format!("{} repeats a change that is recorded or in progress", job_name(job)));
        // Two attempts of the job were in progress, and the first one wrote its result after its lease.
        let is_explained = |job: usize| state.attempts[job].late || state.forced[job] > 0;
        let late = state.applied.iter().find(|applied| applied.after_end && !is_explained(applied.job));
        repeated.or_else(|| late.map(|late| format!("{} was applied after its end", job_name(late.job))))
    }

    /// A change that the app made and no record shows, although one could.
    fn untold(&self) -> Option<String> {
        let is_told = |number: usize| {
            let (job, attempts) = (self.job(number), self.state.attempts[number]);
            attempts.lost || attempts.late || self.is_erased(job) || self.took_effect(number)
        };
        let untold = self.state.unrecorded.iter().find(|call| !is_told(call.job));
        untold.map(|call| format!("the app carried {} out, and no record says so", job_name(call.job)))
    }

    /// A success that is no longer in the log.
    fn forgotten(&self) -> Option<String> {
        let is_kept = |number: usize| self.took_effect(number) || self.is_erased(self.job(number));
        let forgotten = self.state.succeeded.iter().find(|number| !is_kept(**number));
        forgotten.map(|number| format!("{} took effect, and its record no longer says so", job_name(*number)))
    }

    /// A change that was made after a newer one. If the app carries out a request that was given up, no ledger can
    /// prevent it.
    fn stale(&self) -> Option<String> {
        let applied = &self.state.applied;
        applied.iter().enumerate().filter(|(_, late)| !late.belated).find_map(|(index, late)| {
            let late_job = self.job(late.job);
            let newer = applied[..index].iter().find(|before| {
                let before_it = self.job(before.job);
                // The app carried out a newer job, no record shows it, and a job of its rank, or a newer job that
                // wanted the same, has failed for good since: the claim remembers that one alone. An older job with the same
                // intent does no harm.
                let wants_the_same = |failed: &&Rank| failed.1 == rank(before_it).1;
                let mut failed = late.failed.iter().filter(wants_the_same);
                let harmless = before_it.effect.intent == late_job.effect.intent
                    && failed.any(|failed| *failed >= rank(before_it));
                let same = before_it.effect.key == late_job.effect.key;
                same && rank(before_it) > rank(late_job) && !harmless && !self.is_erased(before_it)
            });
            newer.map(|newer| {
                format!("{} was applied after {}, which is newer", job_name(late.job), job_name(newer.job))
            })
        })
    }

    /// An app whose state is not that of the newest decided fact.
    fn not_the_newest(&self, effect: EffectKey) -> Option<String> {
        let of_effect = |number: &usize| {
            let job = self.job(*number);
            job.effect.key == effect && !self.is_erased(job)
        };
        let jobs: Vec<usize> = (0..self.state.jobs.len()).filter(of_effect).collect();
        let newest = jobs.iter().map(|number| rank(self.job(*number))).max()?;
        let newest = || jobs.iter().copied().filter(|number| rank(self.job(*number)) == newest);
        let wanted = self.job(newest().next()?).effect.intent;
        let statuses: Vec<_> = newest().map(|number| self.status(self.job(number))).collect();
        let last = self.state.applied.iter().rev().find(|applied| self.job(applied.job).effect.key == effect);
        if last.is_some_and(|last| last.belated) {
            return None;
        }
        if newest().any(|number| self.took_effect(number)) {
            let switch = self.state.switches.get(&effect).copied();
            let holds = switch == Some(wanted) || wanted == Intent::Send;
            return (!holds)
                .then(|| format!("the app is {switch:?}, and the newest fact wants {wanted:?}: {effect}"));
        }
        let failed = |status: &Option<Status>| {
            matches!(status, Some(Status::Rejected | Status::Exhausted | Status::Canceled))
        };
        (!statuses.iter().all(failed))
            .then(|| format!("the newest fact was not tried: {statuses:?}, {effect}"))
    }
}
