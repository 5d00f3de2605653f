//! One delivery of a job, in this order: read, admit, claim, take a turn and the probe, call, and write the result
//! once. [`domain::admission`] makes the decisions. If no call follows, everything that was reserved is released.

mod claim;

use std::time::Duration;

use aws::store::StoreError;
use domain::admission::{
    self, AccountState, After, Circumstances, Conclusion, CurrentRule, End, Place, Verdict, View, Wait,
    admit, after,
};
use domain::integration::{Connection, Health, Integration};
use domain::job::Job;
use domain::log::{JobRecord, Status};
use domain::outcome::{Outcome, Reason, Setback};
use domain::pause::AppPause;
use domain::retry::Schedule;
use domain::time;
use jiff::{SignedDuration, Timestamp};
use runtime::logs::Causes;
use runtime::metrics::{self, About, Metric};

use crate::jobs::Jobs;

/// If the table fails, a message returns after this, and after twice as long each time, so that an hour without the
/// table does not move it to the dead-letter queue.
const TABLE_WAIT: Duration = Duration::from_secs(5);
const LONGEST_TABLE_WAIT: Duration = Duration::from_mins(15);
/// A message that lost a race returns after this.
const SOON: Duration = Duration::from_secs(5);
/// A message that can be retried at once returns after this.
const AT_ONCE: Duration = Duration::from_secs(1);
/// The part of an invocation that is reserved for writing the results of its calls: if the function ends before it has
/// written them, they are lost.
const TO_WRITE: Duration = Duration::from_secs(5);
/// No call is begun with less remaining time than this.
const SHORTEST_CALL: Duration = Duration::from_secs(2);
/// A message that has been on its queue for longer has waited.
const NEW: SignedDuration = SignedDuration::from_mins(1);
/// How often a job is admitted again because another job took the probe.
const ROUNDS: usize = 3;

/// The action on a job's message after a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ack {
    /// It is deleted: the job has ended, or waits in the table.
    Done,
    /// It returns after this time.
    Nack(Duration),
}

/// A message of an app's queue.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The job.
    pub job: &'a Job,
    /// The number of times that the message was received.
    pub receives: u32,
    /// When it was sent, if the queue returns the time.
    pub sent_at: Option<Timestamp>,
    /// When the function ends.
    pub deadline: Timestamp,
}

impl Delivery<'_> {
    /// Whether the rule may have changed since the job was planned, so that the job is compared with it again.
    fn has_waited(&self, now: Timestamp) -> bool {
        let is_late = self.sent_at.is_some_and(|sent| now.duration_since(sent) > NEW);
        is_late || self.job.resumed || self.job.rerun.is_some() || self.receives > 1
    }
}

/// The services that a delivery uses: the worker's, or a model of them in tests.
#[expect(async_fn_in_trait, reason = "a delivery runs on one thread")]
pub trait Environment {
    /// An account whose credentials are decrypted.
    type Access;
    /// A turn within an account's limits. If it is dropped before a call, the reserved turn is released.
    type Turn<'a>
    where
        Self: 'a;

    /// The current time.
    fn now(&self) -> Timestamp;
    /// A number in 0..1.
    fn jitter(&self) -> f64;
    /// A text that no other call returns.
    fn unique(&self) -> String;
    /// When failed jobs are retried.
    fn schedule(&self) -> &Schedule;
    /// The lease of a claim.
    fn lease(&self) -> Duration;
    /// The records and claims.
    fn jobs(&self) -> &impl Jobs;

