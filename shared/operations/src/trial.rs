//! Trying a rule: its actions are performed once for an address that the merchant enters, as for a fact: through the
//! queue, by the connector, into the Action Log.
//!
//! A test is no fact. Its event has a name of its own ([`RULE_TEST`]), so nothing that reads facts takes it for one. Its
//! actions have effects of their own in the ledger: a test runs once however often its message is delivered, and no
//! action of a real fact is superseded by it or waits for it.

use aws::queue::{QueueError, Queues};
use aws::store::{EventWrite, FactReceived, Store, StoreError, TrialBegun};
use domain::digest::DigestSecret;
use domain::id::{EffectKey, EventId, JobId};
use domain::integration::Connection;
use domain::job::{Contact, Job};
use domain::log::{ConfigEntry, ConfigKind, RULE_TEST};
use domain::outcome::Reason;
use domain::rule::Rule;
use domain::verdict::{RuleVerdict, Verdict};
use jiff::Timestamp;
use runtime::clock;

use crate::example;

/// A test that is queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Its event.
    pub event: EventId,
    /// Its actions, one for each target.
    pub jobs: Vec<JobId>,
}

/// The reason why a rule is not tried.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The account is deleted.
    #[error("the rule's integration does not exist: choose another integration in the rule")]
    Gone,
    /// The account needs to be reconnected, so the test would wait.
    #[error("the rule's integration needs to be reconnected: {}", .0.message)]
    NeedsReconnect(Reason),
    /// The operator has paused the app, so the test would wait.
    #[error("the app is paused: {0}")]
    Paused(String),
    /// The app does not offer the action for the trigger.
    #[error("the app does not offer this action for this trigger")]
    NotOffered,
    /// Another test of the marketplace has not run yet.
    #[error("another test of this marketplace has not run yet: try again when it has")]
    Busy,
    /// DynamoDB did not respond.
    #[error("the table cannot be read or written")]
    Store(#[from] StoreError),
    /// SQS did not respond.
    #[error("the test was not queued")]
    Queue(#[from] QueueError),
}

/// Tries a rule, stored or not. Its conditions are not checked, and it need not be enabled.
pub(crate) async fn start(
    store: &Store,
    queues: &Queues,
    secret: &DigestSecret,
    rule: &Rule,
    contact: &Contact,
    now: Timestamp,
) -> Result<Trial, TrialError> {
    let m = &rule.marketplace;
    let account = store.integration(m, &rule.integration, now).await?.ok_or(TrialError::Gone)?;
    if let Connection::NeedsReconnect { reason, .. } = account.connection {
        return Err(TrialError::NeedsReconnect(reason));
    }
    if let Some(pause) = store.app_pause(rule.app).await? {
        return Err(TrialError::Paused(pause.note.as_str().to_owned()));
    }
    let id = format!("test_{}", &clock::unique()[..14]);
    let event = example::event(secret, m, rule, contact, &id, now).map_err(|_| TrialError::NotOffered)?;
    let jobs = example::jobs(secret, &event, rule).map_err(|_| TrialError::NotOffered)?;
    let jobs: Vec<Job> = jobs.into_iter().map(tested).collect();
    let Some(first) = jobs.first().map(|job| job.id) else { return Err(TrialError::NotOffered) };
    match store.begin_trial(m, first, now).await? {
        TrialBegun::Yes => {}
        TrialBegun::Busy => return Err(TrialError::Busy),
    }
    let ids: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
    let fired = RuleVerdict {
        rule: rule.id.clone(),
        line: jobs[0].line.clone(),
        verdict: Verdict::Fired { jobs: ids.clone() },
        left_out: Vec::new(),
    };
    let seen = FactReceived {
        id: event.id,
        marketplace: m,
        fact_id: &event.fact_id,
        detail_type: RULE_TEST,
        email: &event.email,
        detail: &event.detail,
        now,
    };
    store.record_event(&seen, EventWrite::Verdicts(rule.trigger, &[fired])).await?;
    let entry = ConfigEntry {
        integration: Some(rule.integration.clone()),
        app: Some(rule.app),
        ..ConfigEntry::new(ConfigKind::Rule, rule.id.as_str(), "Try Rule", "Rule tried.".to_owned(), now)
    };
    store.log_config(m, &entry).await?;
    queues.send(&jobs).await?;
    Ok(Trial { event: event.id, jobs: ids })
}

/// The job as a test, with an effect of its own.
fn tested(job: Job) -> Job {
    let mut effect = job.effect.clone();
    effect.key = EffectKey::of(&["test", &job.id.to_string()]);
    Job { test: true, order: None, effect, ..job }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{rule, secret};

    #[test]
    fn a_test_has_an_effect_of_its_own() {
        let contact = Contact {
            email: "ada@example.com".to_owned(),
            first_name: None,
            last_name: None,
            phone: None,
            address: None,
        };
        let rule = rule("rul_1", "product_purchased", &["sourdough"]);
        let job = |id| {
            let event =
                example::event(&secret(), &rule.marketplace, &rule, &contact, id, Timestamp::UNIX_EPOCH)
                    .unwrap();
            example::jobs(&secret(), &event, &rule).unwrap().remove(0)
        };
        let (one, other) = (job("test_1"), job("test_2"));
        assert_eq!(one.effect.key, other.effect.key, "two facts request one effect");
        let (one, other) = (tested(one), tested(other));
        assert_ne!(one.effect.key, other.effect.key);
        assert_ne!(one.effect.key, job("test_1").effect.key);
        assert!(one.test && one.order.is_none());
        assert_eq!(tested(job("test_1")), one, "a test that is delivered twice is one test");
    }
}
