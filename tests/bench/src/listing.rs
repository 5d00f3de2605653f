//! The time to read a page of the log, with few and with many items in the table.
use std::time::Instant;

use aws::store::Index;
use aws_sdk_dynamodb::types::AttributeValue::S;
use domain::app::App;
use domain::id::MarketplaceId;
use domain::trigger::Trigger;
use serde_json::Value;
use stack::{Engine, Portal, Shop};

use crate::calls::{Calls, sum};
use crate::clock::percentile;
use crate::purchases::{add_to_list, ended, purchase};
use crate::seed::Pattern;
use crate::table::Table;

/// The default page size of the API's log.
const PAGE: u8 = 25;
/// The number of log items in the table at first, and in the end: half of them events, half actions.
const FEW: usize = 100;
const MANY: usize = 100_000;
/// The number of merchants among which the many items are divided, so that each has `FEW`.
const MERCHANTS: usize = MANY / FEW;
/// The number of times that a page is listed.
const TIMES: usize = 100;
/// The number of times if local AWS is slow.
const TIMES_WHERE_SLOW: usize = 5;

/// Lists a merchant's actions with few log items in the table, with many items of other merchants, and with many items
/// of the merchant's own. The items have the form of a purchase's.
pub(crate) async fn run(engine: &Engine) -> String {
    let shop = Shop::open_on(engine.clone(), "bench-purchase").await;
    add_to_list(&shop).await;
    let event = shop.publish([purchase(&shop, 0)]).await[0];
    let actions = ended(&shop, App::MAILCHIMP, 1).await;
    let event = shop.decided(event, Trigger::ProductPurchased).await;
    let (m, account) = (merchant(0), Shop::account(App::MAILCHIMP));
    let pattern = Pattern::of(engine, &m, &account, &event, &actions[0]).await;

    let mut table = Table::new(["log items", "listed", "p50 ms", "p99 ms", "requests", "read units"]);
    let start = Instant::now();
    pattern.write(engine, &m, 0..FEW / 2).await;
    list(engine, &m, &format!("{FEW}, all the merchant's"), TIMES, &mut table).await;

    for number in 1..MERCHANTS {
        pattern.write(engine, &merchant(number), 0..FEW / 2).await;
    }
    table.gap();
    list(engine, &m, &format!("{MANY}, {FEW} the merchant's"), TIMES, &mut table).await;

    pattern.write(engine, &m, FEW / 2..MANY / 2).await;
    table.gap();
    let title = format!("{}, {MANY} the merchant's", 2 * MANY);
    list(engine, &m, &title, TIMES_WHERE_SLOW, &mut table).await;
    let took = timed(TIMES_WHERE_SLOW, async || one_query(engine, &m).await).await;
    table.row(["", "one bare Query of the events", &took[0], &took[1], "1"]);
    format!(
        "5. The Action Log\n   `GET /v1/actions`, {PAGE} actions a page, {TIMES} times ({TIMES_WHERE_SLOW} times the last), \
         from the call of the deployed API to its response;\n   {} s with the writing\n\n{}\n  A page reads entries of \
         events from as many partitions as the log is spread over, and then the actions of each event. On AWS the same requests and read units take the \
         same\n  time. Local AWS looks at every item of a partition for each request: the last row is one such request, made directly. A\n  \
         page above it makes eight of them side by side, and local AWS does them one after the other.\n",
        start.elapsed().as_secs(),
        table.text()
    )
}

fn merchant(number: usize) -> MarketplaceId {
    MarketplaceId::new(format!("bench-log-{number}x")).expect("a marketplace's id")
}

/// Three pages of the merchant's log.
async fn list(engine: &Engine, m: &MarketplaceId, title: &str, times: usize, table: &mut Table) {
    let portal = Portal::open(engine, m.as_str(), "read").await;
    let all = format!("/v1/actions?limit={PAGE}");
    let account = format!("{all}&integration={}", Shop::account(App::MAILCHIMP));
    // This call is not timed, and starts the function.
    let newest = page(&portal, &account).await;
    let next = format!("{account}&cursor={}", newest["next_cursor"].as_str().expect("a next page"));
    let pages =
        [("an account, newest", account), ("an account, next page", next), ("a marketplace, newest", all)];
    for (number, (name, path)) in pages.iter().enumerate() {
        let [p50, p99] = timed(times, async || drop(page(&portal, path).await)).await;
        engine.count_anew().await;
        page(&portal, path).await;
        let counted = Calls::counted(engine).await;
        // The sweeper also queries the index `due` during the measurement.
        let queries: Vec<_> =
            counted.with("dynamodb", "Query").filter(|row| !row.item.starts_with("due ")).collect();
        table.row([
            if number == 0 { title.to_owned() } else { String::new() },
            (*name).to_owned(),
            p50,
            p99,
            format!("{:.0}", sum(queries.iter().map(|row| row.calls))),
            format!("{:.1}", sum(queries.iter().map(|row| row.read_units))),
        ]);
    }
}

/// A full page, as the portal receives it.
async fn page(portal: &Portal<'_>, path: &str) -> Value {
    let page = portal.get(path).await.expect(200);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(usize::from(PAGE)), "{path}: a full page");
    page
}

/// The request that a page sends to each partition of the events, directly to local AWS.
async fn one_query(engine: &Engine, m: &MarketplaceId) {
    let partition = format!("{m}#EVENTS#0");
    let query = engine
        .table
        .query()
        .table_name(&engine.outputs.table)
        .index_name(Index::Listing.name())
        .key_condition_expression("listing_pk = :pk AND listing_sk BETWEEN :since AND :until")
        .expression_attribute_values(":pk", S(partition))
        .expression_attribute_values(":since", S("0".to_owned()))
        .expression_attribute_values(":until", S("~".to_owned()))
        .scan_index_forward(false)
        .limit(i32::from(PAGE));
    let found = query.send().await.expect("Query");
    assert_eq!(found.count, i32::from(PAGE), "the marketplace's events");
}

/// The time of an operation, in milliseconds: the median, and the 99th percentile.
async fn timed(times: usize, what: impl AsyncFn()) -> [String; 2] {
    let mut took = Vec::new();
    for _ in 0..times {
        let start = Instant::now();
        what().await;
        took.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    took.sort_by(f64::total_cmp);
    [50, 99].map(|percent| format!("{:.1}", percentile(&took, percent)))
}
