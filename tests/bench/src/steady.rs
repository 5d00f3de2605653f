//! Purchases at a steady pace, with everything warm.
use std::collections::BTreeMap;
use std::time::Duration;

use domain::app::App;
use domain::trigger::Trigger;
use serde_json::json;
use tokio::time::sleep;

use crate::calls::Calls;
use crate::clock::{Pace, now};
use crate::engine::Engine;
use crate::failed::Failed;
use crate::invocations::{self, Ran};
use crate::shop::Shop;

/// How many facts are published before it counts.
pub(crate) const WARM_UP: usize = 50;
/// How many are published while it counts.
pub(crate) const FACTS: usize = 200;
/// Facts a second.
pub(crate) const RATE: u64 = 10;

/// What went on while it counted.
pub(crate) struct Counted {
    pub(crate) facts: f64,
    pub(crate) calls: Calls,
    pub(crate) functions: BTreeMap<String, Ran>,
}

/// Publishes purchases that match one rule with one action, and counts.
pub(crate) async fn run(engine: &Engine<'_>) -> Result<Counted, Failed> {
    let shop = Shop::open(engine, "bench-steady").await?;
    shop.rule(Trigger::ProductPurchased, App::Mailchimp, "add_to_list", json!({ "list_id": "demo" })).await?;
    purchases(engine, &shop, 0, WARM_UP).await?;
    engine.count_anew().await?;
    let start = now();
    purchases(engine, &shop, WARM_UP, FACTS).await?;
    Ok(Counted {
        facts: f64::from(u32::try_from(FACTS).unwrap_or(u32::MAX)),
        calls: Calls::counted(engine).await?,
        functions: invocations::since(engine, start).await?,
    })
}

async fn purchases(engine: &Engine<'_>, shop: &Shop<'_>, first: usize, count: usize) -> Result<(), Failed> {
    let mut pace = Pace::new(Duration::from_millis(1000 / RATE));
    for number in first..first + count {
        pace.beat().await;
        shop.publish(&[shop.purchase(number)?]).await?;
    }
    let ended = shop.ended(App::Mailchimp, first + count).await?;
    if ended.len() < first + count {
        return Err(Failed::new(format!("{} of {} actions have ended", ended.len(), first + count)));
    }
    // What comes after the last action, such as the verdicts of the other trigger, belongs to the facts too.
    let mut before = -1.0;
    loop {
        let total = Calls::counted(engine).await?.total();
        if (total - before).abs() < 0.5 {
            return Ok(());
        }
        before = total;
        sleep(Duration::from_secs(1)).await;
    }
}