    /// Reads the inputs of admission; the rule only if `with_rule` is true.
    async fn look(
        &self,
        job: &Job,
        with_rule: bool,
        now: Timestamp,
    ) -> Result<Seen<Self::Access>, StoreError>;
    /// The time before which the account accepts no call: the app returned it, or the rate is used up for longer than a
    /// worker waits. Nothing is reserved.
    fn limited_until(&self, account: &Integration, now: Timestamp) -> Option<Timestamp>;
    /// Reserves the turn that [`limited_until`](Self::limited_until) returned.
    fn queue_up(&self, account: &Integration, now: Timestamp);
    /// Takes a turn within the account's rate, and waits for it if the wait is short; otherwise returns its time. Other
    /// resources of a call, such as a permit, are reserved here too and released with the turn.
    async fn take_turn<'a>(&'a self, account: &'a Integration) -> Result<Self::Turn<'a>, Timestamp>;
    /// Takes the probe of an account whose circuit breaker was open until now; `None`: another job took it.
    async fn take_probe(&self, account: &Integration, now: Timestamp) -> Result<Option<Health>, StoreError>;
    /// The job's account as stored now, whatever was cached.
    async fn reread(&self, job: &Job, now: Timestamp) -> Result<Option<Integration>, StoreError>;
    /// Calls the app. Returns the outcome and the number of requests.
    async fn call<'a>(
        &'a self,
        job: &Job,
        access: &Self::Access,
        turn: Self::Turn<'a>,
        attempt: u32,
        limit: Duration,
    ) -> (Outcome, u32);
    /// Records for the account's circuit breaker whether its app responded.
    async fn record_answer(&self, account: &Integration, answered: bool) -> Result<(), StoreError>;
    /// Shares the time before which the app accepts no calls.
    async fn record_limit(&self, account: &Integration, until: Timestamp) -> Result<(), StoreError>;
    /// Marks that the account has to be reconnected, and notifies the operator, once. `false`: the account has
    /// other credentials by now.
    async fn needs_reconnect(
        &self,
        account: &Integration,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
    /// Called after a job's record is written: notifies the operator of a failure.
    async fn written(&self, job: &Job, record: &JobRecord);
}

/// The inputs of admission, as they were read.
#[derive(Debug)]
pub struct Seen<A> {
    /// The operator's pause of the job's app.
    pub pause: Option<AppPause>,
    /// Whether the buyer was erased after the fact occurred.
    pub erased: bool,
    /// The job's account.
    pub account: AccountState<A>,
    /// The job's rule.
    pub rule: CurrentRule,
}

/// Why a delivery ends early.
enum Stop {
    Ack(Ack),
    Failed(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// Handles one delivery. Returns what happens to its message.
pub async fn run<E: Environment>(env: &E, delivery: Delivery<'_>) -> Ack {
    let began = env.now();
    let mut attempt = Attempt {
        env,
        delivery,
        began,
        before: None,
        was_read: false,
        token: None,
        note: None,
        has_called: false,
    };
    match attempt.run().await {
        Ok(ack) | Err(Stop::Ack(ack)) => ack,
        // No record can be written, so a metric reports it.
        Err(Stop::Failed(error)) => {
            if !attempt.has_called {
                attempt.give_up(Ack::Done).await;
            }
            metrics::count(About::App(delivery.job.app), Metric::TableFailures, 1);
            tracing::warn!(error = %Causes(&error), "the job returns to its queue");
            Ack::Nack(table_wait(delivery.receives))
        }
    }
}

/// A delivery in progress.
struct Attempt<'a, E> {
    env: &'a E,
    delivery: Delivery<'a>,
    began: Timestamp,
    /// The job's record.
    before: Option<JobRecord>,
    was_read: bool,
    /// The token of the claim that it has.
    token: Option<String>,
    /// The note that the claim which was taken over adds to a success.
    note: Option<String>,
    has_called: bool,
}

impl<E: Environment> Attempt<'_, E> {
    async fn run(&mut self) -> Result<Ack, Stop> {
        let job = self.delivery.job;
        // Nothing more is read for a new message.
        let has_waited = self.delivery.has_waited(self.began);
        if has_waited {
            self.read().await?;
        }
        let mut seen = self.env.look(job, has_waited && !job.test, self.began).await?;
        self.admit(&mut seen).await?;
        self.claim(&mut seen).await?;
        self.perform(seen).await
    }

    /// Reads the job's record. Ends the delivery if there is nothing left to do.
    async fn read(&mut self) -> Result<(), Stop> {
        let job = self.delivery.job;
        self.before = self.env.jobs().record(&job.marketplace, &job.id, self.began).await?;
        self.was_read = true;
        if self.before.as_ref().is_some_and(|record| job.is_over(record)) {
            return Err(Stop::Ack(self.give_up(Ack::Done).await));
        }
        Ok(())
    }

