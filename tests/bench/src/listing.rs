//! How long the Action Log takes to list, with little in it and with much.
use std::time::Instant;

use aws::store::Waiting;
use domain::app::App;
use domain::id::{BuyerKey, EventId, FactKey, IntegrationId, JobId, JobPart, MarketplaceId};
use domain::log::JobRecord;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::SignedDuration;

use crate::calls::Calls;
use crate::clock::{now, percentile};
use crate::engine::Engine;
use crate::failed::Failed;
use crate::shop::account;
use crate::table::Table;

/// Rows on one page of the log.
const PAGE: usize = 50;
/// How many actions are in the log, one measurement after the other.
const SIZES: [usize; 3] = [100, 1_000, 10_000];
/// How often a page is listed.
const TIMES: usize = 20;
/// Writes that are under way at once.
const AT_ONCE: usize = 16;

/// Lists an account's newest actions while its log grows from few to many; `action` is what its rows look like.
pub(crate) async fn run(engine: &Engine<'_>, action: &JobRecord) -> Result<String, Failed> {
    let m = MarketplaceId::new("bench-log").map_err(Failed::at("a marketplace's id"))?;
    let action =
        JobRecord { marketplace: m.clone(), integration: account(App::Mailchimp)?, ..action.clone() };
    let mut table = Table::new(["actions in the log", "p50 ms", "max ms", "read units a page"]);
    let mut before = 0;
    for size in SIZES {
        fill(engine, &action, before..size).await?;
        list(engine, &m, &action.integration, size, &mut table).await?;
        before = size;
    }
    Ok(format!(
        "3. The Action Log\n   the newest {PAGE} actions of one account, {TIMES} times\n\n{}\n  A page is read from as \
         many partitions as the log is spread over, never more than {PAGE} rows from each. AWS\n  takes the same time for \
         the same read units; local AWS also sorts all that it does not return.\n",
        table.text()
    ))
}

async fn fill(
    engine: &Engine<'_>,
    action: &JobRecord,
    numbers: std::ops::Range<usize>,
) -> Result<(), Failed> {
    let write = async |number: usize| {
        let (text, now) = (number.to_string(), now());
        let seconds = i64::try_from(number).unwrap_or_default();
        let at = now.saturating_sub(SignedDuration::from_secs(seconds)).unwrap_or(now);
        let email = format!("buyer-{number}@example.com");
        let event = EventId::new(at, BuyerKey::of_email(&email), FactKey::of(&["bench", &text]));
        let id = JobId { event, part: JobPart::of(&[&text]) };
        let row = JobRecord { id, email, occurred_at: event.at, updated_at: now, ..action.clone() };
        let written = engine.store.record_job(&row, "", Waiting::No, now).await;
        written.map(drop).map_err(Failed::at("writing the Action Log"))
    };
    stream::iter(numbers).map(write).buffer_unordered(AT_ONCE).try_collect().await
}

async fn list(
    engine: &Engine<'_>,
    m: &MarketplaceId,
    account: &IntegrationId,
    count: usize,
    table: &mut Table,
) -> Result<(), Failed> {
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let start = Instant::now();
        let page = engine.store.actions(m, account, PAGE, now()).await;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
        let page = page.map_err(Failed::at("reading the Action Log"))?;
        if page.len() != PAGE {
            return Err(Failed::new(format!("a page of the Action Log has {} rows", page.len())));
        }
    }
    times.sort_by(f64::total_cmp);
    engine.count_anew().await?;
    let page = engine.counted.actions(m, account, PAGE, now()).await;
    page.map_err(Failed::at("reading the Action Log"))?;
    let counted = Calls::counted(engine).await?;
    let listing = counted.with("dynamodb", "Query").filter(|row| row.item == "listing ACTIONS");
    let units: f64 = listing.map(|row| row.read_units).sum();
    let at = |percent| format!("{:.1}", percentile(&times, percent));
    table.row([count.to_string(), at(50), at(100), format!("{units:.1}")]);
    Ok(())
}
