//! One marketplace's job behind another's backlog, on local AWS, which hands out the oldest message first.
use std::time::{Duration, Instant};

use domain::app::App;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::sleep;

use crate::clock::now;
use crate::engine::Engine;
use crate::failed::Failed;
use crate::invocations;
use crate::shop::Shop;

/// How many jobs one marketplace has queued.
pub(crate) const JOBS: usize = 5_000;
/// How long its app takes to answer each.
pub(crate) const SLOW: Duration = Duration::from_secs(5);
/// Sent to the queue at once, in batches of ten.
const AT_ONCE: usize = 100;
/// The other marketplace's job is not waited for longer.
const PATIENCE: Duration = Duration::from_mins(3);

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// How long it took to put the backlog on the queue.
    pub(crate) sending: Duration,
    /// How many of the backlog's jobs had reached their app when the other's job was sent.
    pub(crate) ahead: u64,
    /// How long a batch took in the connector, on average.
    pub(crate) batch: Duration,
    /// From when the other's job was sent until its app was called; none if it was not within [`PATIENCE`].
    pub(crate) other: Option<Duration>,
}

/// Queues the backlog, then the other's job, and waits until that one's app is called.
pub(crate) async fn run(engine: &Engine<'_>) -> Result<Measured, Failed> {
    let busy = Shop::open(engine, "bench-busy").await?;
    let quiet = Shop::open(engine, "bench-quiet").await?;
    let slow = json!({ "app": "webhook", "path": "^/bench-busy$", "delay_ms": SLOW.as_millis() });
    engine.tell_sandbox("/_faults", &slow).await?;
    let jobs = (0..JOBS).map(|number| busy.job(number)).collect::<Result<Vec<_>, _>>()?;
    let other = [quiet.job(0)?];

    let (start, since) = (Instant::now(), now());
    for batch in jobs.chunks(AT_ONCE) {
        engine.queues.send(batch).await.map_err(Failed::at("the backlog is not queued"))?;
    }
    let sending = start.elapsed();
    let ahead = engine.sandbox(&calls(&busy, 0)).await?["matched"].as_u64().unwrap_or_default();
    let sent = now();
    engine.queues.send(&other).await.map_err(Failed::at("the other's job is not queued"))?;
    let other = called(engine, &quiet, sent).await?;
    let batches = invocations::runs(engine, App::Webhook.key(), since).await?;
    let batch = batches
        .mean()
        .ok_or_else(|| Failed::new("CloudWatch Logs of local AWS has no batch of the backlog"))?;
    Ok(Measured { sending, ahead, batch, other })
}

async fn called(engine: &Engine<'_>, shop: &Shop<'_>, sent: Timestamp) -> Result<Option<Duration>, Failed> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let seen = engine.sandbox(&calls(shop, 1)).await?;
        if let Some(at) = seen["requests"][0]["time"].as_str() {
            let at: Timestamp = at.parse().map_err(Failed::at("the sandbox's time does not read"))?;
            return Ok(Some(Duration::try_from(at.duration_since(sent)).unwrap_or_default()));
        }
        sleep(Duration::from_millis(250)).await;
    }
    Ok(None)
}

fn calls(shop: &Shop<'_>, limit: usize) -> String {
    format!("/_requests?app=webhook&path=^/{}$&limit={limit}", shop.id)
}