    /// Whether the job's call is a probe. Ends the delivery if the job makes no call.
    async fn admit(&mut self, seen: &mut Seen<E::Access>) -> Result<bool, Stop> {
        loop {
            match self.verdict(seen) {
                Verdict::Call { probe } => return Ok(probe),
                // The next write depends on the record.
                _ if !self.was_read => self.read().await?,
                // Deleting an account disables its rules, and the account may have been cached.
                Verdict::End(End { status: Status::Canceled, .. })
                    if self.env.reread(self.delivery.job, self.began).await?.is_none() =>
                {
                    seen.account = AccountState::Deleted;
                }
                verdict => {
                    let has_turn = self.before.as_ref().and_then(|record| record.limited_until(self.began));
                    if let (
                        None,
                        Verdict::Wait(Wait { status: Status::RateLimited, .. }),
                        AccountState::Found(account, _),
                    ) = (has_turn, &verdict, &seen.account)
                    {
                        self.env.queue_up(account, self.began);
                    }
                    return Err(self.stop(seen, verdict).await);
                }
            }
        }
    }

    fn verdict(&self, seen: &Seen<E::Access>) -> Verdict {
        let limited_until = match &seen.account {
            // A job with a claim takes its turn itself.
            AccountState::Found(account, _) if self.token.is_none() => {
                self.env.limited_until(account, self.began)
            }
            _ => None,
        };
        admit(&View {
            job: self.delivery.job,
            record: self.before.as_ref(),
            pause: seen.pause.as_ref(),
            erased: seen.erased,
            account: &seen.account,
            rule: &seen.rule,
            limited_until,
            schedule: self.env.schedule(),
            now: self.began,
        })
    }

    /// Takes a turn and, if it is due, the probe; calls the app, and writes the result.
    async fn perform(&mut self, mut seen: Seen<E::Access>) -> Result<Ack, Stop> {
        let (env, job) = (self.env, self.delivery.job);
        for _ in 0..ROUNDS {
            let probe = self.admit(&mut seen).await?;
            let AccountState::Found(account, access) = &seen.account else { break };
            let turn = match env.take_turn(account).await {
                Ok(turn) => turn,
                Err(until) => {
                    return Err(self.stop(&seen, Verdict::Wait(admission::limited(job, until))).await);
                }
            };
            // Computed before the probe is taken, because the probe cannot be released.
            let limit = time_left(self.began, env.now(), env.lease(), self.delivery.deadline);
            let Some(limit) = limit else { return Ok(self.give_up(Ack::Nack(SOON)).await) };
            let mut used = account.clone();
            if probe {
                let Some(health) = env.take_probe(account, self.began).await? else {
                    drop(turn);
                    // Another job took it, or its call has succeeded: the account as stored now shows which.
                    let latest = env.reread(job, self.began).await?;
                    let latest = latest.filter(|latest| latest.credentials == account.credentials);
                    let (Some(latest), AccountState::Found(_, access)) = (latest, seen.account) else {
                        break;
                    };
                    seen.account = AccountState::Found(latest, access);
                    continue;
                };
                used.health = health;
            }
            // Settings of the rule that are not part of the effect may have changed since.
            let current = seen.rule.current(job);
            let attempt = admission::attempt_number(job, self.before.as_ref());
            self.has_called = true;
            let (outcome, requests) =
                env.call(current.as_ref().unwrap_or(job), access, turn, attempt, limit).await;
            self.record_answer(&used, probe, &outcome, requests).await;
            return self.conclude(Some(account), Conclusion::of_call(outcome, requests)).await;
        }
        // The account has other credentials by now, or was deleted.
        Ok(self.give_up(Ack::Nack(AT_ONCE)).await)
    }

    async fn record_answer(&self, used: &Integration, probe: bool, outcome: &Outcome, requests: u32) {
        let goes_past = used.health.open_until.is_some() && !probe;
        let recorded = match admission::answered(outcome, requests) {
            // The app is known to fail: only the probe decides how long the circuit breaker stays open.
            Some(false) if goes_past => Ok(()),
            Some(answered) => self.env.record_answer(used, answered).await,
            None => Ok(()),
        };
        if let Err(error) = recorded {
            // The call's result must be written in any case: otherwise the call would be repeated.
            tracing::warn!(error = %Causes(&error), "the account's health was not recorded");
        }
    }

