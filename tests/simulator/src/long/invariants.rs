//! The invariants of a history that has settled.

use std::collections::{BTreeMap, BTreeSet};

use domain::app::App;
use domain::id::{EffectKey, FactKey};
use domain::intent::Intent;
use domain::log::{EventRecord, JobRecord};
use domain::plan;
use jiff::Timestamp;
use operations::verify::Verified;
use serde_json::Value;

use super::shop::{self, STORED};
use super::stored;
use super::sweeper::TABLE;
use super::world::{Shop, World};
use crate::coverage;

/// A job's record, with its event.
type Entry = (JobRecord, Option<EventRecord>);

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
    for shop in &world.shops {
        // The promises that `engine verify` checks over a real table.
        let mut verified = Verified::default();
        let now = world.aws.now();
        let since = Timestamp::UNIX_EPOCH;
        let check = world.looking.verification().marketplace(&shop.id, since, now, &mut verified).await;
        if let Err(error) = check {
            return Some(format!("the table cannot be read: {error}"));
        }
        if let Some(broken) = verified.broken.first() {
            return Some(broken.to_string());
        }
    }
    if !is_settled {
        return Some(format!("not settled: {}", unsettled(world)));
    }
    for shop in &world.shops {
        if let Some(broken) = broken_of(world, shop).await {
            return Some(format!("{}: {broken}", shop.id));
        }
    }
    None
}

/// The invariant that does not hold for a marketplace.
async fn broken_of(world: &World, shop: &Shop) -> Option<String> {
    let now = world.aws.now();
    let events: BTreeSet<_> = world.jobs(shop).into_iter().map(|job| job.event).collect();
    let mut records: Vec<Entry> = Vec::new();
    for event in events {
        let (event, jobs) = world.looking.log().event_with_actions(&shop.id, &event, now).await.ok()?;
        let verdicts = event.iter().flat_map(|event| event.verdicts.values().flatten());
        world.reached.extend(verdicts.map(|judged| coverage::verdict(&judged.verdict)));
        records.extend(jobs.into_iter().map(|job| (job, event.clone())));
    }
    world.reached.extend(records.iter().map(|(record, _)| record.status.key()));
    let attempts = records.iter().find(|(record, _)| record.attempts > MOST_ATTEMPTS);
    if let Some((record, _)) = attempts {
        return Some(format!("{} was called {} times", record.id, record.attempts));
    }
    if let Some(broken) = lost(world, shop).await {
        return Some(broken);
    }
    doubled(world, shop)
        .or_else(|| stale(world, shop, App::KIT, &records))
        .or_else(|| stale(world, shop, App::HIGHLEVEL, &records))
        .or_else(|| unfinished(world, shop, &records))
}

fn unsettled(world: &World) -> String {
    let waiting = world.aws.items(TABLE).into_iter().filter(|item| item.contains_key("due_pk"));
    let waiting: Vec<_> = waiting.map(|item| format!("{:?} {:?}", item["due_pk"], item["sk"])).collect();
    let queues = shop::APPS.map(|app| world.aws.queue(&format!("engine-jobs-{app}")));
    format!("{waiting:?}, {queues:?}, {:?}", world.aws.schedules())
}

/// A published fact that is not stored.
async fn lost(world: &World, shop: &Shop) -> Option<String> {
    let published: BTreeSet<usize> = shop.published.borrow().iter().copied().collect();
    for nth in published {
        let Some(spec) = shop.facts.get(nth).filter(|spec| spec.is_stored()) else { continue };
        let Some(fact) = spec.read(shop.id.as_str(), world.time) else { continue };
        let event = plan::event_id(&world.secret, &fact);
        let now = world.aws.now();
        let stored = world.looking.log().event(&shop.id, &event, now).await.ok()?;
        let timer = stored.as_ref().and_then(|stored| stored.timer.as_ref());
        world.reached.extend(timer.map(coverage::timer));
        if stored.is_none() && !world.is_erased(event.buyer) {
            return Some(format!("fact {} was published, and is not stored", spec.id()));
        }
    }
    None
}

