//! Purchases at a steady pace, with every function warm.
use std::collections::BTreeMap;
use std::time::Duration;

use domain::app::App;
use stack::{Engine, Shop, now, until};
use tokio::time::sleep;

use crate::calls::Calls;
use crate::clock::Pace;
use crate::invocations::{self, Ran};
use crate::purchases::{add_to_list, ended, purchase};

/// The number of facts published before counting.
pub(crate) const WARM_UP: usize = 50;
/// The number of facts published while counting.
pub(crate) const FACTS: usize = 200;
/// Facts per second.
pub(crate) const RATE: u64 = 10;

/// The counted calls.
pub(crate) struct Counted {
    pub(crate) facts: f64,
    pub(crate) calls: Calls,
    pub(crate) functions: BTreeMap<String, Ran>,
}

/// Publishes purchases that match one rule with one action, and counts.
pub(crate) async fn run(engine: &Engine) -> Counted {
    let shop = Shop::open_on(engine.clone(), "bench-steady").await;
    add_to_list(&shop).await;
    purchases(&shop, 0, WARM_UP).await;
    engine.count_anew().await;
    let start = now();
    purchases(&shop, WARM_UP, FACTS).await;
    Counted {
        facts: f64::from(u32::try_from(FACTS).unwrap_or(u32::MAX)),
        calls: Calls::counted(engine).await,
        functions: invocations::since(engine, start).await,
    }
}

async fn purchases(shop: &Shop, first: usize, count: usize) {
    let mut pace = Pace::new(Duration::from_millis(1000 / RATE));
    for number in first..first + count {
        pace.beat().await;
        shop.publish([purchase(shop, number)]).await;
    }
    let ended = ended(shop, App::MAILCHIMP, first + count).await;
    assert_eq!(ended.len(), first + count, "actions have ended");
    // Calls after the last action, such as for the verdicts of the other trigger, belong to the facts too.
    let mut before = -1.0;
    until("the end of the calls", async || {
        sleep(Duration::from_secs(1)).await;
        let total = Calls::counted(&shop.engine).await.total();
        let last = std::mem::replace(&mut before, total);
        ((total - last).abs() < 0.5).then_some(())
    })
    .await;
}