    /// Ends the delivery as the verdict says, without a call.
    async fn stop(&mut self, seen: &Seen<E::Access>, mut verdict: Verdict) -> Stop {
        if !self.was_read && verdict != Verdict::Drop {
            if let Err(stop) = self.read().await {
                return stop;
            }
            // A time that the record names comes first.
            verdict = match (verdict, self.verdict(seen)) {
                (Verdict::Wait(_), Verdict::Wait(named)) => Verdict::Wait(named),
                (verdict, _) => verdict,
            };
        }
        let conclusion = match verdict {
            Verdict::Call { .. } | Verdict::Drop => return Stop::Ack(self.give_up(Ack::Done).await),
            Verdict::End(end) => Conclusion::Ends(end),
            Verdict::Wait(wait) => Conclusion::Waits(wait),
        };
        let account = match &seen.account {
            AccountState::Found(account, _) | AccountState::Unreadable(account) => Some(account),
            AccountState::Deleted | AccountState::Undecrypted => None,
        };
        self.conclude(account, conclusion).await.map_or_else(|stop| stop, Stop::Ack)
    }

    /// Writes the job's new state.
    async fn conclude(&self, account: Option<&Integration>, conclusion: Conclusion) -> Result<Ack, Stop> {
        let (env, Delivery { job, receives, .. }) = (self.env, self.delivery);
        let now = env.now();
        let is_limited =
            matches!(conclusion, Conclusion::Called(Outcome::Failed(Setback::RateLimited { .. })));
        let next = after(
            conclusion,
            &Circumstances {
                job,
                before: self.before.as_ref(),
                token: self.token.as_deref(),
                note: self.note.as_deref(),
                schedule: env.schedule(),
                jitter: env.jitter(),
                receives,
                now,
            },
        );
        if let (Place::Reconnect, Some(account), Some(reason)) = (next.place, account, &next.record.reason)
            && account.connection == Connection::Connected
            && !env.needs_reconnect(account, reason, now).await?
        {
            return Ok(self.give_up(Ack::Nack(AT_ONCE)).await);
        }
        if let (true, Some(account), Some(until)) = (is_limited, account, next.record.next_attempt)
            && until > now
            && let Err(error) = env.record_limit(account, until).await
        {
            // The account's other jobs will get the limit from the app.
            tracing::warn!(error = %Causes(&error), "the account's limit was not recorded");
        }
        self.write(&next, now).await
    }

    async fn write(&self, next: &After, now: Timestamp) -> Result<Ack, Stop> {
        let job = self.delivery.job;
        let before = self.before.as_ref().map(|record| record.token.as_str()).unwrap_or_default();
        if !self.env.jobs().write(job, next, before, now).await? {
            // This attempt outlived its lease: the message returns and reads the record again.
            tracing::warn!("another attempt at the same job wrote first");
            return Ok(self.give_up(Ack::Nack(SOON)).await);
        }
        let (result, attempts) = (next.result, next.record.attempts);
        metrics::outcome(job, result, now);
        tracing::info!(status = result.key(), attempts, "settled");
        self.env.written(job, &next.record).await;
        Ok(match next.place {
            Place::Queue { wait, .. } => Ack::Nack(wait),
            Place::Nowhere | Place::Table(_) | Place::Reconnect | Place::Resume => Ack::Done,
        })
    }

    /// Ends the delivery without a record. A claim that it has is released, so that no other job waits for its lease.
    async fn give_up(&self, ack: Ack) -> Ack {
        if let Some(token) = &self.token
            && let Err(error) = self.env.jobs().release(self.delivery.job, token, self.env.now()).await
        {
            tracing::warn!(error = %Causes(&error), "the claim was not released: its lease ends by itself");
        }
        ack
    }
}

fn table_wait(receives: u32) -> Duration {
    TABLE_WAIT.saturating_mul(1 << receives.saturating_sub(1).min(10)).min(LONGEST_TABLE_WAIT)
}

/// How long a call may take now, so that its result is written before the function ends, and well before the end of the
/// lease that began at `since`; `None`: too short for a call.
fn time_left(since: Timestamp, now: Timestamp, lease: Duration, deadline: Timestamp) -> Option<Duration> {
    let of_lease = lease.mul_f64(0.8).saturating_sub(time::between(since, now));
    let of_function = time::between(now, deadline).saturating_sub(TO_WRITE);
    Some(of_lease.min(of_function)).filter(|left| *left >= SHORTEST_CALL)
}

#[cfg(test)]
mod tests;
