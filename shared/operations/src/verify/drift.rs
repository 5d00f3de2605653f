//! Drift: what apps hold, compared with the newest actions that took effect. Apps are asked through their connectors, and
//! nothing is changed.

use std::collections::BTreeMap;

use aws::store::StoreError;
use domain::connector_rpc::{Compare, Compared, InApp};
use domain::digest::DigestSecret;
use domain::id::{BuyerKey, EffectKey, IntegrationId, MarketplaceId};
use domain::integration::{Connection, Integration};
use domain::intent::Intent;
use domain::job::Job;
use domain::log::{EventRecord, JobRecord};
use domain::rule::Rule;
use jiff::Timestamp;

use super::promises::{Broken, Promise, Waits, rank};
use super::{Verification, Verified, buyers};
use crate::firings::{Firings, RulesByTrigger};

/// The number of actions in a call of a connector.
const AT_ONCE: usize = 20;

/// An action to ask an app about.
struct Question {
    buyer: BuyerKey,
    record: JobRecord,
    job: Job,
}

impl Verification<'_> {
    /// Asks the apps of a marketplace whether they are in the states that the log says, for at most this many actions.
    /// Returns the number of actions that they were asked about.
    ///
    /// # Errors
    /// DynamoDB did not respond, or an item cannot be read.
    pub async fn apps(
        &self,
        m: &MarketplaceId,
        since: Timestamp,
        now: Timestamp,
        secret: &DigestSecret,
        most: usize,
        verified: &mut Verified,
    ) -> Result<usize, StoreError> {
        let waits = self.waits(m, now).await?;
        let mut questions: BTreeMap<IntegrationId, Vec<Question>> = BTreeMap::new();
        let mut left = most;
        for buyer in buyers(&self.0.store, m, since, now).await? {
            let (events, records) = self.0.store.buyer_timeline(m, buyer, since, now).await?;
            for (event, record) in decisive(&events, &records) {
                let Some(job) = job(event, record, &waits.rules, secret) else {
                    verified.unasked("the rule was changed or deleted", 1);
                    continue;
                };
                if left == 0 {
                    verified.unasked("the number of questions is limited", 1);
                    continue;
                }
                left -= 1;
                let question = Question { buyer, record: record.clone(), job };
                questions.entry(record.integration.clone()).or_default().push(question);
            }
        }
        for (id, questions) in questions {
            match waits
                .accounts
                .get(&id)
                .ok_or("the integration was deleted")
                .and_then(|account| asked(account, &waits))
            {
                Ok(account) => self.ask(account, &questions, since, now, verified).await?,
                Err(reason) => verified.unasked(reason, questions.len()),
            }
        }
        Ok(most - left)
    }

    /// Asks about actions in one account, some at once, until the app does not answer.
    async fn ask(
        &self,
        account: &Integration,
        questions: &[Question],
        since: Timestamp,
        now: Timestamp,
        verified: &mut Verified,
    ) -> Result<(), StoreError> {
        let (m, mut unasked) = (&account.marketplace, questions);
        while !unasked.is_empty() {
            let (some, others) = unasked.split_at(AT_ONCE.min(unasked.len()));
            let jobs = some.iter().map(|question| question.job.clone()).collect();
            let ask = Compare { marketplace: m.clone(), integration: account.id.clone(), jobs };
            let states = match self.0.services.connectors.ask(account.app, ask).await {
                Ok(Compared { states }) => states,
                Err(error) => {
                    verified.unasked(&error.to_string(), unasked.len());
                    return Ok(());
                }
            };
            for (question, state) in some.iter().zip(states) {
                match state {
                    InApp::AsSet => verified.asked += 1,
                    InApp::Unknown { reason } => verified.unasked(&reason.message, 1),
                    InApp::Otherwise => {
                        verified.asked += 1;
                        // Another action may have changed the app since the log was read.
                        if self.is_still_decisive(m, question, since, now).await? {
                            verified.broken.push(drifted(m, &question.record));
                        }
                    }
                }
            }
            unasked = others;
        }
        Ok(())
    }

    async fn is_still_decisive(
        &self,
        m: &MarketplaceId,
        question: &Question,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (events, records) = self.0.store.buyer_timeline(m, question.buyer, since, now).await?;
        Ok(decisive(&events, &records).iter().any(|(_, record)| **record == question.record))
    }
}

/// The account, unless it cannot be called now.
fn asked<'a>(account: &'a Integration, waits: &Waits) -> Result<&'a Integration, &'static str> {
    if account.connection != Connection::Connected {
        return Err("the integration has to be reconnected");
    }
    if waits.paused.contains(&account.app) {
        return Err("the operator has paused the app");
    }
    if account.health.open_until.is_some() {
        return Err("calls are paused after failures in a row");
    }
    Ok(account)
}

