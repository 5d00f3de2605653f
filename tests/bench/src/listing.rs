//! How long the logs take to list, with little in the table and with much.
use std::time::Instant;

use aws::store::Store;
use domain::app::App;
use domain::id::{IntegrationId, MarketplaceId};
use domain::log::JobRecord;
use domain::page::{Listed, Wanted};
use domain::trigger::Trigger;
use jiff::SignedDuration;
use operations::logs::{self, ActionFilter};
use stack::{Engine, Shop, now};

use crate::calls::{Calls, sum};
use crate::clock::percentile;
use crate::purchases::{add_to_list, ended, purchase};
use crate::seed::Pattern;
use crate::table::Table;

/// Rows on one page of the log: what the API gives where nothing is said.
const PAGE: usize = 25;
/// Log items in the table at first, and in the end: half of them events, half actions.
const FEW: usize = 100;
const MANY: usize = 100_000;
/// Over how many merchants the many are spread, so that each has the few.
const MERCHANTS: usize = MANY / FEW;
/// How often a page is listed.
const TIMES: usize = 100;
/// How often where local AWS takes its time.
const TIMES_WHERE_SLOW: usize = 5;

/// A page of the log.
#[derive(Clone, Copy)]
enum Listing {
    /// The newest actions of one account.
    Account,
    /// The newest actions of a marketplace.
    Marketplace,
    /// The page behind the newest of one account.
    Next,
}

/// Lists a merchant's actions with few log items in the table, with many of other merchants, and with many of the
/// merchant's own. They look like what a purchase leaves.
pub(crate) async fn run(engine: &Engine) -> String {
    let shop = Shop::open_on(engine.clone(), "bench-purchase").await;
    add_to_list(&shop).await;
    let event = shop.publish([purchase(&shop, 0)]).await[0];
    let actions = ended(&shop, App::Mailchimp, 1).await;
    let event = shop.decided(event, Trigger::ProductPurchased).await;
    let (m, account) = (merchant(0), Shop::account(App::Mailchimp));
    let pattern = Pattern::of(engine, &m, &account, &event, &actions[0]).await;

    let head = ["log items", "listed", "p50 ms", "p99 ms", "requests", "read units"];
    let mut table = Table::new(head);
    let start = Instant::now();
    pattern.write(engine, &m, 0..FEW / 2).await;
    list(engine, &m, &account, &format!("{FEW}, all the merchant's"), TIMES, &mut table).await;

    for number in 1..MERCHANTS {
        pattern.write(engine, &merchant(number), 0..FEW / 2).await;
    }
    table.gap();
    let title = format!("{MANY}, {FEW} the merchant's");
    list(engine, &m, &account, &title, TIMES, &mut table).await;

    pattern.write(engine, &m, FEW / 2..MANY / 2).await;
    table.gap();
    let title = format!("{}, {MANY} the merchant's", 2 * MANY);
    list(engine, &m, &account, &title, TIMES_WHERE_SLOW, &mut table).await;
    format!(
        "3. The Action Log\n   {PAGE} actions a page, {TIMES} times ({TIMES_WHERE_SLOW} times the last); {} s with the \
         writing\n\n{}\n  A page of an account is read from as many partitions as the log is spread over, and little more \
         than it shows. A page of\n  a marketplace reads its events so, and what stands behind each. On AWS the same \
         requests and read units take the same\n  time. Local AWS looks at every item of a partition for each request, \
         and the last rows wait for that.\n",
        start.elapsed().as_secs(),
        table.text()
    )
}

fn merchant(number: usize) -> MarketplaceId {
    MarketplaceId::new(format!("bench-log-{number}x")).expect("a marketplace's id")
}

async fn list(
    engine: &Engine,
    m: &MarketplaceId,
    account: &IntegrationId,
    title: &str,
    times: usize,
    table: &mut Table,
) {
    // Through the proxy, which counts what it reads.
    let proxied = engine.sdk.to_builder().endpoint_url(&engine.outputs.proxy_url).build();
    let counted = Store::new(&proxied, &engine.outputs.table, SignedDuration::from_hours(720));
    for (number, listing) in [Listing::Account, Listing::Next, Listing::Marketplace].into_iter().enumerate() {
        let listing = Page::of(&engine.store, m, account, listing).await;
        let mut took = Vec::new();
        for _ in 0..times {
            let start = Instant::now();
            let page = listing.read(&engine.store).await;
            took.push(start.elapsed().as_secs_f64() * 1000.0);
            assert_eq!(page.items.len(), PAGE, "a full page of the Action Log");
        }
        took.sort_by(f64::total_cmp);
        engine.count_anew().await;
        listing.read(&counted).await;
        let calls = Calls::counted(engine).await;
        let queries: Vec<_> = calls.with("dynamodb", "Query").collect();
        let at = |percent| format!("{:.1}", percentile(&took, percent));
        table.row([
            if number == 0 { title.to_owned() } else { String::new() },
            listing.name.to_owned(),
            at(50),
            at(99),
            format!("{:.0}", sum(queries.iter().map(|row| row.calls))),
            format!("{:.1}", sum(queries.iter().map(|row| row.read_units))),
        ]);
    }
}

/// One page, asked for again and again.
struct Page<'a> {
    m: &'a MarketplaceId,
    name: &'static str,
    filter: ActionFilter,
    cursor: Option<String>,
}

impl<'a> Page<'a> {
    async fn of(store: &Store, m: &'a MarketplaceId, account: &IntegrationId, listing: Listing) -> Self {
        let of_account = ActionFilter { integration: Some(account.clone()), ..ActionFilter::default() };
        let page = |name, filter| Self { m, name, filter, cursor: None };
        match listing {
            Listing::Account => page("an account, newest", of_account),
            Listing::Marketplace => page("a marketplace, newest", ActionFilter::default()),
            Listing::Next => {
                let newest = page("an account, next page", of_account);
                let cursor = newest.read(store).await.next_cursor;
                Self { cursor, ..newest }
            }
        }
    }

    async fn read(&self, store: &Store) -> Listed<JobRecord> {
        let wanted = Wanted { cursor: self.cursor.as_deref(), limit: PAGE };
        let page = logs::actions(store, self.m, &self.filter, wanted, now()).await;
        page.expect("the Action Log")
    }
}
