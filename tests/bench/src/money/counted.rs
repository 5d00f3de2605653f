//! Counting a scenario at the wire.
use std::collections::BTreeMap;
use std::time::Duration;

use aws::queue::Queues;
use operations::costs::Usage;
use serde_json::json;
use stack::{Engine, Shop, now, until};

use super::scenario::Scenario;
use crate::calls::{Calls, Row, sum};
use crate::clock::Pace;
use crate::invocations::{self, Ran};
use crate::purchases::ended;

/// The number of facts that are published before counting.
pub(crate) const WARM_UP: usize = 5;
/// The distance of the facts. Local AWS makes small batches of them, and the usage is computed for other batches.
const EVERY: Duration = Duration::from_millis(250);
/// Seconds and gigabytes of an invocation; the seconds are assumed.
const TRIGGER: f64 = 0.030 * 0.25;
const CONNECTOR: f64 = 0.300 * 0.125;

/// The usage of an event, and the number of connectors' invocations in it.
pub(crate) struct Counted {
    pub(crate) usage: Usage,
    pub(super) batches: f64,
    /// The calls and the write units of an event, by operation and item.
    pub(super) writes: Vec<(String, [f64; 2])>,
}

pub(super) async fn count(engine: &Engine, scenario: &Scenario) -> Counted {
    let shop = Shop::open_on(engine.clone(), &format!("bench-{}", scenario.key)).await;
    for rule in scenario.rules {
        rule.save(&shop).await;
    }
    again(&shop, scenario, 0).await
}

/// The same in an existing marketplace; the facts have numbers from `first`.
pub(crate) async fn again(shop: &Shop, scenario: &Scenario, first: usize) -> Counted {
    let engine = &shop.engine;
    let facts = scenario.facts();
    publish(shop, scenario, first, WARM_UP).await;
    engine.count_anew().await;
    let functions = publish(shop, scenario, first + WARM_UP, facts).await;
    let calls = Calls::counted(engine).await;
    #[expect(clippy::cast_precision_loss, reason = "twenty")]
    let facts = facts as f64;
    let [others, batches] = [false, true].map(|connectors| invoked(&functions, connectors) / facts);
    let items = || calls.of("dynamodb").filter(|row| !in_background(row));
    let requests =
        |service: &str| sum(calls.of(service).filter(|row| !in_background(row)).map(|row| row.calls)) / facts;
    let usage = Usage {
        bus_events: 1.0 + sum(calls.with("events", "PutEvents").map(|row| row.entries)) / facts,
        invocations: others + batches,
        gb_seconds: others * TRIGGER + batches * CONNECTOR,
        read_units: sum(items().map(|row| row.read_units)) / facts,
        write_units: sum(items().map(|row| row.write_units)) / facts,
        // Lambda's poller makes two requests for a batch.
        queue_requests: requests("sqs") + 2.0 * batches,
        key_requests: requests("kms"),
        schedules: sum(calls.with("scheduler", "CreateSchedule").map(|row| row.calls)) / facts,
        log_kilobytes: sum(functions.values().map(|ran| ran.log_kilobytes)) / facts,
        ..Usage::default()
    };
    let written = items().filter(|row| row.write_units > 0.0);
    let writes = written
        .map(|row| (format!("{} {}", row.operation, row.item), [row.calls / facts, row.write_units / facts]));
    Counted { usage, batches, writes: writes.collect() }
}

/// Publishes facts, and waits until everything that follows from them is done: the actions have ended, and each function
/// has run as often as it has to. Returns what ran, without the sweeper.
async fn publish(shop: &Shop, scenario: &Scenario, first: usize, count: usize) -> BTreeMap<String, Ran> {
    let start = now();
    let mut pace = Pace::new(EVERY);
    for number in first..first + count {
        pace.beat().await;
        if scenario.fails_once {
            let fault = json!({ "app": "mailchimp", "status": 503, "count": 1 });
            shop.engine.sandbox_post("/_faults", &fault).await;
        }
        shop.publish([(scenario.fact)(shop, number)]).await;
    }
    for (app, jobs) in scenario.jobs {
        let expected = jobs * (first + count);
        let ended = ended(shop, *app, expected).await;
        assert_eq!(ended.len(), expected, "{}: actions of {app} have ended", scenario.name);
        let url = shop.engine.outputs.queues[app.key()].clone();
        let queue = Queues::new(&shop.engine.sdk, BTreeMap::from([(*app, url)]));
        until("the end of the invocations that performed them", async || {
            let left = queue.depth(*app).await.expect("the queue");
            (left.waiting + left.under_way == 0).then_some(())
        })
        .await;
    }
    #[expect(clippy::cast_precision_loss, reason = "dozens")]
    let expected = (scenario.invocations * count) as f64;
    let ran = until("the invocations of the other functions", async || {
        let mut ran = invocations::since(&shop.engine, start).await;
        ran.remove("Sweeper");
        (invoked(&ran, false) >= expected).then_some(ran)
    })
    .await;
    assert!(invoked(&ran, false) <= expected, "{}: {ran:?}", scenario.name);
    ran
}

/// The invocations of connectors or of the other functions.
fn invoked(functions: &BTreeMap<String, Ran>, connectors: bool) -> f64 {
    sum(functions.iter().filter(|(name, _)| is_connector(name) == connectors).map(|(_, ran)| ran.invocations))
}

/// Connectors have their apps' names, or share a log.
fn is_connector(name: &str) -> bool {
    name == "Apps" || name.starts_with(|first: char| first.is_ascii_lowercase())
}

/// Calls that depend on time and not on events: the sweeper's, and those that each instance of a function makes once. How
/// many instances of a connector decrypt an account's credentials depends on the load of this machine.
fn in_background(row: &Row) -> bool {
    row.item == "WARM" || row.operation == "Decrypt" || row.item.split(' ').next() == Some("due")
}
