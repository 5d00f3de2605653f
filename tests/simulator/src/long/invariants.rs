//! The invariants of a history that has settled.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::EffectKey;
use domain::intent::Intent;
use domain::log::{EventRecord, JobRecord};
use domain::plan;
use jiff::Timestamp;
use operations::verify::Verified;
use serde_json::Value;

use super::shop;
use super::sweeper::TABLE;
use super::world::World;
use crate::report::verdict_name;

/// The most calls of one run: one more than the retry schedule has waits.
const MOST_ATTEMPTS: u32 = 10;

/// The invariant that does not hold, in words.
pub(super) async fn broken(world: &World, is_settled: bool) -> Option<String> {
    if !world.aws.refused().is_empty() {
        return Some(format!("the AWS in memory does not implement {:?}", world.aws.refused()));
    }
    if let Some(violation) = world.apps.violation() {
        return Some(violation);
    }
    world.inspector.run(found(world, is_settled)).await
}

async fn found(world: &World, is_settled: bool) -> Option<String> {
    // The promises that `engine verify` checks over a real table.
    let mut verified = Verified::default();
    let now = world.aws.now();
    let since = Timestamp::UNIX_EPOCH;
    let check = world.looking.verification().marketplace(&world.shop, since, now, &mut verified).await;
    if let Err(error) = check {
        return Some(format!("the table cannot be read: {error}"));
    }
    if let Some(broken) = verified.broken.first() {
        return Some(broken.to_string());
    }
    if !is_settled {
        return Some(format!("not settled: {}", unsettled(world)));
    }
    let events: BTreeSet<_> = world.jobs().into_iter().map(|job| job.event).collect();
    let mut records = Vec::new();
    for event in events {
        let (event, jobs) = world.looking.log().event_with_actions(&world.shop, &event, now).await.ok()?;
        let verdicts = event.iter().flat_map(|event| event.verdicts.values().flatten());
        world.reached.borrow_mut().extend(verdicts.map(|judged| verdict_name(&judged.verdict)));
        records.extend(jobs.into_iter().map(|job| (job, event.clone())));
    }
    world.reached.borrow_mut().extend(records.iter().map(|(record, _)| record.status.key()));
    let attempts = records.iter().find(|(record, _)| record.attempts > MOST_ATTEMPTS);
    if let Some((record, _)) = attempts {
        return Some(format!("{} was called {} times", record.id, record.attempts));
    }
    lost(world).await.or_else(|| doubled(world)).or_else(|| stale(world, &records))
}

fn unsettled(world: &World) -> String {
    let waiting = world.aws.items(TABLE).into_iter().filter(|item| item.contains_key("due_pk"));
    let waiting: Vec<_> = waiting.map(|item| format!("{:?} {:?}", item["due_pk"], item["sk"])).collect();
    let queues = shop::APPS.map(|app| world.aws.queue(&format!("engine-jobs-{app}")));
    format!("{waiting:?}, {queues:?}, {:?}", world.aws.schedules())
}

/// A published fact that is not stored.
async fn lost(world: &World) -> Option<String> {
    let published: BTreeSet<usize> = world.published.borrow().iter().copied().collect();
    for nth in published {
        let Some(spec) = world.facts.get(nth).filter(|spec| spec.is_stored()) else { continue };
        let Some(fact) = spec.read(world.day) else { continue };
        let event = plan::event_id(&world.secret, &fact);
        let now = world.aws.now();
        let stored = world.looking.log().event(&world.shop, &event, now).await.ok()?;
        if stored.is_none() && !world.is_erased(event.buyer) {
            return Some(format!("fact {} was published, and is not stored", spec.id()));
        }
    }
    None
}

/// A message that arrived more often than its sender could not know the answer.
fn doubled(world: &World) -> Option<String> {
    let received = world.apps.holdings("webhook");
    let times = received["times"].as_object()?;
    times.iter().find_map(|(message, times)| {
        let (times, allowed) = (times.as_u64().unwrap_or_default(), world.apps.allowed(message));
        (times > allowed).then(|| format!("{message} arrived {times} times, and {allowed} were allowed"))
    })
}

/// An app whose state is not that of the newest fact that took effect.
fn stale(world: &World, records: &[(JobRecord, Option<EventRecord>)]) -> Option<String> {
    if world.deleted.get() {
        // The effects of the account before are forgotten.
        return None;
    }
    let tags = tags(&world.apps.holdings("kit"));
    let mut effects: BTreeMap<EffectKey, Vec<&(JobRecord, Option<EventRecord>)>> = BTreeMap::new();
    for entry in records.iter().filter(|(record, _)| record.target.contains_key("tag")) {
        if let Some(effect) = entry.0.effect {
            effects.entry(effect).or_default().push(entry);
        }
    }
    effects.values().find_map(|sharing| {
        // A call whose answer is unknown may have changed the state for a job that failed.
        let is_unknown = |record: &JobRecord| {
            !record.status.took_effect() && (record.attempts > 0 || record.run.is_some())
        };
        if sharing.iter().any(|(record, _)| is_unknown(record)) {
            return None;
        }
        let took = sharing.iter().filter(|(record, _)| record.status.took_effect());
        let order = |(record, event): &&&(JobRecord, Option<EventRecord>)| {
            let event = event.as_ref()?;
            let at = event.occurred_at.min(event.received_at);
            Some((at, record.intent == Intent::Off, record.id.event.fact))
        };
        let (newest, _) = took.max_by_key(order)?;
        let tag = newest.target.get("tag")?;
        let has = tags.contains(&(newest.email.to_lowercase(), tag.to_lowercase()));
        let wants = newest.intent == Intent::On;
        (has != wants).then(|| {
            format!("{} is {} for tag {tag}, but the contact has it: {has}", newest.id, newest.status)
        })
    })
}

/// The addresses and tags of Kit's subscribers.
fn tags(kit: &Value) -> BTreeSet<(String, String)> {
    let subscribers = kit["subscribers"].as_array().into_iter().flatten();
    let all = subscribers.flat_map(|subscriber| {
        let email = subscriber["email"].as_str().unwrap_or_default().to_lowercase();
        let tags = subscriber["tags"].as_array().into_iter().flatten();
        tags.filter_map(Value::as_str).map(move |tag| (email.clone(), tag.to_lowercase()))
    });
    all.collect()
}