/// A message that arrived more often than its sender could not know the answer.
fn doubled(world: &World, shop: &Shop) -> Option<String> {
    let received = world.apps.holdings(App::WEBHOOK, shop.number);
    let times = received["times"].as_object()?;
    times.iter().find_map(|(message, times)| {
        let (times, allowed) = (times.as_u64().unwrap_or_default(), world.apps.allowed(message));
        (times > allowed).then(|| format!("{message} arrived {times} times, and {allowed} were allowed"))
    })
}

/// A job that version 0.1.0 stored, and that has not ended.
fn unfinished(world: &World, shop: &Shop, records: &[Entry]) -> Option<String> {
    if shop.number != STORED || !world.deployed.get() {
        return None;
    }
    if records.len() != stored::JOBS {
        return Some(format!("{} of the {} stored jobs have a record", records.len(), stored::JOBS));
    }
    let (open, _) = records.iter().find(|(record, _)| !record.status.is_final())?;
    Some(format!("the stored job {} is {}", open.id, open.status))
}

/// An app whose state is not that of the newest fact that took effect.
fn stale(world: &World, shop: &Shop, app: App, records: &[Entry]) -> Option<String> {
    let tags = tags(app, &world.apps.holdings(app, shop.number));
    let mut effects: BTreeMap<EffectKey, Vec<&Entry>> = BTreeMap::new();
    for entry in records.iter().filter(|(record, _)| record.app == app && record.target.contains_key("tag")) {
        if let Some(effect) = entry.0.effect {
            effects.entry(effect).or_default().push(entry);
        }
    }
    let deleted = shop.deleted.borrow().get(&app).copied();
    effects.values().find_map(|sharing| {
        let took = sharing.iter().filter(|(record, _)| record.status.took_effect());
        let (newest, _) = took.max_by_key(|entry| order(entry))?;
        let tag = newest.target.get("tag")?;
        let has = tags.contains(&(newest.email.to_lowercase(), tag.to_lowercase()));
        if has == (newest.intent == Intent::On) {
            return None;
        }
        // A job that failed for good wants what the app has, and the answer to one of its calls was lost.
        let is_unsure = |record: &JobRecord| {
            let was_called = record.attempts > 0 || record.run.is_some();
            !record.status.took_effect() && record.intent != newest.intent && was_called
        };
        if sharing.iter().any(|(record, _)| is_unsure(record))
            && world.apps.is_unsure(app, shop.number, &newest.email, tag)
        {
            return None;
        }
        // The ledger forgot the newest job with the account, and an older one was performed afterwards.
        let performed_late = |record: &JobRecord, began: Timestamp| {
            record.status.took_effect() && record.intent != newest.intent && record.updated_at >= began
        };
        if deleted.is_some_and(|(began, ended)| {
            newest.updated_at <= ended && sharing.iter().any(|(record, _)| performed_late(record, began))
        }) {
            return None;
        }
        Some(format!("{} is {} for tag {tag}, but the contact has it: {has}", newest.id, newest.status))
    })
}

/// The order of jobs: the newest is the greatest.
fn order((record, event): &Entry) -> Option<(Timestamp, bool, FactKey)> {
    let event = event.as_ref()?;
    let at = event.occurred_at.min(event.received_at);
    Some((at, record.intent == Intent::Off, record.id.event.fact))
}

/// The addresses and tags of an app's contacts.
fn tags(app: App, holdings: &Value) -> BTreeSet<(String, String)> {
    fn list(value: &Value) -> impl Iterator<Item = &Value> {
        value.as_array().into_iter().flatten()
    }
    let contacts: Vec<&Value> = if app == App::KIT {
        list(&holdings["subscribers"]).collect()
    } else {
        list(&holdings["locations"]).flat_map(|location| list(&location["contacts"])).collect()
    };
    let all = contacts.into_iter().flat_map(|contact| {
        let email = contact["email"].as_str().unwrap_or_default().to_lowercase();
        list(&contact["tags"]).filter_map(Value::as_str).map(move |tag| (email.clone(), tag.to_lowercase()))
    });
    all.collect()
}
