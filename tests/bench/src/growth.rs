//! The cost and the time of an event as rules, marketplaces and the log grow.
use std::time::Instant;

use domain::app::App;
use domain::id::MarketplaceId;
use domain::trigger::Trigger;
use futures::{StreamExt, stream};
use operations::costs::Capacity;
use serde_json::json;
use stack::{Engine, Shop};

use crate::clock::percentile;
use crate::money::counted::{WARM_UP, again};
use crate::money::scenario::{self, FACTS};
use crate::purchases::{add_to_list, ended};
use crate::seed::Pattern;
use crate::table::Table;

/// The rules of the marketplace for other products, at first and in the end.
const RULES: [usize; 2] = [9, 999];
/// The other marketplaces, each with a purchase in its log.
const OTHERS: usize = 10_000;
/// The purchases in the log of one of them.
const LOG: usize = 10_000;
/// The number of rules that are written concurrently.
const AT_ONCE: usize = 16;
/// The largest difference in cost, as a share.
const FLAT: f64 = 0.02;

/// The result.
pub(crate) struct Growth {
    /// As text.
    pub(crate) report: String,
    /// Whether the cost stayed the same.
    pub(crate) flat: bool,
}

/// Publishes the same purchases after each step of growth.
pub(crate) async fn run(engine: &Engine) -> Growth {
    let start = Instant::now();
    let shop = Shop::open_on(engine.clone(), "bench-growth").await;
    add_to_list(&shop).await;
    let mut table =
        Table::new(["", "read units", "write units", "USD a million", "publish to performed, p50 ms"]);
    let (mut costs, mut first) = (Vec::new(), 0);
    let mut step = async |name: &str| {
        let scenario = scenario::one();
        let usage = again(&shop, &scenario, first).await.usage;
        first += WARM_UP + FACTS;
        let mut newest = ended(&shop, App::MAILCHIMP, first).await;
        newest.truncate(FACTS);
        let took = newest.iter().map(|action| action.updated_at.duration_since(action.occurred_at));
        let mut took: Vec<f64> = took.map(|took| 1000.0 * took.as_secs_f64()).collect();
        took.sort_by(f64::total_cmp);
        let usd = usage.per_million(Capacity::OnDemand);
        costs.push(usd);
        let numbers = [usage.read_units, usage.write_units, usd].map(|number| format!("{number:.2}"));
        let took = format!("{:.0}", percentile(&took, 50));
        table.row([name.to_owned()].into_iter().chain(numbers).chain([took]));
    };
    rules(&shop, 0..RULES[0]).await;
    step("10 rules, 1 marketplace, an empty log").await;
    rules(&shop, RULES[0]..RULES[1]).await;
    step("1,000 rules").await;
    let pattern = pattern(&shop).await;
    pattern.write_all(engine, (0..OTHERS).map(|number| (marketplace(number), 0))).await;
    step("and 10,000 other marketplaces in the log").await;
    pattern.write(engine, &marketplace(0), 1..LOG).await;
    step("and 40,000 items in the log").await;
    let (least, most) =
        (costs.iter().copied().fold(f64::MAX, f64::min), costs.iter().copied().fold(0.0, f64::max));
    let flat = most / least - 1.0 < FLAT;
    let report = format!(
        "4. Growth\n   {FACTS} purchases after each step, counted by the proxy; {} s with the writing\n\n{}\n  The cost is {}. \
         A log of 1,000,000 items is not measured, because local AWS reads a partition item by item: no request of an event \
         reads\n  more than one item or the rules under one key, so it is modelled as the last row. The times include local AWS, \
         which has one process.\n",
        start.elapsed().as_secs(),
        table.text(),
        if flat { "the same in each row" } else { "NOT the same in each row" },
    );
    Growth { report, flat }
}

fn marketplace(number: usize) -> MarketplaceId {
    MarketplaceId::new(format!("bench-growth-{number}x")).expect("a marketplace's id")
}

/// Rules of the same trigger for other products.
async fn rules(shop: &Shop, numbers: std::ops::Range<usize>) {
    let save = async |number: usize| {
        let rest = json!({
            "scope": { "kind": "products", "products": [format!("other-{number}")] },
            "action": "add_to_list", "settings": { "list_id": "demo" },
        });
        shop.rule(&format!("other_{number}"), Trigger::ProductPurchased, App::MAILCHIMP, rest).await
    };
    stream::iter(numbers).map(save).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
}

/// The items of a purchase of the marketplace, as those of another marketplace.
async fn pattern(shop: &Shop) -> Pattern {
    let action = ended(shop, App::MAILCHIMP, 1).await.remove(0);
    let event = shop.decided(action.id.event, Trigger::ProductPurchased).await;
    Pattern::of(&shop.engine, &marketplace(0), &action.integration, &event, &action).await
}
