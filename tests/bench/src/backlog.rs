//! One marketplace's job behind another's backlog, on local AWS, which hands out the oldest message first.
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws::queue::Queues;
use domain::app::App;
use jiff::Timestamp;
use serde_json::json;
use stack::{Engine, Shop, now};
use tokio::time::sleep;

use crate::invocations;
use crate::purchases::job;

/// The number of jobs that one marketplace has queued.
pub(crate) const JOBS: usize = 5_000;
/// The time that its app takes for each job.
pub(crate) const SLOW: Duration = Duration::from_secs(5);
/// The number of jobs sent to the queue at once, in batches of ten.
const AT_ONCE: usize = 100;
/// The maximum wait for the other marketplace's job.
const PATIENCE: Duration = Duration::from_mins(3);

/// The measured values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// The time to put the backlog on the queue.
    pub(crate) sending: Duration,
    /// The number of the backlog's jobs that had reached their app when the other's job was sent.
    pub(crate) ahead: u64,
    /// The average time of a batch in the connector.
    pub(crate) batch: Duration,
    /// The time from sending the other's job to the call of its app; `None` if it was longer than [`PATIENCE`].
    pub(crate) other: Option<Duration>,
}

/// Queues the backlog, then the other's job, and waits until the other's app is called.
pub(crate) async fn run(engine: &Engine) -> Measured {
    let busy = Shop::open_on(engine.clone(), "bench-busy").await;
    let quiet = Shop::open_on(engine.clone(), "bench-quiet").await;
    let queue = engine.outputs.queues[App::WEBHOOK.key()].clone();
    let queues = Queues::new(&engine.sdk, BTreeMap::from([(App::WEBHOOK, queue)]));
    let slow = json!({ "app": "webhook", "path": "^/bench-busy$", "delay_ms": SLOW.as_millis() });
    engine.sandbox_post("/_faults", &slow).await;
    let jobs: Vec<_> = (0..JOBS).map(|number| job(&busy, number)).collect();
    let other = [job(&quiet, 0)];

    let (start, since) = (Instant::now(), now());
    for batch in jobs.chunks(AT_ONCE) {
        queues.send(batch).await.expect("the backlog is queued");
    }
    let sending = start.elapsed();
    let ahead = engine.sandbox_get(&calls(&busy, 0)).await["matched"].as_u64().unwrap_or_default();
    let sent = now();
    queues.send(&other).await.expect("the other's job is queued");
    let other = called(&quiet, sent).await;
    let batches = invocations::runs(engine, since).await;
    let batch = batches.mean().expect("CloudWatch Logs of local AWS has a batch of the backlog");
    Measured { sending, ahead, batch, other }
}

async fn called(shop: &Shop, sent: Timestamp) -> Option<Duration> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let seen = shop.engine.sandbox_get(&calls(shop, 1)).await;
        if let Some(at) = seen["requests"][0]["time"].as_str() {
            let at: Timestamp = at.parse().expect("the sandbox's time");
            return Some(Duration::try_from(at.duration_since(sent)).unwrap_or_default());
        }
        sleep(Duration::from_millis(250)).await;
    }
    None
}

fn calls(shop: &Shop, limit: usize) -> String {
    format!("/_requests?app=webhook&path=^/{}$&limit={limit}", shop.id)
}