fn drifted(m: &MarketplaceId, record: &JobRecord) -> Broken {
    let target: Vec<_> = record.target.iter().map(|(setting, value)| format!("{setting} {value}")).collect();
    let found = format!(
        "{} in {} is no longer so: {} {}, {}",
        record.action,
        record.integration,
        record.status,
        record.updated_at,
        target.join(", ")
    );
    Broken { promise: Promise::App, marketplace: m.clone(), id: record.id.to_string(), found }
}

/// For each state: its newest action, if that took effect and no action of the state is open. An older action that failed
/// or took effect decides nothing.
fn decisive<'a>(
    events: &'a [EventRecord],
    records: &'a [JobRecord],
) -> Vec<(&'a EventRecord, &'a JobRecord)> {
    let mut effects: BTreeMap<EffectKey, Vec<&JobRecord>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.intent != Intent::Send && !record.test) {
        if let Some(effect) = record.effect {
            effects.entry(effect).or_default().push(record);
        }
    }
    let newest = |sharing: Vec<&'a JobRecord>| {
        let ranked: Option<Vec<_>> = sharing
            .into_iter()
            .map(|record| {
                let event = events.iter().find(|event| event.id == record.id.event)?;
                record.status.is_final().then_some(())?;
                // Of the actions of one event that want the same, one took effect.
                Some((rank(event, record)?, record.status.took_effect(), event, record))
            })
            .collect();
        let (_, took_effect, event, record) =
            ranked?.into_iter().max_by_key(|(rank, took_effect, ..)| (*rank, *took_effect))?;
        took_effect.then_some((event, record))
    };
    effects.into_values().filter_map(newest).collect()
}

/// The action as it would be sent now; `None`: its rule no longer requests it.
fn job(
    event: &EventRecord,
    record: &JobRecord,
    rules: &RulesByTrigger,
    secret: &DigestSecret,
) -> Option<Job> {
    let rules: Vec<Rule> =
        rules.of(record.trigger).iter().filter(|rule| rule.id == record.rule).cloned().collect();
    let firings = Firings::of(event, record.trigger).ok()?;
    let is_it = |id, effect| id == record.id && Some(effect) == record.effect;
    let decided = firings.asked(&rules, secret).find(|job| is_it(job.id(), job.effect))?;
    let job = firings.input(&rules, secret).jobs([decided]).next()?;
    Some(Job { payload: None, ..job })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sample;

    /// An event, and the record of its action on one state.
    fn step(fact: &str, second: u32, intent: &str, status: &str) -> (EventRecord, JobRecord) {
        let at = format!("2026-05-04T10:00:{second:02}Z");
        let event = sample::event(json!({ "occurred_at": at }));
        let mut id = event.id;
        id.fact = domain::id::FactKey::of(&[fact]);
        let job = format!("job_{}", "0".repeat(58)).parse::<domain::id::JobId>().unwrap();
        let record = JobRecord {
            intent: serde_json::from_value(json!(intent)).unwrap(),
            effect: Some(serde_json::from_value(json!("0".repeat(24))).unwrap()),
            ..sample::record(domain::id::JobId { event: id, ..job }, status)
        };
        (EventRecord { id, ..event }, record)
    }

    fn decides(steps: &[(EventRecord, JobRecord)]) -> Option<usize> {
        let (events, records): (Vec<_>, Vec<_>) = steps.iter().cloned().unzip();
        let found = decisive(&events, &records);
        assert!(found.len() < 2, "one state");
        found.first().and_then(|(_, record)| steps.iter().position(|(_, own)| own.id == record.id))
    }

    #[test]
    fn the_newest_action_of_a_state_is_compared_if_it_took_effect() {
        let (grant, revoke) = (step("a", 1, "on", "performed"), step("b", 2, "off", "already_so"));
        assert_eq!(decides(&[grant.clone(), revoke.clone()]), Some(1));
        assert_eq!(decides(&[revoke, grant.clone()]), Some(0));
        assert_eq!(decides(&[grant]), Some(0));
    }

    #[test]
    fn nothing_is_compared_while_an_action_is_open_or_after_the_newest_failed() {
        let grant = step("a", 1, "on", "performed");
        for status in ["retrying", "held", "rate_limited", "rejected", "exhausted", "canceled"] {
            for newer in [step("b", 2, "off", status), step("b", 2, "on", status)] {
                assert_eq!(decides(&[grant.clone(), newer]), None, "{status}");
            }
        }
        assert_eq!(decides(&[step("b", 2, "off", "performed"), step("a", 1, "on", "retrying")]), None);
        assert_eq!(decides(&[step("a", 1, "on", "superseded"), step("b", 2, "off", "performed")]), Some(1));
    }
}
